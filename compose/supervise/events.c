#include "compose/supervise/events.h"

#include "base/clock.h"
#include "compose/supervise/control.h"

/* The container's labels without compose's own, its image and its name. */
static struct json *attributes_of(const struct container *c)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(json) struct json *shown = NULL;
	struct json *attrs = json_new_obj();

	buf_addf(&text, "{%s}", c->rec.pub);
	if (json_parse(text.p, text.n, &shown, NULL) == 0)
		JSON_EACH(l, json_get(shown, "labels"))
			if (!starts_with(json_key(l), "com.docker.compose."))
				json_set_str(attrs, json_key(l), json_text(l));
	json_set_str(attrs, "image", c->rec.image);
	json_set_str(attrs, "name", c->rec.name);
	return attrs;
}

static struct json *event_new(const struct container *c, const char *action)
{
	struct json *ev = json_new_obj();
	AUTO(mem) char *now = time_format_rfc3339(clock_wall_ns(), false);

	json_set_str(ev, "action", action);
	json_set_str(ev, "id", c->rec.id);
	json_set_str(ev, "service", c->rec.service);
	json_set_bool(ev, "oneoff", c->rec.oneoff);
	json_set_str(ev, "time", now);
	json_set(ev, "attributes", attributes_of(c));
	return ev;
}

void events_emit(struct container *c, const char *action, ...)
{
	AUTO(json) struct json *ev = NULL;
	const char *key, *value;
	va_list ap;

	if (!control_has_listeners(c->sup->control))
		return;
	ev = event_new(c, action);
	va_start(ap, action);
	while ((key = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		json_set_str(json_get(ev, "attributes"), key, value);
	}
	va_end(ap);
	control_broadcast(c->sup->control, ev);
}

void events_die(struct container *c, int code, int64_t ran_ns, bool will_restart)
{
	AUTO(mem) char *exit_code = xasprintf("%d", code);
	AUTO(mem) char *seconds = xasprintf("%lld", (long long)(ran_ns / 1000000000));
	AUTO(json) struct json *ev = NULL;
	struct json *attrs;

	if (!control_has_listeners(c->sup->control))
		return;
	ev = event_new(c, "die");
	attrs = json_get(ev, "attributes");
	json_set_str(attrs, "exitCode", exit_code);
	json_set_str(attrs, "execDuration", seconds);
	json_set_bool(ev, "will_restart", will_restart);
	control_broadcast(c->sup->control, ev);
}
