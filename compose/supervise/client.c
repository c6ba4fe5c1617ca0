/*
 * Normally: connect, send a line, read lines. When nobody listens: under the lock of the project's run
 * directory, look again, then start a guardian and wait for its supervisor's word on a pipe. When the
 * supervisor ends just as we connect, the first request is sent again to its successor.
 */
#include "compose/supervise/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/strv.h"
#include "compose/supervise/observe.h"
#include "compose/supervise/place.h"
#include "compose/supervise/supervisor.h"

enum { START_MS = 20000, OTHER_MS = 2000, ATTEMPTS = 10, READ_CHUNK = 64 << 10 };

struct client {
	char *project;
	int fd; /* -1: idle */
	struct buf in;
	size_t scanned;
	bool has_answered; /* the supervisor said something on this connection */
	char *last;        /* the request on its way, to be sent again once */
	int code;
};

/* ---- what is on disk ---- */

static bool has_containers(const char *project)
{
	AUTO(mem) char *dir = place_containers(project);
	AUTO(strv) struct strv names = STRV_INIT;

	return dir_list(AT_FDCWD, dir, &names, NULL) == 0 && names.n > 0;
}

static bool has_networks(const char *project)
{
	AUTO(json) struct json *list = observe_networks(place_root());

	JSON_EACH(net, list)
		if (streq(json_str(json_get(net, "labels"), "com.docker.compose.project", NULL),
			  project))
			return true;
	return false;
}

bool client_project_exists(const char *project)
{
	return has_containers(project) || has_networks(project);
}

/* ---- starting a supervisor ---- */

static int try_connect(const char *project)
{
	AUTO(mem) char *dir = place_project_run(project);
	AUTO(fd) int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return -errno;
	return sock_connect(dirfd, PLACE_CONTROL, SOCK_STREAM, NULL);
}

/* A supervisor that ends removes the directory while it holds the lock: then the lock got is of nothing
 * and the directory has to be made again. */
static int lock_dir(const char *dir, struct err **e)
{
	for (;;) {
		AUTO(fd) int fd = -1;
		struct stat st;
		int r = dir_make(AT_FDCWD, dir, 0700, e);

		if (r < 0)
			return r;
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return err_sys(e, errno, "open %s", dir);
		do
			r = flock(fd, LOCK_EX);
		while (r < 0 && errno == EINTR);
		if (r < 0 || fstat(fd, &st) < 0)
			return err_sys(e, errno, "lock %s", dir);
		if (st.st_nlink > 0)
			return TAKE_FD(fd);
	}
}

/* Only what the programs themselves read: the rest of the caller's environment is not ours to keep. */
static void make_environ(struct strv *out)
{
	static const char *const kept[] = {
		"PATH",
		"HOME",
		"COMPOSE_ROOT",
		"COMPOSE_RUN",
		"COMPOSE_LIBEXEC",
		"COMPOSE_DEBUG",
		"LANG",
		"TZ",
		"XDG_RUNTIME_DIR",
		"LD_LIBRARY_PATH",
		"ASAN_OPTIONS",
		"UBSAN_OPTIONS",
		"LSAN_OPTIONS",
	};

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (getenv(kept[i]))
			strv_env_set(out, kept[i], getenv(kept[i]));
	/* A heap for the loop and two for the pool, and no more threads than there is blocking work. */
	strv_env_set(out, "MALLOC_ARENA_MAX", "3");
	strv_env_set(out, "UV_THREADPOOL_SIZE", "4");
}

/* The path of this program, which the guardian is to run as the supervisor. */
static int guardian_argv(const char *shim, const char *project, struct strv *argv, struct err **e)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		return err_sys(e, errno, "read /proc/self/exe");
	exe[n] = '\0';
	strv_add(argv, shim);
	strv_add(argv, "guard");
	strv_add(argv, "--");
	strv_add(argv, exe);
	strv_add(argv, "supervise");
	strv_add(argv, project);
	return 0;
}

/* A session of its own, with no signal blocked or ignored, whatever ours are. */
static void guardian_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	(void)posix_spawnattr_init(attr);
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setsigdefault(attr, &all);
	(void)posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
}

/* Nothing to read, errors to the log, the readiness pipe where the supervisor looks for it. */
static int guardian_files(posix_spawn_file_actions_t *fa, int log_fd, int ready)
{
	int r;

	(void)posix_spawn_file_actions_init(fa);
	r = posix_spawn_file_actions_addopen(fa, 0, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, 0, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, log_fd, 2);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, ready, SUPERVISE_READY_FD);
	return r ? r : posix_spawn_file_actions_addchdir_np(fa, "/");
}

static int spawn_guardian(const char *project, int log_fd, int ready, struct err **e)
{
	AUTO(mem) char *shim = place_program("compose-shim");
	AUTO(mem) char *view_path = NULL;
	AUTO(fd) int view = -1;
	AUTO(strv) struct strv argv = STRV_INIT;
	AUTO(strv) struct strv envp = STRV_INIT;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	pid_t pid;
	int r;

	if (!shim)
		return err_set(e, ENOENT, "compose-shim: no such program");
	r = guardian_argv(shim, project, &argv, e);
	if (r < 0)
		return r;
	/* It makes containers, for which it would start itself again from such a view. */
	view = file_read_only_view(shim);
	view_path = xasprintf("/proc/self/fd/%d", view);
	make_environ(&envp);
	guardian_attributes(&attr);
	r = guardian_files(&fa, log_fd, ready);
	if (r == 0)
		r = posix_spawn(&pid, view >= 0 ? view_path : shim, &fa, &attr, argv.v, envp.v);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&fa);
	return r ? err_sys(e, r, "start %s", shim) : 0;
}

/* 'r', 'b', 0 for end of file, -ETIMEDOUT. */
static int await_word(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char word = 0;
	int r;

	do
		r = poll(&p, 1, START_MS);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return -ETIMEDOUT;
	return read(fd, &word, 1) == 1 ? word : 0;
}

/* Above 3, where nothing of the child's is put before it is copied. */
static int lifted(int fd)
{
	int up = fcntl(fd, F_DUPFD_CLOEXEC, 10);

	close(fd);
	return up;
}

static int start(const char *project, const char *dir, struct err **e)
{
	AUTO(mem) char *log = xasprintf("%s/" PLACE_LOG, dir);
	AUTO(fd) int log_fd = -1;
	AUTO(fd) int ours = -1;
	AUTO(fd) int theirs = -1;
	int ends[2], r;

	log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log_fd < 0)
		return err_sys(e, errno, "open %s", log);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, "make a pipe");
	ours = ends[0];
	theirs = lifted(ends[1]);
	log_fd = lifted(TAKE_FD(log_fd));
	r = spawn_guardian(project, log_fd, theirs, e);
	if (r < 0)
		return r;
	fd_close(&theirs);
	r = await_word(ours);
	if (r == 'r' || r == 'b')
		return r;
	(void)err_set(e, r < 0 ? -r : EIO, "the supervisor of project %s does not start", project);
	err_hint(e, "see %s", log);
	return r < 0 ? r : -EIO;
}

/* Another supervisor has the lock but no socket yet: its socket file appears in the directory. */
static void await_socket(const char *dir, const char *project)
{
	AUTO(fd) int watch = inotify_init1(IN_CLOEXEC);
	struct pollfd p = { .fd = watch, .events = POLLIN };
	int fd;

	if (watch < 0 || inotify_add_watch(watch, dir, IN_CREATE | IN_ATTRIB | IN_DELETE_SELF) < 0)
		return;
	fd = try_connect(project);
	if (fd < 0)
		(void)poll(&p, 1, OTHER_MS);
	fd_close(&fd);
}

static int start_once(const char *project, struct err **e)
{
	AUTO(mem) char *dir = place_project_run(project);
	AUTO(fd) int lock = lock_dir(dir, e);
	int fd, r;

	if (lock < 0)
		return lock;
	fd = try_connect(project);
	if (fd >= 0)
		return fd;
	r = start(project, dir, e);
	if (r < 0)
		return r;
	fd = try_connect(project);
	if (fd >= 0 || r == 'r')
		return fd;
	fd_close(&lock);
	await_socket(dir, project);
	return -EAGAIN;
}

static int connect_started(const char *project, struct err **e)
{
	int fd = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && fd == -EAGAIN; i++)
		fd = start_once(project, e);
	if (fd < 0 && e && !*e)
		(void)err_sys(e, -fd, "connect to the supervisor of project %s", project);
	return fd;
}

/* ---- connection ---- */

int client_connect(const char *project, enum client_start how, struct client **ret, struct err **e)
{
	int fd = try_connect(project);
	struct client *c;

	if (fd < 0 && (how == CLIENT_START || client_project_exists(project))) {
		fd = connect_started(project, e);
		if (fd < 0)
			return fd;
	}
	c = xcalloc(1, sizeof(*c));
	c->project = xstrdup(project);
	c->fd = fd < 0 ? -1 : fd;
	c->code = 1;
	*ret = c;
	return 0;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	fd_close(&c->fd);
	buf_done(&c->in);
	free(c->project);
	free(c->last);
	free(c);
}

bool client_is_idle(const struct client *c)
{
	return c->fd < 0;
}

int client_fd(const struct client *c)
{
	return c->fd;
}

int client_code(const struct client *c)
{
	return c->code;
}

static int write_request(struct client *c)
{
	return fd_write_all(c->fd, c->last, strlen(c->last));
}

/* The supervisor ended between our connecting and its reading: another one takes the request. */
static int resend(struct client *c, struct err **e)
{
	AUTO(mem) char *last = TAKE_PTR(c->last);
	int r;

	fd_close(&c->fd);
	buf_reset(&c->in);
	c->scanned = 0;
	c->fd = connect_started(c->project, e);
	if (c->fd < 0)
		return c->fd;
	r = fd_write_all(c->fd, last, strlen(last));
	return r < 0 ? err_sys(e, -r, "send a request to the supervisor") : 0;
}

int client_send(struct client *c, const char *op, const struct json *args, struct err **e)
{
	AUTO(json) struct json *request = json_new_obj();
	AUTO(mem) char *text = NULL;
	int r;

	if (c->fd < 0)
		return err_set(e, ENOTCONN, "no supervisor of project %s runs", c->project);
	json_set_str(request, "op", op);
	json_set(request, "args", args ? json_dup(args) : json_new_obj());
	text = json_print(request, false);
	free(c->last);
	c->last = xasprintf("%s\n", text);
	r = write_request(c);
	/* Whether it was read is seen at the other end of the conversation. */
	if (r == -EPIPE || r == -ECONNRESET)
		return resend(c, e);
	return r < 0 ? err_sys(e, -r, "send a request to the supervisor") : 0;
}

static int died(struct client *c, struct err **e)
{
	(void)err_set(e, EPIPE, "the supervisor of project %s died", c->project);
	err_hint(e, "it is started again by its guardian; run the command once more");
	return -EPIPE;
}

/* Reads what is there: 1 something came, 0 nothing, -errno. */
static int read_more(struct client *c, int flags, struct err **e)
{
	ssize_t n = recv(c->fd, buf_space(&c->in, READ_CHUNK), READ_CHUNK, flags);
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0) {
		buf_commit(&c->in, (size_t)n);
		free(c->last);
		c->last = NULL;
		return 1;
	}
	if (!c->last)
		return died(c, e);
	r = resend(c, e);
	return r < 0 ? r : 1;
}

static int take_message(struct client *c, struct json **ret, struct err **e)
{
	char *end = c->in.n > c->scanned ? memchr(c->in.p + c->scanned, '\n', c->in.n - c->scanned)
					 : NULL;
	int r;

	if (!end) {
		c->scanned = c->in.n;
		return 0;
	}
	r = json_parse(c->in.p, (size_t)(end - c->in.p), ret, e);
	buf_consume(&c->in, (size_t)(end - c->in.p) + 1);
	c->scanned = 0;
	return r < 0 ? err_wrap(e, "read the supervisor's answer") : 1;
}

int client_next(struct client *c, struct json **ret, struct err **e)
{
	for (;;) {
		int r = take_message(c, ret, e);

		if (r != 0)
			return r;
		r = read_more(c, MSG_DONTWAIT, e);
		if (r <= 0)
			return r;
	}
}

int client_error(struct client *c, const struct json *msg, struct err **e)
{
	const struct json *error = json_get(msg, "error");

	c->code = (int)json_int(error, "code", 1);
	return err_make(e, (int)json_int(error, "errno", EIO), json_str(error, "message", ""),
			json_str(error, "hint", NULL));
}

/* What an empty project answers. */
static int idle_answer(struct client *c, const char *op, struct json **ret, struct err **e)
{
	static const char *const quiet[] = { "list",  "down",    "stop",    "kill", "rm",
					     "pause", "unpause", "restart", "wait" };
	struct json *j;

	for (size_t i = 0; i < ARRAY_LEN(quiet); i++) {
		if (!streq(op, quiet[i]))
			continue;
		if (!ret)
			return 0;
		j = json_new_obj();
		json_set(j, "containers", json_new_arr());
		json_set(j, "networks", json_new_arr());
		json_set(j, "volumes", json_new_arr());
		*ret = j;
		return 0;
	}
	return err_set(e, ENOTCONN, "no supervisor of project %s runs", c->project);
}

static int await_message(struct client *c, struct json **ret, struct err **e)
{
	for (;;) {
		int r = take_message(c, ret, e);

		if (r != 0)
			return r;
		r = read_more(c, 0, e);
		if (r < 0)
			return r;
	}
}

int client_call(struct client *c, const char *op, const struct json *args, client_event_fn on_event,
		void *ctx, struct json **ret, struct err **e)
{
	int r;

	if (c->fd < 0)
		return idle_answer(c, op, ret, e);
	r = client_send(c, op, args, e);
	while (r >= 0) {
		AUTO(json) struct json *msg = NULL;

		r = await_message(c, &msg, e);
		if (r < 0)
			break;
		if (json_get(msg, "error"))
			return client_error(c, msg, e);
		if (json_get(msg, "event")) {
			if (on_event)
				on_event(json_get(msg, "event"), ctx);
			continue;
		}
		if (ret)
			*ret = json_dup(json_get(msg, "result"));
		return 0;
	}
	return r;
}
