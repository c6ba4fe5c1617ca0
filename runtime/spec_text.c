/*
 * A specification out of text. Apart from spec.c, because the shim, which is static and has no parser,
 * gets its trees ready made.
 */
#include "runtime/spec.h"

#include <string.h>

#include "runtime/runtime.h"

static int parse_overlay(const struct json *config, struct json **ret, struct err **e)
{
	const char *text =
		json_str(json_get(config, "annotations"), RUNTIME_ANNOTATION_OVERLAY, NULL);

	if (text && json_parse(text, strlen(text), ret, e) < 0)
		return err_wrap(e, "annotation " RUNTIME_ANNOTATION_OVERLAY);
	return 0;
}

static void free_trees(struct spec *s)
{
	json_free((struct json *)s->json);
	json_free((struct json *)s->overlay);
}

int spec_parse(const char *text, size_t n, struct spec **ret, struct err **e)
{
	AUTO(json) struct json *config = NULL;
	AUTO(json) struct json *overlay = NULL;
	int r = json_parse(text, n, &config, e);

	if (r < 0)
		return err_wrap(e, "config.json");
	r = parse_overlay(config, &overlay, e);
	if (r == 0)
		r = spec_from_trees(config, overlay, ret, e);
	if (r < 0)
		return r;
	(*ret)->free_trees = free_trees;
	config = overlay = NULL;
	return 0;
}
