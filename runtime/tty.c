#include "runtime/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fdio.h"

enum { PTY_SLAVE_MAJOR_FIRST = 136, PTY_SLAVE_MAJOR_LAST = 143 };

/* The peer comes from the master itself; its path could lead anywhere. */
static int open_peer(int master, struct err **e)
{
	AUTO(fd) int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (peer < 0)
		return err_sys(e, errno, "open the terminal's other end");
	if (fstat(peer, &st) < 0 || !S_ISCHR(st.st_mode) ||
	    major(st.st_rdev) < PTY_SLAVE_MAJOR_FIRST || major(st.st_rdev) > PTY_SLAVE_MAJOR_LAST)
		return err_set(e, EINVAL, "the terminal's other end is no terminal");
	return TAKE_FD(peer);
}

int tty_open(int devpts_fd, uid_t uid, uint16_t rows, uint16_t cols, struct tty *ret,
	     struct err **e)
{
	struct winsize size = { .ws_row = rows, .ws_col = cols };
	AUTO(fd) int master = -1;
	struct statfs fs;
	int unlock = 0, peer;

	if (devpts_fd < 0)
		return err_set(e, ENOENT, "a terminal needs a devpts mount");
	if (fstatfs(devpts_fd, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		return err_set(e, EINVAL, "/dev/pts is no devpts");
	master = openat(devpts_fd, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (master < 0)
		return err_sys(e, errno, "open ptmx");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_sys(e, errno, "unlock the terminal");
	peer = open_peer(master, e);
	if (peer < 0)
		return peer;
	if (fchown(peer, uid, (gid_t)-1) < 0 && errno != EINVAL && errno != EPERM) {
		int saved = errno;

		close(peer);
		return err_sys(e, saved, "change owner of the terminal");
	}
	if (rows || cols)
		(void)ioctl(master, TIOCSWINSZ, &size);
	*ret = (struct tty){ .master = TAKE_FD(master), .peer = peer };
	return 0;
}

int tty_socket(const char *path, struct err **e)
{
	return sock_connect(AT_FDCWD, path, SOCK_STREAM, e);
}

int tty_send(const struct tty *t, int socket, struct err **e)
{
	unsigned number = 0;
	char name[32];
	int r;

	(void)ioctl(t->master, TIOCGPTN, &number);
	(void)snprintf(name, sizeof(name), "/dev/pts/%u", number);
	r = sock_send(socket, name, strlen(name), &t->master, 1);
	return r < 0 ? err_sys(e, -r, "send the terminal to the console socket") : 0;
}

int tty_take(const struct tty *t, struct err **e)
{
	(void)setsid();
	if (ioctl(t->peer, TIOCSCTTY, 0) < 0)
		return err_sys(e, errno, "make the terminal the controlling one");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(t->peer, fd) < 0)
			return err_sys(e, errno, "connect the terminal to standard streams");
	return 0;
}

void tty_done(struct tty *t)
{
	fd_close(&t->master);
	fd_close(&t->peer);
}
