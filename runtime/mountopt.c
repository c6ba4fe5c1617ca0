#include "runtime/mountopt.h"

#include <sys/mount.h>

enum opt_kind {
	OPT_FLAG,     /* MS_ flag and its attribute: set */
	OPT_UNFLAG,   /* the same: cleared */
	OPT_RATTR,    /* recursive attribute: set */
	OPT_UNRATTR,  /* recursive attribute: cleared */
	OPT_SPREAD,   /* propagation */
	OPT_SPECIAL,  /* handled by name */
	OPT_NOTHING,  /* accepted, no effect */
};

struct opt_row {
	const char *name;
	enum opt_kind kind;
	unsigned long ms;
	uint64_t attr;
};

/* atime settings are one field of MOUNT_ATTR__ATIME, not bits: relatime is 0. */
#define ATIME_FIELD MOUNT_ATTR__ATIME

/* clang-format off */
static const struct opt_row rows[] = { /* sorted by name */
	{ "async",         OPT_UNFLAG,  MS_SYNCHRONOUS, 0 },
	{ "atime",         OPT_UNFLAG,  MS_NOATIME,     MOUNT_ATTR_NOATIME },
	{ "bind",          OPT_SPECIAL, 0, 0 },
	{ "defaults",      OPT_NOTHING, 0, 0 },
	{ "dev",           OPT_UNFLAG,  MS_NODEV,       MOUNT_ATTR_NODEV },
	{ "diratime",      OPT_UNFLAG,  MS_NODIRATIME,  MOUNT_ATTR_NODIRATIME },
	{ "dirsync",       OPT_FLAG,    MS_DIRSYNC,     0 },
	{ "exec",          OPT_UNFLAG,  MS_NOEXEC,      MOUNT_ATTR_NOEXEC },
	{ "idmap",         OPT_SPECIAL, 0, 0 },
	{ "iversion",      OPT_FLAG,    MS_I_VERSION,   0 },
	{ "lazytime",      OPT_FLAG,    MS_LAZYTIME,    0 },
	{ "loud",          OPT_UNFLAG,  MS_SILENT,      0 },
	{ "mand",          OPT_NOTHING, 0, 0 },
	{ "noatime",       OPT_FLAG,    MS_NOATIME,     MOUNT_ATTR_NOATIME },
	{ "nodev",         OPT_FLAG,    MS_NODEV,       MOUNT_ATTR_NODEV },
	{ "nodiratime",    OPT_FLAG,    MS_NODIRATIME,  MOUNT_ATTR_NODIRATIME },
	{ "noexec",        OPT_FLAG,    MS_NOEXEC,      MOUNT_ATTR_NOEXEC },
	{ "noiversion",    OPT_UNFLAG,  MS_I_VERSION,   0 },
	{ "nolazytime",    OPT_UNFLAG,  MS_LAZYTIME,    0 },
	{ "nomand",        OPT_NOTHING, 0, 0 },
	{ "norelatime",    OPT_UNFLAG,  MS_RELATIME,    0 },
	{ "nostrictatime", OPT_UNFLAG,  MS_STRICTATIME, MOUNT_ATTR_STRICTATIME },
	{ "nosuid",        OPT_FLAG,    MS_NOSUID,      MOUNT_ATTR_NOSUID },
	{ "nosymfollow",   OPT_FLAG,    256,            MOUNT_ATTR_NOSYMFOLLOW },
	{ "private",       OPT_SPREAD,  MS_PRIVATE, 0 },
	{ "ratime",        OPT_UNRATTR, 0, MOUNT_ATTR_NOATIME },
	{ "rbind",         OPT_SPECIAL, 0, 0 },
	{ "rdev",          OPT_UNRATTR, 0, MOUNT_ATTR_NODEV },
	{ "rdiratime",     OPT_UNRATTR, 0, MOUNT_ATTR_NODIRATIME },
	{ "relatime",      OPT_FLAG,    MS_RELATIME, 0 },
	{ "remount",       OPT_SPECIAL, 0, 0 },
	{ "rexec",         OPT_UNRATTR, 0, MOUNT_ATTR_NOEXEC },
	{ "ridmap",        OPT_SPECIAL, 0, 0 },
	{ "rnoatime",      OPT_RATTR,   0, MOUNT_ATTR_NOATIME },
	{ "rnodev",        OPT_RATTR,   0, MOUNT_ATTR_NODEV },
	{ "rnodiratime",   OPT_RATTR,   0, MOUNT_ATTR_NODIRATIME },
	{ "rnoexec",       OPT_RATTR,   0, MOUNT_ATTR_NOEXEC },
	{ "rnorelatime",   OPT_UNRATTR, 0, 0 },
	{ "rnostrictatime", OPT_UNRATTR, 0, MOUNT_ATTR_STRICTATIME },
	{ "rnosuid",       OPT_RATTR,   0, MOUNT_ATTR_NOSUID },
	{ "rnosymfollow",  OPT_RATTR,   0, MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro",            OPT_FLAG,    MS_RDONLY,      MOUNT_ATTR_RDONLY },
	{ "rprivate",      OPT_SPREAD,  MS_PRIVATE | MS_REC, 0 },
	{ "rrelatime",     OPT_UNRATTR, 0, ATIME_FIELD },
	{ "rro",           OPT_RATTR,   0, MOUNT_ATTR_RDONLY },
	{ "rrw",           OPT_UNRATTR, 0, MOUNT_ATTR_RDONLY },
	{ "rshared",       OPT_SPREAD,  MS_SHARED | MS_REC, 0 },
	{ "rslave",        OPT_SPREAD,  MS_SLAVE | MS_REC, 0 },
	{ "rstrictatime",  OPT_RATTR,   0, MOUNT_ATTR_STRICTATIME },
	{ "rsuid",         OPT_UNRATTR, 0, MOUNT_ATTR_NOSUID },
	{ "rsymfollow",    OPT_UNRATTR, 0, MOUNT_ATTR_NOSYMFOLLOW },
	{ "runbindable",   OPT_SPREAD,  MS_UNBINDABLE | MS_REC, 0 },
	{ "rw",            OPT_UNFLAG,  MS_RDONLY,      MOUNT_ATTR_RDONLY },
	{ "shared",        OPT_SPREAD,  MS_SHARED, 0 },
	{ "silent",        OPT_FLAG,    MS_SILENT, 0 },
	{ "slave",         OPT_SPREAD,  MS_SLAVE, 0 },
	{ "strictatime",   OPT_FLAG,    MS_STRICTATIME, MOUNT_ATTR_STRICTATIME },
	{ "suid",          OPT_UNFLAG,  MS_NOSUID,      MOUNT_ATTR_NOSUID },
	{ "symfollow",     OPT_UNFLAG,  256,            MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync",          OPT_FLAG,    MS_SYNCHRONOUS, 0 },
	{ "tmpcopyup",     OPT_SPECIAL, 0, 0 },
	{ "unbindable",    OPT_SPREAD,  MS_UNBINDABLE, 0 },
};
/* clang-format on */

const char *mountopt_name(size_t i)
{
	return i < ARRAY_LEN(rows) ? rows[i].name : NULL;
}

/* Setting one value of the atime field means clearing the whole field first. */
static uint64_t field_of(uint64_t attr)
{
	return attr & ATIME_FIELD ? ATIME_FIELD : attr;
}

static void attr_on(uint64_t *set, uint64_t *clr, uint64_t attr)
{
	*set = (*set & ~field_of(attr)) | attr;
	if (attr & ATIME_FIELD)
		*clr |= ATIME_FIELD;
	else
		*clr &= ~attr;
}

static void attr_off(uint64_t *set, uint64_t *clr, uint64_t attr)
{
	*set &= ~field_of(attr);
	*clr |= field_of(attr);
}

static void special(struct mountopt *m, const char *name)
{
	if (streq(name, "bind"))
		m->bind = true;
	else if (streq(name, "rbind"))
		m->bind = m->recursive = true;
	else if (streq(name, "idmap"))
		m->idmap = true;
	else if (streq(name, "ridmap"))
		m->idmap = m->idmap_recursive = true;
	else if (streq(name, "tmpcopyup"))
		m->tmpcopyup = true;
	else if (streq(name, "remount"))
		m->remount = true;
}

static bool apply_row(struct mountopt *m, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct opt_row *o = &rows[i];

		if (!streq(o->name, name))
			continue;
		switch (o->kind) {
		case OPT_FLAG:
			m->flags |= o->ms;
			attr_on(&m->attr_set, &m->attr_clr, o->attr);
			break;
		case OPT_UNFLAG:
			m->flags &= ~o->ms;
			attr_off(&m->attr_set, &m->attr_clr, o->attr);
			break;
		case OPT_RATTR:
			attr_on(&m->rattr_set, &m->rattr_clr, o->attr);
			break;
		case OPT_UNRATTR:
			attr_off(&m->rattr_set, &m->rattr_clr, o->attr);
			break;
		case OPT_SPREAD:
			m->propagation = o->ms;
			break;
		case OPT_SPECIAL:
			special(m, name);
			break;
		case OPT_NOTHING:
			break;
		}
		return true;
	}
	return false;
}

void mountopt_parse(struct mountopt *ret, const struct json *options)
{
	*ret = (struct mountopt){ 0 };
	JSON_EACH(item, options) {
		const char *name = json_text(item);

		if (!name || !*name || apply_row(ret, name))
			continue;
		if (starts_with(name, "idmap=") || starts_with(name, "ridmap=")) {
			ret->idmap = true;
			ret->idmap_recursive = *name == 'r';
			continue;
		}
		if (ret->data.n)
			buf_addch(&ret->data, ',');
		buf_addstr(&ret->data, name);
	}
}

void mountopt_done(struct mountopt *m)
{
	buf_done(&m->data);
}

char *mountopt_data_value(const struct mountopt *m, const char *key)
{
	struct str rest = str_of(buf_str(&m->data));
	size_t n = strlen(key);

	while (rest.n) {
		struct str one = str_cut(&rest, ',');

		if (one.n > n && one.p[n] == '=' && !memcmp(one.p, key, n))
			return xstrndup(one.p + n + 1, one.n - n - 1);
	}
	return NULL;
}
