/*
 * compose/supervise/health.h - what the results of probes mean: starting, healthy, unhealthy, and when
 * the next probe is due. Pure; the probes themselves are in probe.c.
 *
 * Owns:    health_done() frees the log.
 * Units:   nanoseconds; wall clock only in the log, monotonic elsewhere.
 * Errors:  none.
 * Thread:  any one thread at a time.
 * Source:  runtime reference 7.4; compose-spec 05-services.md "healthcheck".
 */
#ifndef COMPOSE_SUPERVISE_HEALTH_H
#define COMPOSE_SUPERVISE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

enum health_status { HEALTH_NONE, HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };
const char *health_name(enum health_status s); /* "" for none */

struct health_times {
	int64_t interval_ns, timeout_ns, start_period_ns, start_interval_ns;
	int64_t retries;
};

struct health_result {
	int64_t start_wall_ns, end_wall_ns;
	int code; /* -1: could not run, or timed out */
	char *output;
};

enum { HEALTH_LOG = 5, HEALTH_OUTPUT_MAX = 4096 };

struct health {
	enum health_status status;
	int64_t streak;
	int64_t up_ns;  /* when the container started */
	int64_t due_ns; /* the next regular probe; one begun before it is early */
	unsigned early; /* quick probes made while starting */
	struct health_result log[HEALTH_LOG];
	unsigned n_log;
};

/* The container came up at now_ns. */
void health_start(struct health *h, const struct health_times *t, int64_t now_ns);
void health_done(struct health *h);
/* How long to wait before the next probe begins. is_awaited: somebody waits for "healthy": while
 * starting, early probes then come after 100, 200, 400 ms ... between the regular ones. An early probe
 * counts only when it succeeds, so the verdict "unhealthy" comes no sooner and no later. */
int64_t health_delay(const struct health *h, int64_t now_ns, bool is_awaited);
/* A probe begun at began_ns ended at now_ns. Takes r->output. True when the status changed. */
bool health_add(struct health *h, const struct health_times *t, int64_t began_ns, int64_t now_ns,
		struct health_result *r);
/* {"status","failing_streak","log":[{start,end,exit_code,output}]} */
struct json *health_json(const struct health *h);

#endif
