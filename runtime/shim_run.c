/*
 * Normally: the container is made at once, everybody is told what happens, output goes to the log
 * and to those attached, and when the init has ended and its output is read, so does the shim.
 *
 * When the supervisor dies its socket reads end of file, which changes nothing here: the next one
 * connects to shim.sock. When the runtime fails, its text is passed on and the shim ends.
 *
 * When it closes: exit.json, cgroup and state directory, the last message, then the process.
 */
#include "runtime/shim_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/runtime.h"
#include "runtime/shim_proto.h"
#include "runtime/shim_text.h"

#define DRAIN_LIMIT_NS 2000000000

enum { CHUNK = 32768, PAGE = 4096 };

/* The type byte sits in front of the bytes read, so that a packet goes out without a copy. */
static char chunk[PAGE + CHUNK] __attribute__((aligned(PAGE)));
static struct shim_line lines[2] __attribute__((aligned(PAGE)));

static int take_flag(struct shim_options *o, const char *name, char *value, bool *ret_used)
{
	int64_t n;

	*ret_used = true;
	if (!value)
		return -EINVAL;
	if (!strcmp(name, "--id"))
		o->id = value;
	else if (!strcmp(name, "--bundle"))
		o->bundle = value;
	else if (!strcmp(name, "--run"))
		o->run = value;
	else if (!strcmp(name, "--runtime"))
		o->runtime = value;
	else if (!strcmp(name, "--log"))
		o->log = value;
	else if (!strcmp(name, "--log-max-size") && text_parse(value, INT64_MAX, &n) == 0)
		o->log_max_size = n;
	else if (!strcmp(name, "--log-max-files") && text_parse(value, 10000, &n) == 0)
		o->log_max_files = n ? (int)n : 1;
	else if (!strcmp(name, "--park") && text_parse(value, SHIM_MAX_PARKED, &n) == 0)
		o->park = (int)n;
	else
		return -EINVAL;
	return 0;
}

static int parse(int argc, char **argv, struct shim_options *o)
{
	for (int i = 0; i < argc; i++) {
		bool used_value = false;

		if (!strcmp(argv[i], "--tty"))
			o->tty = true;
		else if (!strcmp(argv[i], "--stdin"))
			o->use_stdin = true;
		else if (!strcmp(argv[i], "--config"))
			o->has_config = true;
		else if (take_flag(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used_value) < 0)
			return -EINVAL;
		i += used_value;
	}
	return o->id && o->bundle && o->run && (!o->has_config || o->runtime) ? 0 : -EINVAL;
}

/* Beside our own file; --runtime names another. */
static int default_runtime(struct shim_options *o)
{
	static char path[4096];
	char self[4000];
	struct text t = TEXT_OF(path);
	ssize_t n;

	if (o->runtime)
		return 0;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return -errno;
	while (n > 0 && self[n - 1] != '/')
		n--;
	text_bytes(&t, self, (size_t)n);
	text_str(&t, "compose-runtime");
	o->runtime = path;
	return 0;
}

static int pipe_for(struct shim *s, int child_fd, int *ret_ours)
{
	bool input = child_fd == 0;
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	s->child_end[child_fd] = input ? p[0] : p[1];
	*ret_ours = input ? p[1] : p[0];
	return fcntl(*ret_ours, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int open_listener(struct shim *s, const char *name, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct text t = { .p = addr.sun_path, .cap = sizeof(addr.sun_path) };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before;
	int r;

	if (fd < 0)
		return -errno;
	/* The directory's descriptor keeps the address short whatever the path. */
	text_str(&t, "/proc/self/fd/");
	text_int(&t, s->run_dir);
	text_str(&t, "/");
	text_str(&t, name);
	(void)unlinkat(s->run_dir, name, 0);
	before = umask(0177);
	r = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 16) < 0 ? -errno : 0;
	umask(before);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

static int open_streams(struct shim *s)
{
	int r = 0;

	s->out[0] = (struct shim_stream){ -1, "stdout", SHIM_STDOUT, &lines[0] };
	s->out[1] = (struct shim_stream){ -1, "stderr", SHIM_STDERR, &lines[1] };
	if (s->o.tty) {
		s->console = open_listener(s, SHIM_CONSOLE_NAME, SOCK_STREAM);
		s->child_end[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
		s->child_end[1] = s->child_end[0] < 0 ? -1 : dup(s->child_end[0]);
		s->child_end[2] = s->child_end[0] < 0 ? -1 : dup(s->child_end[0]);
		return s->console < 0 ? s->console : s->child_end[2] < 0 ? -errno : 0;
	}
	if (s->o.use_stdin)
		r = pipe_for(s, 0, &s->input);
	else if ((s->child_end[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
		r = -errno;
	for (int i = 0; r == 0 && i < 2; i++) {
		r = pipe_for(s, 1 + i, &s->out[i].fd);
		if (r == 0)
			shim_watch(s, s->out[i].fd, EPOLLIN, KEY_OUT + (uint32_t)i);
	}
	return r;
}

static int open_signals(struct shim *s)
{
	sigset_t all, child;

	/* Nothing but the end of a child concerns a shim: it outlives terminals and sessions. */
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &s->mask_before) < 0)
		return -errno;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	s->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? -errno : 0;
}

static void close_foreign_descriptors(const struct shim *s)
{
	unsigned first = SHIM_FD_PARKED + (unsigned)s->o.park;

	(void)syscall(SYS_close_range, first, ~0u, 0u);
	for (int fd = SHIM_FD_SUPERVISOR; fd < (int)first; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int set_up(struct shim *s)
{
	int r;

	(void)setsid();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (unsigned i = 0; i < SHIM_MAX_CLIENTS; i++)
		s->clients[i].fd = -1;
	close_foreign_descriptors(s);
	r = open_signals(s);
	if (r < 0)
		return r;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->bundle_dir = open(s->o.bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mkdir(s->o.run, 0700) < 0 && errno != EEXIST)
		return -errno;
	s->run_dir = open(s->o.run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->epoll < 0 || s->bundle_dir < 0 || s->run_dir < 0)
		return -errno;
	s->listener = open_listener(s, SHIM_SOCKET_NAME, SOCK_SEQPACKET);
	if (s->listener < 0)
		return s->listener;
	if (fcntl(SHIM_FD_SUPERVISOR, F_GETFD) >= 0) {
		s->clients[0].fd = SHIM_FD_SUPERVISOR;
		shim_watch(s, SHIM_FD_SUPERVISOR, EPOLLIN, KEY_CLIENT);
	}
	shim_watch(s, s->signals, EPOLLIN, KEY_SIGNALS);
	shim_watch(s, s->listener, EPOLLIN, KEY_LISTENER);
	if (s->o.log) {
		r = shim_log_open(&s->log, s->o.log, s->o.log_max_size, s->o.log_max_files);
		if (r < 0)
			return r;
	}
	r = default_runtime(&s->o);
	return r < 0 ? r : open_streams(s);
}

static void end_stream(struct shim *s, unsigned i)
{
	struct shim_stream *o = &s->out[i];

	shim_log_end(&s->log, o->line, o->name, wall_now());
	(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, o->fd, NULL);
	if (o->fd != s->input)
		close(o->fd);
	o->fd = -1;
}

/* One read; false when there was nothing more to read now. */
static bool pump(struct shim *s, unsigned i)
{
	struct shim_stream *o = &s->out[i];
	char *p = chunk + PAGE;
	ssize_t n;

	if (o->fd < 0 || s->output_paused)
		return false;
	n = read(o->fd, p, CHUNK);
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	/* EIO is a terminal's end of file. */
	if (n <= 0) {
		end_stream(s, i);
		return false;
	}
	shim_log_add(&s->log, o->line, o->name, p, (size_t)n, wall_now());
	p[-1] = (char)o->event;
	shim_output(s, p - 1, (size_t)n + 1);
	return true;
}

/* Bursts leave dirty pages behind; a quiet shim should not keep them. */
static void give_pages_back(const struct shim *s)
{
	if (s->output_paused)
		return;
	(void)madvise(chunk + PAGE, CHUNK, MADV_DONTNEED);
	for (int i = 0; i < 2; i++) {
		char *start = (char *)&lines[i] + PAGE;

		if (lines[i].n == 0)
			(void)madvise(start, (sizeof(lines[i]) & ~(size_t)(PAGE - 1)) - PAGE,
				      MADV_DONTNEED);
	}
}

static void output_event(struct shim *s, unsigned i)
{
	/* Bounded, so that one loud stream does not starve everything else. */
	for (int turns = 0; turns < 8; turns++)
		if (!pump(s, i))
			break;
	give_pages_back(s);
}

static void init_ended(struct shim *s, int status)
{
	s->finished_ns = wall_now();
	s->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	s->oom = shim_was_oom(s);
	if (s->stage != STAGE_OVER && s->stage != STAGE_STARTING)
		s->stage = STAGE_EXITED;
}

static void reap(struct shim *s)
{
	int status;
	pid_t pid;
	bool gone = false;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->runtime_pid)
			shim_runtime_ended(s, status);
		if (pid == s->pid) {
			init_ended(s, status);
			gone = true;
		}
	}
	if (!gone)
		return;
	/* Died between release and execve, or the failed start's report is still in the fifo. */
	while (s->stage == STAGE_STARTING && s->fifo >= 0) {
		struct pollfd p = { .fd = s->fifo, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0)
			break;
		shim_fifo_event(s);
	}
	if (s->stage == STAGE_STARTING || s->stage == STAGE_RUNNING)
		s->stage = STAGE_EXITED;
}

static void take_signals(struct shim *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info))
		;
	reap(s);
}

static void handle(struct shim *s, const struct epoll_event *ev)
{
	uint32_t key = ev->data.u32;

	switch (key) {
	case KEY_SIGNALS:
		take_signals(s);
		break;
	case KEY_LISTENER:
		shim_accept(s);
		break;
	case KEY_OUT:
		if (s->o.tty && (ev->events & EPOLLOUT))
			shim_input_event(s);
		output_event(s, 0);
		break;
	case KEY_ERR:
		output_event(s, 1);
		break;
	case KEY_INPUT:
		shim_input_event(s);
		break;
	case KEY_FIFO:
		shim_fifo_event(s);
		break;
	default:
		shim_client_event(s, key - KEY_CLIENT, ev->events);
		break;
	}
}

static void turn(struct shim *s, int timeout_ms)
{
	struct epoll_event ev;

	if (epoll_wait(s->epoll, &ev, 1, timeout_ms) == 1)
		handle(s, &ev);
}

/* What the container wrote before it ended is still in the pipes. A process that got away with an
 * end of one may hold it for ever: then the wait has an end, too. */
static void drain(struct shim *s)
{
	int64_t deadline = mono_now() + DRAIN_LIMIT_NS;

	while (s->out[0].fd >= 0 || s->out[1].fd >= 0) {
		int64_t left = deadline - mono_now();

		if (left <= 0 && !s->output_paused)
			break;
		turn(s, left > 0 ? (int)(left / 1000000) + 1 : 1000);
	}
	for (unsigned i = 0; i < 2; i++)
		if (s->out[i].fd >= 0)
			end_stream(s, i);
}

static bool has_supervisor(const struct shim *s)
{
	return s->clients[0].fd >= 0;
}

static void tell_exit(struct shim *s)
{
	struct shim_exited x = { .code = s->code, .oom = s->oom, .wall_ns = s->finished_ns };
	char bytes[1 + sizeof(x)] = { SHIM_EXITED };

	memcpy(bytes + 1, &x, sizeof(x));
	shim_tell_last(s, bytes, sizeof(bytes));
}

/* A supervisor that listens writes the result down itself, so it need not wait for the disk; for one
 * that will come later the file must be safe first. */
static void finish_exit(struct shim *s)
{
	bool alone = !has_supervisor(s);

	drain(s);
	shim_write_exit(s, alone);
	if (alone)
		shim_sync_exit(s);
	shim_clean_up(s);
	tell_exit(s);
	if (!alone)
		shim_sync_exit(s);
}

static void finish_failure(struct shim *s)
{
	int status;

	if (s->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
	while (s->pid > 0 && waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	drain(s);
	shim_clean_up(s);
	shim_tell_failure(s);
}

static void fail_set_up(struct shim *s, int errnum)
{
	const char *why = strerrordesc_np(errnum);
	char bytes[256];
	struct text t = TEXT_OF(bytes);

	text_str(&t, "set up the shim: ");
	text_str(&t, why ? why : "unknown error");
	shim_fail(s, errnum == ENOENT || errnum == EACCES ? EIO : errnum, bytes);
}

int shim_run(int argc, char **argv)
{
	static struct shim s = {
		.o = { .log_max_files = 1 },
		.epoll = -1, .signals = -1, .listener = -1, .bundle_dir = -1, .run_dir = -1,
		.input = -1, .console = -1, .child_end = { -1, -1, -1 }, .fifo = -1, .pidfd = -1,
		.log = { .dir = -1, .fd = -1 },
	};
	int r;

	if (parse(argc, argv, &s.o) < 0)
		return 2;
	r = set_up(&s);
	if (r == 0)
		r = shim_create(&s);
	if (r < 0) {
		fail_set_up(&s, -r);
		shim_tell_failure(&s);
		return 1;
	}
	(void)!chdir("/");
	while (s.stage < STAGE_EXITED)
		turn(&s, -1);
	if (s.stage == STAGE_OVER)
		finish_failure(&s);
	else
		finish_exit(&s);
	return 0;
}
