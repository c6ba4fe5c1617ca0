/*
 * base/json.h - JSON values: parsing with limits, reading with defaults, building, printing.
 *
 * Owns:    the caller owns a tree returned by json_parse*() or json_new*(); a value set into or
 *          pushed onto a parent belongs to the parent. Strings returned are borrowed from the tree.
 * Units:   integers are exact up to 2^53.
 * Errors:  -EINVAL for text that is not JSON, deeper than 64 levels, or longer than the limit.
 * Thread:  any one thread at a time per tree.
 * Source:  RFC 8259. Duplicate keys: the first one is found.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct json;
enum json_type { JSON_NULL, JSON_BOOL, JSON_NUM, JSON_STR, JSON_ARR, JSON_OBJ };

int json_parse(const char *text, size_t n, struct json **ret, struct err **e);
/* Reads the whole file (at most max bytes) relative to dirfd. -ENOENT when it is missing. */
int json_parse_file(int dirfd, const char *path, size_t max, struct json **ret, struct err **e);
void json_free(struct json *j);
static inline void json_autop(struct json **j)
{
	json_free(*j);
}
/* For free(3). pretty = tabs and newlines. */
char *json_print(const struct json *j, bool pretty);

/* Reading. A NULL value is treated as absent everywhere. */
enum json_type json_type(const struct json *j);
static inline bool json_is(const struct json *j, enum json_type t)
{
	return j && json_type(j) == t;
}
/* Member of an object; NULL when absent or when j is no object. JSON null is returned as a value. */
struct json *json_get(const struct json *j, const char *key);
/* Several steps at once, keys given as arguments up to NULL. */
struct json *json_path(const struct json *j, ...) __attribute__((sentinel));
struct json *json_at(const struct json *arr, size_t i);
size_t json_len(const struct json *j); /* members or items; 0 for scalars */
struct json *json_first(const struct json *j);
struct json *json_next(const struct json *child);
const char *json_key(const struct json *child); /* NULL for array items */
#define JSON_EACH(child, parent)                                                                   \
	for (struct json *child = json_first(parent); child; child = json_next(child))

/* The text of a string value, NULL for anything else. */
const char *json_text(const struct json *j);
double json_num(const struct json *j, double dflt);
/* The JSON value true; false for anything else. */
bool json_is_true(const struct json *j);
/* Members by key, with what to answer when absent or of another type. */
const char *json_str(const struct json *obj, const char *key, const char *dflt);
int64_t json_int(const struct json *obj, const char *key, int64_t dflt);
bool json_bool(const struct json *obj, const char *key, bool dflt);

/* Building. */
struct json *json_new_obj(void);
struct json *json_new_arr(void);
struct json *json_new_null(void);
struct json *json_new_str(const char *s); /* NULL gives null */
struct json *json_new_int(int64_t v);
struct json *json_new_num(double v);
struct json *json_new_bool(bool v);
struct json *json_dup(const struct json *j);
/* Sets or replaces; takes ownership of v; returns v. */
struct json *json_set(struct json *obj, const char *key, struct json *v);
void json_set_str(struct json *obj, const char *key, const char *s);
void json_set_int(struct json *obj, const char *key, int64_t v);
void json_set_bool(struct json *obj, const char *key, bool v);
void json_del(struct json *obj, const char *key);
/* Appends; takes ownership; returns v. */
struct json *json_push(struct json *arr, struct json *v);
void json_push_str(struct json *arr, const char *s);

#endif
