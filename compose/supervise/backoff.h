/*
 * compose/supervise/backoff.h - the restart policy: whether a container that ended starts again, and
 * when. Pure.
 *
 * Owns:    nothing; struct policy is a value.
 * Units:   nanoseconds.
 * Errors:  -EINVAL for a policy nobody knows.
 * Thread:  any.
 * Source:  runtime reference 7.3; compose-spec 05-services.md "restart", 04-deploy.md "restart_policy".
 */
#ifndef COMPOSE_SUPERVISE_BACKOFF_H
#define COMPOSE_SUPERVISE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

enum restart_kind { RESTART_NO, RESTART_ALWAYS, RESTART_UNLESS_STOPPED, RESTART_ON_FAILURE };

struct policy {
	enum restart_kind kind;
	int64_t max;       /* on-failure: 0 = unlimited */
	int64_t delay_ns;  /* a fixed delay instead of the doubling one; 0 = doubling */
	int64_t window_ns; /* a run this long counts as a success; 0 = 10 s */
};

#define BACKOFF_FIRST_NS  100000000LL
#define BACKOFF_LIMIT_NS  60000000000LL
#define BACKOFF_WINDOW_NS 10000000000LL

/* restart, else deploy.restart_policy, of the canonical service. */
int policy_of_service(const struct json *service, struct policy *ret, struct err **e);
/* "no", "always", "unless-stopped", "on-failure" or "on-failure:3". */
int policy_parse(const char *text, struct policy *ret, struct err **e);
/* For free(3). */
char *policy_format(const struct policy *p);

struct ended {
	int code;
	int64_t ran_ns;        /* how long it ran */
	int64_t restarts;      /* since somebody started it */
	int64_t last_delay_ns; /* 0 = it was not a restart */
	bool by_user;          /* somebody stopped it */
};
/* Whether it starts again; then *ret_delay_ns is when. */
bool policy_again(const struct policy *p, const struct ended *end, int64_t *ret_delay_ns);
/* Whether a stopped container starts when the machine boots. */
bool policy_at_boot(const struct policy *p, bool was_running, bool stopped_by_user);

#endif
