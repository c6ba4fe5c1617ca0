#include "compose/supervise/ct.h"

#include <stdbool.h>

struct rule {
	bool is_set;
	enum ct_state next;
	unsigned effects;
};
#define TO(state, ...)                                                                             \
	{                                                                                          \
		true, CT_##state, __VA_ARGS__                                                      \
	}
#define DO_NOTHING 0

/* clang-format off */
static const struct rule rules[CT_STATES][CT_EVENTS] = {
	[CT_CREATED] = {
		[EV_START]  = TO(STARTING, DO_LAUNCH),
		[EV_REMOVE] = TO(REMOVING, DO_NOTHING),
	},
	[CT_STARTING] = {
		[EV_UP]     = TO(RUNNING, DO_WATCH),
		[EV_FAIL]   = TO(CREATED, DO_SETTLE),
		[EV_EXIT]   = TO(EXITED, DO_SETTLE),
		[EV_STOP]   = TO(DOOMED, DO_NOTHING),
		[EV_KILL]   = TO(DOOMED, DO_NOTHING),
	},
	[CT_RELAUNCHING] = {
		[EV_START]  = TO(STARTING, DO_NOTHING),
		[EV_UP]     = TO(RUNNING, DO_WATCH),
		[EV_FAIL]   = TO(DECIDING, DO_ASK_POLICY),
		[EV_EXIT]   = TO(DECIDING, DO_ASK_POLICY),
		[EV_STOP]   = TO(DOOMED, DO_NOTHING),
		[EV_KILL]   = TO(DOOMED, DO_NOTHING),
	},
	[CT_DOOMED] = {
		[EV_UP]     = TO(STOPPING, DO_WATCH | DO_SIGNAL | DO_ARM_GRACE),
		[EV_FAIL]   = TO(EXITED, DO_SETTLE),
		[EV_EXIT]   = TO(EXITED, DO_SETTLE),
	},
	[CT_RUNNING] = {
		[EV_EXIT]   = TO(DECIDING, DO_UNWATCH | DO_ASK_POLICY),
		[EV_STOP]   = TO(STOPPING, DO_SIGNAL | DO_ARM_GRACE),
		[EV_KILL]   = TO(STOPPING, DO_KILL),
		[EV_PAUSE]  = TO(PAUSED, DO_NOTHING),
	},
	[CT_PAUSED] = {
		[EV_EXIT]   = TO(DECIDING, DO_UNWATCH | DO_ASK_POLICY),
		/* The signal is queued first: a thawed program handles it before anything else. */
		[EV_STOP]   = TO(STOPPING, DO_SIGNAL | DO_THAW | DO_ARM_GRACE),
		[EV_KILL]   = TO(STOPPING, DO_KILL | DO_THAW),
		[EV_RESUME] = TO(RUNNING, DO_NOTHING),
	},
	[CT_STOPPING] = {
		[EV_EXIT]   = TO(EXITED, DO_CANCEL_TIMER | DO_UNWATCH | DO_SETTLE),
		[EV_TIMER]  = TO(STOPPING, DO_KILL),
		[EV_KILL]   = TO(STOPPING, DO_KILL),
		/* A second stop may bring a shorter grace period. */
		[EV_STOP]   = TO(STOPPING, DO_ARM_GRACE),
	},
	[CT_DECIDING] = {
		[EV_AGAIN]  = TO(BACKOFF, DO_ARM_BACKOFF),
		[EV_REST]   = TO(EXITED, DO_SETTLE),
	},
	[CT_BACKOFF] = {
		[EV_TIMER]  = TO(RELAUNCHING, DO_LAUNCH),
		[EV_START]  = TO(STARTING, DO_CANCEL_TIMER | DO_LAUNCH),
		[EV_STOP]   = TO(EXITED, DO_CANCEL_TIMER | DO_SETTLE),
		[EV_KILL]   = TO(EXITED, DO_CANCEL_TIMER | DO_SETTLE),
	},
	[CT_EXITED] = {
		[EV_START]  = TO(STARTING, DO_LAUNCH),
		[EV_REMOVE] = TO(REMOVING, DO_NOTHING),
	},
};
/* clang-format on */

struct ct_step ct_next(enum ct_state state, enum ct_event event)
{
	const struct rule *r = &rules[state][event];

	return r->is_set ? (struct ct_step){ r->next, r->effects } : (struct ct_step){ state, 0 };
}

const char *ct_state_name(enum ct_state s)
{
	static const char *const names[] = {
		[CT_CREATED] = "created",         [CT_STARTING] = "starting",
		[CT_RELAUNCHING] = "relaunching", [CT_DOOMED] = "doomed",
		[CT_RUNNING] = "running",         [CT_PAUSED] = "paused",
		[CT_STOPPING] = "stopping",       [CT_DECIDING] = "deciding",
		[CT_BACKOFF] = "backoff",         [CT_EXITED] = "exited",
		[CT_REMOVING] = "removing",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == CT_STATES, "one name per state");

	return names[s];
}

const char *ct_event_name(enum ct_event ev)
{
	static const char *const names[] = {
		[EV_START] = "start", [EV_UP] = "up",         [EV_FAIL] = "fail",
		[EV_EXIT] = "exit",   [EV_STOP] = "stop",     [EV_KILL] = "kill",
		[EV_TIMER] = "timer", [EV_AGAIN] = "again",   [EV_REST] = "rest",
		[EV_PAUSE] = "pause", [EV_RESUME] = "resume", [EV_REMOVE] = "remove",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == CT_EVENTS, "one name per event");

	return names[ev];
}
