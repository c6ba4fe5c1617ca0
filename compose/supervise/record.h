/*
 * compose/supervise/record.h - container.json: what is known about one container, on disk and in memory.
 *
 * The file is one object: the members `list` shows, then "spec" with what the container was made from
 * (service, image), so that it can be started again whatever has become of the compose file. In memory
 * the constant part stays text: it is shown far more often than it is read.
 *
 * Beside it a file "intent" holds one word while something is being done that a successor must finish:
 * "remove", "remove volumes" (finish), "stop" (the exit was asked for). It is written before the act and
 * removed after container.json says the outcome.
 *
 * Owns:    record_done() frees everything inside.
 * Units:   wall-clock nanoseconds, 0 = never.
 * Errors:  -EINVAL for a file that does not parse, -ENOENT for none.
 * Thread:  any one thread at a time; record_load and record_write block on small files.
 * Source:  ARCHITECTURE.md "Contract: control socket", the members of a container in `list`.
 */
#ifndef COMPOSE_SUPERVISE_RECORD_H
#define COMPOSE_SUPERVISE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"
#include "compose/supervise/backoff.h"
#include "compose/supervise/health.h"

struct record {
	/* Constant: set when the container is created. */
	char *id, *name, *service;
	int number;
	bool oneoff, tty, stdin_open, auto_remove;
	char *image, *image_id, *config_hash, *volume_digest, *depends_on;
	int64_t created_ns;
	struct strv networks;  /* names of the networks it is attached to when it runs */
	struct strv volumes;   /* names of named volumes */
	struct strv anonymous; /* names of anonymous ones */
	int stop_signal;
	int64_t grace_ns;
	struct policy policy;
	struct strv probe; /* argv of the health check, n == 0: none */
	struct health_times times;
	bool has_netns, has_ports, has_hooks, needs_prepare;
	int64_t log_max_size; /* -1: no limit */
	int log_max_files;    /* 0: no log at all */
	char *pub;            /* the constant members as text: "id":"..","name":".." */
	char *spec;           /* JSON text */

	/* Changing. */
	bool was_up;  /* should run: by the last thing somebody asked for or a policy decided */
	bool by_user; /* the last stop was asked for */
	bool oom;
	const char *state; /* as shown; static text */
	int exit_code, pid;
	int64_t started_ns, finished_ns, restart_count, delay_ns;
	enum health_status health;
	char *ports, *addresses; /* JSON text, NULL = none */
	char *boot_id;           /* of the boot it ran in */
	char *bundle;            /* the directory the file is in */
};

void record_done(struct record *r);
/* From the parsed file. */
int record_from_json(const struct json *doc, struct record *ret, struct err **e);
int record_load(int dirfd, const char *path, struct record *ret, struct err **e);
/* The members `list` shows, in braces. */
void record_show(const struct record *r, struct buf *out);
/* The whole file. */
void record_print(const struct record *r, struct buf *out);

/* The container and its directory got their final name. */
void record_rename(struct record *r, const char *name, const char *bundle);

#define RECORD_FILE   "container.json"
#define RECORD_ORIGIN "origin.json" /* container.json as it was when the container was created */
#define RECORD_INTENT "intent"
int intent_write(const char *bundle, const char *word, struct err **e);
void intent_clear(const char *bundle);
/* For free(3); NULL when there is none. */
char *intent_read(const char *bundle);

#endif
