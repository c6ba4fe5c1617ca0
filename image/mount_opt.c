#include "image/mount_opt.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/buf.h"
#include "base/num.h"

void mount_opt_done(struct mount_opt *m)
{
	free(m->from);
	free(m->source);
	free(m->target);
	free(m->id);
	free(m->env);
	*m = (struct mount_opt){ 0 };
}

/* Fields of one CSV line; "a""b" is a"b. */
static void split_csv(const char *text, struct strv *ret)
{
	AUTO(buf) struct buf field = BUF_INIT;
	bool quoted = false;

	for (const char *p = text; *p; p++) {
		if (*p == '"' && quoted && p[1] == '"')
			buf_addch(&field, *p++);
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == ',' && !quoted) {
			strv_add(ret, buf_str(&field));
			buf_reset(&field);
		} else {
			buf_addch(&field, *p);
		}
	}
	strv_add(ret, buf_str(&field));
}

static int parse_type(const char *v, struct mount_opt *m, struct err **e)
{
	static const char *const names[] = { "bind", "cache", "tmpfs", "secret" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcasecmp(v, names[i]) != 0)
			continue;
		m->type = (enum mount_opt_type)i;
		return 0;
	}
	if (strcasecmp(v, "ssh") == 0)
		return err_set(e, ENOTSUP, "mount type \"ssh\" is not supported");
	return err_set(e, EINVAL, "unsupported mount type \"%s\"", v);
}

static int parse_sharing(const char *v, struct mount_opt *m, struct err **e)
{
	static const char *const names[] = { "shared", "private", "locked" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcasecmp(v, names[i]) != 0)
			continue;
		m->sharing = (enum mount_opt_sharing)i;
		return 0;
	}
	return err_set(e, EINVAL, "unsupported sharing value \"%s\"", v);
}

static int parse_bool(const char *key, const char *v, bool *ret, struct err **e)
{
	if (!v || streq(v, "true") || streq(v, "1") || streq(v, "false") || streq(v, "0")) {
		*ret = !v || *v == 't' || *v == '1';
		return 0;
	}
	return err_set(e, EINVAL, "invalid value for '%s': %s", key, v);
}

static int parse_number(const char *key, const char *v, int64_t *ret, struct err **e)
{
	int r = 0;

	if (streq(key, "size"))
		r = bytes_parse(v, ret);
	else if (streq(key, "mode") && strspn(v, "01234567") == strlen(v) && strlen(v) < 6)
		*ret = (int64_t)strtoul(v, NULL, 8);
	else if (streq(key, "mode"))
		r = -EINVAL;
	else
		r = num_parse(v, 0, INT32_MAX, ret);
	return r < 0 ? err_set(e, EINVAL, "invalid value '%s' for '%s'", v, key) : 0;
}

static const struct {
	const char *key;
	char kind; /* 's'tring, 'n'umber, 'b'oolean, 't'ype, 'h' sharing */
	size_t offset;
} fields[] = {
	{ "type", 't', 0 },
	{ "from", 's', offsetof(struct mount_opt, from) },
	{ "source", 's', offsetof(struct mount_opt, source) },
	{ "src", 's', offsetof(struct mount_opt, source) },
	{ "target", 's', offsetof(struct mount_opt, target) },
	{ "dst", 's', offsetof(struct mount_opt, target) },
	{ "destination", 's', offsetof(struct mount_opt, target) },
	{ "id", 's', offsetof(struct mount_opt, id) },
	{ "env", 's', offsetof(struct mount_opt, env) },
	{ "ro", 'b', offsetof(struct mount_opt, read_only) },
	{ "readonly", 'b', offsetof(struct mount_opt, read_only) },
	{ "rw", 'b', offsetof(struct mount_opt, is_writable) },
	{ "readwrite", 'b', offsetof(struct mount_opt, is_writable) },
	{ "required", 'b', offsetof(struct mount_opt, is_required) },
	{ "sharing", 'h', 0 },
	{ "size", 'n', offsetof(struct mount_opt, size) },
	{ "mode", 'n', offsetof(struct mount_opt, mode) },
	{ "uid", 'n', offsetof(struct mount_opt, uid) },
	{ "gid", 'n', offsetof(struct mount_opt, gid) },
};

static int set_field(struct mount_opt *m, size_t f, char *value, struct err **e)
{
	char *at = (char *)m + fields[f].offset;

	switch (fields[f].kind) {
	case 't':
		return parse_type(value, m, e);
	case 'h':
		return parse_sharing(value, m, e);
	case 's':
		free(*(char **)(void *)at);
		*(char **)(void *)at = xstrdup(value);
		return 0;
	case 'n':
		return parse_number(fields[f].key, value, (int64_t *)(void *)at, e);
	default:
		return parse_bool(fields[f].key, value, (bool *)at, e);
	}
}

static int parse_field(struct mount_opt *m, const char *text, const struct expand *x,
		       struct err **e)
{
	const char *eq = strchr(text, '=');
	AUTO(mem) char *key = xstrndup(text, eq ? (size_t)(eq - text) : strlen(text));
	AUTO(mem) char *value = NULL;
	int r;

	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!streq(key, fields[i].key))
			continue;
		if (!eq && fields[i].kind != 'b')
			return err_set(e, EINVAL, "invalid field '%s' must be a key=value pair",
				       text);
		if (eq && !streq(key, "from")) {
			r = expand_word(x, eq + 1, &value, e);
			if (r < 0)
				return r;
		} else if (eq) {
			value = xstrdup(eq + 1);
		}
		return set_field(m, i, value, e);
	}
	return err_set(e, EINVAL,
		       eq ? "unexpected key '%s' in '%s'"
			  : "invalid field '%s' must be a key=value pair%.0s",
		       eq ? key : text, text);
}

static int check(const struct mount_opt *m, struct err **e)
{
	bool needs_target = m->type != MOUNT_OPT_SECRET;

	if (needs_target && (!m->target || !*m->target))
		return err_set(e, EINVAL, "mount target is required");
	if (m->target && streq(m->target, "/"))
		return err_set(e, EINVAL, "invalid mount target \"/\"");
	if (m->type == MOUNT_OPT_SECRET && !m->id && !m->source && !m->target)
		return err_set(e, EINVAL, "invalid secret mount: id or target is required");
	return 0;
}

int mount_opt_parse(const char *text, const struct expand *x, struct mount_opt *ret, struct err **e)
{
	AUTO(mount_opt) struct mount_opt m = { .mode = -1 };
	AUTO(strv) struct strv parts = STRV_INIT;
	int r = 0;

	split_csv(text, &parts);
	for (size_t i = 0; r == 0 && i < parts.n; i++)
		r = parse_field(&m, parts.v[i], x, e);
	if (r == 0)
		r = check(&m, e);
	if (r < 0)
		return r;
	if (m.type == MOUNT_OPT_BIND)
		m.read_only = !m.is_writable;
	*ret = m;
	m = (struct mount_opt){ 0 };
	return 0;
}

char *mount_opt_from(const char *flag)
{
	AUTO(strv) struct strv parts = STRV_INIT;

	if (!starts_with(flag, "mount="))
		return NULL;
	split_csv(flag + 6, &parts);
	for (size_t i = 0; i < parts.n; i++)
		if (strncasecmp(parts.v[i], "from=", 5) == 0)
			return xstrdup(parts.v[i] + 5);
	return NULL;
}
