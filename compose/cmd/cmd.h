/*
 * compose/cmd/cmd.h - what a command is: one const entry with typed option rows, run by the dispatcher.
 *
 * compose/cmd/NAME.c holds all of a command and ends in its `const struct cmd cmd_NAME`; table.c lists
 * the entries. Parser, --help, completion and the manual are made from the rows.
 *
 *	struct stop_opts { int timeout; };
 *	static const struct opt stop_opts[] = {
 *		OPT(stop_opts, timeout, .name = "timeout", .brief = 't', .kind = OPT_INT,
 *		    .help = "Specify a shutdown timeout in seconds"),
 *		{ 0 },
 *	};
 *	const struct cmd cmd_stop = {
 *		.name = "stop", .args = "[SERVICE...]", .summary = "Stop services",
 *		.opts = stop_opts, .size = sizeof(struct stop_opts),
 *		.needs = NEED_PROJECT | NEED_CLIENT, .run = stop_run,
 *	};
 *
 * Owns:    the dispatcher owns struct cli, the option values (strv members are released by it) and
 *          argv; a command borrows them until it returns.
 * Units:   none.
 * Errors:  run returns the exit status (0 or more), or -errno with *e filled: the dispatcher then
 *          prints it once and the status is 1.
 * Thread:  any one; commands may block.
 * Source:  cli reference; STYLE "Command line".
 */
#ifndef COMPOSE_CMD_CMD_H
#define COMPOSE_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strv.h"
#include "compose/spoken.h"
#include "compose/ui/progress.h"

struct loaded;
struct load_options;
struct client;
struct cli;

enum opt_kind {
	OPT_BOOL,  /* bool */
	OPT_INT,   /* int */
	OPT_STR,   /* const char *, NULL when not given and without .dflt */
	OPT_ARRAY, /* struct strv: every occurrence is one element */
};

struct opt {
	const char *name;  /* long name; NULL ends the table */
	char brief;        /* short name or 0 */
	enum opt_kind kind;
	size_t offset;     /* of the value in the command's option struct */
	const char *arg;   /* word for the value in --help; by kind when NULL */
	const char *dflt;  /* start value as text, also shown in --help */
	const char *shown; /* default to show when it is not a fixed one ("true") */
	const char *help;
	const char *alias; /* a second, hidden long name */
	const char *values; /* possible values for completion, separated by blanks */
	const char *note;  /* where we differ from docker compose: printed in the manual */
	bool hidden;
};
#define OPT(type, field, ...) { .offset = offsetof(struct type, field), __VA_ARGS__ }

/* What the dispatcher does before run. */
enum cmd_needs {
	NEED_NOTHING = 0,
	/* The compose file: cli->model. The services named by the arguments are selected. */
	NEED_MODEL = 1 << 0,
	/* The file, or with -p and without -f only the name (model is NULL then). Named services must
	 * exist in the file when it was loaded. */
	NEED_PROJECT = 1 << 1,
	/* -p, COMPOSE_PROJECT_NAME, else the file just for its name: cli->project. */
	NEED_NAME = 1 << 2,
	/* cli->client: a connection to the project's supervisor, started when there is state on disk
	 * that needs one; idle when there is nothing of the project at all. */
	NEED_CLIENT = 1 << 3,
	/* The same, and a supervisor is started when none runs. */
	NEED_SUPERVISOR = 1 << 4,
	/* COMPOSE_* of the project's env files, as all that need a project have them. */
	NEED_ENVIRONMENT = 1 << 5,
};

struct cmd {
	const char *name;
	const char *args;    /* behind [OPTIONS] in the usage line, or NULL */
	const char *summary; /* one sentence */
	const struct opt *opts;
	size_t size;         /* of the option struct; 0 without options */
	unsigned needs;      /* enum cmd_needs */
	size_t min_args;
	size_t max_args;     /* 0 = any number; NO_ARGS = none */
	bool docker_args;    /* a wrong count is reported in docker's own form */
	bool stop_at_positional; /* flags behind the first argument belong to the argument */
	bool raw;            /* argv is handed over without any parsing */
	bool hidden;
	const struct cmd *const *subs; /* NULL-terminated sub-commands: this entry only groups them */
	/* opts points to the option struct, args to n strings (args[n] == NULL). */
	int (*run)(struct cli *cli, const void *opts, char **args, size_t n, struct err **e);
};
enum { NO_ARGS = 999 };

/* Flags in front of the command word. */
struct global_opts {
	struct strv files, profiles, env_files, insecure_registries;
	const char *project_name, *project_directory, *workdir;
	const char *progress, *ansi;
	const char *ignored; /* docker's own flags */
	bool ignored_switch;
	bool compatibility, all_resources, no_ansi, dry_run, verbose, version;
	int parallel;
};

enum ansi_mode { ANSI_AUTO, ANSI_NEVER, ANSI_ALWAYS };

struct cli {
	struct global_opts g;
	const struct cmd *cmd;
	const void *opts;
	const struct opt *const *given; /* rows that were given, NULL-terminated */
	enum ansi_mode ansi;
	enum progress_mode progress_mode;
	const char *project;            /* NULL until known */
	char *project_buf;              /* what project points to when it is not the model's */
	struct loaded *model;           /* NULL when not needed or not loaded */
	struct client *client;
	struct progress *progress;      /* made on first use by cli_progress() */
	int64_t start_ns;               /* monotonic, of the program */
	int exit_code;                  /* what a failed request asked for; 0 = 1 */
};

/* NULL-terminated, sorted by name. */
extern const struct cmd *const cmd_table[];
extern const struct opt global_opts[];

/* Whether the flag called name was on the command line. */
bool cli_given(const struct cli *cli, const char *name);
/* Fills lo from the global flags and the environment; what it points to lives as long as cli. */
void cli_load_options(const struct cli *cli, struct load_options *lo);
/* Loads the project into cli->model and cli->project and prints its warnings. The error text is the
 * whole set of diagnostics with source lines. */
int cli_load(struct cli *cli, const struct load_options *lo, struct err **e);
/* Colour for the given standard stream (1 or 2): --ansi, NO_COLOR and what it is connected to. */
bool cli_color(const struct cli *cli, int fd);
/* A warning on stderr in the form of docker compose's logger. */
void cli_warn(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A plain informational line: stderr, or stdout when COMPOSE_STATUS_STDOUT says so. */
void cli_status(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The display of running operations on stderr. operation is the word behind "[+]"; NULL keeps the
 * current one, or makes one whose events are lines of their own. */
struct progress *cli_progress(struct cli *cli, const char *operation);
/* Connects cli->client when it is not yet. start = a supervisor is started when none runs. */
int cli_connect(struct cli *cli, bool start, struct err **e);
/* client_call() with its progress events drawn under operation (NULL as in cli_progress) and its log
 * records printed. */
int cli_call(struct cli *cli, const char *operation, const char *op, const struct json *args,
	     struct json **ret, struct err **e);
/* One message of client_next(): 0 = an event, taken care of; 1 = the result, copied to *ret unless ret
 * is NULL; -errno = the request failed. For commands that watch more than the supervisor. */
int cli_take(struct cli *cli, const struct json *msg, struct json **ret, struct err **e);
/* The first name that is no service of the loaded file, with the error users know. */
int cli_check_services(struct cli *cli, char **names, size_t n, struct err **e);

/* Parses argv and runs the command; the exit status of the program. */
int cli_main(int argc, char **argv);

#endif
