#include "compose/ui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Process-wide because a signal handler needs it. */
static struct termios saved;
static volatile int saved_fd = -1;

int term_size_get(int fd, struct term_size *ret)
{
	struct winsize w;

	if (ioctl(fd, TIOCGWINSZ, &w) < 0)
		return -errno;
	*ret = (struct term_size){ .rows = w.ws_row, .cols = w.ws_col };
	return 0;
}

struct term_size term_size(int fd)
{
	struct term_size s;

	if (term_size_get(fd, &s) < 0 || s.cols == 0 || s.rows == 0)
		return (struct term_size){ .rows = 24, .cols = 80 };
	return s;
}

int term_raw(int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &saved) < 0)
		return -errno;
	raw = saved;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return -errno;
	saved_fd = fd;
	return 0;
}

int term_keys(int fd)
{
	struct termios keys;

	if (tcgetattr(fd, &saved) < 0)
		return -errno;
	keys = saved;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (tcsetattr(fd, TCSANOW, &keys) < 0)
		return -errno;
	saved_fd = fd;
	return 0;
}

void term_restore(void)
{
	int fd = saved_fd;

	if (fd < 0)
		return;
	saved_fd = -1;
	(void)tcsetattr(fd, TCSANOW, &saved);
}

void stdio_ensure(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
}
