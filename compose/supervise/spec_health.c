#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "compose/supervise/spec_parts.h"

#define SECOND INT64_C(1000000000)

/* The image's check counts in nanoseconds under other names; the service's in texts. */
static const struct {
	const char *key, *image_key;
	size_t offset;
	int64_t dflt;
} times[] = {
	{ "interval", "Interval", offsetof(struct spec_health, interval_ns), 30 * SECOND },
	{ "timeout", "Timeout", offsetof(struct spec_health, timeout_ns), 30 * SECOND },
	{ "start_period", "StartPeriod", offsetof(struct spec_health, start_period_ns), 0 },
	{ "start_interval", "StartInterval", offsetof(struct spec_health, start_interval_ns),
	  5 * SECOND },
};

static int fill_times(struct spec_health *h, const struct json *own, const struct json *image,
		      struct err **e)
{
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		int64_t *at = (int64_t *)((char *)h + times[i].offset);
		const char *text = spec_text(own, times[i].key);
		int64_t v = 0;

		if (text && duration_parse(text, &v) < 0)
			return err_set(e, EINVAL, "healthcheck.%s: \"%s\" is not a duration",
				       times[i].key, text);
		if (v <= 0)
			v = json_int(image, times[i].image_key, 0);
		*at = v > 0 ? v : times[i].dflt;
	}
	return 0;
}

/* ["CMD", ...] as it is, ["CMD-SHELL", text] through the image's shell, ["NONE"] nothing. */
static void fill_argv(struct strv *argv, const struct json *test, const struct json *shell)
{
	const char *head = json_text(json_first(test));
	struct json *word = head ? json_next(json_first(test)) : NULL;

	if (!head || streq(head, "NONE"))
		return;
	if (streq(head, "CMD-SHELL")) {
		JSON_EACH(s, shell)
			if (json_text(s))
				strv_add(argv, json_text(s));
		if (!argv->n) {
			strv_add(argv, "/bin/sh");
			strv_add(argv, "-c");
		}
	}
	for (; word; word = json_next(word))
		if (json_text(word))
			strv_add(argv, json_text(word));
}

int spec_health(const struct json *service, const struct image *image, struct spec_health *ret,
		struct err **e)
{
	const struct json *config = image ? image_run_config(image) : NULL;
	const struct json *own = json_get(service, "healthcheck");
	const struct json *theirs = json_get(config, "Healthcheck");
	const struct json *test = json_len(json_get(own, "test")) ? json_get(own, "test") :
								    json_get(theirs, "Test");
	int64_t retries;
	int r;

	memset(ret, 0, sizeof(*ret));
	if (json_bool(own, "disable", false))
		return 0;
	r = fill_times(ret, own, theirs, e);
	if (r == 0)
		r = spec_number(own, "retries", 0, &retries, e);
	if (r < 0)
		return r;
	if (retries <= 0)
		retries = json_int(theirs, "Retries", 0);
	ret->retries = retries > 0 ? retries : 3;
	fill_argv(&ret->argv, test, json_get(config, "Shell"));
	return 0;
}

void spec_health_done(struct spec_health *h)
{
	strv_done(&h->argv);
}
