#include "base/json_image.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>

struct header {
	char magic[8];
	uint64_t node_size; /* tells builds apart that lay out the struct differently */
	uint64_t nodes, bytes;
};
static const char magic[8] = "jsonimg1";

struct extent {
	size_t nodes, text;
};

static void measure(const cJSON *v, struct extent *x)
{
	x->nodes++;
	x->text += v->string ? strlen(v->string) + 1 : 0;
	x->text += v->valuestring ? strlen(v->valuestring) + 1 : 0;
	for (const cJSON *child = v->child; child; child = child->next)
		measure(child, x);
}

struct writer {
	char *image;
	size_t node, text; /* offsets of what is written next */
};

static char *write_text(struct writer *w, const char *s)
{
	size_t n, at = w->text;

	if (!s)
		return NULL;
	n = strlen(s) + 1;
	memcpy(w->image + at, s, n);
	w->text += n;
	return (char *)(uintptr_t)at;
}

/* Returns the offset of the node; its children follow it. */
static cJSON *write_node(struct writer *w, const cJSON *v)
{
	size_t at = w->node, link = at + offsetof(cJSON, child);
	cJSON copy = { .type = v->type & 0xff,
		       .valueint = v->valueint,
		       .valuedouble = v->valuedouble };

	w->node += sizeof(copy);
	copy.string = write_text(w, v->string);
	copy.valuestring = write_text(w, v->valuestring);
	memcpy(w->image + at, &copy, sizeof(copy));
	for (const cJSON *child = v->child; child; child = child->next) {
		size_t next = w->node + offsetof(cJSON, next);
		cJSON *offset = write_node(w, child);

		memcpy(w->image + link, &offset, sizeof(offset));
		link = next;
	}
	return (cJSON *)(uintptr_t)at;
}

void json_freeze(const struct json *j, struct buf *out)
{
	struct header h = { .node_size = sizeof(cJSON) };
	struct extent x = { 0 };
	struct writer w;

	measure((const cJSON *)j, &x);
	memcpy(h.magic, magic, sizeof(magic));
	h.nodes = x.nodes;
	h.bytes = sizeof(h) + x.nodes * sizeof(cJSON) + x.text;
	w = (struct writer){ .image = buf_space(out, h.bytes),
			     .node = sizeof(h),
			     .text = sizeof(h) + x.nodes * sizeof(cJSON) };
	memcpy(w.image, &h, sizeof(h));
	(void)write_node(&w, (const cJSON *)j);
	buf_commit(out, h.bytes);
}

struct reader {
	char *image;
	size_t nodes_end, bytes;
	bool bad;
};

static void *node_at(struct reader *r, const void *offset)
{
	size_t at = (uintptr_t)offset;

	if (!at)
		return NULL;
	if (at < sizeof(struct header) || at >= r->nodes_end ||
	    (at - sizeof(struct header)) % sizeof(cJSON)) {
		r->bad = true;
		return NULL;
	}
	return r->image + at;
}

static char *text_at(struct reader *r, const char *offset)
{
	size_t at = (uintptr_t)offset;

	if (!at)
		return NULL;
	if (at < r->nodes_end || at >= r->bytes) {
		r->bad = true;
		return NULL;
	}
	return r->image + at;
}

int json_thaw(void *image, size_t n, const struct json **ret, struct err **e)
{
	struct reader r = { .image = image, .bytes = n };
	struct header h;
	cJSON *v;

	if (n < sizeof(h))
		return err_set(e, EINVAL, "not an image of a JSON tree");
	memcpy(&h, image, sizeof(h));
	if (memcmp(h.magic, magic, sizeof(magic)) || h.node_size != sizeof(cJSON) || h.bytes != n ||
	    h.nodes == 0 || h.nodes > (n - sizeof(h)) / sizeof(cJSON))
		return err_set(e, EINVAL, "not an image of a JSON tree, or one of another build");
	r.nodes_end = sizeof(h) + h.nodes * sizeof(cJSON);
	if (r.nodes_end < n && r.image[n - 1])
		return err_set(e, EINVAL, "the image of a JSON tree is cut short");
	v = (cJSON *)(void *)(r.image + sizeof(h));
	for (size_t i = 0; i < h.nodes; i++) {
		v[i].next = node_at(&r, v[i].next);
		v[i].child = node_at(&r, v[i].child);
		v[i].string = text_at(&r, v[i].string);
		v[i].valuestring = text_at(&r, v[i].valuestring);
	}
	if (r.bad)
		return err_set(e, EINVAL, "the image of a JSON tree is damaged");
	*ret = (const struct json *)v;
	return 0;
}

static void flatten_text(const char *s, struct buf *out)
{
	buf_addf(out, "%zu:", s ? strlen(s) : 0);
	buf_addstr(out, s ? s : "");
}

void json_flatten(const struct json *j, struct buf *out)
{
	const cJSON *v = (const cJSON *)j;

	buf_addf(out, "%d(", v->type & 0xff);
	if (v->string)
		flatten_text(v->string, out);
	if (v->valuestring)
		flatten_text(v->valuestring, out);
	if (json_is(j, JSON_NUM))
		buf_addf(out, "%a", v->valuedouble);
	JSON_EACH(child, j)
		json_flatten(child, out);
	buf_addch(out, ')');
}
