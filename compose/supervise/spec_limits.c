#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/num.h"
#include "base/path.h"
#include "compose/supervise/spec_defaults.h"
#include "compose/supervise/spec_parts.h"

enum { CPU_PERIOD_US = 100000, MEMORY_MIN = 6 << 20 };

/* Like spec_number, but microseconds may be written as a duration. */
static int number_or_us(const struct json *obj, const char *key, int64_t *ret, struct err **e)
{
	const char *text = spec_text(obj, key);
	int64_t ns;

	if (text && duration_parse(text, &ns) == 0) {
		*ret = ns / 1000;
		return 0;
	}
	return spec_number(obj, key, 0, ret, e);
}

/* mem_limit of the service, else deploy.resources.limits.memory, and likewise reservations. */
static int memory_of(const struct json *service, const char *own, const char *deploy, int64_t *ret,
		     struct err **e)
{
	const struct json *from_deploy =
		json_path(service, "deploy", "resources", deploy, NULL);
	int r = spec_number(service, own, 0, ret, e);

	if (r == 0 && *ret == 0)
		r = spec_number(from_deploy, "memory", 0, ret, e);
	return r;
}

static int check_memory(int64_t limit, int64_t reservation, int64_t swap, struct err **e)
{
	if (limit > 0 && limit < MEMORY_MIN)
		return err_set(e, EINVAL, "Minimum memory limit allowed is 6MB");
	if (reservation > 0 && limit > 0 && reservation > limit)
		return err_set(e, EINVAL,
			       "Minimum memory limit can not be less than memory reservation limit, see usage");
	if (swap > 0 && limit <= 0)
		return err_set(e, EINVAL,
			       "You should always set the Memory limit when using Memoryswap limit, see usage");
	if (swap > 0 && swap < limit)
		return err_set(e, EINVAL,
			       "Minimum memoryswap limit should be larger than memory limit, see usage");
	return 0;
}

static int add_memory(const struct json *service, struct json *resources, struct err **e)
{
	int64_t limit, reservation, swap, swappiness;
	struct json *memory;
	int r;

	r = memory_of(service, "mem_limit", "limits", &limit, e);
	if (r == 0)
		r = memory_of(service, "mem_reservation", "reservations", &reservation, e);
	if (r == 0)
		r = spec_number(service, "memswap_limit", 0, &swap, e);
	if (r == 0)
		r = spec_number(service, "mem_swappiness", 0, &swappiness, e);
	if (r == 0)
		r = check_memory(limit, reservation, swap, e);
	if (r < 0)
		return r;
	if (!limit && !reservation && !swap && !swappiness)
		return 0;
	memory = json_set(resources, "memory", json_new_obj());
	if (limit)
		json_set_int(memory, "limit", limit);
	if (reservation)
		json_set_int(memory, "reservation", reservation);
	if (limit > 0)
		json_set_int(memory, "swap", swap ? swap : 2 * limit);
	if (swappiness)
		json_set_int(memory, "swappiness", swappiness);
	if (json_bool(service, "oom_kill_disable", false))
		json_set_bool(memory, "disableOOMKiller", true);
	return 0;
}

/* cpus of the service or of deploy, as a number or a text; 0 when neither says. */
static double cpus_of(const struct json *service)
{
	const struct json *limits = json_path(service, "deploy", "resources", "limits", NULL);
	const struct json *v = json_get(service, "cpus") ? json_get(service, "cpus") :
							   json_get(limits, "cpus");

	return json_text(v) ? strtod(json_text(v), NULL) : json_num(v, 0);
}

static void set_if(struct json *obj, const char *key, int64_t v)
{
	if (v)
		json_set_int(obj, key, v);
}

static int add_cpu(const struct json *service, struct json *resources, struct err **e)
{
	int64_t shares, quota, period, rt_runtime, rt_period;
	double cpus = cpus_of(service);
	struct json *cpu = json_new_obj();
	int r;

	json_set(resources, "cpu", cpu);
	r = spec_number(service, "cpu_shares", 0, &shares, e);
	if (r == 0)
		r = number_or_us(service, "cpu_quota", &quota, e);
	if (r == 0)
		r = number_or_us(service, "cpu_period", &period, e);
	if (r == 0)
		r = number_or_us(service, "cpu_rt_runtime", &rt_runtime, e);
	if (r == 0)
		r = number_or_us(service, "cpu_rt_period", &rt_period, e);
	if (r < 0)
		return r;
	if (cpus > 0 && (quota || period))
		return err_set(e, EINVAL, "conflicting options: cpus and cpu_%s cannot both be set",
			       quota ? "quota" : "period");
	if (cpus > 0) {
		period = CPU_PERIOD_US;
		quota = (int64_t)(cpus * CPU_PERIOD_US + 0.5);
	}
	set_if(cpu, "shares", shares);
	set_if(cpu, "quota", quota);
	set_if(cpu, "period", period);
	set_if(cpu, "realtimeRuntime", rt_runtime);
	set_if(cpu, "realtimePeriod", rt_period);
	if (spec_text(service, "cpuset"))
		json_set_str(cpu, "cpus", spec_text(service, "cpuset"));
	return 0;
}

static int add_pids(const struct json *service, struct json *resources, struct err **e)
{
	const struct json *limits = json_path(service, "deploy", "resources", "limits", NULL);
	int64_t limit;
	int r = spec_number(service, "pids_limit", 0, &limit, e);

	if (r == 0 && limit == 0)
		r = spec_number(limits, "pids", 0, &limit, e);
	if (r < 0 || limit <= 0)
		return r;
	json_set_int(json_set(resources, "pids", json_new_obj()), "limit", limit);
	return 0;
}

/* A member under its lower-case or capitalised name: both are in use. */
static const struct json *either(const struct json *obj, const char *lower, const char *upper)
{
	return json_get(obj, lower) ? json_get(obj, lower) : json_get(obj, upper);
}

static int block_device(const struct json *entry, struct json *out, struct err **e)
{
	const char *path = json_text(either(entry, "path", "Path"));
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return err_sys(e, path ? errno : EINVAL, "blkio_config: device %s", path ? path : "\"\"");
	if (!S_ISBLK(st.st_mode))
		return err_set(e, EINVAL, "blkio_config: %s is not a block device", path);
	json_set_int(out, "major", major(st.st_rdev));
	json_set_int(out, "minor", minor(st.st_rdev));
	return 0;
}

static int block_number(const struct json *entry, const char *lower, const char *upper,
			int64_t *ret, struct err **e)
{
	return spec_number(entry, json_get(entry, lower) ? lower : upper, 0, ret, e);
}

static const struct {
	const char *key, *oci;
} throttles[] = {
	{ "device_read_bps", "throttleReadBpsDevice" },
	{ "device_write_bps", "throttleWriteBpsDevice" },
	{ "device_read_iops", "throttleReadIOPSDevice" },
	{ "device_write_iops", "throttleWriteIOPSDevice" },
};

static int add_block_list(const struct json *list, const char *lower, const char *upper,
			  const char *member, struct json *out, struct err **e)
{
	JSON_EACH(entry, list) {
		struct json *dev = json_push(out, json_new_obj());
		int64_t v;
		int r = block_device(entry, dev, e);

		if (r == 0)
			r = block_number(entry, lower, upper, &v, e);
		if (r < 0)
			return r;
		json_set_int(dev, member, v);
	}
	return 0;
}

static int add_block_io(const struct json *service, struct json *resources, struct err **e)
{
	const struct json *config = json_get(service, "blkio_config");
	struct json *io;
	int64_t weight;
	int r;

	if (!json_len(config))
		return 0;
	io = json_set(resources, "blockIO", json_new_obj());
	r = spec_number(config, "weight", 0, &weight, e);
	if (r < 0)
		return r;
	set_if(io, "weight", weight);
	if (json_get(config, "weight_device"))
		r = add_block_list(json_get(config, "weight_device"), "weight", "Weight", "weight",
				   json_set(io, "weightDevice", json_new_arr()), e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(throttles); i++)
		if (json_get(config, throttles[i].key))
			r = add_block_list(json_get(config, throttles[i].key), "rate", "Rate", "rate",
					   json_set(io, throttles[i].oci, json_new_arr()), e);
	return r;
}

static void allow_device(struct json *rules, char type, int64_t major_nr, int64_t minor_nr,
			 const char *access)
{
	struct json *rule = json_push(rules, json_new_obj());
	char text[2] = { type, '\0' };

	json_set_bool(rule, "allow", true);
	json_set_str(rule, "type", text);
	if (major_nr >= 0)
		json_set_int(rule, "major", major_nr);
	if (minor_nr >= 0)
		json_set_int(rule, "minor", minor_nr);
	json_set_str(rule, "access", access);
}

struct devices {
	struct json *nodes, *rules;
	struct err **e;
};

static void add_node(struct devices *d, const struct stat *st, const char *target,
		     const char *access)
{
	char type[2] = { S_ISBLK(st->st_mode) ? 'b' : 'c', '\0' };
	struct json *node = json_push(d->nodes, json_new_obj());

	json_set_str(node, "path", target);
	json_set_str(node, "type", type);
	json_set_int(node, "major", major(st->st_rdev));
	json_set_int(node, "minor", minor(st->st_rdev));
	json_set_int(node, "fileMode", st->st_mode & 07777);
	json_set_int(node, "uid", st->st_uid);
	json_set_int(node, "gid", st->st_gid);
	if (access)
		allow_device(d->rules, type[0], major(st->st_rdev), minor(st->st_rdev), access);
}

/* Directories that hold what the container gets of its own. */
static bool is_private_dir(const char *name)
{
	static const char *const names[] = { "pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

/* One device, or every device below a directory. access NULL: nodes without rules (privileged). */
static int add_device_tree(struct devices *d, const char *source, const char *target,
			   const char *access)
{
	AUTO(strv) struct strv names = STRV_INIT;
	struct stat st;
	int r;

	if (stat(source, &st) < 0)
		return err_sys(d->e, errno, "error gathering device information while adding custom device \"%s\"",
			       source);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
		add_node(d, &st, target, access);
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(d->e, EINVAL,
			       "error gathering device information while adding custom device \"%s\": not a device node",
			       source);
	r = dir_list(AT_FDCWD, source, &names, d->e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *from = path_join(source, names.v[i]);
		AUTO(mem) char *to = path_join(target, names.v[i]);

		if (lstat(from, &st) < 0 || is_private_dir(names.v[i]) || streq(names.v[i], "console"))
			continue;
		if (S_ISDIR(st.st_mode) || S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
			r = add_device_tree(d, from, to, access);
	}
	return r;
}

/* "c 1:3 mr", "a *:* rwm". */
static int add_device_rule(struct json *rules, const char *text, struct err **e)
{
	int64_t major_nr = -1, minor_nr = -1;
	struct str rest = str_of(text);
	AUTO(mem) char *type = str_dup(str_cut(&rest, ' '));
	AUTO(mem) char *first = str_dup(str_cut(&rest, ':'));
	AUTO(mem) char *second = str_dup(str_cut(&rest, ' '));
	AUTO(mem) char *access = str_dup(rest);

	if (strlen(type) != 1 || !strchr("abc", type[0]) || !*access ||
	    strspn(access, "rwm") != strlen(access) ||
	    (!streq(first, "*") && num_parse(first, 0, UINT32_MAX, &major_nr) < 0) ||
	    (!streq(second, "*") && num_parse(second, 0, UINT32_MAX, &minor_nr) < 0))
		return err_set(e, EINVAL, "invalid device cgroup rule format: '%s'", text);
	allow_device(rules, type[0], major_nr, minor_nr, access);
	return 0;
}

static int add_devices(const struct json *service, struct json *linux_obj, struct json *resources,
		       struct err **e)
{
	bool privileged = json_bool(service, "privileged", false);
	struct devices d = { json_new_arr(), spec_device_rules(privileged), e };
	int r = 0;

	json_set(linux_obj, "devices", d.nodes);
	json_set(resources, "devices", d.rules);
	if (privileged)
		r = add_device_tree(&d, "/dev", "/dev", NULL);
	JSON_EACH(dev, json_get(service, "devices")) {
		const char *source = json_str(dev, "source", "");

		if (r < 0)
			return r;
		if (strchr(source, '=') && !path_is_abs(source))
			return err_set(e, ENOTSUP, "device %s: CDI devices are not supported", source);
		r = add_device_tree(&d, source,
				    spec_text(dev, "target") ? spec_text(dev, "target") : source,
				    spec_text(dev, "permissions") ? spec_text(dev, "permissions") :
								    "rwm");
	}
	JSON_EACH(rule, json_get(service, "device_cgroup_rules")) {
		if (r < 0)
			return r;
		r = add_device_rule(d.rules, json_text(rule) ? json_text(rule) : "", e);
	}
	return r;
}

int spec_resources(const struct json *service, struct json *linux_obj, struct err **e)
{
	struct json *resources = json_set(linux_obj, "resources", json_new_obj());
	int r = add_devices(service, linux_obj, resources, e);

	if (r == 0)
		r = add_memory(service, resources, e);
	if (r == 0)
		r = add_cpu(service, resources, e);
	if (r == 0)
		r = add_pids(service, resources, e);
	if (r == 0)
		r = add_block_io(service, resources, e);
	return r;
}
