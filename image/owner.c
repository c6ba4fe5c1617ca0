#include "image/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/num.h"

enum { DATABASE_MAX = 16 << 20 };

/* Fields 2 and 3 (counted from 0) of the line whose field 0 is name. */
static bool find_line(int root_fd, const char *file, const char *name, int64_t *ret_id,
		      int64_t *ret_group)
{
	AUTO(buf) struct buf b = BUF_INIT;
	AUTO(fd) int fd = open_in_root(root_fd, file, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct str rest;

	if (fd < 0 || fd_read_all(fd, DATABASE_MAX, &b) < 0)
		return false;
	rest = (struct str){ buf_str(&b), b.n };
	while (rest.p) {
		struct str line = str_cut(&rest, '\n');
		AUTO(mem) char *id = NULL, *group = NULL;

		if (!str_eq(str_cut(&line, ':'), name))
			continue;
		(void)str_cut(&line, ':');
		id = str_dup(str_cut(&line, ':'));
		group = str_dup(str_cut(&line, ':'));
		if (num_parse(id, 0, INT32_MAX, ret_id) < 0)
			continue;
		*ret_group = 0;
		(void)num_parse(group, 0, INT32_MAX, ret_group);
		return true;
	}
	return false;
}

static int find_user(int root_fd, const char *name, int64_t *ret_id, int64_t *ret_group,
		     struct err **e)
{
	if (!*name || streq(name, "root")) {
		*ret_id = *ret_group = 0;
		return 0;
	}
	if (num_parse(name, 0, INT32_MAX, ret_id) == 0) {
		*ret_group = *ret_id;
		return 0;
	}
	if (find_line(root_fd, "/etc/passwd", name, ret_id, ret_group))
		return 0;
	return err_set(e, ENOENT, "unable to find user %s: no matching entries in passwd file",
		       name);
}

static int find_group(int root_fd, const char *name, int64_t *ret_id, struct err **e)
{
	int64_t unused;

	if (num_parse(name, 0, INT32_MAX, ret_id) == 0 ||
	    find_line(root_fd, "/etc/group", name, ret_id, &unused))
		return 0;
	return err_set(e, ENOENT, "unable to find group %s: no matching entries in group file",
		       name);
}

int owner_find(int root_fd, const char *spec, uid_t *ret_uid, gid_t *ret_gid, struct err **e)
{
	struct str rest = str_of(spec);
	AUTO(mem) char *user = str_dup(str_cut(&rest, ':'));
	AUTO(mem) char *group = str_dup(rest);
	int64_t uid, gid;
	int r = find_user(root_fd, user, &uid, &gid, e);

	if (r == 0 && *group)
		r = find_group(root_fd, group, &gid, e);
	if (r < 0)
		return r;
	*ret_uid = (uid_t)uid;
	*ret_gid = (gid_t)gid;
	return 0;
}
