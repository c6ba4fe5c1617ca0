/* features, spec: what the runtime can do and a configuration to start from. */
#include "runtime/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/json.h"
#include "runtime/caps.h"
#include "runtime/mountopt.h"
#include "runtime/runtime.h"
#include "runtime/seccomp.h"
#include "runtime/spec.h"

static struct json *names(const char *(*name_at)(size_t))
{
	struct json *list = json_new_arr();

	for (size_t i = 0; name_at(i); i++)
		json_push_str(list, name_at(i));
	return list;
}

static const char *cap_at(size_t i)
{
	return caps_name((unsigned)i);
}

static const char *ns_at(size_t i)
{
	return i < NS_TYPES ? ns_type_name((enum ns_type)i) : NULL;
}

static const char *hook_at(size_t i)
{
	static const char *const hooks[] = { "prestart",       "createRuntime", "createContainer",
					     "startContainer", "poststart",	"poststop" };

	return i < ARRAY_LEN(hooks) ? hooks[i] : NULL;
}

static struct json *enabled(bool v)
{
	struct json *j = json_new_obj();

	json_set_bool(j, "enabled", v);
	return j;
}

static void describe_linux(struct json *l)
{
	struct json *cgroup = json_set(l, "cgroup", json_new_obj());
	struct json *seccomp = json_set(l, "seccomp", enabled(true));
	struct json *mounts = json_set(l, "mountExtensions", json_new_obj());

	json_set(l, "namespaces", names(ns_at));
	json_set(l, "capabilities", names(cap_at));
	json_set_bool(cgroup, "v1", true);
	json_set_bool(cgroup, "v2", true);
	json_set_bool(cgroup, "systemd", false);
	json_set_bool(cgroup, "systemdUser", false);
	json_set_bool(cgroup, "rdma", true);
	json_set(seccomp, "actions", names(seccomp_action_name));
	json_set(seccomp, "operators", names(seccomp_operator_name));
	json_set(seccomp, "archs", names(seccomp_arch_name));
	json_set(seccomp, "knownFlags", names(seccomp_flag_name));
	json_set(seccomp, "supportedFlags", names(seccomp_flag_name));
	json_set(l, "apparmor", enabled(true));
	json_set(l, "selinux", enabled(true));
	json_set(mounts, "idmap", enabled(true));
}

int cmd_features(const struct cli *cli, int argc, char **argv, struct err **e)
{
	AUTO(json) struct json *f = json_new_obj();
	AUTO(mem) char *text = NULL;
	int r = cli_need_args(argc, 1, 0, argv[0], e);

	(void)cli;
	if (r < 0)
		return r;
	json_set_str(f, "ociVersionMin", "1.0.0");
	json_set_str(f, "ociVersionMax", RUNTIME_OCI_VERSION);
	json_set(f, "hooks", names(hook_at));
	json_set(f, "mountOptions", names(mountopt_name));
	describe_linux(json_set(f, "linux", json_new_obj()));
	json_set(f, "annotations", json_new_obj());
	text = json_print(f, true);
	puts(text);
	return 0;
}

/* clang-format off */
static const char example[] =
"{\n"
"  \"ociVersion\": \"" RUNTIME_OCI_VERSION "\",\n"
"  \"process\": {\n"
"    \"terminal\": true,\n"
"    \"user\": { \"uid\": 0, \"gid\": 0 },\n"
"    \"args\": [ \"sh\" ],\n"
"    \"env\": [\n"
"      \"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"
"      \"TERM=xterm\"\n"
"    ],\n"
"    \"cwd\": \"/\",\n"
"    \"capabilities\": {\n"
"      \"bounding\": [ \"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\" ],\n"
"      \"effective\": [ \"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\" ],\n"
"      \"permitted\": [ \"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\" ]\n"
"    },\n"
"    \"rlimits\": [ { \"type\": \"RLIMIT_NOFILE\", \"hard\": 1024, \"soft\": 1024 } ],\n"
"    \"noNewPrivileges\": true\n"
"  },\n"
"  \"root\": { \"path\": \"rootfs\", \"readonly\": true },\n"
"  \"hostname\": \"compose\",\n"
"  \"mounts\": [\n"
"    { \"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\" },\n"
"    { \"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\",\n"
"      \"options\": [ \"nosuid\", \"strictatime\", \"mode=755\", \"size=65536k\" ] },\n"
"    { \"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\",\n"
"      \"options\": [ \"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"@GID@ ] },\n"
"    { \"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\",\n"
"      \"options\": [ \"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=65536k\" ] },\n"
"    { \"destination\": \"/dev/mqueue\", \"type\": \"mqueue\", \"source\": \"mqueue\",\n"
"      \"options\": [ \"nosuid\", \"noexec\", \"nodev\" ] },\n"
"    { \"destination\": \"/sys\", \"type\": \"sysfs\", \"source\": \"sysfs\",\n"
"      \"options\": [ \"nosuid\", \"noexec\", \"nodev\", \"ro\" ] },\n"
"    { \"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\",\n"
"      \"options\": [ \"nosuid\", \"noexec\", \"nodev\", \"relatime\", \"ro\" ] }\n"
"  ],\n"
"  \"linux\": {\n"
"    \"resources\": { \"devices\": [ { \"allow\": false, \"access\": \"rwm\" } ] },\n"
"    @MAPS@\n"
"    \"namespaces\": [\n"
"      { \"type\": \"pid\" }, { \"type\": \"network\" }, { \"type\": \"ipc\" },\n"
"      { \"type\": \"uts\" }, { \"type\": \"cgroup\" }, { \"type\": \"mount\" }@USER@\n"
"    ],\n"
"    \"maskedPaths\": [ \"/proc/acpi\", \"/proc/asound\", \"/proc/kcore\", \"/proc/keys\",\n"
"      \"/proc/latency_stats\", \"/proc/timer_list\", \"/proc/timer_stats\", \"/proc/sched_debug\",\n"
"      \"/sys/firmware\", \"/proc/scsi\" ],\n"
"    \"readonlyPaths\": [ \"/proc/bus\", \"/proc/fs\", \"/proc/irq\", \"/proc/sys\",\n"
"      \"/proc/sysrq-trigger\" ]\n"
"  }\n"
"}\n";
/* clang-format on */

static void fill_in(struct buf *out, const char *text, bool rootless)
{
	static const struct {
		const char *mark, *root, *rootless;
	} rows[] = {
		{ "@GID@", ", \"gid=5\"", "" },
		{ "@USER@", "", ", { \"type\": \"user\" }" },
	};
	AUTO(mem) char *maps = xasprintf(
		"\"uidMappings\": [ { \"containerID\": 0, \"hostID\": %u, \"size\": 1 } ],\n"
		"    \"gidMappings\": [ { \"containerID\": 0, \"hostID\": %u, \"size\": 1 } ],",
		geteuid(), getegid());

	while (*text) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_LEN(rows) && !found; i++) {
			if (!starts_with(text, rows[i].mark))
				continue;
			buf_addstr(out, rootless ? rows[i].rootless : rows[i].root);
			text += strlen(rows[i].mark);
			found = true;
		}
		if (!found && starts_with(text, "@MAPS@")) {
			buf_addstr(out, rootless ? maps : "");
			text += strlen("@MAPS@");
			found = true;
		}
		if (!found)
			buf_addch(out, *text++);
	}
}

int cmd_spec(const struct cli *cli, int argc, char **argv, struct err **e)
{
	static const struct option options[] = { { "bundle", required_argument, NULL, 'b' },
						 { "rootless", no_argument, NULL, 'r' },
						 { NULL, 0, NULL, 0 } };
	AUTO(buf) struct buf out = BUF_INIT;
	AUTO(mem) char *path = NULL;
	AUTO(fd) int fd = -1;
	const char *bundle = ".";
	bool rootless = false;
	int c, r;

	(void)cli;
	while ((c = getopt_long(argc, argv, "+b:", options, NULL)) != -1) {
		if (c == '?')
			return err_set(e, EINVAL, "spec: unknown option");
		if (c == 'b')
			bundle = optarg;
		rootless |= c == 'r';
	}
	fill_in(&out, example, rootless);
	path = xasprintf("%s/config.json", bundle);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(e, errno, "create %s", path);
	r = fd_write_all(fd, out.p, out.n);
	return r < 0 ? err_sys(e, -r, "write %s", path) : 0;
}
