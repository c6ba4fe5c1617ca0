/*
 * Normally: attach, then one loop over the shim's socket, our standard input and signals. Input is read
 * only when the last packet was taken, so that neither side can fill the other's queue for ever.
 *
 * It ends with the shim's "exited"; when that never comes, with -EPIPE.
 */
#include "compose/cmd/stream.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "compose/ui/term.h"
#include "runtime/shim_proto.h"

enum { INPUT_CHUNK = 32 << 10, EXIT_UNKNOWN = 255 };

struct flow {
	struct stream *s;
	struct buf pending; /* the packet the shim has not taken yet */
	bool has_input;     /* our standard input is open */
	bool must_end;      /* end of input has to be sent */
	bool is_over, is_detached;
	int code;
};

static int send_packet(int sock, const void *p, size_t n)
{
	ssize_t r;

	do
		r = send(sock, p, n, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int attach(struct stream *s, struct err **e)
{
	uint8_t packet[2] = { SHIM_ATTACH, SHIM_ATTACH_OUTPUT };
	int r;

	if (s->input)
		packet[1] |= SHIM_ATTACH_INPUT;
	if (s->lossless)
		packet[1] |= SHIM_ATTACH_LOSSLESS;
	r = send_packet(s->sock, packet, sizeof(packet));
	return r < 0 ? err_sys(e, -r, "attach to the container") : 0;
}

static void send_size(const struct stream *s)
{
	struct term_size size;
	struct {
		uint8_t type;
		struct shim_winsize w;
	} SHIM_PACKED packet = { .type = SHIM_WINSIZE };

	if (term_size_get(STDIN_FILENO, &size) < 0 && term_size_get(STDOUT_FILENO, &size) < 0)
		return;
	packet.w.rows = size.rows;
	packet.w.cols = size.cols;
	(void)send_packet(s->sock, &packet, sizeof(packet));
}

static void send_signal(const struct stream *s, int signal)
{
	struct {
		uint8_t type;
		struct shim_kill k;
	} SHIM_PACKED packet = { .type = SHIM_KILL, .k.signal = signal };

	(void)send_packet(s->sock, &packet, sizeof(packet));
}

static int take_signals(struct stream *s, struct err **e)
{
	static const int proxied[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
				       SIGCONT, SIGIO, SIGPWR, SIGPROF, SIGVTALRM };
	sigset_t set;

	sigemptyset(&set);
	if (s->tty)
		sigaddset(&set, SIGWINCH);
	for (size_t i = 0; s->proxy_signals && i < ARRAY_LEN(proxied); i++)
		sigaddset(&set, proxied[i]);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, errno, "take signals");
	return 0;
}

int stream_open(struct stream *s, struct err **e)
{
	int r = attach(s, e);

	if (r == 0)
		r = take_signals(s, e);
	if (r < 0 || !s->tty)
		return r;
	send_size(s);
	if (s->input && isatty(STDIN_FILENO))
		s->is_raw = term_raw(STDIN_FILENO) == 0;
	return 0;
}

void stream_close(struct stream *s)
{
	if (s->is_raw)
		term_restore();
	fd_close(&s->signal_fd);
}

static void on_signal(struct flow *f)
{
	struct signalfd_siginfo info;

	while (read(f->s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			send_size(f->s);
		else
			send_signal(f->s, (int)info.ssi_signo);
	}
}

static int take_input(struct flow *f, struct err **e)
{
	char chunk[INPUT_CHUNK];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0 && errno != EIO)
		return err_sys(e, errno, "read standard input");
	if (n <= 0) {
		f->has_input = false;
		f->must_end = true;
		return 0;
	}
	buf_addch(&f->pending, SHIM_INPUT);
	if (f->s->is_raw)
		f->is_detached = detach_feed(&f->s->detach, chunk, (size_t)n, &f->pending);
	else
		buf_add(&f->pending, chunk, (size_t)n);
	if (f->pending.n == 1)
		buf_reset(&f->pending);
	return 0;
}

/* What waits goes out as far as the shim takes it; a shim that is gone is noticed by reading. */
static void give_input(struct flow *f)
{
	static const char end[] = { SHIM_INPUT_END };
	int sock = f->s->sock;

	if (f->pending.n) {
		if (send(sock, f->pending.p, f->pending.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		    (errno == EAGAIN || errno == EINTR))
			return;
		buf_reset(&f->pending);
	}
	if (f->must_end && (send(sock, end, sizeof(end), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
			    (errno != EAGAIN && errno != EINTR)))
		f->must_end = false;
}

static int show(int fd, const char *p, size_t n, struct err **e)
{
	int r = fd_write_all(fd, p, n);

	return r < 0 ? err_sys(e, -r, "write the output of the container") : 0;
}

static int on_failed(const char *p, size_t n, struct err **e)
{
	struct shim_failed failed = { .errnum = EIO };

	if (n >= sizeof(failed)) {
		memcpy(&failed, p, sizeof(failed));
		p += sizeof(failed);
		n -= sizeof(failed);
	}
	return err_set(e, failed.errnum > 0 ? failed.errnum : EIO, "%.*s", (int)n, p);
}

static int on_packet(struct flow *f, const char *p, size_t n, struct err **e)
{
	struct shim_exited x;
	uint64_t lost;

	switch (p[0]) {
	case SHIM_STDOUT:
		return show(STDOUT_FILENO, p + 1, n - 1, e);
	case SHIM_STDERR:
		return show(STDERR_FILENO, p + 1, n - 1, e);
	case SHIM_FAILED:
		return on_failed(p + 1, n - 1, e);
	case SHIM_GAP:
		lost = 0;
		memcpy(&lost, p + 1, n - 1 < sizeof(lost) ? n - 1 : sizeof(lost));
		(void)dprintf(STDERR_FILENO, "%llu bytes of output were lost\n",
			      (unsigned long long)lost);
		return 0;
	case SHIM_EXITED:
		f->code = EXIT_UNKNOWN;
		if (n - 1 >= sizeof(x)) {
			memcpy(&x, p + 1, sizeof(x));
			f->code = x.code;
		}
		f->is_over = true;
		return 0;
	default:
		return 0;
	}
}

static int on_socket(struct flow *f, char *packet, struct err **e)
{
	ssize_t n = recv(f->s->sock, packet, SHIM_PACKET_MAX, MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0)
		return -EPIPE;
	return on_packet(f, packet, (size_t)n, e);
}

static int turn(struct flow *f, char *packet, struct err **e)
{
	bool waits = f->pending.n || f->must_end;
	struct pollfd p[] = {
		{ .fd = f->s->sock, .events = (short)(POLLIN | (waits ? POLLOUT : 0)) },
		{ .fd = f->has_input && !waits ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = f->s->signal_fd, .events = POLLIN },
	};
	int r = 0;

	if (poll(p, ARRAY_LEN(p), -1) < 0)
		return errno == EINTR ? 0 : err_sys(e, errno, "wait for the container");
	if (p[2].revents)
		on_signal(f);
	if (p[1].revents)
		r = take_input(f, e);
	if (r == 0 && (f->pending.n || f->must_end))
		give_input(f);
	if (r == 0 && (p[0].revents & ~POLLOUT))
		r = on_socket(f, packet, e);
	return r;
}

int stream_run(struct stream *s, int *ret_code, struct err **e)
{
	struct flow f = { .s = s, .has_input = s->input };
	AUTO(mem) char *packet = xmalloc(SHIM_PACKET_MAX);
	int r = 0;

	while (r == 0 && !f.is_over && !f.is_detached)
		r = turn(&f, packet, e);
	buf_done(&f.pending);
	if (r < 0)
		return r;
	*ret_code = f.code;
	return f.is_detached;
}
