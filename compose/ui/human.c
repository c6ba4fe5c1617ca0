#include "compose/ui/human.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/num.h"
#include "compose/ui/width.h"

static char *since(const char *rfc3339, int64_t now_ns)
{
	int64_t then;

	if (!rfc3339 || !*rfc3339 || time_parse_rfc3339(rfc3339, &then) < 0)
		return NULL;
	return duration_format_human(now_ns > then ? now_ns - then : 0);
}

char *human_ago(const char *rfc3339, int64_t now_ns)
{
	AUTO(mem) char *d = since(rfc3339, now_ns);

	return d ? xasprintf("%s ago", d) : xstrdup("N/A");
}

static char *up_status(const struct json *c, int64_t now_ns)
{
	AUTO(mem) char *d = since(json_str(c, "started", ""), now_ns);
	const char *health = json_str(c, "health", "");

	if (streq(json_str(c, "state", ""), "paused"))
		return xasprintf("Up %s (Paused)", d ? d : "");
	if (streq(health, "starting"))
		return xasprintf("Up %s (health: starting)", d ? d : "");
	if (*health)
		return xasprintf("Up %s (%s)", d ? d : "", health);
	return xasprintf("Up %s", d ? d : "");
}

char *human_status(const struct json *c, int64_t now_ns)
{
	const char *state = json_str(c, "state", "");
	AUTO(mem) char *ended = NULL;
	long long code = (long long)json_int(c, "exit_code", 0);

	if (streq(state, "running") || streq(state, "paused"))
		return up_status(c, now_ns);
	if (streq(state, "created"))
		return xstrdup("Created");
	if (streq(state, "dead"))
		return xstrdup("Dead");
	if (streq(state, "removing"))
		return xstrdup("Removal In Progress");
	ended = human_ago(json_str(c, "finished", ""), now_ns);
	return xasprintf("%s (%lld) %s", streq(state, "restarting") ? "Restarting" : "Exited", code,
			 ended);
}

/* ---- ports ---- */

struct port {
	const char *ip; /* "" = not published */
	int published, target;
	const char *proto;
	int target_end; /* of a range that was collapsed */
};

struct ports {
	struct port *v;
	size_t n, cap;
};

static void port_add(struct ports *p, struct port port)
{
	ARRAY_RESERVE(p->v, p->n, p->cap);
	p->v[p->n++] = port;
}

static bool is_published(const struct json *c, int target, const char *proto)
{
	JSON_EACH (b, json_get(c, "ports"))
		if (json_int(b, "target", 0) == target &&
		    streq(json_str(b, "protocol", "tcp"), proto))
			return true;
	return false;
}

static void collect_ports(const struct json *c, struct ports *out)
{
	JSON_EACH (b, json_get(c, "ports"))
		port_add(out, (struct port){ json_str(b, "host_ip", ""), (int)json_int(b, "published", 0),
					     (int)json_int(b, "target", 0),
					     json_str(b, "protocol", "tcp"), 0 });
	if (!streq(json_str(c, "state", ""), "running") && !streq(json_str(c, "state", ""), "paused"))
		return;
	JSON_EACH (x, json_get(c, "exposed")) {
		const char *text = json_text(x), *slash = text ? strchr(text, '/') : NULL;
		int target = text ? (int)strtol(text, NULL, 10) : 0;
		const char *proto = slash ? slash + 1 : "tcp";

		if (target && !is_published(c, target, proto))
			port_add(out, (struct port){ "", 0, target, proto, 0 });
	}
}

static int compare_int(int a, int b)
{
	return (a > b) - (a < b);
}

/* By private port, address, public port, protocol; those with another public port come last. */
static int port_compare(const void *a, const void *b)
{
	const struct port *x = a, *y = b;
	bool moved_x = *x->ip && x->published != x->target;
	bool moved_y = *y->ip && y->published != y->target;
	int d = compare_int(moved_x, moved_y);

	if (!d)
		d = compare_int(x->target, y->target);
	if (!d)
		d = strcmp(x->ip, y->ip);
	if (!d)
		d = compare_int(x->published, y->published);
	return d ? d : strcmp(x->proto, y->proto);
}

static bool extends_range(const struct port *last, const struct port *p)
{
	bool plain = *p->ip ? p->published == p->target : true;
	bool last_plain = *last->ip ? last->published == last->target : true;

	return plain && last_plain && streq(last->ip, p->ip) && streq(last->proto, p->proto) &&
	       p->target == last->target_end + 1;
}

/* Ports next to each other with equal private and public numbers become one range. */
static void collapse(struct ports *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		bool merged = false;

		p->v[i].target_end = p->v[i].target;
		for (size_t j = 0; j < n && !merged; j++) {
			if (!extends_range(&p->v[j], &p->v[i]))
				continue;
			p->v[j].target_end = p->v[i].target;
			merged = true;
		}
		if (!merged)
			p->v[n++] = p->v[i];
	}
	p->n = n;
}

static void add_port(struct buf *out, const struct port *p)
{
	bool range = p->target_end > p->target;

	if (*p->ip) {
		bool v6 = strchr(p->ip, ':') != NULL;

		buf_addf(out, v6 ? "[%s]:%d" : "%s:%d", p->ip, p->published);
		if (range)
			buf_addf(out, "-%d", p->published + p->target_end - p->target);
		buf_addstr(out, "->");
	}
	buf_addf(out, "%d", p->target);
	if (range)
		buf_addf(out, "-%d", p->target_end);
	buf_addf(out, "/%s", p->proto);
}

char *human_ports(const struct json *c)
{
	struct ports p = { 0 };
	AUTO(buf) struct buf out = BUF_INIT;

	collect_ports(c, &p);
	if (p.n)
		qsort(p.v, p.n, sizeof(*p.v), port_compare);
	collapse(&p);
	for (size_t i = 0; i < p.n; i++) {
		if (i)
			buf_addstr(&out, ", ");
		add_port(&out, &p.v[i]);
	}
	free(p.v);
	return buf_take(&out);
}

char *human_command(const struct json *argv, unsigned width)
{
	AUTO(buf) struct buf out = BUF_INIT;

	JSON_EACH (a, argv) {
		const char *s = json_text(a);

		if (!s)
			continue;
		if (out.n)
			buf_addch(&out, ' ');
		buf_addf(&out, strchr(s, ' ') ? "'%s'" : "%s", s);
	}
	return width ? text_ellipsis(buf_str(&out), width) : buf_take(&out);
}

char *human_created_at(const char *rfc3339)
{
	int64_t ns;
	AUTO(mem) char *text = NULL;

	if (!rfc3339 || time_parse_rfc3339(rfc3339, &ns) < 0)
		return xstrdup("");
	text = time_format_rfc3339(ns / 1000000000 * 1000000000, false);
	return xasprintf("%.10s %.8s +0000 UTC", text, text + 11);
}
