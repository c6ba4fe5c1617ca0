#include "compose/cmd/console.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/fdio.h"
#include "compose/ui/term.h"

enum { CHUNK = 32 << 10 };

struct pump {
	struct console *c;
	struct buf to_master; /* typed, not yet taken by the pty */
	int signal_fd;
	bool has_input;  /* our standard input is open */
	bool is_detached, has_ended;
};

void console_resize(int master)
{
	struct term_size s;
	struct winsize w = { 0 };

	if (term_size_get(STDIN_FILENO, &s) < 0 && term_size_get(STDOUT_FILENO, &s) < 0)
		return;
	w.ws_row = s.rows;
	w.ws_col = s.cols;
	(void)ioctl(master, TIOCSWINSZ, &w);
}

static int take_input(struct pump *p, struct err **e)
{
	char chunk[CHUNK];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0 && errno != EIO)
		return err_sys(e, errno, "read from the terminal");
	if (n <= 0) {
		p->has_input = false;
		return 0;
	}
	p->is_detached = detach_feed(&p->c->detach, chunk, (size_t)n, &p->to_master);
	return 0;
}

static void give_input(struct pump *p)
{
	ssize_t n = write(p->c->master, p->to_master.p, p->to_master.n);

	if (n > 0)
		buf_consume(&p->to_master, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		buf_reset(&p->to_master);
}

/* 1 = something was shown, 0 = nothing is there now, -EIO = the other side is closed. */
static int show_output(struct pump *p, struct err **e)
{
	char chunk[CHUNK];
	ssize_t n = read(p->c->master, chunk, sizeof(chunk));
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -EIO;
	r = fd_write_all(STDOUT_FILENO, chunk, (size_t)n);
	return r < 0 ? err_sys(e, -r, "write to standard output") : 1;
}

static void on_signal(struct pump *p)
{
	struct signalfd_siginfo info;

	while (read(p->signal_fd, &info, sizeof(info)) == sizeof(info))
		console_resize(p->c->master);
}

static int turn(struct pump *p, struct err **e)
{
	bool can_type = p->has_input && p->to_master.n < CHUNK;
	struct pollfd fds[] = {
		{ .fd = can_type ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = p->c->master, .events = (short)(POLLIN | (p->to_master.n ? POLLOUT : 0)) },
		{ .fd = p->c->ended_fd, .events = POLLIN },
		{ .fd = p->signal_fd, .events = POLLIN },
	};
	int r = 0;

	if (poll(fds, ARRAY_LEN(fds), -1) < 0)
		return errno == EINTR ? 0 : err_sys(e, errno, "wait for the terminal");
	if (fds[3].revents)
		on_signal(p);
	if (fds[0].revents)
		r = take_input(p, e);
	if (r == 0 && p->to_master.n)
		give_input(p);
	if (r == 0 && (fds[1].revents & (POLLIN | POLLHUP)))
		r = show_output(p, e);
	/* A closed pty says so at once and for ever: the end of the process is what counts. */
	if (r == -EIO && !*e)
		p->has_ended = true;
	else if (r >= 0 && fds[2].revents)
		p->has_ended = true;
	return r < 0 && !p->has_ended ? r : 0;
}

static int carry(struct pump *p, struct err **e)
{
	int r = 0;

	while (r == 0 && !p->has_ended && !p->is_detached)
		r = turn(p, e);
	if (r == 0 && !p->is_detached)
		while ((r = show_output(p, e)) > 0)
			;
	return r == -EIO && !*e ? 0 : r;
}

static int open_signals(sigset_t *old, struct err **e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	(void)sigprocmask(SIG_BLOCK, &set, old);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(e, errno, "take signals") : fd;
}

int console_run(struct console *c, bool *ret_detached, struct err **e)
{
	struct err *mine = NULL;
	struct pump p = { .c = c, .has_input = true };
	sigset_t old;
	int r;

	p.signal_fd = open_signals(&old, e);
	if (p.signal_fd < 0)
		return p.signal_fd;
	(void)fd_set_nonblock(c->master, true);
	console_resize(c->master);
	(void)term_raw(STDIN_FILENO);
	r = carry(&p, &mine);
	term_restore();
	if (r < 0 && e)
		*e = TAKE_PTR(mine);
	err_free(mine);
	buf_done(&p.to_master);
	fd_close(&p.signal_fd);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	*ret_detached = p.is_detached;
	return r < 0 ? r : 0;
}
