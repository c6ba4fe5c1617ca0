#include "compose/supervise/pause.h"

#include <errno.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/strv.h"
#include "compose/supervise/capture.h"

struct pausing {
	pause_fn done;
	void *ctx;
	char *what;
};

static void finish(struct pausing *p, struct err *e)
{
	if (p->done)
		p->done(p->ctx, e);
	else if (e)
		log_write(LOG_ERROR, "%s", err_text(e));
	free(p->what);
	free(p);
}

static void on_done(void *ctx, const struct capture_result *res)
{
	struct pausing *p = ctx;
	AUTO(err) struct err *e = NULL;
	AUTO(mem) char *text = str_dup(str_trim((struct str){ res->output, res->n_output }));

	if (!WIFEXITED(res->status) || WEXITSTATUS(res->status) != 0)
		(void)err_set(&e, EIO, "%s: %s", p->what, *text ? text : "the runtime failed");
	finish(p, e);
}

void pause_set(struct container *c, bool on, pause_fn done, void *ctx)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	AUTO(err) struct err *e = NULL;
	struct pausing *p = xcalloc(1, sizeof(*p));

	p->done = done;
	p->ctx = ctx;
	p->what = xasprintf("%s container %s", on ? "pause" : "unpause", c->rec.name);
	strv_add(&argv, "compose-runtime");
	strv_addf(&argv, "--root=%s/containers", c->sup->run);
	strv_add(&argv, on ? "pause" : "resume");
	strv_add(&argv, c->rec.id);
	if (capture_start(c->sup,
			  &(struct capture_spec){ .path = c->sup->runtime,
						  .argv = argv.v,
						  .output_max = 4096,
						  .timeout_ns = 10000000000LL,
						  .done = on_done,
						  .ctx = p },
			  NULL, &e) < 0)
		finish(p, e);
}
