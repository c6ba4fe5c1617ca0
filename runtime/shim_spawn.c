/*
 * The runtime: made here (shim_make.c), or a program for create, and where hooks or another runtime want
 * it, start and delete. Our own start needs no process: the other end of exec.fifo is opened, and closed
 * by execve.
 */
#include "runtime/shim_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "runtime/runtime.h"
#include "runtime/shim_proto.h"
#include "runtime/shim_text.h"

#define LOG_NAME     "runtime.log"
#define PID_NAME     "init.pid"
#define FOREIGN_ROOT "oci"

extern char **environ;

/* What a failed execve wrote so far. */
static char verdict[4096];
static size_t verdict_n;

static void child_setup(const struct shim *s, const int streams[3])
{
	for (int i = 0; i < 3; i++)
		if (streams[i] >= 0 && dup2(streams[i], i) < 0)
			_exit(126);
	/* The configuration names the network namespace by this descriptor. */
	(void)fcntl(SHIM_FD_NETNS, F_SETFD, 0);
	(void)sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
}

static int spawn(struct shim *s, char *const argv[], const int streams[3])
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		/* Ours enters the container and would start itself again from a view; others are left as
		 * they are. */
		int view = s->ours ? file_read_only_view(argv[0]) : -1;

		child_setup(s, streams);
		if (view >= 0)
			(void)syscall(SYS_execveat, view, "", argv, environ, AT_EMPTY_PATH);
		execv(argv[0], argv);
		_exit(127);
	}
	s->runtime_pid = pid;
	return 0;
}

/* For our runtime the directory of all containers is the parent of ours; another one would find its
 * own name taken there, so it gets a directory inside. */
static void root_of(const struct shim *s, struct text *t)
{
	size_t n = strlen(s->o.run);

	if (!s->ours) {
		text_str(t, s->o.run);
		text_str(t, "/" FOREIGN_ROOT);
		return;
	}
	while (n > 1 && s->o.run[n - 1] == '/')
		n--;
	while (n > 1 && s->o.run[n - 1] != '/')
		n--;
	while (n > 1 && s->o.run[n - 1] == '/')
		n--;
	text_bytes(t, s->o.run, n);
}

static void in_run(const struct shim *s, struct text *t, const char *name)
{
	text_str(t, s->o.run);
	text_str(t, "/");
	text_str(t, name);
}

static int make_by_program(struct shim *s)
{
	static char root[4096], log[4096], pid_file[4096], console[4096];
	struct text a = TEXT_OF(root), b = TEXT_OF(log), c = TEXT_OF(pid_file), d = TEXT_OF(console);
	char *argv[20];
	unsigned n = 0;

	root_of(s, &a);
	in_run(s, &b, LOG_NAME);
	in_run(s, &c, PID_NAME);
	in_run(s, &d, SHIM_CONSOLE_NAME);
	if (text_full(&b) || text_full(&c) || text_full(&d))
		return -ENAMETOOLONG;
	argv[n++] = s->o.runtime;
	argv[n++] = (char *)"--root";
	argv[n++] = root;
	argv[n++] = (char *)"--log";
	argv[n++] = log;
	argv[n++] = (char *)"create";
	argv[n++] = (char *)"--bundle";
	argv[n++] = s->o.bundle;
	argv[n++] = (char *)"--pid-file";
	argv[n++] = pid_file;
	if (s->o.tty) {
		argv[n++] = (char *)"--console-socket";
		argv[n++] = console;
	}
	argv[n++] = s->o.id;
	argv[n] = NULL;
	return spawn(s, argv, s->child_end);
}

static int run_command(struct shim *s, const char *command, const char *flag)
{
	static char root[4096];
	struct text a = TEXT_OF(root);
	static const int as_they_are[3] = { -1, -1, -1 };
	char *argv[8] = { s->o.runtime, (char *)"--root", root, (char *)command };
	unsigned n = 4;

	root_of(s, &a);
	if (flag)
		argv[n++] = (char *)flag;
	argv[n++] = s->o.id;
	argv[n] = NULL;
	return spawn(s, argv, as_they_are);
}

/* The number behind a text, for runtimes that only give the text. */
static int errno_of(const char *text)
{
	static const struct {
		const char *part;
		int errnum;
	} rows[] = {
		{ "executable file not found", ENOENT }, { "permission denied", EACCES },
		{ "Permission denied", EACCES },	 { "is a directory", EACCES },
		{ "exec format error", EACCES },	 { "no such file or directory", ENOENT },
		{ "not a directory", ENOENT },		 { "No such file or directory", EIO },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strstr(text, rows[i].part))
			return rows[i].errnum;
	return EIO;
}

static void fail_with_log(struct shim *s, const char *what)
{
	char text[4096];
	long n = read_small(s->run_dir, LOG_NAME, text, sizeof(text));

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	if (n <= 0)
		shim_fail(s, EIO, what);
	else
		shim_fail(s, errno_of(text), text);
}

static void close_child_ends(struct shim *s)
{
	for (int i = 0; i < 3; i++) {
		if (s->child_end[i] >= 0)
			close(s->child_end[i]);
		s->child_end[i] = -1;
	}
}

static bool exists(const struct shim *s, const char *name)
{
	return faccessat(s->run_dir, name, F_OK, 0) == 0;
}

/* The runtime sent the terminal before it ended: connection and message wait in the queue. */
static int take_console(struct shim *s)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char name[64];
	struct iovec iov = { .iov_base = name, .iov_len = sizeof(name) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	int peer = accept4(s->console, NULL, NULL, SOCK_CLOEXEC), fd = -1;
	struct cmsghdr *cm;

	if (peer < 0)
		return -errno;
	if (recvmsg(peer, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) > 0) {
		cm = CMSG_FIRSTHDR(&msg);
		if (cm && cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(cm), sizeof(fd));
	}
	close(peer);
	close(s->console);
	s->console = -1;
	(void)unlinkat(s->run_dir, SHIM_CONSOLE_NAME, 0);
	if (fd < 0)
		return -EPROTO;
	(void)fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	s->input = s->out[0].fd = fd;
	shim_watch(s, fd, EPOLLIN, KEY_OUT);
	return 0;
}

/* pid and pidfd are known. */
static void created(struct shim *s)
{
	char bytes[1 + sizeof(struct shim_created)] = { SHIM_CREATED };
	struct shim_created c;

	if (s->pidfd < 0 || (s->o.tty && take_console(s) < 0)) {
		(void)kill(s->pid, SIGKILL);
		shim_fail(s, EIO, "the container's terminal or first process is gone");
		return;
	}
	s->has_hooks = exists(s, RUNTIME_HOOKS_NAME);
	s->stage = STAGE_CREATED;
	c.pid = s->pid;
	memcpy(bytes + 1, &c, sizeof(c));
	shim_tell(s, bytes, sizeof(bytes), s->pidfd);
	if (s->start_asked)
		shim_start(s);
}

static void created_by_program(struct shim *s)
{
	char text[32];
	int64_t pid;

	if (read_small(s->run_dir, PID_NAME, text, sizeof(text)) <= 0 ||
	    text_parse(text, INT32_MAX, &pid) < 0) {
		shim_fail(s, EIO, "the runtime left no pid file");
		return;
	}
	s->pid = (pid_t)pid;
	s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	created(s);
}

/* Our own runtime needs no program. */
static void make_here(struct shim *s)
{
	AUTO(err) struct err *e = NULL;
	int r = shim_make(s, &e);

	close_child_ends(s);
	if (r < 0)
		shim_fail(s, errno_of(err_text(e)), err_text(e));
	else
		created(s);
}

int shim_create(struct shim *s)
{
	const char *name = strrchr(s->o.runtime, '/');

	s->ours = !strcmp(name ? name + 1 : s->o.runtime, "compose-runtime");
	if (!s->o.has_config)
		return make_by_program(s);
	make_here(s);
	return 0;
}

static void started(struct shim *s)
{
	char bytes[1 + sizeof(struct shim_started)] = { SHIM_STARTED };
	struct shim_started st;

	s->started_ns = st.wall_ns = wall_now();
	s->stage = STAGE_RUNNING;
	memcpy(bytes + 1, &st, sizeof(st));
	shim_tell(s, bytes, sizeof(bytes), -1);
}

void shim_start(struct shim *s)
{
	/* Sent behind the spawn without waiting: it counts once there is something to start. */
	if (s->stage == STAGE_CREATING)
		s->start_asked = true;
	if (s->stage != STAGE_CREATED)
		return;
	s->stage = STAGE_STARTING;
	verdict_n = 0;
	if (s->ours && !s->has_hooks) {
		s->fifo = openat(s->run_dir, RUNTIME_FIFO_NAME, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (s->fifo >= 0) {
			shim_watch(s, s->fifo, EPOLLIN, KEY_FIFO);
			return;
		}
	}
	if (run_command(s, "start", NULL) < 0)
		shim_fail(s, errno, "cannot run the runtime");
}

void shim_fifo_event(struct shim *s)
{
	ssize_t n = read(s->fifo, verdict + verdict_n, sizeof(verdict) - 1 - verdict_n);
	int32_t errnum;

	if (n < 0)
		return;
	verdict_n += (size_t)n;
	if (n > 0 && verdict_n < sizeof(verdict) - 1)
		return;
	close(s->fifo);
	s->fifo = -1;
	if (verdict_n < sizeof(errnum)) {
		(void)unlinkat(s->run_dir, RUNTIME_FIFO_NAME, 0);
		started(s);
		return;
	}
	verdict[verdict_n] = '\0';
	memcpy(&errnum, verdict, sizeof(errnum));
	shim_fail(s, errnum, verdict + sizeof(errnum));
}

void shim_runtime_ended(struct shim *s, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	s->runtime_pid = 0;
	close_child_ends(s);
	if (s->stage == STAGE_CREATING) {
		if (good)
			created_by_program(s);
		else
			fail_with_log(s, "the runtime could not create the container");
	} else if (s->stage == STAGE_STARTING) {
		if (good)
			started(s);
		else
			fail_with_log(s, "the runtime could not start the container");
	}
}

/* Calls each for every "VERSION CONTROLLERS PATH" of the list the runtime left. */
static void each_cgroup(const struct shim *s,
			void (*each)(int version, const char *controllers, const char *path,
				     void *arg),
			void *arg)
{
	char list[8192], *line = list, *next;

	if (read_small(s->run_dir, RUNTIME_CGROUPS_NAME, list, sizeof(list)) <= 0)
		return;
	for (; *line; line = next) {
		char *end = strchr(line, '\n'), *controllers, *path;

		next = end ? end + 1 : line + strlen(line);
		if (end)
			*end = '\0';
		controllers = strchr(line, ' ');
		path = controllers ? strchr(controllers + 1, ' ') : NULL;
		if (!path)
			continue;
		*controllers++ = '\0';
		*path++ = '\0';
		each(*line - '0', controllers, path, arg);
	}
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at += n)
		if ((at == list || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
			return true;
	return false;
}

static void look_for_oom(int version, const char *controllers, const char *path, void *arg)
{
	bool *oom = arg;
	char file[4200], text[2048], *at;
	struct text t = TEXT_OF(file);

	if (!has_word(controllers, "memory"))
		return;
	text_str(&t, path);
	text_str(&t, version == 2 ? "/memory.events" : "/memory.oom_control");
	if (read_small(AT_FDCWD, file, text, sizeof(text)) <= 0)
		return;
	at = strstr(text, "oom_kill ");
	/* Lines of the form "oom_kill 3"; "oom_kill_disable 0" has no blank there. */
	if (at && at[9] != '0')
		*oom = true;
}

bool shim_was_oom(const struct shim *s)
{
	bool oom = false;

	each_cgroup(s, look_for_oom, &oom);
	return oom;
}

static void kill_leftovers(int version, const char *controllers, const char *path, void *arg)
{
	char file[4200];
	struct text t = TEXT_OF(file);
	int fd;

	(void)controllers;
	(void)arg;
	if (version != 2)
		return;
	text_str(&t, path);
	text_str(&t, "/cgroup.kill");
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "1", 1);
	close(fd);
}

/* Children the container made in its own cgroup go first. */
static int remove_below(const char *path)
{
	char names[2048] __attribute__((aligned(8)));
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	if (fd < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, fd, names, sizeof(names))) > 0) {
		for (long at = 0; at < n;) {
			const unsigned char *d = (unsigned char *)names + at;
			unsigned short len = (unsigned short)(d[16] | d[17] << 8);
			const char *name = (const char *)d + 19;

			if (d[18] == 4 && name[0] != '.') { /* DT_DIR */
				char sub[4200];
				struct text t = TEXT_OF(sub);

				text_str(&t, path);
				text_str(&t, "/");
				text_str(&t, name);
				if (rmdir(sub) < 0 && errno == EBUSY && remove_below(sub) == 0)
					(void)rmdir(sub);
			}
			at += len;
		}
	}
	close(fd);
	return 0;
}

/* The last container takes the directory they share with it. */
static void remove_our_parent(const char *path)
{
	static const char name[] = "/" RUNTIME_CGROUP_PARENT;
	const char *slash = strrchr(path, '/');
	char parent[4200];
	struct text t = TEXT_OF(parent);

	text_bytes(&t, path, slash ? (size_t)(slash - path) : 0);
	if (t.n >= sizeof(name) - 1 && !strcmp(parent + t.n - (sizeof(name) - 1), name))
		(void)rmdir(parent);
}

/* The group empties a moment after its last process was reaped; the wait grows and ends. */
static void remove_cgroup(int version, const char *controllers, const char *path, void *arg)
{
	int64_t deadline = mono_now() + 5000000000;
	int wait_ms = 1;

	(void)version;
	(void)controllers;
	(void)arg;
	while (rmdir(path) < 0 && errno == EBUSY && mono_now() < deadline) {
		(void)remove_below(path);
		(void)poll(NULL, 0, wait_ms);
		wait_ms = wait_ms < 100 ? wait_ms * 2 : 100;
	}
	remove_our_parent(path);
}

static void wait_for_runtime(struct shim *s)
{
	int status;

	while (waitpid(s->runtime_pid, &status, 0) < 0 && errno == EINTR)
		;
	s->runtime_pid = 0;
}

void shim_clean_up(struct shim *s)
{
	static const char *const names[] = {
		RUNTIME_STATE_NAME, RUNTIME_CONFIG_NAME, RUNTIME_FIFO_NAME, RUNTIME_CGROUPS_NAME,
		RUNTIME_HOOKS_NAME, PID_NAME,		 LOG_NAME,	    SHIM_CONSOLE_NAME,
		SHIM_SOCKET_NAME,
	};

	if ((s->has_hooks || !s->ours) && s->pid && run_command(s, "delete", "--force") == 0)
		wait_for_runtime(s);
	each_cgroup(s, kill_leftovers, NULL);
	each_cgroup(s, remove_cgroup, NULL);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlinkat(s->run_dir, names[i], 0);
	(void)unlinkat(s->run_dir, FOREIGN_ROOT, AT_REMOVEDIR);
	(void)unlinkat(s->run_dir, "rootfs", AT_REMOVEDIR);
}

static int exit_fd = -1;

void shim_write_exit(struct shim *s, bool durable)
{
	static const char tmp[] = SHIM_EXIT_NAME ".tmp";
	char bytes[256];
	struct text t = TEXT_OF(bytes);

	text_str(&t, "{\"code\":");
	text_int(&t, s->code);
	text_str(&t, s->oom ? ",\"oom\":true,\"started\":\"" : ",\"oom\":false,\"started\":\"");
	if (s->started_ns)
		text_time(&t, s->started_ns);
	text_str(&t, "\",\"finished\":\"");
	text_time(&t, s->finished_ns);
	text_str(&t, "\"}\n");
	exit_fd = openat(s->bundle_dir, tmp,
			 O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (exit_fd < 0)
		return;
	if (write_whole(exit_fd, bytes, t.n) < 0) {
		(void)unlinkat(s->bundle_dir, tmp, 0);
		return;
	}
	if (durable)
		(void)fdatasync(exit_fd);
	(void)renameat(s->bundle_dir, tmp, s->bundle_dir, SHIM_EXIT_NAME);
}

void shim_sync_exit(const struct shim *s)
{
	if (exit_fd >= 0)
		(void)fdatasync(exit_fd);
	(void)fsync(s->bundle_dir);
}
