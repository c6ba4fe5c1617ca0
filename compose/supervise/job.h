/*
 * compose/supervise/job.h - blocking work off the loop.
 *
 * A job owns its input and its result; `work` runs in the pool and touches nothing else; `done` runs on
 * the loop afterwards and frees the job. done is always called, once.
 *
 * Owns:    the caller's struct embeds struct job and is freed by its own done.
 * Units:   none.
 * Errors:  r and e carry what work found; e belongs to done.
 * Thread:  job_start and done: loop; work: pool.
 * Source:  libuv threadpool.
 */
#ifndef COMPOSE_SUPERVISE_JOB_H
#define COMPOSE_SUPERVISE_JOB_H

#include <uv.h>

#include "base/err.h"

struct job {
	uv_work_t req;
	void (*work)(struct job *j);
	void (*done)(struct job *j);
	int r;
	struct err *e;
};

void job_start(uv_loop_t *loop, struct job *j);

#endif
