/*
 * Normally: lock, log, loop, recovery, control socket, requests, and an end when nothing is left. When
 * another supervisor holds the lock it serves, and this one says so and ends. When it is killed, the next
 * one recovers. At the end every handle is closed and uv_loop_close() returns 0.
 */
#include "compose/supervise/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/log.h"
#include "compose/supervise/container.h"
#include "compose/supervise/control.h"
#include "compose/supervise/dns_server.h"
#include "compose/supervise/dnsglue.h"
#include "compose/supervise/guardian.h"
#include "compose/supervise/netwatch.h"
#include "compose/supervise/oneoff.h"
#include "compose/supervise/ops.h"
#include "compose/supervise/orphan.h"
#include "compose/supervise/place.h"
#include "compose/supervise/recover.h"
#include "runtime/shim_proto.h"

enum { PATIENCE_MS = 10000 };

static void tell_ready(struct sup *s, char word)
{
	if (s->ready_fd >= 0)
		(void)!write(s->ready_fd, &word, 1);
	fd_close(&s->ready_fd);
}

/* ---- the end ---- */

static bool has_work(const struct sup *s)
{
	return s->containers.n || s->ops || s->n_jobs || s->n_saving || s->recovery ||
	       s->net.first || s->expects_client || control_clients(s->control);
}

static void on_dns_closed(void *ctx)
{
	(void)ctx;
}

static void close_all(struct sup *s)
{
	s->is_closing = true;
	control_close(s->control);
	netc_close(&s->net);
	if (s->dns)
		dns_server_close(s->dns, on_dns_closed, NULL);
	s->dns = NULL;
	netwatch_close(s->netwatch);
	s->netwatch = NULL;
	guardian_close(s);
	children_close(&s->children);
	uv_close((uv_handle_t *)&s->patience, NULL);
	uv_close((uv_handle_t *)&s->ending, NULL);
}

static void on_ending(uv_idle_t *h)
{
	struct sup *s = h->data;

	(void)uv_idle_stop(h);
	if (s->is_closing)
		return;
	if (has_work(s)) {
		/* Busy with containers only: what the last burst of work left free goes back. */
		if (s->wants_trim && !s->ops)
			(void)malloc_trim(0);
		s->wants_trim = false;
		return;
	}
	if (control_retire(s->control))
		close_all(s);
}

void sup_maybe_end(struct sup *s)
{
	if (!s->is_closing && s->control && !s->ops && !s->n_jobs && !s->n_saving)
		(void)uv_idle_start(&s->ending, on_ending);
}

static void on_patience(uv_timer_t *t)
{
	struct sup *s = t->data;

	s->expects_client = false;
	sup_maybe_end(s);
}

void sup_client_came(struct sup *s)
{
	if (!s->expects_client)
		return;
	s->expects_client = false;
	(void)uv_timer_stop(&s->patience);
}

/* Files of a project that has nothing left. Not when a client is about to start another supervisor: it
 * holds the lock of the directory. */
static void remove_files(struct sup *s)
{
	static const char *const names[] = { PLACE_CONTROL, PLACE_PID, PLACE_LOG, PLACE_LOCK };
	AUTO(mem) char *wanted = xasprintf("%s/project.json", s->dir);
	int dir = open(s->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0) {
		if (dir >= 0)
			close(dir);
		return;
	}
	(void)unlink(wanted);
	(void)rmdir(s->containers_dir);
	(void)rmdir(s->dir);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlinkat(dir, names[i], 0);
	(void)rmdir(s->run_dir);
	/* dir stays open, and locked, until the process has ended. */
}

/* ---- the beginning ---- */

static int open_log(struct sup *s, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/" PLACE_LOG, s->run_dir);

	s->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->log_fd < 0)
		return err_sys(e, errno, "open %s", path);
	log_open(s->log_fd, getenv("COMPOSE_DEBUG") ? LOG_DEBUG : LOG_INFO);
	return 0;
}

static int write_pid(struct sup *s, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/" PLACE_PID, s->run_dir);
	AUTO(mem) char *text = xasprintf("%d\n", (int)getpid());

	return file_write(AT_FDCWD, path, text, strlen(text), 0600, /* durable= */ false, e);
}

static void read_boot_id(struct sup *s)
{
	AUTO(buf) struct buf text = BUF_INIT;

	if (file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &text, NULL) == 0)
		(void)snprintf(s->boot_id, sizeof(s->boot_id), "%.36s", buf_str(&text));
}

static int find_programs(struct sup *s, struct err **e)
{
	s->shim = place_program("compose-shim");
	s->runtime = place_program("compose-runtime");
	if (!s->shim || !s->runtime)
		return err_set(e, ENOENT, "%s: no such program",
			       s->shim ? "compose-runtime" : "compose-shim");
	return 0;
}

static int prepare(struct sup *s, const char *project, struct err **e)
{
	AUTO(mem) char *containers = xasprintf("%s/containers", place_run());
	struct rlimit files;
	int r;

	s->project = project;
	s->root = place_root();
	s->run = place_run();
	s->dir = place_project(project);
	s->containers_dir = place_containers(project);
	s->run_dir = place_project_run(project);
	s->log_fd = -1;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	read_boot_id(s);
	r = dir_make(AT_FDCWD, s->run_dir, 0700, e);
	if (r == 0)
		r = dir_make(AT_FDCWD, containers, 0700, e);
	if (r == 0)
		r = find_programs(s, e);
	return r;
}

/* The host's firewall was reloaded, or another one started: see that ours is whole. */
static void on_rules_changed(void *ctx)
{
	struct sup *s = ctx;

	if (s->is_closing || s->recovery || !s->containers.n)
		return;
	netc_hold(&s->net);
	recover_networks(s);
	netc_release(&s->net);
}

static void watch_rules(struct sup *s)
{
	AUTO(err) struct err *e = NULL;

	if (netwatch_open(&s->loop, on_rules_changed, s, &s->netwatch, &e) < 0)
		log_write(LOG_WARN, "%s: a firewall reload will not be noticed", err_text(e));
}

static void on_stray(void *ctx, int pid, int status)
{
	orphan_reaped(ctx, pid, status);
}

static int open_loop(struct sup *s, struct err **e)
{
	AUTO(mem) char *net = place_program("compose-net");
	int r = uv_loop_init(&s->loop);

	if (r < 0)
		return err_sys(e, -r, "make an event loop");
	/* A container whose shim dies, and what a killed probe leaves behind, become children of ours. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	r = children_open(&s->children, &s->loop, e);
	s->children.on_stray = on_stray;
	s->children.stray_ctx = s;
	if (r == 0)
		r = netc_open(&s->net, &s->loop, &s->children, net, s->log_fd, e);
	if (r == 0)
		r = dns_server_open(&s->loop, s->root, &s->dns, e);
	if (r < 0)
		return r;
	(void)uv_timer_init(&s->loop, &s->patience);
	(void)uv_idle_init(&s->loop, &s->ending);
	s->patience.data = s->ending.data = s;
	s->reaper.on_change = oneoff_reap;
	waiter_add(s, &s->reaper);
	watch_rules(s);
	return 0;
}

/* What was wanted last; the name server should know it again. */
static void declare_services(struct sup *s)
{
	AUTO(mem) char *path = xasprintf("%s/project.json", s->dir);
	AUTO(json) struct json *project = NULL;

	if (json_parse_file(AT_FDCWD, path, 16 << 20, &project, NULL) == 0)
		dnsglue_declare(s, project);
}

static void on_recovered(struct sup *s)
{
	AUTO(err) struct err *e = NULL;

	if (control_open(s, &e) < 0) {
		log_write(LOG_ERROR, "project %s: %s", s->project, err_text(e));
		_exit(1); /* the guardian tries again, later and later */
	}
	s->expects_client = s->ready_fd >= 0;
	/* A client that starts a supervisor for nothing yet is going to make networks. */
	if (s->expects_client && !s->containers.n)
		netc_warm(&s->net);
	if (s->expects_client)
		(void)uv_timer_start(&s->patience, on_patience, PATIENCE_MS, 0);
	tell_ready(s, 'r');
	sup_maybe_end(s);
}

static bool is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static int run(struct sup *s)
{
	recover_all(s, on_recovered);
	guardian_open(s, is_socket(SHIM_FD_ORDERS) ? SHIM_FD_ORDERS : -1);
	declare_services(s);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&s->loop) != 0) {
		log_write(LOG_ERROR, "project %s: handles are left open", s->project);
		uv_print_all_handles(&s->loop, stderr);
	}
	remove_files(s);
	return 0;
}

static void sup_free(struct sup *s)
{
	char *const texts[] = { s->dir, s->containers_dir, s->run_dir, s->shim, s->runtime };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	control_free(s->control);
	free(s->guardian);
	map_done(&s->containers);
}

static bool is_pipe(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* -EWOULDBLOCK: another one serves. */
static int begin(struct sup *s, const char *project, struct err **e)
{
	AUTO(mem) char *lock = NULL;
	int r = prepare(s, project, e);

	if (r < 0)
		return r;
	lock = xasprintf("%s/" PLACE_LOCK, s->run_dir);
	s->lock_fd = file_lock(AT_FDCWD, lock, /* wait= */ false, e);
	if (s->lock_fd < 0)
		return s->lock_fd;
	r = open_log(s, e);
	if (r == 0)
		r = write_pid(s, e);
	if (r == 0)
		r = open_loop(s, e);
	return r;
}

static bool somebody_serves(const struct sup *s)
{
	AUTO(fd) int dir = open(s->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd) int fd = dir < 0 ? -1 : sock_connect(dir, PLACE_CONTROL, SOCK_STREAM, NULL);

	return fd >= 0;
}

int supervise_main(const char *project, int ready_fd)
{
	struct sup *s = xcalloc(1, sizeof(*s));
	AUTO(err) struct err *e = NULL;
	int r;

	s->lock_fd = -1;
	s->ready_fd = is_pipe(ready_fd) ? ready_fd : -1;
	if (s->ready_fd >= 0)
		(void)fd_set_cloexec(s->ready_fd, true);
	if (is_socket(SHIM_FD_ORDERS))
		(void)fd_set_cloexec(SHIM_FD_ORDERS, true);
	r = begin(s, project, &e);
	if (r == -EWOULDBLOCK) {
		/* For a guardian 0 is the end. Whoever holds the lock and does not serve is still beginning, or is
		 * what a killed supervisor was about to start. */
		bool is_served = s->ready_fd >= 0 || somebody_serves(s);

		tell_ready(s, 'b');
		return is_served ? 0 : 1;
	}
	if (r < 0) {
		log_write(LOG_ERROR, "project %s: %s", project, err_text(e));
		dprintf(STDERR_FILENO, "%s\n", err_text(e));
		return 1;
	}
	r = run(s);
	sup_free(s);
	free(s);
	return r;
}
