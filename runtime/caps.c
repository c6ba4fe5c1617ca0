#include "runtime/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

/* In the order of their numbers. */
static const char *const names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};
_Static_assert(ARRAY_LEN(names) == CAP_CHECKPOINT_RESTORE + 1, "one name per capability");

int caps_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcasecmp(name, names[i]) || !strcasecmp(name, names[i] + 4))
			return (int)i;
	return -ENOENT;
}

const char *caps_name(unsigned number)
{
	return number < ARRAY_LEN(names) ? names[number] : NULL;
}

size_t caps_count(void)
{
	return ARRAY_LEN(names);
}

uint64_t caps_kernel_all(void)
{
	unsigned last = CAP_LAST_CAP;

	/* The kernel may know more than these headers, or less; it refuses numbers it does not know. */
	while (last < 62 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
		last++;
	while (last > 0 && prctl(PR_CAPBSET_READ, last, 0, 0, 0) < 0)
		last--;
	return ((uint64_t)2 << last) - 1;
}

int caps_drop_bounding(uint64_t keep, uint64_t kernel_all, struct err **e)
{
	for (unsigned i = 0; i < 64; i++) {
		uint64_t bit = (uint64_t)1 << i;

		if (!(kernel_all & bit) || (keep & bit))
			continue;
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL &&
		    prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			return err_sys(e, errno, "drop capability %u from the bounding set", i);
	}
	return 0;
}

int caps_set(const struct caps *c, struct err **e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct now[2] = { 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, now) < 0)
		return err_sys(e, errno, "read capabilities");
	/* Nobody can permit itself more than it has; asking for that is not an error (OCI). */
	for (int i = 0; i < 2; i++) {
		unsigned shift = i ? 32 : 0;

		data[i].permitted = (uint32_t)(c->permitted >> shift) & now[i].permitted;
		data[i].effective = (uint32_t)(c->effective >> shift) & data[i].permitted;
		data[i].inheritable = (uint32_t)(c->inheritable >> shift) &
				      (now[i].permitted | now[i].inheritable);
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return err_sys(e, errno, "set capabilities");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return err_sys(e, errno, "clear ambient capabilities");
	for (unsigned i = 0; i < 64; i++)
		if (c->ambient & ((uint64_t)1 << i))
			(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
	return 0;
}
