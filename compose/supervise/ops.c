#include "compose/supervise/ops.h"

#include <errno.h>
#include <unistd.h>

#include "compose/supervise/container.h"

static void op_ping(struct request *r)
{
	struct json *result = json_new_obj();

	json_set_int(result, "pid", getpid());
	json_set_str(result, "version", COMPOSE_VERSION);
	request_finish(r, result);
}

/* An event stream ends with its connection. */
static void events_gone(struct request *r)
{
	json_free(r->json);
	free(r);
}

static void op_events(struct request *r)
{
	r->on_gone = events_gone;
	control_listen(r);
}

static const struct {
	const char *name;
	void (*run)(struct request *r);
} ops[] = {
	{ "apply", op_apply }, { "down", op_down },     { "start", op_verb },
	{ "stop", op_verb },   { "restart", op_verb },  { "kill", op_verb },
	{ "pause", op_verb },  { "unpause", op_verb },  { "rm", op_verb },
	{ "list", op_list },   { "run", op_run },       { "run_start", op_run_start },
	{ "wait", op_wait },   { "events", op_events }, { "ping", op_ping },
};

void ops_dispatch(struct request *r)
{
	const char *name = json_str(r->json, "op", "");
	AUTO(err) struct err *e = NULL;

	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (streq(ops[i].name, name)) {
			ops[i].run(r);
			return;
		}
	(void)err_set(&e, EINVAL, "control: unknown operation \"%s\"", name);
	request_fail(r, e, 1);
}
