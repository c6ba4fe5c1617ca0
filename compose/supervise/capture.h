/*
 * compose/supervise/capture.h - runs one helper program, collects what it prints, bounds its time.
 *
 * Normally done is called when the program has ended, with its status and its first bytes of standard
 * output and error merged. A program that holds the pipe open after its end is not waited for. After
 * the timeout the program's process group is killed and done says so.
 *
 * Owns:    the capture frees itself after done; argv, input are borrowed for the call.
 * Units:   timeout_ns 0 = none.
 * Errors:  a program that cannot be started: -errno from capture_start, done is not called.
 * Thread:  loop.
 * Source:  none.
 */
#ifndef COMPOSE_SUPERVISE_CAPTURE_H
#define COMPOSE_SUPERVISE_CAPTURE_H

#include "base/buf.h"
#include "compose/supervise/sup.h"

struct capture_result {
	int status; /* as of waitpid(2) */
	bool timed_out;
	const char *output;
	size_t n_output;
};
typedef void (*capture_fn)(void *ctx, const struct capture_result *res);

struct capture;
struct capture_spec {
	const char *path;
	char *const *argv;
	const char *input; /* standard input, at most a pipe full; NULL = /dev/null */
	size_t output_max;
	int64_t timeout_ns;
	capture_fn done;
	void *ctx;
};
int capture_start(struct sup *s, const struct capture_spec *spec, struct capture **ret,
		  struct err **e);
/* Kills the program; done is not called any more. */
void capture_cancel(struct capture *c);

#endif
