#include "compose/supervise/job.h"

static void on_work(uv_work_t *req)
{
	struct job *j = req->data;

	j->work(j);
}

static void on_done(uv_work_t *req, int status)
{
	struct job *j = req->data;

	(void)status; /* jobs are never cancelled */
	j->done(j);
}

void job_start(uv_loop_t *loop, struct job *j)
{
	j->req.data = j;
	(void)uv_queue_work(loop, &j->req, on_work, on_done);
}
