#include "runtime/user.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/num.h"

enum {
	USER_FILE_MAX = 1 << 20,
	USER_ID_MAX = 2147483647,
	USER_GROUPS_MAX = 65536,
};

/* A missing file is an empty one; anything that is not a plain file could block or never end. */
static int read_table(int rootfd, const char *path, struct buf *out, struct err **e)
{
	AUTO(fd) int fd = open_in_root(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return err_sys(e, -fd, "open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s of the image is not a regular file", path);
	r = fd_read_all(fd, USER_FILE_MAX, out);
	return r < 0 ? err_sys(e, -r, "read %s", path) : 0;
}

static bool id_parse(struct str text, int64_t *ret)
{
	AUTO(mem) char *s = str_dup(text);

	return *s >= '0' && *s <= '9' && num_parse(s, 0, USER_ID_MAX, ret) == 0;
}

static bool looks_numeric(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

struct passwd_line {
	struct str name, home;
	int64_t uid, gid;
};

static bool passwd_next(struct str *rest, struct passwd_line *ret)
{
	while (rest->n) {
		struct str line = str_cut(rest, '\n');
		struct str uid, gid;

		ret->name = str_cut(&line, ':');
		(void)str_cut(&line, ':');
		uid = str_cut(&line, ':');
		gid = str_cut(&line, ':');
		(void)str_cut(&line, ':');
		ret->home = str_cut(&line, ':');
		if (ret->name.n && id_parse(uid, &ret->uid) && id_parse(gid, &ret->gid))
			return true;
	}
	return false;
}

/* A number is a number even where the file has an entry of that name. */
static int find_user(const struct buf *passwd, const char *user, struct user *u, bool *ret_known,
		     struct str *ret_name, struct err **e)
{
	struct str rest = str_of(buf_str(passwd));
	bool numeric = looks_numeric(user);
	struct passwd_line line;
	int64_t uid = 0;

	*ret_known = false;
	if (numeric && num_parse(user, 0, USER_ID_MAX, &uid) < 0)
		return err_set(e, EINVAL, "uids and gids must be in range 0-%d", USER_ID_MAX);
	while (passwd_next(&rest, &line)) {
		if (numeric ? line.uid != uid : !str_eq(line.name, user))
			continue;
		u->uid = (uid_t)line.uid;
		u->gid = (gid_t)line.gid;
		u->home = str_dup(line.home);
		*ret_name = line.name;
		*ret_known = true;
		return 0;
	}
	if (!numeric)
		return err_set(e, ENOKEY,
			       "unable to find user %s: no matching entries in passwd file", user);
	u->uid = (uid_t)uid;
	u->gid = 0;
	*ret_name = str_of("");
	return 0;
}

static bool is_member(struct str members, struct str name)
{
	while (members.n) {
		struct str one = str_cut(&members, ',');

		if (one.n == name.n && !memcmp(one.p, name.p, one.n))
			return true;
	}
	return false;
}

/* Walks /etc/group: the named group when group is given, else all that list the user. */
static int find_groups(const struct buf *table, const char *group, struct str name, struct user *u,
		       struct err **e)
{
	struct str rest = str_of(buf_str(table));
	bool numeric = group && looks_numeric(group);
	int64_t gid = 0, wanted = 0;
	size_t cap = 0;

	if (numeric && num_parse(group, 0, USER_ID_MAX, &wanted) < 0)
		return err_set(e, EINVAL, "uids and gids must be in range 0-%d", USER_ID_MAX);
	if (numeric) {
		u->gid = (gid_t)wanted;
		return 0;
	}
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		struct str its_name = str_cut(&line, ':');

		(void)str_cut(&line, ':');
		if (!id_parse(str_cut(&line, ':'), &gid))
			continue;
		if (group && str_eq(its_name, group)) {
			u->gid = (gid_t)gid;
			return 0;
		}
		if (group || !name.n || !is_member(line, name))
			continue;
		if (u->n_groups == USER_GROUPS_MAX)
			return err_set(e, E2BIG, "user is in more than %d groups", USER_GROUPS_MAX);
		ARRAY_RESERVE(u->groups, u->n_groups, cap);
		u->groups[u->n_groups++] = (gid_t)gid;
	}
	if (group)
		return err_set(e, ENOKEY,
			       "unable to find group %s: no matching entries in group file", group);
	return 0;
}

int user_resolve(int rootfd, const char *spec, struct user *ret, struct err **e)
{
	AUTO(buf) struct buf passwd = BUF_INIT;
	AUTO(buf) struct buf table = BUF_INIT;
	AUTO(user) struct user u = { 0 };
	AUTO(mem) char *user = xstrdup(spec);
	char *group = strchr(user, ':');
	struct str name = { 0 };
	bool known;
	int r;

	if (group)
		*group++ = '\0';
	if (group && !*group)
		group = NULL;
	r = read_table(rootfd, "/etc/passwd", &passwd, e);
	if (r == 0)
		r = find_user(&passwd, *user ? user : "0", &u, &known, &name, e);
	if (r == 0)
		r = read_table(rootfd, "/etc/group", &table, e);
	if (r == 0)
		r = find_groups(&table, group, name, &u, e);
	if (r < 0)
		return r;
	*ret = u;
	u = (struct user){ 0 };
	return 0;
}

char *user_home(int rootfd, uid_t uid)
{
	AUTO(buf) struct buf passwd = BUF_INIT;
	struct passwd_line line;
	struct str rest;

	if (read_table(rootfd, "/etc/passwd", &passwd, NULL) < 0)
		return NULL;
	rest = str_of(buf_str(&passwd));
	while (passwd_next(&rest, &line))
		if (line.uid == (int64_t)uid && line.home.n)
			return str_dup(line.home);
	return NULL;
}

void user_done(struct user *u)
{
	free(u->groups);
	free(u->home);
	*u = (struct user){ 0 };
}
