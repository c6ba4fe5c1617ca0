/*
 * Connections: the supervisor's inherited socket and the clients of shim.sock.
 *
 * The kernel's socket buffer is the bounded queue of each: what does not fit is lost to that client
 * (and it is told how much), unless it asked for a lossless stream; then nothing more is read from the
 * container until its socket has room again.
 */
#include "runtime/shim_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/shim_proto.h"
#include "runtime/shim_text.h"

#define LAST_WORDS_NS 2000000000

/* A packet of standard input that the container has not taken yet. */
static char packet[SHIM_PACKET_MAX] __attribute__((aligned(4096)));
static size_t input_at, input_end;
static bool input_closing;
/* The output packet a lossless client is waiting for; shim_run.c's buffer is not reused meanwhile. */
static const char *held;

void shim_watch(const struct shim *s, int fd, uint32_t events, uint32_t key)
{
	struct epoll_event ev = { .events = events, .data.u32 = key };

	(void)epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev);
}

void shim_rewatch(const struct shim *s, int fd, uint32_t events, uint32_t key)
{
	struct epoll_event ev = { .events = events, .data.u32 = key };

	(void)epoll_ctl(s->epoll, EPOLL_CTL_MOD, fd, &ev);
}

static ssize_t send_packet(int fd, const void *p, size_t n, const int *fds, size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE((SHIM_MAX_PARKED + 2) * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = (void *)p, .iov_len = n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t r;

	if (n_fds) {
		struct cmsghdr *cm;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cm = CMSG_FIRSTHDR(&msg);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, n_fds * sizeof(int));
	}
	do
		r = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

static void resume_output(struct shim *s)
{
	for (unsigned i = 0; i < SHIM_MAX_CLIENTS; i++)
		if (s->clients[i].fd >= 0 && s->clients[i].blocked)
			return;
	s->output_paused = false;
	for (unsigned i = 0; i < 2; i++)
		if (s->out[i].fd >= 0)
			shim_rewatch(s, s->out[i].fd, EPOLLIN, KEY_OUT + i);
}

static void drop_client(struct shim *s, unsigned index)
{
	struct shim_client *c = &s->clients[index];
	bool was_blocked = c->blocked;

	close(c->fd);
	*c = (struct shim_client){ .fd = -1 };
	if (was_blocked)
		resume_output(s);
}

void shim_tell(struct shim *s, const void *p, size_t n, int fd)
{
	for (unsigned i = 0; i < SHIM_MAX_CLIENTS; i++)
		if (s->clients[i].fd >= 0)
			(void)send_packet(s->clients[i].fd, p, n, &fd, fd >= 0 ? 1 : 0);
}

static char failure[4096];
static struct text failure_text = TEXT_OF(failure);

static bool tell_gap(struct shim_client *c)
{
	char bytes[1 + sizeof(struct shim_gap)] = { SHIM_GAP };
	struct shim_gap gap = { .bytes = c->gap };

	if (!c->gap)
		return true;
	memcpy(bytes + 1, &gap, sizeof(gap));
	if (send_packet(c->fd, bytes, sizeof(bytes), NULL, 0) < 0)
		return false;
	c->gap = 0;
	return true;
}

/* The last words also reach a client whose socket is full, if it reads within a while. */
void shim_tell_last(struct shim *s, const void *p, size_t n)
{
	int64_t deadline = mono_now() + LAST_WORDS_NS;

	for (unsigned i = 0; i < SHIM_MAX_CLIENTS; i++) {
		struct shim_client *c = &s->clients[i];
		struct pollfd wait = { .fd = c->fd, .events = POLLOUT };

		while (c->fd >= 0) {
			int64_t left = deadline - mono_now();

			if (tell_gap(c) && send_packet(c->fd, p, n, NULL, 0) != -EAGAIN)
				break;
			if (left <= 0 || poll(&wait, 1, (int)(left / 1000000) + 1) <= 0 ||
			    (wait.revents & (POLLHUP | POLLERR)))
				break;
		}
	}
}

void shim_fail(struct shim *s, int errnum, const char *text)
{
	struct shim_failed head = { .errnum = errnum };

	failure_text.n = 0;
	text_bytes(&failure_text, "e", 1);
	text_bytes(&failure_text, (const char *)&head, sizeof(head));
	text_str(&failure_text, text);
	s->stage = STAGE_OVER;
}

void shim_tell_failure(struct shim *s)
{
	if (failure_text.n)
		shim_tell_last(s, failure, failure_text.n);
}

static void output_to(struct shim *s, unsigned index, const char *p, size_t n)
{
	struct shim_client *c = &s->clients[index];

	if (!(c->flags & SHIM_ATTACH_OUTPUT))
		return;
	if (tell_gap(c) && send_packet(c->fd, p, n, NULL, 0) >= 0)
		return;
	if (!(c->flags & SHIM_ATTACH_LOSSLESS)) {
		c->gap += n - 1;
		return;
	}
	c->blocked = true;
	shim_rewatch(s, c->fd, EPOLLIN | EPOLLOUT, KEY_CLIENT + index);
}

static bool anybody_blocked(const struct shim *s)
{
	for (unsigned i = 0; i < SHIM_MAX_CLIENTS; i++)
		if (s->clients[i].fd >= 0 && s->clients[i].blocked)
			return true;
	return false;
}

void shim_output(struct shim *s, char *p, size_t n)
{
	for (unsigned i = 0; i < SHIM_MAX_CLIENTS; i++)
		if (s->clients[i].fd >= 0)
			output_to(s, i, p, n);
	if (!anybody_blocked(s))
		return;
	held = p;
	s->held = n;
	s->output_paused = true;
	for (unsigned i = 0; i < 2; i++)
		if (s->out[i].fd >= 0)
			shim_rewatch(s, s->out[i].fd, 0, KEY_OUT + i);
}

static void unblock(struct shim *s, unsigned index)
{
	struct shim_client *c = &s->clients[index];
	ssize_t r = send_packet(c->fd, held, s->held, NULL, 0);

	if (r == -EAGAIN)
		return;
	if (r < 0) {
		drop_client(s, index);
		return;
	}
	c->blocked = false;
	shim_rewatch(s, c->fd, EPOLLIN, KEY_CLIENT + index);
	resume_output(s);
}

/* Only root and the owner of the shim may talk to it. */
static bool is_trusted(int fd)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 &&
	       (cred.uid == 0 || cred.uid == geteuid());
}

void shim_accept(struct shim *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (unsigned i = 1; i < SHIM_MAX_CLIENTS && is_trusted(fd); i++) {
		if (s->clients[i].fd >= 0)
			continue;
		s->clients[i] = (struct shim_client){ .fd = fd };
		shim_watch(s, fd, EPOLLIN, KEY_CLIENT + i);
		return;
	}
	close(fd);
}

static void answer_query(struct shim *s, int fd)
{
	static const uint8_t phases[] = {
		[STAGE_CREATING] = SHIM_PHASE_CREATING, [STAGE_CREATED] = SHIM_PHASE_CREATED,
		[STAGE_STARTING] = SHIM_PHASE_CREATED,	[STAGE_RUNNING] = SHIM_PHASE_RUNNING,
		[STAGE_EXITED] = SHIM_PHASE_EXITED,	[STAGE_OVER] = SHIM_PHASE_EXITED,
	};
	struct shim_state st = {
		.phase = phases[s->stage],
		.pid = s->pid,
		.started_ns = s->started_ns,
		.code = s->code,
	};
	char bytes[1 + sizeof(st)] = { SHIM_STATE };

	memcpy(bytes + 1, &st, sizeof(st));
	(void)send_packet(fd, bytes, sizeof(bytes), NULL, 0);
}

static void give_back(struct shim *s, int fd)
{
	char bytes[1 + sizeof(struct shim_parked)] = { SHIM_PARKED, (char)s->o.park };
	int fds[SHIM_MAX_PARKED + 2];
	size_t n = 0;

	if (s->pidfd >= 0)
		fds[n++] = s->pidfd;
	if (fcntl(SHIM_FD_NETNS, F_GETFD) >= 0)
		fds[n++] = SHIM_FD_NETNS;
	for (int i = 0; i < s->o.park; i++)
		fds[n++] = SHIM_FD_PARKED + i;
	(void)send_packet(fd, bytes, sizeof(bytes), fds, n);
}

static void kill_init(struct shim *s, const char *p, size_t n)
{
	struct shim_kill k;

	if (n < sizeof(k) || s->pidfd < 0)
		return;
	memcpy(&k, p, sizeof(k));
	(void)syscall(SYS_pidfd_send_signal, s->pidfd, k.signal, NULL, 0);
}

static void set_winsize(const struct shim *s, const char *p, size_t n)
{
	struct shim_winsize w;
	struct winsize size;

	if (n < sizeof(w) || !s->o.tty || s->input < 0)
		return;
	memcpy(&w, p, sizeof(w));
	size = (struct winsize){ .ws_row = w.rows, .ws_col = w.cols };
	(void)ioctl(s->input, TIOCSWINSZ, &size);
}

static void attach(struct shim *s, unsigned index, const char *p, size_t n)
{
	if (n < sizeof(struct shim_attach) || index == 0)
		return;
	s->clients[index].flags = (uint8_t)*p;
}

/* While input waits for the container, nobody is read who might send more of it. */
static void watch_senders(struct shim *s, bool on)
{
	for (unsigned i = 0; i < SHIM_MAX_CLIENTS; i++) {
		const struct shim_client *c = &s->clients[i];

		if (c->fd >= 0 && (c->flags & SHIM_ATTACH_INPUT))
			shim_rewatch(s, c->fd,
				     (on ? (uint32_t)EPOLLIN : 0) |
					     (c->blocked ? (uint32_t)EPOLLOUT : 0),
				     KEY_CLIENT + i);
	}
}

static void close_input(struct shim *s)
{
	/* A terminal has no end of input; its master also carries the output. */
	if (s->input < 0 || s->o.tty)
		return;
	close(s->input);
	s->input = -1;
}

void shim_input_event(struct shim *s)
{
	bool waited = input_at < input_end;

	while (s->input >= 0 && input_at < input_end) {
		ssize_t r = write(s->input, packet + input_at, input_end - input_at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno == EAGAIN)
			return;
		if (r < 0) {
			close_input(s);
			break;
		}
		input_at += (size_t)r;
	}
	input_at = input_end = 0;
	if (waited) {
		if (s->input >= 0 && !s->o.tty)
			(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->input, NULL);
		else if (s->input >= 0)
			shim_rewatch(s, s->input, s->output_paused ? 0 : EPOLLIN, KEY_OUT);
		watch_senders(s, /* on= */ true);
	}
	if (input_closing)
		close_input(s);
}

/* The packet buffer holds it already. */
static void take_input(struct shim *s, size_t n)
{
	size_t rest;

	input_at = 1;
	input_end = n;
	if (s->input < 0) {
		input_at = input_end = 0;
		return;
	}
	while (input_at < input_end) {
		ssize_t r = write(s->input, packet + input_at, input_end - input_at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			break;
		input_at += (size_t)r;
	}
	rest = input_end - input_at;
	if (rest && errno == EAGAIN) {
		if (s->o.tty)
			shim_rewatch(s, s->input, EPOLLIN | EPOLLOUT, KEY_OUT);
		else
			shim_watch(s, s->input, EPOLLOUT, KEY_INPUT);
		watch_senders(s, /* on= */ false);
		return;
	}
	if (rest)
		close_input(s);
	input_at = input_end = 0;
}

static void take_message(struct shim *s, unsigned index, size_t n)
{
	const char *payload = packet + 1;
	size_t n_payload = n - 1;

	switch (packet[0]) {
	case SHIM_START:
		shim_start(s);
		break;
	case SHIM_KILL:
		kill_init(s, payload, n_payload);
		break;
	case SHIM_ATTACH:
		attach(s, index, payload, n_payload);
		break;
	case SHIM_INPUT:
		if (n_payload)
			take_input(s, n);
		break;
	case SHIM_INPUT_END:
		input_closing = true;
		if (input_at == input_end)
			close_input(s);
		break;
	case SHIM_WINSIZE:
		set_winsize(s, payload, n_payload);
		break;
	case SHIM_QUERY:
		answer_query(s, s->clients[index].fd);
		break;
	case SHIM_GIVE:
		give_back(s, s->clients[index].fd);
		break;
	default:
		break;
	}
}

/* One message per turn: input may have to wait in the buffer it came in. */
void shim_client_event(struct shim *s, unsigned index, uint32_t events)
{
	struct shim_client *c = &s->clients[index];
	ssize_t n;

	if (c->fd < 0)
		return;
	if ((events & EPOLLOUT) && c->blocked) {
		unblock(s, index);
		if (c->fd < 0)
			return;
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	/* Held input lies in the packet buffer; other senders wait as well until it is gone. */
	if (input_at < input_end) {
		char probe;

		if (recv(c->fd, &probe, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
			drop_client(s, index);
		return;
	}
	n = recv(c->fd, packet, sizeof(packet), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop_client(s, index);
		return;
	}
	take_message(s, index, (size_t)n);
}
