#include "runtime/sysctl.h"

#include <errno.h>

#include "base/buf.h"
#include "base/fdio.h"

char *sysctl_path(const char *key)
{
	char *path = xstrdup(key);
	bool slashed = strchr(key, '/') != NULL;
	struct str rest;

	for (char *p = path; *p && !slashed; p++)
		if (*p == '.')
			*p = '/';
	rest = str_of(path);
	if (!rest.n || path[rest.n - 1] == '/') {
		free(path);
		return NULL;
	}
	while (rest.n) {
		struct str part = str_cut(&rest, '/');

		if (!part.n || str_eq(part, ".") || str_eq(part, "..")) {
			free(path);
			return NULL;
		}
	}
	return path;
}

/* The namespace a key belongs to, NS_TYPES when to none. */
static enum ns_type owner_of(const char *path)
{
	static const struct {
		const char *path;
		enum ns_type ns;
	} rows[] = {
		{ "kernel/msgmax", NS_IPC },	 { "kernel/msgmnb", NS_IPC },
		{ "kernel/msgmni", NS_IPC },	 { "kernel/sem", NS_IPC },
		{ "kernel/shmall", NS_IPC },	 { "kernel/shmmax", NS_IPC },
		{ "kernel/shmmni", NS_IPC },	 { "kernel/shm_rmid_forced", NS_IPC },
		{ "kernel/domainname", NS_UTS },
	};

	if (starts_with(path, "net/"))
		return NS_NET;
	if (starts_with(path, "fs/mqueue/"))
		return NS_IPC;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (streq(rows[i].path, path))
			return rows[i].ns;
	return NS_TYPES;
}

static int check_one(const struct spec *s, const struct json *item, struct err **e)
{
	const char *key = json_key(item), *value = json_text(item);
	AUTO(mem) char *path = sysctl_path(key);
	enum ns_type ns;

	if (!path || !value || strpbrk(value, "+\n"))
		return err_set(e, EINVAL, "sysctl \"%s\": bad key or value", key);
	ns = owner_of(path);
	if (ns == NS_TYPES)
		return err_set(e, EINVAL, "sysctl \"%s\" is not namespaced", key);
	if (!s->ns[ns].present)
		return err_set(e, EINVAL, "sysctl \"%s\" needs a %s namespace of its own", key,
			       ns_type_name(ns));
	if (streq(path, "kernel/domainname") && s->domainname && !streq(value, s->domainname))
		return err_set(e, EINVAL, "sysctl \"%s\" differs from domainname", key);
	return 0;
}

int sysctl_check(const struct spec *s, struct err **e)
{
	JSON_EACH(item, s->sysctl) {
		int r = check_one(s, item, e);

		if (r < 0)
			return r;
	}
	return 0;
}

int sysctl_apply(const struct spec *s, int proc_fd, struct err **e)
{
	JSON_EACH(item, s->sysctl) {
		AUTO(mem) char *path = sysctl_path(json_key(item));
		AUTO(mem) char *file = xasprintf("sys/%s", path ? path : "");
		int r = file_put(proc_fd, file, json_text(item), e);

		if (r < 0)
			return err_wrap(e, "sysctl \"%s\"", json_key(item));
	}
	return 0;
}
