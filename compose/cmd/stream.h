/*
 * compose/cmd/stream.h - our standard streams connected to a container through its shim.
 *
 * Owns:    the socket stays the caller's.
 * Units:   none.
 * Errors:  -errno with e filled; -EPIPE when the shim went away without saying how the container ended.
 * Thread:  main thread. Signals are taken while it runs; the terminal is put back on every way out.
 * Source:  runtime/shim_proto.h; cli reference 7.6, 7.24.
 */
#ifndef COMPOSE_CMD_STREAM_H
#define COMPOSE_CMD_STREAM_H

#include "compose/cmd/detach.h"

struct stream {
	int sock;            /* shim.sock, connected */
	bool tty;            /* the container has a terminal: raw mode, window size */
	bool input;          /* our standard input goes to the container */
	bool lossless;       /* the container waits for us */
	bool proxy_signals;  /* what we are sent goes to the container */
	bool is_raw;
	struct detach detach;
	int signal_fd;
};

/* Asks for output (and input), sets raw mode and window size. Before the container is started. */
int stream_open(struct stream *s, struct err **e);
/* Carries bytes until the container has ended; *ret_code is its exit code. 1 = detached. */
int stream_run(struct stream *s, int *ret_code, struct err **e);
void stream_close(struct stream *s);

#endif
