/*
 * compose/supervise/ct.h - the life of one container as a table: state x event -> state, effects. Pure.
 *
 *	              start            up                  exit
 *	  created ----------> starting ------> running ----------> deciding --rest--> exited
 *	     ^                   |  ^            |  ^                 | again            |
 *	     +------- fail ------+  |       stop |  | up              v                  | start
 *	                            |            v  |               backoff              v
 *	                            |        stopping                 | timer         starting
 *	                            |            | exit               v
 *	                            |            v               relaunching
 *	                            +---------exited
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  an event a state has no rule for changes nothing and has no effect, on purpose.
 * Thread:  any.
 * Source:  runtime reference 7.2 "Stop", 7.3 "Restart".
 */
#ifndef COMPOSE_SUPERVISE_CT_H
#define COMPOSE_SUPERVISE_CT_H

enum ct_state {
	CT_CREATED,     /* on disk only */
	CT_STARTING,    /* asked for; the shim has not said "started" yet */
	CT_RELAUNCHING, /* the same on behalf of the restart policy */
	CT_DOOMED,      /* a stop came while starting */
	CT_RUNNING,
	CT_PAUSED,
	CT_STOPPING, /* the stop signal was sent */
	CT_DECIDING, /* it exited by itself; the policy answers at once */
	CT_BACKOFF,
	CT_EXITED,
	CT_REMOVING,
	CT_STATES,
};

enum ct_event {
	EV_START, /* somebody asks for a start */
	EV_UP,    /* the program was executed */
	EV_FAIL,  /* it could not be */
	EV_EXIT,  /* it ended */
	EV_STOP,  /* somebody asks for a stop */
	EV_KILL,  /* somebody asks for SIGKILL in the course of a stop */
	EV_TIMER, /* grace or back-off is over */
	EV_AGAIN, /* policy: start again */
	EV_REST,  /* policy: stay exited */
	EV_PAUSE,
	EV_RESUME,
	EV_REMOVE, /* somebody asks for removal of what does not run */
	CT_EVENTS,
};

enum ct_effect {
	DO_LAUNCH = 1 << 0, /* network, shim, start */
	DO_SIGNAL = 1 << 1, /* the stop signal */
	DO_ARM_GRACE = 1 << 2,
	DO_KILL = 1 << 3, /* SIGKILL */
	DO_CANCEL_TIMER = 1 << 4,
	DO_ASK_POLICY = 1 << 5, /* answers with EV_AGAIN or EV_REST */
	DO_ARM_BACKOFF = 1 << 6,
	DO_WATCH = 1 << 7,   /* it is up: health, DNS, "start" event */
	DO_UNWATCH = 1 << 8, /* it is not up any more: the reverse, "die" event */
	DO_SETTLE = 1 << 9,  /* it will not come back by itself: give addresses and ports back */
	DO_THAW = 1 << 10,
};

struct ct_step {
	enum ct_state next;
	unsigned effects; /* enum ct_effect */
};

struct ct_step ct_next(enum ct_state state, enum ct_event event);
const char *ct_state_name(enum ct_state s);
const char *ct_event_name(enum ct_event ev);

#endif
