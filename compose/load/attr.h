/*
 * compose/load/attr.h - the attribute table: one row says all the loader knows about one attribute.
 *
 * From a row follow: whether the key is known, the kinds of value accepted, merging, list identity, the
 * type of an interpolated string, the long form, checks, path resolution, defaults, the place and shape
 * in `config`, whether a change recreates the container, and the attribute reference in docs/.
 * Rows stand in the order in which `config` prints them. A new attribute is a row; only a new shape is
 * code. The questions the merging steps ask are in compose/load/rules.h.
 *
 * Owns:    nothing; all rows are constant.
 * Units:   none.
 * Errors:  lookups return NULL for unknown keys.
 * Thread:  any.
 * Source:  compose-spec JSON schema; reference "Attribute catalogue".
 */
#ifndef COMPOSE_LOAD_ATTR_H
#define COMPOSE_LOAD_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/load/node.h"
#include "compose/load/rules.h"

/* What the value means once everything is in its one canonical type (bind.c). */
enum attr_kind {
	KIND_STR,      /* text */
	KIND_TEXT,     /* text; numbers and booleans are taken as the text that was written */
	KIND_BOOL,     /* true or false */
	KIND_INT,      /* whole number */
	KIND_CPUS,     /* number, of 32-bit precision */
	KIND_BYTES,    /* size; printed as the decimal count in quotes */
	KIND_DURATION, /* printed as 1m30s */
	KIND_MICROS,   /* microseconds, or a duration */
	KIND_MODE,     /* file mode; printed as "0440" */
	KIND_COUNT,    /* whole number or "all", which is -1 */
	KIND_LIST,     /* items follow the row `item` */
	KIND_COMMAND,  /* list of words, or a string to be split */
	KIND_TEST,     /* health check: list, or a string for the shell */
	KIND_PAIRS,    /* mapping name to text, or list of NAME=TEXT */
	KIND_HOSTS,    /* extra_hosts; becomes a sorted list of host=address */
	KIND_SSH,      /* build.ssh; becomes a list of id or id=path */
	KIND_OBJECT,   /* mapping with the members of `members` */
	KIND_NAMES,    /* mapping from names of the user to `members->any` */
	KIND_ANY,      /* anything */
};

/* Kinds of YAML value accepted; NUM includes INT. */
enum attr_form {
	NIL = 1 << 0,
	BOOL = 1 << 1,
	INT = 1 << 2,
	NUM = 1 << 3,
	STR = 1 << 4,
	LIST = 1 << 5,
	MAP = 1 << 6,
	ANY = 0x7f,
};

/* The short form, and the long form it is turned into (canonical.c). */
enum attr_short {
	SHORT_NONE,
	SHORT_CONTEXT,    /* "dir" -> {context: dir} */
	SHORT_SOURCE,     /* "x" -> {source: x} */
	SHORT_TEXT,       /* true -> "true" */
	SHORT_PAIRS,      /* [k=v] -> {k: v} */
	SHORT_SSH,        /* [default, id=path] -> {default: null, id: path} */
	SHORT_DEPENDS_ON, /* [a] -> {a: {condition: service_started, required: true}} */
	SHORT_ENV_FILE,   /* "f" or [f] -> [{path: f, required: true}] */
	SHORT_LIST,       /* "x" -> [x] */
	SHORT_GPUS,       /* all -> [{count: all}] */
	SHORT_NAMES,      /* [a] -> {a: null} */
	SHORT_MOUNT,      /* "a:/b:ro" -> {type, source, target, ...} */
	SHORT_DEVICE,     /* "a:b:rwm" -> {source, target, permissions} */
	SHORT_PORT,       /* "8080:80" -> {mode, target, published, protocol}, one or more */
	SHORT_EXTERNAL,   /* external: {name: x} -> external: true, name: x */
	SHORT_SERVICE,    /* extends: "x" -> {service: x} (extends.c) */
	SHORT_PATH,       /* include: "x" -> {path: x} (include.c) */
};

/* How a relative path becomes absolute (paths.c). */
enum attr_path {
	PATH_NONE,
	PATH_PLAIN,   /* against the project directory */
	PATH_CONTEXT, /* unless it is a URL or service:NAME */
	PATH_WATCH,   /* then the first linked prefix is replaced by what it points to */
	PATH_MOUNT,   /* the `source` of a bind mount */
	PATH_DEVICE,  /* the `device` of a local volume bound to a directory */
	PATH_EXTENDS, /* resolved while extending */
};

/* Who does something with the value. */
enum attr_acts {
	ACTS,      /* changes what runs on this host */
	BUILDS,    /* used while building the image */
	LOADS,     /* consumed by the loader or the command line */
	VALIDATED, /* checked, merged, printed, without effect on one Linux host */
	REFUSED,   /* accepted in the file, an error when it would have to act */
};

enum attr_flag {
	ATTR_REQUIRED = 1 << 0,   /* the mapping is wrong without it */
	ATTR_SET = 1 << 1,        /* equal items are an error */
	ATTR_KEEP_ZERO = 1 << 2,  /* 0, false and 0s are printed when they were written */
	ATTR_OMIT_TRUE = 1 << 3,  /* only false is printed */
	ATTR_ALWAYS = 1 << 4,     /* printed whatever it is */
	ATTR_KEEP_EMPTY = 1 << 5, /* YAML prints [] and "" */
	ATTR_JSON_NULL = 1 << 6,  /* JSON prints null when absent */
	ATTR_VALUE = 1 << 7,      /* mapping: YAML leaves {} out, JSON always prints it */
	ATTR_HOLLOW = 1 << 8,     /* member that may be null and is printed so */
	ATTR_EMPTY_NULL = 1 << 9, /* pairs: a name without a value has the value "" */
	ATTR_INTERNAL = 1 << 10,  /* set by the loader only; not accepted in files, not printed */
	ATTR_INJECT = 1 << 11,    /* `dflt` is put into the tree when the member is missing */
	ATTR_NO_HASH = 1 << 12,   /* not in the text hashed: no reason to recreate, or added apart */
	ATTR_GONE = 1 << 13,      /* consumed; never in the canonical form */
	ATTR_PRUNE = 1 << 14,     /* empty and null items are dropped */
};

struct attr;

/* The members a mapping may have. */
struct attr_set {
	const char *title;        /* in the attribute reference: "services.*.build" */
	const struct attr *rows;  /* in the order printed */
	size_t n;
	const struct attr *any;   /* row of the members with names of the user, or NULL */
	bool strict;              /* those names match [a-zA-Z0-9._-]+ */
	bool no_x;                /* x- members are not accepted */
	bool injects;             /* some row is marked ATTR_INJECT */
};

struct attr {
	const char *name; /* NULL for items and members with names of the user */
	enum attr_kind kind;
	unsigned forms; /* enum attr_form */
	unsigned flags; /* enum attr_flag */
	enum merge_rule merge;
	enum unique_key unique;
	enum cast_kind cast;
	enum attr_short brief;
	enum attr_path path;
	enum attr_acts acts;
	const struct attr *item;         /* of the list form */
	const struct attr_set *members;  /* of the mapping form */
	const char *const *words;        /* the only values accepted, NULL-terminated */
	const char *min, *max;           /* of numbers, as text; NULL = open */
	/* Says what is wrong with the text of a value, or NULL. What a value should be is `expect`. */
	const char *(*check)(const char *text);
	const char *expect; /* what a legal value is, for people; NULL = from kind and forms */
	const char *dflt;   /* default, as the reference shows it */
	const char *doc;    /* one line */
};

#define ATTR_SET_OF(title_, array_)                                                                \
	.title = (title_), .rows = (array_), .n = sizeof(array_) / sizeof((array_)[0])

/* Tables other files hang into theirs. */
extern const struct attr_set attr_set_root;
extern const struct attr_set attr_set_service;
extern const struct attr_set attr_set_build;
extern const struct attr_set attr_set_deploy;
extern const struct attr_set attr_set_develop;
extern const struct attr_set attr_set_mount;
extern const struct attr_set attr_set_port;
extern const struct attr_set attr_set_hook;
extern const struct attr_set attr_set_gpu;
extern const struct attr_set attr_set_reserved_device;
extern const struct attr_set attr_set_file_ref;
extern const struct attr_set attr_set_pairs;
extern const struct attr_set attr_set_options;
extern const struct attr_set attr_set_hosts;
extern const struct attr attr_item_str;
extern const struct attr attr_item_text;
extern const struct attr attr_item_ulimit;
extern const struct attr_set attr_set_ulimits;
extern const struct attr attr_any;

/* The row of the member called key in set: fixed, else `any`, else the free row for x-. */
const struct attr *attr_in_set(const struct attr_set *set, const char *key);
/* The row of a node whose parent has row `parent`: its item or its member. */
const struct attr *attr_of_child(const struct attr *parent, const struct node *child);
/* The row of a node, found by walking up to the root. Slower than walking side by side. */
const struct attr *attr_find(const struct node *n);
/* "a string", "a number of bytes such as 512m" ...: what people may write here. */
const char *attr_expects(const struct attr *a);
/* The key begins with x-. */
static inline bool attr_is_extension(const char *key)
{
	return key[0] == 'x' && key[1] == '-';
}

#endif
