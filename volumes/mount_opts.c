#include "volumes/mount_opts.h"

#include <errno.h>
#include <sys/mount.h>

#include "base/buf.h"

static const struct {
	const char *name;
	unsigned long set, clear, propagation;
} flags[] = {
	{ "ro", MS_RDONLY, 0, 0 },
	{ "rw", 0, MS_RDONLY, 0 },
	{ "nosuid", MS_NOSUID, 0, 0 },
	{ "suid", 0, MS_NOSUID, 0 },
	{ "nodev", MS_NODEV, 0, 0 },
	{ "dev", 0, MS_NODEV, 0 },
	{ "noexec", MS_NOEXEC, 0, 0 },
	{ "exec", 0, MS_NOEXEC, 0 },
	{ "noatime", MS_NOATIME, 0, 0 },
	{ "atime", 0, MS_NOATIME, 0 },
	{ "nodiratime", MS_NODIRATIME, 0, 0 },
	{ "relatime", MS_RELATIME, 0, 0 },
	{ "strictatime", MS_STRICTATIME, 0, 0 },
	{ "sync", MS_SYNCHRONOUS, 0, 0 },
	{ "async", 0, MS_SYNCHRONOUS, 0 },
	{ "dirsync", MS_DIRSYNC, 0, 0 },
	{ "bind", MS_BIND, 0, 0 },
	{ "rbind", MS_BIND | MS_REC, 0, 0 },
	{ "private", 0, 0, MS_PRIVATE },
	{ "rprivate", 0, 0, MS_PRIVATE | MS_REC },
	{ "slave", 0, 0, MS_SLAVE },
	{ "rslave", 0, 0, MS_SLAVE | MS_REC },
	{ "shared", 0, 0, MS_SHARED },
	{ "rshared", 0, 0, MS_SHARED | MS_REC },
	{ "unbindable", 0, 0, MS_UNBINDABLE },
	{ "runbindable", 0, 0, MS_UNBINDABLE | MS_REC },
	{ "defaults", 0, 0, 0 },
	{ "mand", 0, 0, 0 },
	{ "nomand", 0, 0, 0 },
};

static bool flag_apply(struct str word, unsigned long *set, unsigned long *propagation)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (!str_eq(word, flags[i].name))
			continue;
		*set = (*set | flags[i].set) & ~flags[i].clear;
		if (flags[i].propagation)
			*propagation = flags[i].propagation;
		return true;
	}
	return false;
}

int mount_opts_parse(const char *text, unsigned long *ret_flags, unsigned long *ret_propagation,
		     char **ret_data, struct err **e)
{
	AUTO(buf) struct buf data = BUF_INIT;
	unsigned long set = 0, propagation = 0;
	struct str rest = str_of(text);

	while (rest.p) {
		struct str word = str_trim(str_cut(&rest, ','));

		if (!word.n || flag_apply(word, &set, &propagation))
			continue;
		if (str_eq(word, "remount"))
			return err_set(e, EINVAL, "volume option \"remount\" is not possible");
		if (data.n)
			buf_addch(&data, ',');
		buf_add(&data, word.p, word.n);
	}
	*ret_flags = set;
	*ret_propagation = propagation;
	*ret_data = buf_take(&data);
	return 0;
}
