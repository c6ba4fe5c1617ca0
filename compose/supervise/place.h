/*
 * compose/supervise/place.h - where state, sockets and programs are: the only place that reads
 * COMPOSE_ROOT, COMPOSE_RUN and COMPOSE_LIBEXEC.
 *
 * Owns:    every char * is for free(3) unless marked borrowed.
 * Units:   none.
 * Errors:  place_program: NULL when there is no such program anywhere.
 * Thread:  any.
 * Source:  ARCHITECTURE.md "State on disk", "Programs and processes".
 */
#ifndef COMPOSE_SUPERVISE_PLACE_H
#define COMPOSE_SUPERVISE_PLACE_H

/* $COMPOSE_ROOT or /var/lib/compose. Borrowed. */
const char *place_root(void);
/* $COMPOSE_RUN or /run/compose. Borrowed. */
const char *place_run(void);
/* ROOT/projects/PROJECT */
char *place_project(const char *project);
/* ROOT/projects/PROJECT/containers */
char *place_containers(const char *project);
/* RUN/projects/PROJECT */
char *place_project_run(const char *project);
/* RUN/containers/ID */
char *place_container_run(const char *id);
/* The program called name: $COMPOSE_LIBEXEC, beside /proc/self/exe, then the installed place. */
char *place_program(const char *name);

/* Names inside RUN/projects/PROJECT. */
#define PLACE_CONTROL "control.sock"
#define PLACE_LOCK    "supervisor.lock"
#define PLACE_PID     "supervisor.pid"
#define PLACE_LOG     "supervisor.log"

#endif
