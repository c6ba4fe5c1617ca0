/*
 * The reading half. It looks at cJSON's public struct and calls none of its functions, so that a static
 * program, for which the library has no archive, can walk a tree that came as an image (json_image.h).
 */
#include "base/json.h"

#include <math.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

static const cJSON *c(const struct json *j)
{
	return (const cJSON *)j;
}

static struct json *j_of(const cJSON *v)
{
	return (struct json *)v;
}

enum json_type json_type(const struct json *j)
{
	switch (c(j)->type & 0xff) {
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
		return JSON_NUM;
	case cJSON_String:
		return JSON_STR;
	case cJSON_Array:
		return JSON_ARR;
	case cJSON_Object:
		return JSON_OBJ;
	default:
		return JSON_NULL;
	}
}

struct json *json_get(const struct json *j, const char *key)
{
	JSON_EACH(v, j)
		if (c(v)->string && streq(c(v)->string, key))
			return v;
	return NULL;
}

struct json *json_path(const struct json *j, ...)
{
	const char *key;
	va_list ap;

	va_start(ap, j);
	while (j && (key = va_arg(ap, const char *)) != NULL)
		j = json_get(j, key);
	va_end(ap);
	return (struct json *)j;
}

struct json *json_at(const struct json *arr, size_t i)
{
	struct json *v = json_first(arr);

	while (v && i--)
		v = json_next(v);
	return v;
}

struct json *json_first(const struct json *j)
{
	return j ? j_of(c(j)->child) : NULL;
}

struct json *json_next(const struct json *child)
{
	return j_of(c(child)->next);
}

const char *json_key(const struct json *child)
{
	return c(child)->string;
}

size_t json_len(const struct json *j)
{
	size_t n = 0;

	JSON_EACH(v, j)
		n++;
	return n;
}

const char *json_text(const struct json *j)
{
	return json_is(j, JSON_STR) ? c(j)->valuestring : NULL;
}

double json_num(const struct json *j, double dflt)
{
	return json_is(j, JSON_NUM) ? c(j)->valuedouble : dflt;
}

bool json_is_true(const struct json *j)
{
	return j && (c(j)->type & 0xff) == cJSON_True;
}

const char *json_str(const struct json *obj, const char *key, const char *dflt)
{
	const char *s = json_text(json_get(obj, key));

	return s ? s : dflt;
}

int64_t json_int(const struct json *obj, const char *key, int64_t dflt)
{
	double v = json_num(json_get(obj, key), NAN);

	if (isnan(v) || v < -9.2e18 || v > 9.2e18)
		return dflt;
	return (int64_t)v;
}

bool json_bool(const struct json *obj, const char *key, bool dflt)
{
	const struct json *v = json_get(obj, key);

	return json_is(v, JSON_BOOL) ? json_is_true(v) : dflt;
}
