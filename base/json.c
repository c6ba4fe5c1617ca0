#include "base/json.h"

#include <errno.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/fdio.h"

enum { JSON_MAX_DEPTH = 64 };

static cJSON *c(const struct json *j)
{
	return (cJSON *)j;
}

static struct json *j_of(cJSON *v)
{
	return (struct json *)v;
}

static struct json *made(cJSON *v)
{
	if (!v)
		abort(); /* out of memory; base/mem.h */
	return j_of(v);
}

/* cJSON recurses; a look over the brackets bounds the depth before it does. */
static bool too_deep(const char *text, size_t n)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < n; i++) {
		char ch = text[i];

		if (in_string) {
			if (ch == '\\')
				i++;
			else if (ch == '"')
				in_string = false;
		} else if (ch == '"') {
			in_string = true;
		} else if (ch == '{' || ch == '[') {
			if (++depth > JSON_MAX_DEPTH)
				return true;
		} else if ((ch == '}' || ch == ']') && depth) {
			depth--;
		}
	}
	return false;
}

int json_parse(const char *text, size_t n, struct json **ret, struct err **e)
{
	const char *end = NULL;
	cJSON *v;

	if (too_deep(text, n))
		return err_set(e, EINVAL, "JSON is nested deeper than %d levels", JSON_MAX_DEPTH);
	v = cJSON_ParseWithLengthOpts(text, n, &end, 0);
	if (!v)
		return err_set(e, EINVAL, "not valid JSON at byte %zu",
			       end ? (size_t)(end - text) : 0);
	while (end < text + n &&
	       (*end == ' ' || *end == '\n' || *end == '\r' || *end == '\t' || *end == '\0'))
		end++;
	if (end != text + n) {
		cJSON_Delete(v);
		return err_set(e, EINVAL, "text after the JSON value at byte %zu",
			       (size_t)(end - text));
	}
	*ret = j_of(v);
	return 0;
}

int json_parse_file(int dirfd, const char *path, size_t max, struct json **ret, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int r = file_read(dirfd, path, max, &b, e);

	if (r < 0)
		return r;
	r = json_parse(buf_str(&b), b.n, ret, e);
	return r < 0 ? err_wrap(e, "read %s", path) : 0;
}

void json_free(struct json *j)
{
	cJSON_Delete(c(j));
}

char *json_print(const struct json *j, bool pretty)
{
	char *s = pretty ? cJSON_Print(c(j)) : cJSON_PrintUnformatted(c(j));

	if (!s)
		abort();
	return s;
}

struct json *json_new_obj(void)
{
	return made(cJSON_CreateObject());
}

struct json *json_new_arr(void)
{
	return made(cJSON_CreateArray());
}

struct json *json_new_null(void)
{
	return made(cJSON_CreateNull());
}

struct json *json_new_str(const char *s)
{
	return s ? made(cJSON_CreateString(s)) : json_new_null();
}

struct json *json_new_int(int64_t v)
{
	return made(cJSON_CreateNumber((double)v));
}

struct json *json_new_num(double v)
{
	return made(cJSON_CreateNumber(v));
}

struct json *json_new_bool(bool v)
{
	return made(cJSON_CreateBool(v));
}

struct json *json_dup(const struct json *j)
{
	return j ? made(cJSON_Duplicate(c(j), 1)) : NULL;
}

struct json *json_set(struct json *obj, const char *key, struct json *v)
{
	if (cJSON_GetObjectItemCaseSensitive(c(obj), key))
		cJSON_ReplaceItemInObjectCaseSensitive(c(obj), key, c(v));
	else if (!cJSON_AddItemToObject(c(obj), key, c(v)))
		abort();
	return v;
}

void json_set_str(struct json *obj, const char *key, const char *s)
{
	json_set(obj, key, json_new_str(s));
}

void json_set_int(struct json *obj, const char *key, int64_t v)
{
	json_set(obj, key, json_new_int(v));
}

void json_set_bool(struct json *obj, const char *key, bool v)
{
	json_set(obj, key, json_new_bool(v));
}

void json_del(struct json *obj, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(c(obj), key);
}

struct json *json_push(struct json *arr, struct json *v)
{
	cJSON_AddItemToArray(c(arr), c(v));
	return v;
}

void json_push_str(struct json *arr, const char *s)
{
	json_push(arr, json_new_str(s));
}
