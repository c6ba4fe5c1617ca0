/*
 * runtime/shim_run.h - the parent of one container, from create to exit.
 *
 *	CREATING --runtime ends with 0--> CREATED --'S'--> STARTING --program runs--> RUNNING
 *	    |                                |                |                          |
 *	    | runtime fails                  | init dies      | execve fails             | init ends
 *	    v                                v                v                          v
 *	  'e', end                        'x', end          'e', end                  'x', end
 *
 * Owns:    everything it inherits and opens, to the end of the process.
 * Units:   none.
 * Errors:  exit code; what went wrong with the container is told in messages.
 * Thread:  shim: one thread, one epoll; no heap but while it makes the container.
 * Source:  ARCHITECTURE.md "Contract: shim".
 */
#ifndef RUNTIME_SHIM_RUN_H
#define RUNTIME_SHIM_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "runtime/shim_log.h"

enum { SHIM_MAX_CLIENTS = 64, SHIM_MAX_PARKED = 60 };

struct shim_options {
	char *id, *bundle, *run, *runtime, *log;
	int64_t log_max_size;
	int log_max_files;
	int park;
	bool tty, use_stdin;
	bool has_config; /* on SHIM_FD_CONFIG, and the runtime is our own */
};

enum shim_stage {
	STAGE_CREATING,
	STAGE_CREATED,
	STAGE_STARTING,
	STAGE_RUNNING,
	STAGE_EXITED, /* the init is gone, its output may not be */
	STAGE_OVER,   /* everything was told */
};

struct shim_client {
	int fd;		/* -1 = free */
	uint8_t flags;	/* enum shim_attach_flag */
	bool blocked;	/* lossless, and its socket is full */
	uint64_t gap;	/* bytes it has lost and not been told of */
};

struct shim_stream {
	int fd; /* -1 = ended */
	const char *name;
	uint8_t event; /* SHIM_STDOUT or SHIM_STDERR */
	struct shim_line *line;
};

struct shim {
	struct shim_options o;
	enum shim_stage stage;
	int epoll, signals, listener;
	int bundle_dir, run_dir;
	bool ours;	     /* the runtime is compose-runtime: its files are known */
	bool start_asked;    /* before there was anything to start */
	bool has_hooks;	     /* poststart or poststop: the runtime must be asked */
	int input;	     /* write end of standard input; the terminal's master; -1 */
	int console;	     /* listening console socket, -1 */
	int child_end[3];    /* what the container gets as standard streams */
	int fifo;	     /* exec.fifo while starting, -1 */
	struct shim_stream out[2];
	struct shim_client clients[SHIM_MAX_CLIENTS]; /* the first is the supervisor's socket */
	bool output_paused;  /* a lossless client is full: nothing more is read */
	size_t held;	     /* bytes of the packet that waits for it */
	struct shim_log log;
	pid_t runtime_pid;   /* of the runtime command that runs now, 0 */
	pid_t pid;	     /* of the init, 0 before it exists */
	int pidfd;
	int64_t started_ns, finished_ns;
	int code;
	bool oom;
	sigset_t mask_before;
};

/* Keys of the epoll set; clients are KEY_CLIENT + index. */
enum { KEY_SIGNALS, KEY_LISTENER, KEY_OUT, KEY_ERR, KEY_INPUT, KEY_FIFO, KEY_CLIENT };

/* Returns 2 for a wrong command line, else the process's exit code. */
int shim_run(int argc, char **argv);

/* shim_client.c: connections and their messages. */
void shim_watch(const struct shim *s, int fd, uint32_t events, uint32_t key);
void shim_rewatch(const struct shim *s, int fd, uint32_t events, uint32_t key);
void shim_accept(struct shim *s);
void shim_client_event(struct shim *s, unsigned index, uint32_t events);
void shim_input_event(struct shim *s);
/* One message to every connection; fd < 0 = none attached. */
void shim_tell(struct shim *s, const void *p, size_t n, int fd);
/* Ends the shim; the message is sent once everything is cleaned up. */
void shim_fail(struct shim *s, int errnum, const char *text);
void shim_tell_failure(struct shim *s);
/* Like shim_tell, but waits a bounded time for clients that are behind. */
void shim_tell_last(struct shim *s, const void *p, size_t n);
/* Output to those attached; packet[0] is the type byte. */
void shim_output(struct shim *s, char *packet, size_t n);

/* shim_make.c: sets pid and pidfd. */
int shim_make(struct shim *s, struct err **e);
/* shim_spawn.c: the runtime and the container's files. */
int shim_create(struct shim *s);
void shim_start(struct shim *s);
void shim_runtime_ended(struct shim *s, int status);
void shim_fifo_event(struct shim *s);
/* Removes cgroup and state; returns when that is done. */
void shim_clean_up(struct shim *s);
bool shim_was_oom(const struct shim *s);
void shim_write_exit(struct shim *s, bool durable);
void shim_sync_exit(const struct shim *s);

#endif
