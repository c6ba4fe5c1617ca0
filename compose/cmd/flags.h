/*
 * compose/cmd/flags.h - GNU long and short flags parsed into option structs by their rows.
 *
 * Owns:    flagset values are the caller's memory; flagset_done() releases the strv members. OPT_STR
 *          values point into argv or into the rows.
 * Units:   none.
 * Errors:  -EINVAL with the texts users know ("unknown flag: --x").
 * Thread:  any.
 * Source:  cli reference section 0 "Flag syntax" and "Unknown flag".
 */
#ifndef COMPOSE_CMD_FLAGS_H
#define COMPOSE_CMD_FLAGS_H

#include "compose/cmd/cmd.h"

/* Rows and the struct their values go to. */
struct flagset {
	const struct opt *opts;
	void *values;
};

struct parsed {
	char **args; /* positional arguments, NULL-terminated; the strings are those of argv */
	size_t n_args;
	const struct opt **given; /* NULL-terminated */
	size_t n_given;
	bool help; /* -h or --help was met */
};

/* Sets the start values the rows name. values must be zeroed. */
void flagset_init(const struct flagset *set);
void flagset_done(const struct flagset *set);
/* Parses argv[0..n). stop_at_positional leaves everything from the first positional on untouched.
 * A help flag ends parsing with success, as it does for docker. */
int flags_parse(const struct flagset *sets, size_t n_sets, char **argv, size_t n,
		bool stop_at_positional, struct parsed *ret, struct err **e);
void parsed_done(struct parsed *p);
static inline void parsed_autop(struct parsed *p)
{
	parsed_done(p);
}
/* The row of a flag by long name (or alias), or by short name. NULL when there is none. */
const struct opt *flags_find(const struct flagset *sets, size_t n_sets, const char *name, size_t n);
/* A boolean word as Go's strconv.ParseBool takes it: -EINVAL for anything else. */
int bool_parse(const char *s, bool *ret);

#endif
