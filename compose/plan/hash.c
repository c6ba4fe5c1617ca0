#include "compose/plan/hash.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "base/strv.h"

/* Written as length-prefixed pieces with sorted keys, so that neither the order of a mapping nor the
 * way a printer escapes text can change the hash. */
static void put_value(struct buf *b, const struct json *j, const char *const *skip);

static bool is_skipped(const char *key, const char *const *skip)
{
	if (!skip)
		return false;
	if (starts_with(key, "x-"))
		return true;
	for (; *skip; skip++)
		if (streq(key, *skip))
			return true;
	return false;
}

static void put_text(struct buf *b, char tag, const char *s)
{
	buf_addf(b, "%c%zu:%s", tag, strlen(s), s);
}

static void put_object(struct buf *b, const struct json *j, const char *const *skip)
{
	AUTO(strv) struct strv keys = STRV_INIT;

	JSON_EACH(child, j)
		if (!is_skipped(json_key(child), skip))
			strv_add(&keys, json_key(child));
	strv_sort(&keys);
	buf_addf(b, "{%zu", keys.n);
	for (size_t i = 0; i < keys.n; i++) {
		put_text(b, 'k', keys.v[i]);
		put_value(b, json_get(j, keys.v[i]), NULL);
	}
	buf_addch(b, '}');
}

static void put_value(struct buf *b, const struct json *j, const char *const *skip)
{
	switch (j ? json_type(j) : JSON_NULL) {
	case JSON_NULL:
		buf_addch(b, 'n');
		break;
	case JSON_BOOL:
	case JSON_NUM: {
		AUTO(mem) char *text = json_print(j, false);

		put_text(b, 'v', text);
		break;
	}
	case JSON_STR:
		put_text(b, 's', json_text(j));
		break;
	case JSON_ARR:
		buf_addf(b, "[%zu", json_len(j));
		JSON_EACH(child, j)
			put_value(b, child, NULL);
		buf_addch(b, ']');
		break;
	case JSON_OBJ:
		put_object(b, j, skip);
		break;
	}
}

static void hash_of(const struct json *j, const char *const *skip, char ret[65])
{
	AUTO(buf) struct buf b = BUF_INIT;

	put_value(&b, j, skip);
	sha256_hex(b.p, b.n, ret);
}

void service_hash(const struct json *service, char ret[65])
{
	static const char *const skip[] = { "build",    "pull_policy", "scale", "depends_on",
					    "profiles", "name",        NULL };
	AUTO(json) struct json *copy = NULL;

	if (!json_path(service, "deploy", "replicas", NULL)) {
		hash_of(service, skip, ret);
		return;
	}
	copy = json_dup(service);
	json_del(json_get(copy, "deploy"), "replicas");
	/* "deploy: {replicas: 2}" alone must hash like no deploy at all; the loader leaves empty
	 * resources and placement objects behind. */
	if (json_len(json_get(json_get(copy, "deploy"), "resources")) == 0)
		json_del(json_get(copy, "deploy"), "resources");
	if (json_len(json_get(json_get(copy, "deploy"), "placement")) == 0)
		json_del(json_get(copy, "deploy"), "placement");
	if (json_len(json_get(copy, "deploy")) == 0)
		json_del(copy, "deploy");
	hash_of(copy, skip, ret);
}

/* A driver that is spelled out and its default are the same network. */
static void object_hash(const struct json *object, const char *driver, char ret[65])
{
	static const char *const skip[] = { NULL };
	AUTO(json) struct json *copy = object ? json_dup(object) : json_new_obj();

	if (!json_is(copy, JSON_OBJ)) {
		json_free(copy);
		copy = json_new_obj();
	}
	if (!json_get(copy, "driver"))
		json_set_str(copy, "driver", driver);
	if (json_get(copy, "ipam") && json_len(json_get(copy, "ipam")) == 0)
		json_del(copy, "ipam");
	hash_of(copy, skip, ret);
}

void network_hash(const struct json *network, char ret[65])
{
	object_hash(network, "bridge", ret);
}

void volume_hash(const struct json *volume, char ret[65])
{
	object_hash(volume, "local", ret);
}
