/*
 * compose/supervise/ops.h - what the requests of the control socket do.
 *
 * Owns:    a request until it is finished.
 * Units:   timeouts in seconds, as the command line gives them.
 * Errors:  request_fail() with the text users know.
 * Thread:  loop.
 * Source:  ARCHITECTURE.md "Contract: control socket", the table of ops.
 */
#ifndef COMPOSE_SUPERVISE_OPS_H
#define COMPOSE_SUPERVISE_OPS_H

#include "compose/supervise/control.h"

void ops_dispatch(struct request *r);
/* The connection is gone: one-offs it held are given up. */
void ops_conn_gone(struct sup *s, int conn_id);

/* One function per op, each in the file named. */
void op_list(struct request *r);  /* list.c */
void op_wait(struct request *r);  /* op_wait.c */
void op_apply(struct request *r); /* op_plan.c */
void op_down(struct request *r);
void op_verb(struct request *r);
void op_run(struct request *r); /* op_run.c */
void op_run_start(struct request *r);

#endif
