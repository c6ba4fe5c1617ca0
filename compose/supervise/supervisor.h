/*
 * compose/supervise/supervisor.h - the program `compose supervise PROJECT`: one libuv loop that owns
 * the containers of one project.
 *
 * It takes RUN/projects/P/supervisor.lock, listens on control.sock, adopts what runs, and ends with
 * status 0 once the project has no container and no client is connected. Whoever finds the lock taken
 * ends with status 0 at once.
 *
 * Owns:    ready_fd is closed after one byte was written to it: 'r' ready, 'b' another one serves.
 * Units:   none.
 * Errors:  the exit status; records go to supervisor.log.
 * Thread:  the calling thread becomes the loop.
 * Source:  ARCHITECTURE.md "The life of up".
 */
#ifndef COMPOSE_SUPERVISE_SUPERVISOR_H
#define COMPOSE_SUPERVISE_SUPERVISOR_H

/* ready_fd -1 = nobody waits (a guardian's restart). */
int supervise_main(const char *project, int ready_fd);

/* The descriptor number a client hands down for readiness through the guardian. */
enum { SUPERVISE_READY_FD = 3 };

#endif
