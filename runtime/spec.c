#include "runtime/spec.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"

static const char *const ns_names[NS_TYPES] = {
	[NS_USER] = "user", [NS_MOUNT] = "mount", [NS_PID] = "pid",	  [NS_NET] = "network",
	[NS_IPC] = "ipc",   [NS_UTS] = "uts",	  [NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};

static const char *const hook_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

static const struct {
	const char *name;
	int resource;
} rlimit_names[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};

static const struct {
	const char *name;
	unsigned long flags;
} propagations[] = {
	{ "shared", MS_SHARED },
	{ "slave", MS_SLAVE },
	{ "private", MS_PRIVATE },
	{ "unbindable", MS_UNBINDABLE },
	{ "rshared", MS_SHARED | MS_REC },
	{ "rslave", MS_SLAVE | MS_REC },
	{ "rprivate", MS_PRIVATE | MS_REC },
	{ "runbindable", MS_UNBINDABLE | MS_REC },
};

const char *ns_type_name(enum ns_type t)
{
	return ns_names[t];
}

const char *spec_rlimit_name(int resource)
{
	for (size_t i = 0; i < ARRAY_LEN(rlimit_names); i++)
		if (rlimit_names[i].resource == resource)
			return rlimit_names[i].name;
	return "RLIMIT_?";
}

/* Numbers come as doubles: -1 means "infinity" in rlimits, 2^64-1 is not exact. */
static uint64_t u64_of(const struct json *v)
{
	double d = json_num(v, 0);

	if (d < 0 || d >= 18446744073709549568.0)
		return UINT64_MAX;
	return (uint64_t)d;
}

static int u32_member(const struct json *obj, const char *key, uint32_t dflt, uint32_t *ret,
		      struct err **e)
{
	const struct json *v = json_get(obj, key);
	double d;

	if (!v || json_is(v, JSON_NULL)) {
		*ret = dflt;
		return 0;
	}
	d = json_num(v, -1);
	if (!json_is(v, JSON_NUM) || d < 0 || d > 4294967295.0 || (double)(uint32_t)d != d)
		return err_set(e, EINVAL, "\"%s\" is not an unsigned 32-bit number", key);
	*ret = (uint32_t)d;
	return 0;
}

static int strings(struct arena *a, const struct json *arr, const char *what, char ***ret,
		   struct err **e)
{
	size_t n = json_len(arr), i = 0;
	char **v = arena_alloc(a, (n + 1) * sizeof(*v));

	if (arr && !json_is(arr, JSON_ARR) && !json_is(arr, JSON_NULL))
		return err_set(e, EINVAL, "%s is not a list", what);
	JSON_EACH(item, arr) {
		if (!json_text(item))
			return err_set(e, EINVAL, "%s[%zu] is not a string", what, i);
		v[i++] = arena_strdup(a, json_text(item));
	}
	*ret = v;
	return 0;
}

uint64_t spec_caps_mask(const struct json *names)
{
	uint64_t mask = 0;

	JSON_EACH(item, names) {
		int n = json_text(item) ? caps_number(json_text(item)) : -1;

		if (n >= 0)
			mask |= (uint64_t)1 << n;
	}
	return mask;
}

static void parse_caps(const struct json *j, struct spec_process *p)
{
	if (!json_is(j, JSON_OBJ))
		return;
	p->has_caps = true;
	p->caps.bounding = spec_caps_mask(json_get(j, "bounding"));
	p->caps.effective = spec_caps_mask(json_get(j, "effective"));
	p->caps.inheritable = spec_caps_mask(json_get(j, "inheritable"));
	p->caps.permitted = spec_caps_mask(json_get(j, "permitted"));
	p->caps.ambient = spec_caps_mask(json_get(j, "ambient"));
}

static int parse_rlimits(struct arena *a, const struct json *j, struct spec_process *p,
			 struct err **e)
{
	p->rlimits = arena_alloc(a, (json_len(j) + 1) * sizeof(*p->rlimits));
	JSON_EACH(item, j) {
		const char *name = json_str(item, "type", "");
		struct spec_rlimit *r = &p->rlimits[p->n_rlimits];
		size_t i = 0;

		while (i < ARRAY_LEN(rlimit_names) && !streq(rlimit_names[i].name, name))
			i++;
		if (i == ARRAY_LEN(rlimit_names))
			return err_set(e, EINVAL, "process.rlimits: unknown type \"%s\"", name);
		r->resource = rlimit_names[i].resource;
		r->soft = u64_of(json_get(item, "soft"));
		r->hard = u64_of(json_get(item, "hard"));
		for (size_t k = 0; k < p->n_rlimits; k++)
			if (p->rlimits[k].resource == r->resource)
				return err_set(e, EINVAL, "process.rlimits: \"%s\" is given twice",
					       name);
		p->n_rlimits++;
	}
	return 0;
}

static int parse_user(struct arena *a, const struct json *j, struct spec_process *p, struct err **e)
{
	uint32_t mask;
	const struct json *gids = json_get(j, "additionalGids");
	int r = u32_member(j, "uid", 0, &p->uid, e);

	if (r == 0)
		r = u32_member(j, "gid", 0, &p->gid, e);
	if (r == 0)
		r = u32_member(j, "umask", 022, &mask, e);
	if (r < 0)
		return err_wrap(e, "process.user");
	p->has_umask = json_is(json_get(j, "umask"), JSON_NUM);
	p->umask = (mode_t)mask & 0777;
	p->username = json_str(j, "username", NULL);
	if (p->username && !*p->username)
		p->username = NULL;
	if (json_len(gids) > 65536)
		return err_set(e, EINVAL, "process.user.additionalGids: more than 65536 groups");
	p->gids = arena_alloc(a, (json_len(gids) + 1) * sizeof(*p->gids));
	JSON_EACH(item, gids) {
		double d = json_num(item, -1);

		if (d < 0 || d > 4294967294.0)
			return err_set(e, EINVAL, "process.user.additionalGids: not a group id");
		p->gids[p->n_gids++] = (gid_t)d;
	}
	return 0;
}

int spec_process_parse(struct arena *a, const struct json *j, struct spec_process *ret,
		       struct err **e)
{
	struct spec_process p = { .json = j };
	const struct json *v;
	int r;

	if (!json_is(j, JSON_OBJ))
		return err_set(e, EINVAL, "process is not an object");
	p.terminal = json_bool(j, "terminal", false);
	p.rows = (uint16_t)json_int(json_get(j, "consoleSize"), "height", 0);
	p.cols = (uint16_t)json_int(json_get(j, "consoleSize"), "width", 0);
	r = strings(a, json_get(j, "args"), "process.args", &p.args, e);
	if (r == 0)
		r = strings(a, json_get(j, "env"), "process.env", &p.env, e);
	if (r == 0)
		r = parse_user(a, json_get(j, "user"), &p, e);
	if (r == 0)
		r = parse_rlimits(a, json_get(j, "rlimits"), &p, e);
	if (r < 0)
		return r;
	if (!p.args[0])
		return err_set(e, EINVAL, "process.args is empty");
	p.cwd = json_str(j, "cwd", "/");
	if (!path_is_abs(p.cwd))
		return err_set(e, EINVAL, "process.cwd \"%s\" is not an absolute path", p.cwd);
	parse_caps(json_get(j, "capabilities"), &p);
	p.no_new_privs = json_bool(j, "noNewPrivileges", false);
	v = json_get(j, "oomScoreAdj");
	p.has_oom_score_adj = json_is(v, JSON_NUM);
	p.oom_score_adj = (int)json_num(v, 0);
	p.apparmor = json_str(j, "apparmorProfile", NULL);
	p.selinux = json_str(j, "selinuxLabel", NULL);
	*ret = p;
	return 0;
}

int spec_idmaps_parse(struct arena *a, const struct json *j, struct spec_idmap **ret, size_t *ret_n,
		      struct err **e)
{
	struct spec_idmap *v = arena_alloc(a, (json_len(j) + 1) * sizeof(*v));
	size_t n = 0;

	JSON_EACH(item, j) {
		int r = u32_member(item, "containerID", 0, &v[n].container, e);

		if (r == 0)
			r = u32_member(item, "hostID", 0, &v[n].host, e);
		if (r == 0)
			r = u32_member(item, "size", 0, &v[n].size, e);
		if (r < 0)
			return r;
		n++;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

static int parse_namespaces(struct spec *s, const struct json *list, struct err **e)
{
	size_t i = 0;

	JSON_EACH(item, list) {
		const char *type = json_str(item, "type", "");
		const char *path = json_str(item, "path", NULL);
		size_t t = 0;

		while (t < NS_TYPES && !streq(ns_names[t], type))
			t++;
		if (t == NS_TYPES)
			return err_set(e, EINVAL, "linux.namespaces[%zu]: unknown type \"%s\"", i,
				       type);
		if (s->ns[t].present)
			return err_set(e, EINVAL, "linux.namespaces: \"%s\" is given twice", type);
		if (path && *path && !path_is_abs(path))
			return err_set(e, EINVAL, "linux.namespaces[%zu].path is not absolute", i);
		s->ns[t].present = true;
		s->ns[t].path = path && *path ? path : NULL;
		i++;
	}
	return 0;
}

static int parse_mounts(struct spec *s, const struct json *list, struct err **e)
{
	s->mounts = arena_alloc(s->arena, (json_len(list) + 1) * sizeof(*s->mounts));
	JSON_EACH(item, list) {
		struct spec_mount *m = &s->mounts[s->n_mounts];

		m->destination = json_str(item, "destination", NULL);
		if (!m->destination || !*m->destination)
			return err_set(e, EINVAL, "mounts[%zu] has no destination", s->n_mounts);
		if (!path_is_abs(m->destination))
			m->destination = arena_printf(s->arena, "/%s", m->destination);
		m->type = json_str(item, "type", NULL);
		m->source = json_str(item, "source", NULL);
		m->options = json_get(item, "options");
		m->uid_mappings = json_get(item, "uidMappings");
		m->gid_mappings = json_get(item, "gidMappings");
		JSON_EACH(o, m->options) {
			if (!json_text(o))
				return err_set(e, EINVAL, "mounts[%zu].options: not a string",
					       s->n_mounts);
		}
		s->n_mounts++;
	}
	return 0;
}

static int parse_devices(struct spec *s, const struct json *list, struct err **e)
{
	s->devices = arena_alloc(s->arena, (json_len(list) + 1) * sizeof(*s->devices));
	JSON_EACH(item, list) {
		struct spec_device *d = &s->devices[s->n_devices];
		const char *type = json_str(item, "type", "");

		d->path = json_str(item, "path", NULL);
		if (!d->path || !path_is_abs(d->path))
			return err_set(e, EINVAL, "linux.devices[%zu].path is not absolute",
				       s->n_devices);
		if (strlen(type) != 1 || !strchr("cbup", *type))
			return err_set(e, EINVAL, "linux.devices[%zu]: unknown type \"%s\"",
				       s->n_devices, type);
		d->type = *type;
		d->major = json_int(item, "major", 0);
		d->minor = json_int(item, "minor", 0);
		d->mode = (mode_t)json_int(item, "fileMode", 0666) & 07777;
		d->uid = (uint32_t)json_int(item, "uid", 0);
		d->gid = (uint32_t)json_int(item, "gid", 0);
		s->n_devices++;
	}
	return 0;
}

static int parse_hooks(struct spec *s, const struct json *hooks, struct err **e)
{
	for (int k = 0; k < HOOK_KINDS; k++) {
		const struct json *list = json_get(hooks, hook_names[k]);
		struct spec_hooks *h = &s->hooks[k];

		h->v = arena_alloc(s->arena, (json_len(list) + 1) * sizeof(*h->v));
		JSON_EACH(item, list) {
			struct spec_hook *hook = &h->v[h->n];
			int r;

			hook->path = json_str(item, "path", NULL);
			if (!hook->path || !path_is_abs(hook->path))
				return err_set(e, EINVAL, "hooks.%s[%zu].path is not absolute",
					       hook_names[k], h->n);
			r = strings(s->arena, json_get(item, "args"), "hook args", &hook->args, e);
			if (r == 0)
				r = strings(s->arena, json_get(item, "env"), "hook env", &hook->env,
					    e);
			if (r < 0)
				return r;
			if (!hook->args[0]) {
				hook->args = arena_alloc(s->arena, 2 * sizeof(char *));
				hook->args[0] = arena_strdup(s->arena, hook->path);
			}
			hook->timeout_s = json_int(item, "timeout", 0);
			if (json_get(item, "timeout") && hook->timeout_s <= 0)
				return err_set(e, EINVAL, "hooks.%s[%zu].timeout is not positive",
					       hook_names[k], h->n);
			h->n++;
		}
	}
	return 0;
}

static int parse_propagation(struct spec *s, const char *name, struct err **e)
{
	if (!name || !*name)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(propagations); i++) {
		if (streq(propagations[i].name, name)) {
			s->propagation = propagations[i].flags;
			return 0;
		}
	}
	return err_set(e, EINVAL, "linux.rootfsPropagation: unknown value \"%s\"", name);
}

static int parse_linux(struct spec *s, const struct json *l, struct err **e)
{
	int r = parse_namespaces(s, json_get(l, "namespaces"), e);

	if (r == 0)
		r = spec_idmaps_parse(s->arena, json_get(l, "uidMappings"), &s->uid_maps,
				      &s->n_uid_maps, e);
	if (r == 0)
		r = spec_idmaps_parse(s->arena, json_get(l, "gidMappings"), &s->gid_maps,
				      &s->n_gid_maps, e);
	if (r == 0)
		r = parse_devices(s, json_get(l, "devices"), e);
	if (r == 0)
		r = strings(s->arena, json_get(l, "maskedPaths"), "linux.maskedPaths", &s->masked,
			    e);
	if (r == 0)
		r = strings(s->arena, json_get(l, "readonlyPaths"), "linux.readonlyPaths",
			    &s->readonly, e);
	if (r == 0)
		r = parse_propagation(s, json_str(l, "rootfsPropagation", NULL), e);
	if (r < 0)
		return r;
	s->cgroups_path = json_str(l, "cgroupsPath", NULL);
	s->resources = json_get(l, "resources");
	s->seccomp = json_get(l, "seccomp");
	if (!json_is(s->seccomp, JSON_OBJ))
		s->seccomp = NULL;
	s->sysctl = json_get(l, "sysctl");
	s->time_offsets = json_get(l, "timeOffsets");
	s->mount_label = json_str(l, "mountLabel", NULL);
	return 0;
}

/* A new user namespace without maps shows the ids as they are: root's all of them, a user's own. */
static void default_maps(struct spec *s)
{
	bool root = geteuid() == 0;

	if (!s->ns[NS_USER].present || s->ns[NS_USER].path || s->n_uid_maps || s->n_gid_maps)
		return;
	s->uid_maps = arena_alloc(s->arena, sizeof(*s->uid_maps));
	s->gid_maps = arena_alloc(s->arena, sizeof(*s->gid_maps));
	s->uid_maps[0] = (struct spec_idmap){ 0, geteuid(), root ? UINT32_MAX : 1 };
	s->gid_maps[0] = (struct spec_idmap){ 0, getegid(), root ? UINT32_MAX : 1 };
	s->n_uid_maps = s->n_gid_maps = 1;
}

static int check(const struct spec *s, struct err **e)
{
	const char *version = json_str(s->json, "ociVersion", NULL);

	if (!version)
		return err_set(e, EINVAL, "ociVersion is missing");
	if (!starts_with(version, "1."))
		return err_set(e, EINVAL, "unknown version specified: ociVersion \"%s\"", version);
	if (!s->root_path)
		return err_set(e, EINVAL, "root.path is missing");
	if (!s->ns[NS_MOUNT].present)
		return err_set(e, EINVAL, "a container needs a mount namespace");
	if ((s->hostname || s->domainname) && !s->ns[NS_UTS].present)
		return err_set(e, EINVAL, "hostname needs a uts namespace");
	if (s->time_offsets && json_len(s->time_offsets) && !s->ns[NS_TIME].present)
		return err_set(e, EINVAL, "linux.timeOffsets needs a time namespace");
	return 0;
}

static int parse(struct spec *s, struct err **e)
{
	const struct json *root = json_get(s->json, "root");
	const struct json *process = json_get(s->json, "process");
	int r = 0;

	if (json_is(process, JSON_OBJ)) {
		s->has_process = true;
		r = spec_process_parse(s->arena, process, &s->process, e);
	}
	if (r == 0)
		r = parse_mounts(s, json_get(s->json, "mounts"), e);
	if (r == 0)
		r = parse_hooks(s, json_get(s->json, "hooks"), e);
	if (r == 0)
		r = parse_linux(s, json_get(s->json, "linux"), e);
	if (r < 0)
		return r;
	s->root_path = json_str(root, "path", NULL);
	s->root_readonly = json_bool(root, "readonly", false);
	s->hostname = json_str(s->json, "hostname", NULL);
	if (s->hostname && !*s->hostname)
		s->hostname = NULL;
	s->domainname = json_str(s->json, "domainname", NULL);
	if (s->domainname && !*s->domainname)
		s->domainname = NULL;
	s->annotations = json_get(s->json, "annotations");
	default_maps(s);
	return check(s, e);
}

int spec_from_trees(const struct json *config, const struct json *overlay, struct spec **ret,
		    struct err **e)
{
	struct spec *s = xcalloc(1, sizeof(*s));
	int r;

	s->arena = arena_new();
	s->json = config;
	s->overlay = overlay;
	r = parse(s, e);
	if (r < 0) {
		arena_free(s->arena);
		free(s);
		return err_wrap(e, "config.json");
	}
	*ret = s;
	return 0;
}

void spec_free(struct spec *s)
{
	if (!s)
		return;
	if (s->free_trees)
		s->free_trees(s);
	arena_free(s->arena);
	free(s);
}

const char *spec_annotation(const struct spec *s, const char *key)
{
	return json_str(s->annotations, key, NULL);
}
