#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/num.h"
#include "compose/supervise/spec_parts.h"

enum { ACCOUNTS_MAX = 4 << 20 };

/* Reads a regular file of the merged image: the topmost layer that has the name decides. -ENOENT when
 * none has it or a layer deleted it (a character device 0:0 is a whiteout). */
static int image_file_read(const struct image *image, const char *path, struct buf *out)
{
	for (size_t i = image ? image->layers.n : 0; i-- > 0;) {
		AUTO(fd) int layer = dir_open(AT_FDCWD, image->layers.v[i], NULL);
		AUTO(fd) int fd = -1;
		struct stat st;

		if (layer < 0)
			continue;
		fd = open_in_root(layer, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
		if (fd == -ENXIO)
			return -ENOENT;
		if (fd < 0)
			continue;
		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
			return -ENOENT;
		return fd_read_all(fd, ACCOUNTS_MAX, out);
	}
	return -ENOENT;
}

/* "name:x:ID:..." in passwd(5) and group(5) alike. */
static int find_id(const struct buf *file, const char *name, uint32_t *ret)
{
	struct str rest = { buf_str(file), file->n };

	while (rest.p) {
		struct str line = str_cut(&rest, '\n');
		struct str field = str_cut(&line, ':');
		AUTO(mem) char *id = NULL;
		uint64_t v;

		if (!str_eq(field, name))
			continue;
		(void)str_cut(&line, ':');
		id = str_dup(str_cut(&line, ':'));
		if (num_parse_u64(id, UINT32_MAX - 1, &v) < 0)
			continue;
		*ret = (uint32_t)v;
		return 0;
	}
	return -ENOENT;
}

int spec_lookup_id(const struct image *image, bool is_group, const char *name, uint32_t *ret,
		   struct err **e)
{
	AUTO(buf) struct buf file = BUF_INIT;
	uint64_t v;

	if (image_file_read(image, is_group ? "/etc/group" : "/etc/passwd", &file) == 0 &&
	    find_id(&file, name, ret) == 0)
		return 0;
	if (num_parse_u64(name, INT32_MAX, &v) == 0) {
		*ret = (uint32_t)v;
		return 0;
	}
	return err_set(e, EINVAL, "unable to find %s %s: no matching entries in %s file",
		       is_group ? "group" : "user", name, is_group ? "group" : "passwd");
}
