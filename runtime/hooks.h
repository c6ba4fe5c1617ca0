/*
 * runtime/hooks.h - the programs config.json wants run at points of a container's life.
 *
 * Owns:    nothing.
 * Units:   timeouts in seconds.
 * Errors:  a hook that cannot run, ends with another status than 0 or exceeds its timeout.
 * Thread:  any one thread at a time; blocks until the hook has ended.
 * Source:  runtime-spec config.md "POSIX-platform Hooks".
 */
#ifndef RUNTIME_HOOKS_H
#define RUNTIME_HOOKS_H

#include "runtime/spec.h"

/* state is the text for their standard input. cwd NULL = as it is. Stops at the first failure. */
int hooks_run(const struct spec *s, enum hook_kind kind, const char *state, const char *cwd,
	      struct err **e);
/* poststop: goes on after a failure; the failures are written to fd 2 as warnings. */
void hooks_run_all(const struct spec *s, enum hook_kind kind, const char *state, const char *cwd);
bool hooks_any(const struct spec *s, enum hook_kind kind);

#endif
