#include "compose/load/mounts.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { FIELDS_MAX = 4 };

struct fields {
	struct str v[FIELDS_MAX];
	size_t n; /* one more than fits is counted */
};

/* Cuts at colons outside ${...}. */
static struct fields cut_fields(const char *text)
{
	struct fields f = { .n = 0 };
	const char *start = text;
	unsigned depth = 0;

	for (const char *s = text;; s++) {
		if (s[0] == '$' && s[1] == '{')
			depth++;
		else if (s[0] == '}' && depth)
			depth--;
		if (*s && (*s != ':' || depth))
			continue;
		if (f.n < FIELDS_MAX)
			f.v[f.n] = (struct str){ start, (size_t)(s - start) };
		f.n++;
		start = s + 1;
		if (!*s)
			return f;
	}
}

static bool is_path(const char *source)
{
	return strchr("./~\\", *source) != NULL;
}

static void apply_option(struct arena *a, struct str option, struct mount_short *m)
{
	static const char *const propagations[] = { "rprivate", "private", "rshared",
						    "shared",	"rslave",  "slave" };

	if (str_eq(option, "ro"))
		m->read_only = true;
	else if (str_eq(option, "rw"))
		m->read_only = false;
	else if (str_eq(option, "nocopy"))
		m->nocopy = true;
	else if (str_eq(option, "z") || str_eq(option, "Z"))
		m->selinux = arena_strndup(a, option.p, option.n);
	for (size_t i = 0; i < ARRAY_LEN(propagations); i++) {
		if (str_eq(option, propagations[i]))
			m->propagation = propagations[i];
	}
}

/* C:\dir: the drive letter, then a backslash. */
static bool is_windows_path(const char *text)
{
	return isalpha((unsigned char)text[0]) && text[1] == ':' && text[2] == '\\';
}

int mount_parse(struct arena *a, const char *text, struct mount_short *ret, struct err **e)
{
	struct mount_short m = { .type = "volume" };
	struct fields f;

	if (!*text)
		return err_set(e, EINVAL, "invalid empty volume spec");
	if (!text[1] || !text[2]) {
		m.target = arena_strdup(a, text);
		*ret = m;
		return 0;
	}
	if (is_windows_path(text))
		return err_set(e, EINVAL, "invalid spec: %s: a Windows path does not exist here",
			       text);
	f = cut_fields(text);
	for (size_t i = 0; i < f.n && i < FIELDS_MAX; i++) {
		if (!f.v[i].n)
			return err_set(e, EINVAL, "invalid spec: %s: empty section between colons",
				       text);
	}
	if (f.n > 3)
		return err_set(e, EINVAL, "invalid spec: %s: too many colons", text);
	if (f.n > 1)
		m.source = arena_strndup(a, f.v[0].p, f.v[0].n);
	m.target = arena_strndup(a, f.v[f.n > 1].p, f.v[f.n > 1].n);
	if (f.n == 3) {
		for (struct str rest = f.v[2]; rest.p;)
			apply_option(a, str_cut(&rest, ','), &m);
	}
	if (m.source && is_path(m.source))
		m.type = "bind";
	m.has_volume = m.nocopy || streq(m.type, "volume");
	*ret = m;
	return 0;
}

int device_parse(struct arena *a, const char *text, struct device_short *ret, struct err **e)
{
	struct str rest = str_of(text), part[3] = { { 0 } };
	size_t n = 0;

	while (rest.p) {
		if (n == ARRAY_LEN(part))
			return err_set(e, EINVAL,
				       "confusing device mapping, please use long syntax: %s",
				       text);
		part[n++] = str_cut(&rest, ':');
	}
	ret->source = arena_strndup(a, part[0].p ? part[0].p : "", part[0].n);
	ret->target = part[1].n ? arena_strndup(a, part[1].p, part[1].n) : ret->source;
	ret->permissions = part[2].p ? arena_strndup(a, part[2].p, part[2].n) : "rwm";
	return 0;
}
