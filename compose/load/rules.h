/*
 * compose/load/rules.h - what the attribute table tells the loading steps about one place in the tree.
 *
 * A step walks tree and table side by side: it starts with attr_root() at the root and asks for the
 * member or item it descends to. Below free-form values and unknown keys the answer is NULL, and
 * every question about NULL gives the default rule. Nobody matches dotted path strings.
 *
 * Owns:    nothing; the table is constant.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  reference "Merge rules", "Unicity keys", "Type cast after interpolation".
 */
#ifndef COMPOSE_LOAD_RULES_H
#define COMPOSE_LOAD_RULES_H

struct attr;

/* How a later file's value meets an earlier one. */
enum merge_rule {
	MERGE_DEFAULT,     /* maps by member, lists appended, scalars replaced */
	MERGE_REPLACE,     /* command, entrypoint, healthcheck.test, ulimits.*: null clears too */
	MERGE_BUILD,       /* a string is lifted to {context: s} */
	MERGE_DEPENDS_ON,  /* a list is lifted to {name: {condition: service_started, required: true}} */
	MERGE_NAMES,       /* a list is lifted to {name: null}: service networks, models */
	MERGE_LOGGING,     /* by member when the drivers agree, else replaced */
	MERGE_SEQUENCE,    /* maps and strings become lists of k=v, then appended */
	MERGE_EXTRA_HOSTS, /* as MERGE_SEQUENCE, exact duplicates dropped */
	MERGE_IPAM         /* networks.*.ipam.config: by subnet */
};

/* What identifies an item of a list, so that a later one replaces an earlier one in place. */
enum unique_key {
	UNIQUE_NONE,    /* duplicates are kept */
	UNIQUE_EXACT,   /* exact duplicates are dropped (security_opt, group_add, external_links, ...) */
	UNIQUE_NAME,    /* text before the first "=", or all of it */
	UNIQUE_PATH,    /* env_file: path */
	UNIQUE_EXPOSE,  /* the text of the value */
	UNIQUE_PORT,    /* host_ip : published : target / protocol */
	UNIQUE_VOLUME,  /* target, also out of the short form */
	UNIQUE_DEVICE,  /* target, also out of the short form */
	UNIQUE_SECRET,  /* target, else /run/secrets/SOURCE */
	UNIQUE_CONFIG   /* target, else /SOURCE */
};

/* The type every string at this place is turned into after interpolation. */
enum cast_kind { CAST_NONE, CAST_INT, CAST_INT64, CAST_FLOAT64, CAST_FLOAT32, CAST_BOOL };

/* The row of the whole file. */
const struct attr *attr_root(void);
/* The row of the member called key of a mapping; NULL when there is none (also when a is NULL). */
const struct attr *attr_child(const struct attr *a, const char *key);
/* The row of every item of a list; NULL when there is none. */
const struct attr *attr_item(const struct attr *a);

enum merge_rule attr_merge(const struct attr *a);
enum unique_key attr_unique(const struct attr *a);
enum cast_kind attr_cast(const struct attr *a);

#endif
