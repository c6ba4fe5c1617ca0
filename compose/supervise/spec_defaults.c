#include "compose/supervise/spec_defaults.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"

/* capabilities(7), in the order of their numbers; `by_default` is Docker's set. */
static const struct {
	const char *name;
	bool by_default;
} capabilities[] = {
	{ "CAP_CHOWN", true },
	{ "CAP_DAC_OVERRIDE", true },
	{ "CAP_DAC_READ_SEARCH", false },
	{ "CAP_FOWNER", true },
	{ "CAP_FSETID", true },
	{ "CAP_KILL", true },
	{ "CAP_SETGID", true },
	{ "CAP_SETUID", true },
	{ "CAP_SETPCAP", true },
	{ "CAP_LINUX_IMMUTABLE", false },
	{ "CAP_NET_BIND_SERVICE", true },
	{ "CAP_NET_BROADCAST", false },
	{ "CAP_NET_ADMIN", false },
	{ "CAP_NET_RAW", true },
	{ "CAP_IPC_LOCK", false },
	{ "CAP_IPC_OWNER", false },
	{ "CAP_SYS_MODULE", false },
	{ "CAP_SYS_RAWIO", false },
	{ "CAP_SYS_CHROOT", true },
	{ "CAP_SYS_PTRACE", false },
	{ "CAP_SYS_PACCT", false },
	{ "CAP_SYS_ADMIN", false },
	{ "CAP_SYS_BOOT", false },
	{ "CAP_SYS_NICE", false },
	{ "CAP_SYS_RESOURCE", false },
	{ "CAP_SYS_TIME", false },
	{ "CAP_SYS_TTY_CONFIG", false },
	{ "CAP_MKNOD", true },
	{ "CAP_LEASE", false },
	{ "CAP_AUDIT_WRITE", true },
	{ "CAP_AUDIT_CONTROL", false },
	{ "CAP_SETFCAP", true },
	{ "CAP_MAC_OVERRIDE", false },
	{ "CAP_MAC_ADMIN", false },
	{ "CAP_SYSLOG", false },
	{ "CAP_WAKE_ALARM", false },
	{ "CAP_BLOCK_SUSPEND", false },
	{ "CAP_AUDIT_READ", false },
	{ "CAP_PERFMON", false },
	{ "CAP_BPF", false },
	{ "CAP_CHECKPOINT_RESTORE", false },
};

static const char *const masked_paths[] = {
	"/proc/acpi",	       "/proc/asound",	     "/proc/interrupts",
	"/proc/kcore",	       "/proc/keys",	     "/proc/latency_stats",
	"/proc/sched_debug",   "/proc/scsi",	     "/proc/timer_list",
	"/proc/timer_stats",   "/sys/devices/virtual/powercap", "/sys/firmware",
};

static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

void spec_mount_add(struct json *mounts, const char *destination, const char *type,
		    const char *source, ...)
{
	struct json *m = json_push(mounts, json_new_obj());
	struct json *options;
	const char *o;
	va_list ap;

	json_set_str(m, "destination", destination);
	json_set_str(m, "type", type);
	json_set_str(m, "source", source);
	options = json_set(m, "options", json_new_arr());
	va_start(ap, source);
	while ((o = va_arg(ap, const char *)) != NULL)
		json_push_str(options, o);
	va_end(ap);
}

struct json *spec_default_mounts(int64_t shm_bytes, bool privileged)
{
	struct json *mounts = json_new_arr();
	AUTO(mem) char *size =
		xasprintf("size=%lld", (long long)(shm_bytes > 0 ? shm_bytes : 64 << 20));
	const char *access = privileged ? "rw" : "ro";

	spec_mount_add(mounts, "/proc", "proc", "proc", "nosuid", "noexec", "nodev", NULL);
	spec_mount_add(mounts, "/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755",
		       "size=65536k", NULL);
	spec_mount_add(mounts, "/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance",
		       "ptmxmode=0666", "mode=0620", "gid=5", NULL);
	spec_mount_add(mounts, "/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", access, NULL);
	spec_mount_add(mounts, "/sys/fs/cgroup", "cgroup", "cgroup", access, "nosuid", "noexec",
		       "nodev", NULL);
	spec_mount_add(mounts, "/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev",
		       NULL);
	spec_mount_add(mounts, "/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777",
		       size, NULL);
	return mounts;
}

/* Index into capabilities, ARRAY_LEN for ALL, or -1. */
static int capability_find(const char *name)
{
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	if (strcasecmp(name, "ALL") == 0)
		return (int)ARRAY_LEN(capabilities);
	for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
		if (strcasecmp(name, capabilities[i].name + 4) == 0)
			return (int)i;
	return -1;
}

/* Sets bits of *ret for the names; *ret_all when ALL was among them. */
static int capability_mask(const struct strv *names, uint64_t *ret, bool *ret_all, struct err **e)
{
	*ret = 0;
	*ret_all = false;
	for (size_t i = 0; names && i < names->n; i++) {
		int at = capability_find(names->v[i]);

		if (at < 0)
			return err_set(e, EINVAL, "invalid capability: \"%s\"", names->v[i]);
		if (at == (int)ARRAY_LEN(capabilities))
			*ret_all = true;
		else
			*ret |= 1ULL << at;
	}
	return 0;
}

static struct json *capability_list(uint64_t mask)
{
	struct json *list = json_new_arr();

	for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
		if (mask >> i & 1)
			json_push_str(list, capabilities[i].name);
	return list;
}

int spec_capabilities(const struct strv *add, const struct strv *drop, bool privileged,
		      struct json **ret, struct err **e)
{
	const uint64_t every = (1ULL << ARRAY_LEN(capabilities)) - 1;
	uint64_t added, dropped, mask = 0;
	bool all_added, all_dropped;
	struct json *sets;
	int r;

	r = capability_mask(add, &added, &all_added, e);
	if (r < 0)
		return r;
	r = capability_mask(drop, &dropped, &all_dropped, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
		if (capabilities[i].by_default)
			mask |= 1ULL << i;
	if (privileged)
		mask = every;
	else if (all_added)
		mask = every & ~dropped;
	else if (all_dropped)
		mask = added;
	else
		mask = (mask & ~dropped) | added;
	sets = json_new_obj();
	json_set(sets, "bounding", capability_list(mask));
	json_set(sets, "effective", capability_list(mask));
	json_set(sets, "permitted", capability_list(mask));
	json_set(sets, "inheritable", json_new_arr());
	json_set(sets, "ambient", json_new_arr());
	*ret = sets;
	return 0;
}

struct json *spec_namespaces(const char *first, ...)
{
	struct json *list = json_new_arr();
	va_list ap;

	va_start(ap, first);
	for (const char *type = first; type; type = va_arg(ap, const char *))
		json_set_str(json_push(list, json_new_obj()), "type", type);
	va_end(ap);
	return list;
}

void spec_mask_paths(struct json *linux_obj)
{
	struct json *masked = json_set(linux_obj, "maskedPaths", json_new_arr());
	struct json *readonly = json_set(linux_obj, "readonlyPaths", json_new_arr());

	for (size_t i = 0; i < ARRAY_LEN(masked_paths); i++)
		json_push_str(masked, masked_paths[i]);
	for (unsigned cpu = 0;; cpu++) {
		AUTO(mem) char *path = xasprintf(
			"/sys/devices/system/cpu/cpu%u/thermal_throttle", cpu);

		/* CPUs are numbered without gaps at the low end; the first missing one ends the walk. */
		if (access(path, F_OK) < 0)
			break;
		json_push_str(masked, path);
	}
	for (size_t i = 0; i < ARRAY_LEN(readonly_paths); i++)
		json_push_str(readonly, readonly_paths[i]);
}

struct json *spec_device_rules(bool privileged)
{
	struct json *rules = json_new_arr();
	struct json *rule = json_push(rules, json_new_obj());

	json_set_bool(rule, "allow", privileged);
	json_set_str(rule, "access", "rwm");
	return rules;
}
