#include "compose/supervise/health.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define EARLY_FIRST_NS 100000000LL

const char *health_name(enum health_status s)
{
	static const char *const names[] = {
		[HEALTH_NONE] = "",
		[HEALTH_STARTING] = "starting",
		[HEALTH_HEALTHY] = "healthy",
		[HEALTH_UNHEALTHY] = "unhealthy",
	};

	return names[s];
}

static bool in_start_period(const struct health *h, const struct health_times *t, int64_t when_ns)
{
	return h->status == HEALTH_STARTING && when_ns - h->up_ns < t->start_period_ns;
}

static int64_t regular_pause(const struct health *h, const struct health_times *t, int64_t now_ns)
{
	return in_start_period(h, t, now_ns) ? t->start_interval_ns : t->interval_ns;
}

void health_start(struct health *h, const struct health_times *t, int64_t now_ns)
{
	health_done(h);
	h->status = HEALTH_STARTING;
	h->up_ns = now_ns;
	h->due_ns = now_ns + regular_pause(h, t, now_ns);
}

void health_done(struct health *h)
{
	for (unsigned i = 0; i < h->n_log; i++)
		free(h->log[i].output);
	*h = (struct health){ 0 };
}

int64_t health_delay(const struct health *h, int64_t now_ns, bool is_awaited)
{
	int64_t regular = h->due_ns > now_ns ? h->due_ns - now_ns : 0;
	int64_t quick = EARLY_FIRST_NS;

	if (!is_awaited || h->status != HEALTH_STARTING)
		return regular;
	for (unsigned i = 0; i < h->early && quick < regular; i++)
		quick *= 2;
	return quick < regular ? quick : regular;
}

static void log_add(struct health *h, struct health_result *r)
{
	if (h->n_log == HEALTH_LOG) {
		free(h->log[0].output);
		memmove(h->log, h->log + 1, (HEALTH_LOG - 1) * sizeof(h->log[0]));
		h->n_log--;
	}
	h->log[h->n_log++] = *r;
	r->output = NULL;
}

bool health_add(struct health *h, const struct health_times *t, int64_t began_ns, int64_t now_ns,
		struct health_result *r)
{
	enum health_status before = h->status;
	bool is_good = r->code == 0;
	bool is_early = began_ns < h->due_ns;
	bool counts = !is_early && !in_start_period(h, t, began_ns);

	log_add(h, r);
	if (is_good) {
		h->streak = 0;
		h->status = HEALTH_HEALTHY;
	} else if (counts) {
		h->streak++;
		if (h->streak >= t->retries)
			h->status = HEALTH_UNHEALTHY;
	}
	if (is_early && !is_good)
		h->early++;
	else
		h->due_ns = now_ns + regular_pause(h, t, now_ns);
	return h->status != before;
}

struct json *health_json(const struct health *h)
{
	struct json *j = json_new_obj();
	struct json *log = json_set(j, "log", json_new_arr());

	json_set_str(j, "status", h->status == HEALTH_NONE ? "none" : health_name(h->status));
	json_set_int(j, "failing_streak", h->streak);
	for (unsigned i = 0; i < h->n_log; i++) {
		const struct health_result *r = &h->log[i];
		struct json *entry = json_push(log, json_new_obj());
		AUTO(mem) char *start = time_format_rfc3339(r->start_wall_ns, true);
		AUTO(mem) char *end = time_format_rfc3339(r->end_wall_ns, true);

		json_set_str(entry, "start", start);
		json_set_str(entry, "end", end);
		json_set_int(entry, "exit_code", r->code);
		json_set_str(entry, "output", r->output ? r->output : "");
	}
	return j;
}
