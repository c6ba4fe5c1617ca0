/* Writes compose.1 and one page per command into a directory: compose-man DIR. Part of the build. */
#include <fcntl.h>
#include <stdio.h>

#include "base/fdio.h"
#include "compose/cmd/manual.h"

static int write_page(int dirfd, const char *name, const struct buf *text, struct err **e)
{
	return file_write(dirfd, name, text->p, text->n, 0644, /* durable= */ false, e);
}

static int write_command(int dirfd, const struct cmd *cmd, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(mem) char *name = xasprintf("compose-%s.1", cmd->name);

	manual_command(&text, cmd);
	return write_page(dirfd, name, &text, e);
}

static int write_all(const char *dir, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(fd) int dirfd = -1;
	int r = dir_make(AT_FDCWD, dir, 0755, e);

	if (r < 0)
		return r;
	dirfd = dir_open(AT_FDCWD, dir, e);
	if (dirfd < 0)
		return dirfd;
	manual_root(&text);
	r = write_page(dirfd, "compose.1", &text, e);
	for (size_t i = 0; cmd_table[i] && r == 0; i++)
		if (!cmd_table[i]->hidden)
			r = write_command(dirfd, cmd_table[i], e);
	return r;
}

int main(int argc, char **argv)
{
	AUTO(err) struct err *e = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: compose-man DIRECTORY\n");
		return 1;
	}
	if (write_all(argv[1], &e) < 0) {
		fprintf(stderr, "%s\n", err_text(e));
		return 1;
	}
	return 0;
}
