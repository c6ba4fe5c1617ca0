#include "compose/supervise/spec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "compose/supervise/spec_defaults.h"
#include "compose/supervise/spec_parts.h"

enum { SECCOMP_MAX = 4 << 20 };

static void add_namespace(struct json *list, const char *type, const char *path)
{
	struct json *ns = json_push(list, json_new_obj());

	json_set_str(ns, "type", type);
	if (path)
		json_set_str(ns, "path", path);
}

static bool is_host(const struct json *service, const char *key)
{
	return streq(json_str(service, key, ""), "host");
}

static struct json *namespaces_of(const struct spec_input *in)
{
	struct json *list = spec_namespaces("mount", NULL);

	if (in->has_netns)
		add_namespace(list, "network", "/proc/self/fd/4");
	if (!is_host(in->service, "pid"))
		add_namespace(list, "pid", in->pid_ns);
	if (!is_host(in->service, "ipc"))
		add_namespace(list, "ipc", in->ipc_ns);
	if (!is_host(in->service, "uts"))
		add_namespace(list, "uts", in->uts_ns);
	if (!is_host(in->service, "cgroup"))
		add_namespace(list, "cgroup", NULL);
	return list;
}

/* Without shared host networking a container may bind low ports and ping as any user. */
static void add_sysctls(const struct spec_input *in, struct json *linux_obj)
{
	struct json *sysctl = json_set(linux_obj, "sysctl", json_new_obj());

	if (in->has_netns) {
		json_set_str(sysctl, "net.ipv4.ip_unprivileged_port_start", "0");
		json_set_str(sysctl, "net.ipv4.ping_group_range", "0 2147483647");
	}
	JSON_EACH(s, json_get(in->service, "sysctls"))
		if (json_text(s))
			json_set_str(sysctl, json_key(s), json_text(s));
}

/* unconfined, the built-in filter, or a profile file in the OCI form. */
static int add_seccomp(const struct spec_input *in, struct json *linux_obj,
		       struct json *annotations, struct err **e)
{
	AUTO(mem) char *opt = spec_security_opt(in->service, "seccomp");
	struct json *profile = NULL;
	int r;

	if (json_bool(in->service, "privileged", false) || (opt && streq(opt, "unconfined")))
		return 0;
	if (!opt || !*opt || streq(opt, "builtin")) {
		json_set_str(annotations, "compose.seccomp", "default");
		return 0;
	}
	r = json_parse_file(AT_FDCWD, opt, SECCOMP_MAX, &profile, e);
	if (r < 0)
		return err_wrap(e, "security_opt: seccomp profile");
	json_set(linux_obj, "seccomp", profile);
	return 0;
}

static void add_overlay(const struct spec_input *in, struct json *annotations)
{
	AUTO(json) struct json *overlay = json_new_obj();
	struct json *lower = json_set(overlay, "lower", json_new_arr());
	AUTO(mem) char *upper = xasprintf("%s/upper", in->bundle);
	AUTO(mem) char *work = xasprintf("%s/work", in->bundle);
	AUTO(mem) char *text = NULL;

	if (in->stubs)
		json_push_str(lower, in->stubs);
	for (size_t i = in->image->layers.n; i-- > 0;)
		json_push_str(lower, in->image->layers.v[i]);
	json_set_str(overlay, "upper", upper);
	json_set_str(overlay, "work", work);
	text = json_print(overlay, /* pretty= */ false);
	json_set_str(annotations, "compose.overlay", text);
}

static void add_etc(const struct spec_input *in, struct json *mounts)
{
	static const char *const names[] = { "resolv.conf", "hostname", "hosts" };
	const char *access = json_bool(in->service, "read_only", false) ? "ro" : "rw";

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(mem) char *target = xasprintf("/etc/%s", names[i]);
		AUTO(mem) char *source = xasprintf("%s/%s", in->run_dir, names[i]);
		bool taken = false;

		JSON_EACH(m, in->mounts)
			taken |= streq(json_str(m, "destination", ""), target);
		if (!taken)
			spec_mount_add(mounts, target, "bind", source, "bind", "rprivate", access, NULL);
	}
}

static int add_mounts(const struct spec_input *in, struct json *config, struct err **e)
{
	struct json *mounts;
	int64_t shm;
	int r = spec_number(in->service, "shm_size", 0, &shm, e);

	if (r < 0)
		return r;
	mounts = json_set(config, "mounts",
			  spec_default_mounts(shm, json_bool(in->service, "privileged", false)));
	if (is_host(in->service, "ipc"))
		spec_mount_add(mounts, "/dev/shm", "bind", "/dev/shm", "rbind", "rprivate", NULL);
	add_etc(in, mounts);
	return spec_mounts_append(in, mounts, e);
}

static int add_linux(const struct spec_input *in, struct json *config, struct json *annotations,
		     struct err **e)
{
	struct json *linux_obj = json_set(config, "linux", json_new_obj());
	AUTO(mem) char *systempaths = spec_security_opt(in->service, "systempaths");
	const char *parent = spec_text(in->service, "cgroup_parent");
	AUTO(mem) char *cgroup = xasprintf("/%s/%s", parent ? parent : "compose", in->id);
	int r;

	json_set_str(linux_obj, "cgroupsPath", cgroup);
	json_set(linux_obj, "namespaces", namespaces_of(in));
	add_sysctls(in, linux_obj);
	if (!json_bool(in->service, "privileged", false) &&
	    !(systempaths && streq(systempaths, "unconfined")))
		spec_mask_paths(linux_obj);
	r = spec_resources(in->service, linux_obj, e);
	return r < 0 ? r : add_seccomp(in, linux_obj, annotations, e);
}

static void add_identity(const struct spec_input *in, struct json *config)
{
	AUTO(mem) char *rootfs = xasprintf("%s/rootfs", in->run_dir);
	AUTO(mem) char *hostname = spec_hostname(in->service, in->id);
	struct json *root = json_set(config, "root", json_new_obj());

	json_set_str(config, "ociVersion", "1.1.0");
	json_set_str(root, "path", rootfs);
	json_set_bool(root, "readonly", json_bool(in->service, "read_only", false));
	/* A joined or shared UTS namespace has a name already. */
	if (!is_host(in->service, "uts") && !in->uts_ns) {
		json_set_str(config, "hostname", hostname);
		if (spec_text(in->service, "domainname"))
			json_set_str(config, "domainname", spec_text(in->service, "domainname"));
	}
}

int spec_build(const struct spec_input *in, struct json **ret, struct err **e)
{
	AUTO(json) struct json *config = json_new_obj();
	struct json *process = NULL, *annotations;
	int r;

	add_identity(in, config);
	annotations = json_set(config, "annotations", json_new_obj());
	JSON_EACH(a, json_get(in->service, "annotations"))
		if (json_text(a) && !starts_with(json_key(a), "compose."))
			json_set_str(annotations, json_key(a), json_text(a));
	add_overlay(in, annotations);
	if (json_bool(in->service, "init", false))
		json_set_str(annotations, "compose.init", "true");
	r = spec_process(in, &process, e);
	if (r < 0)
		return r;
	json_set(config, "process", process);
	r = add_mounts(in, config, e);
	if (r == 0)
		r = add_linux(in, config, annotations, e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(config);
	return 0;
}
