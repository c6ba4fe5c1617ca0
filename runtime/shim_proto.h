/*
 * runtime/shim_proto.h - the messages between a shim and those who talk to it.
 *
 * One SOCK_SEQPACKET packet is one message: a type byte, then the payload of that type. Every
 * connection (descriptor 3 and each client of shim.sock) receives the events created, started,
 * failed and exited; output goes only to connections that asked for it with SHIM_ATTACH.
 *
 * Owns:    nothing.
 * Units:   wall-clock times in nanoseconds since 1970-01-01 UTC; native byte order, packed.
 * Errors:  a message shorter than its payload, or of an unknown type, is ignored by the shim.
 * Thread:  any.
 * Source:  ARCHITECTURE.md "Contract: shim".
 */
#ifndef RUNTIME_SHIM_PROTO_H
#define RUNTIME_SHIM_PROTO_H

#include <stdint.h>

/* To the shim. */
enum shim_request {
	SHIM_START = 'S',     /* no payload */
	SHIM_KILL = 'K',      /* struct shim_kill */
	SHIM_ATTACH = 'A',    /* struct shim_attach; shim.sock only */
	SHIM_INPUT = 'I',     /* bytes for standard input */
	SHIM_INPUT_END = 'E', /* no payload */
	SHIM_WINSIZE = 'W',   /* struct shim_winsize */
	SHIM_QUERY = 'Q',     /* no payload; answered with SHIM_STATE */
	SHIM_GIVE = 'P',      /* no payload; answered with SHIM_PARKED */
};

/* From the shim. */
enum shim_event {
	SHIM_CREATED = 'c', /* struct shim_created; one descriptor: pidfd of the init */
	SHIM_STARTED = 's', /* struct shim_started */
	SHIM_EXITED = 'x',  /* struct shim_exited; the last message */
	SHIM_FAILED = 'e',  /* struct shim_failed, then text up to the end of the packet; the last message */
	SHIM_STDOUT = 'o',  /* bytes */
	SHIM_STDERR = 'O',  /* bytes */
	SHIM_GAP = 'g',     /* struct shim_gap: output this client was too slow for */
	SHIM_STATE = 'q',   /* struct shim_state */
	SHIM_PARKED = 'p',  /* struct shim_parked; descriptors: pidfd (if created), netns (if any), parked */
};

enum shim_attach_flag {
	SHIM_ATTACH_OUTPUT = 1,
	SHIM_ATTACH_INPUT = 2,
	/* The container waits for this client instead of the client losing output. */
	SHIM_ATTACH_LOSSLESS = 4,
};

enum shim_phase { SHIM_PHASE_CREATED, SHIM_PHASE_RUNNING, SHIM_PHASE_EXITED, SHIM_PHASE_CREATING };

/* No packet is longer, type byte included. */
enum { SHIM_PACKET_MAX = 65536 };

/* Names inside the shim's --run directory. */
#define SHIM_SOCKET_NAME  "shim.sock"
#define SHIM_EXIT_NAME	  "exit.json" /* in the bundle */
#define SHIM_LOG_NAME	  "log/json.log"
#define SHIM_CONSOLE_NAME "console.sock"

#define SHIM_PACKED __attribute__((packed))

struct shim_kill {
	int32_t signal;
} SHIM_PACKED;

struct shim_attach {
	uint8_t flags; /* enum shim_attach_flag */
} SHIM_PACKED;

struct shim_winsize {
	uint16_t rows, cols;
} SHIM_PACKED;

struct shim_created {
	int32_t pid;
} SHIM_PACKED;

struct shim_started {
	int64_t wall_ns;
} SHIM_PACKED;

struct shim_exited {
	int32_t code; /* 0-255, 128 + signal; 255 also when the status was lost */
	uint8_t oom;
	int64_t wall_ns;
} SHIM_PACKED;

struct shim_failed {
	int32_t errnum; /* ENOENT: exit code 127, EACCES: 126, others 128 */
} SHIM_PACKED;

struct shim_gap {
	uint64_t bytes;
} SHIM_PACKED;

struct shim_state {
	uint8_t phase; /* enum shim_phase */
	int32_t pid;
	int64_t started_ns; /* 0 = not yet */
	int32_t code;
} SHIM_PACKED;

struct shim_parked {
	uint8_t count; /* parked descriptors only; they are the last `count` ones attached */
} SHIM_PACKED;

/* Inherited descriptors of `compose-shim run`; that of the configuration only with --config. */
enum { SHIM_FD_SUPERVISOR = 3, SHIM_FD_NETNS = 4, SHIM_FD_CONFIG = 5, SHIM_FD_PARKED = 6 };

/* The configuration is the image (base/json_image.h) of an object with these members: config.json, and
 * what its annotation RUNTIME_ANNOTATION_OVERLAY says as text. */
#define SHIM_CONFIG_SPEC    "config"
#define SHIM_CONFIG_OVERLAY "overlay"

/*
 * A guardian makes shims: forked from it they need not be loaded. It is asked over a SOCK_SEQPACKET
 * socket, descriptor 4 of both it and its supervisor. A request is struct shim_order and then the
 * whole command line of `compose-shim run`, each argument with its NUL; with it come the descriptors for standard
 * error, SHIM_FD_SUPERVISOR, SHIM_FD_NETNS (if any), SHIM_FD_CONFIG and the parked ones. There is no
 * answer: the shim's own socket says how it went. What the guardian sends of itself is struct shim_stray.
 */
enum { SHIM_FD_ORDERS = 4, SHIM_ORDER_MAX = 65536, SHIM_ORDER_FDS = 70 };

struct shim_order {
	uint8_t has_netns;
} SHIM_PACKED;

/* The other way: the end of a process that a dead shim left behind. */
struct shim_stray {
	int32_t pid;
	int32_t status; /* as of waitpid(2) */
} SHIM_PACKED;

#endif
