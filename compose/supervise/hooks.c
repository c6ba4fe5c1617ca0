#include "compose/supervise/hooks.h"

#include <errno.h>
#include <sys/wait.h>

#include "compose/supervise/capture.h"
#include "compose/supervise/execspec.h"

#define HOOK_TIMEOUT_NS 60000000000LL

struct hooks {
	struct sup *sup;
	char *id, *service;
	struct json *list;
	size_t next;
	hooks_fn done;
	void *ctx;
};

static void finish(struct hooks *h, struct err *e)
{
	hooks_fn done = h->done;
	void *ctx = h->ctx;

	json_free(h->list);
	free(h->id);
	free(h->service);
	free(h);
	done(ctx, e);
}

static void run_next(struct hooks *h);

static void on_done(void *ctx, const struct capture_result *res)
{
	struct hooks *h = ctx;
	struct str out = str_trim((struct str){ res->output, res->n_output });
	int code = WIFEXITED(res->status) ? WEXITSTATUS(res->status) : 128 + WTERMSIG(res->status);
	struct err *e = NULL;

	if (code == 0) {
		run_next(h);
		return;
	}
	if (out.n)
		(void)err_set(&e, EIO, "%s hook exited with status %d: %.*s", h->service, code,
			      (int)out.n, out.p);
	else
		(void)err_set(&e, EIO, "%s hook exited with status %d", h->service, code);
	finish(h, e);
}

static void command_of(const struct json *hook, struct strv *argv)
{
	const struct json *command = json_get(hook, "command");

	if (json_text(command)) {
		strv_add(argv, "/bin/sh");
		strv_add(argv, "-c");
		strv_add(argv, json_text(command));
	}
	JSON_EACH(word, command)
		strv_add(argv, json_text(word) ? json_text(word) : "");
}

static void run_next(struct hooks *h)
{
	struct container *c = container_by_id(h->sup, h->id);
	const struct json *hook = json_at(h->list, h->next);
	AUTO(strv) struct strv command = STRV_INIT;
	AUTO(strv) struct strv argv = STRV_INIT;
	AUTO(mem) char *process = NULL;
	struct err *e = NULL;

	if (!hook || !c || c->state != CT_RUNNING) {
		finish(h, NULL);
		return;
	}
	h->next++;
	command_of(hook, &command);
	process = exec_process(c, &command, hook);
	exec_argv(c, &argv);
	if (capture_start(h->sup,
			  &(struct capture_spec){ .path = h->sup->runtime,
						  .argv = argv.v,
						  .input = process,
						  .output_max = 4096,
						  .timeout_ns = HOOK_TIMEOUT_NS,
						  .done = on_done,
						  .ctx = h },
			  NULL, &e) < 0)
		finish(h, e);
}

void hooks_run(struct container *c, const char *which, hooks_fn done, void *ctx)
{
	AUTO(json) struct json *spec = NULL;
	const struct json *list = NULL;
	struct hooks *h;

	if (c->rec.has_hooks && json_parse(c->rec.spec, strlen(c->rec.spec), &spec, NULL) == 0)
		list = json_path(spec, "service", which, NULL);
	if (json_len(list) == 0) {
		done(ctx, NULL);
		return;
	}
	h = xcalloc(1, sizeof(*h));
	*h = (struct hooks){ .sup = c->sup,
			     .id = xstrdup(c->rec.id),
			     .service = xstrdup(c->rec.service),
			     .list = json_dup(list),
			     .done = done,
			     .ctx = ctx };
	run_next(h);
}
