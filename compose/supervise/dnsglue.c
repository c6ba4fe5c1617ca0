#include "compose/supervise/dnsglue.h"

#include <fcntl.h>

#include "base/log.h"
#include "compose/supervise/dns_server.h"

static void list_of(const struct json *value, struct strv *out)
{
	if (json_text(value))
		strv_add(out, json_text(value));
	JSON_EACH(item, value)
		if (json_text(item))
			strv_add(out, json_text(item));
}

/* links: "db" or "db:alias"; the alias is known to this container only. */
static size_t links_of(const struct json *service, struct dns_link *links, struct strv *hold)
{
	size_t n = 0;

	JSON_EACH(l, json_get(service, "links")) {
		struct str rest = str_of(json_text(l) ? json_text(l) : "");
		AUTO(mem) char *target = str_dup(str_cut(&rest, ':'));
		AUTO(mem) char *alias = rest.p ? str_dup(rest) : xstrdup(target);

		strv_add(hold, alias);
		strv_add(hold, target);
		n++;
	}
	/* Only now do the strings stay where they are. */
	for (size_t i = 0; i < n; i++)
		links[i] = (struct dns_link){ hold->v[2 * i], hold->v[2 * i + 1] };
	return n;
}

static void add(struct container *c, const struct json *service, int udp, int tcp)
{
	AUTO(strv) struct strv servers = STRV_INIT;
	AUTO(strv) struct strv hold = STRV_INIT;
	size_t n_links = json_len(json_get(service, "links"));
	AUTO(mem) struct dns_link *links = xcalloc(n_links + 1, sizeof(*links));
	AUTO(err) struct err *e = NULL;
	struct dns_client client = {
		.id = c->rec.id,
		.udp = fcntl(udp, F_DUPFD_CLOEXEC, 0),
		.tcp = fcntl(tcp, F_DUPFD_CLOEXEC, 0),
		.networks = (const char *const *)c->rec.networks.v,
		.n_networks = c->rec.networks.n,
		.links = links,
	};

	list_of(json_get(service, "dns"), &servers);
	client.servers = (const char *const *)servers.v;
	client.n_servers = servers.n;
	client.n_links = links_of(service, links, &hold);
	if (dns_server_add(c->sup->dns, &client, &e) == 0)
		return;
	log_write(LOG_ERROR, "container %s: name resolution: %s", c->rec.name, err_text(e));
	fd_close(&client.udp);
	fd_close(&client.tcp);
}

void dnsglue_up(struct container *c, const struct json *spec, int udp, int tcp)
{
	AUTO(json) struct json *own = NULL;

	if (!c->sup->dns)
		return;
	if (!spec && json_parse(c->rec.spec, strlen(c->rec.spec), &own, NULL) == 0)
		spec = own;
	add(c, json_get(spec, "service"), udp, tcp);
	dns_server_refresh(c->sup->dns);
}

void dnsglue_down(struct container *c)
{
	if (c->sup->dns)
		dns_server_remove(c->sup->dns, c->rec.id);
}

void dnsglue_declare(struct sup *s, const struct json *project)
{
	AUTO(strv) struct strv names = STRV_INIT;

	if (!s->dns)
		return;
	JSON_EACH(service, json_get(project, "services"))
		strv_add(&names, json_key(service));
	dns_server_declare(s->dns, (const char *const *)names.v, names.n);
}
