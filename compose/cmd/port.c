#include <errno.h>
#include <stdio.h>

#include "base/num.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"

struct port_opts {
	const char *protocol;
	int index;
};

/* "80" or "80/udp"; the protocol behind the slash wins over --protocol. */
static int port_parse(const char *text, const char *protocol, int64_t *ret_port, char **ret_proto,
		      struct err **e)
{
	const char *slash = strchr(text, '/');
	AUTO(mem) char *number = slash ? xstrndup(text, (size_t)(slash - text)) : xstrdup(text);

	if (num_parse(number, 1, 65535, ret_port) < 0)
		return err_set(e, EINVAL, "invalid port \"%s\": expected a number up to 65535", text);
	*ret_proto = xstrdup(slash ? slash + 1 : protocol);
	return 0;
}

static const struct json *find_binding(const struct json *c, int64_t port, const char *proto)
{
	JSON_EACH (b, json_get(c, "ports"))
		if (json_int(b, "target", 0) == port && streq(json_str(b, "protocol", "tcp"), proto))
			return b;
	return NULL;
}

static int no_port(const struct json *c, int64_t port, const char *proto, struct err **e)
{
	AUTO(strv) struct strv list = STRV_INIT;
	AUTO(mem) char *known = NULL;

	JSON_EACH (b, json_get(c, "ports")) {
		AUTO(mem) char *text = xasprintf("%lld/%s", (long long)json_int(b, "target", 0),
						 json_str(b, "protocol", "tcp"));

		strv_add_unique(&list, text);
	}
	JSON_EACH (x, json_get(c, "exposed"))
		if (json_text(x))
			strv_add_unique(&list, json_text(x));
	strv_sort(&list);
	known = strv_join(&list, ", ");
	return err_set(e, ENOENT, "no port %lld/%s for container %s: %s", (long long)port, proto,
		       json_str(c, "name", ""), known);
}

static int port_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct port_opts *o = opts;
	AUTO(containers) struct containers list = { 0 };
	AUTO(mem) char *proto = NULL;
	const struct json *c, *b;
	const char *ip;
	int64_t port;
	int r = port_parse(args[1], o->protocol, &port, &proto, e);

	(void)n;
	if (r == 0)
		r = container_choose(cli, args[0], o->index, &list, &c, e);
	if (r < 0)
		return r;
	b = find_binding(c, port, proto);
	if (!b)
		return no_port(c, port, proto, e);
	ip = json_str(b, "host_ip", "");
	printf(strchr(ip, ':') ? "[%s]:%lld\n" : "%s:%lld\n", ip, (long long)json_int(b, "published", 0));
	return 0;
}

static const struct opt port_opts[] = {
	OPT(port_opts, index, .name = "index", .kind = OPT_INT,
	    .help = "Index of the container if service has multiple replicas"),
	OPT(port_opts, protocol, .name = "protocol", .kind = OPT_STR, .dflt = "tcp",
	    .values = "tcp udp", .help = "tcp or udp"),
	{ 0 },
};

const struct cmd cmd_port = {
	.name = "port",
	.args = "SERVICE PRIVATE_PORT",
	.summary = "Print the public port for a port binding",
	.opts = port_opts,
	.size = sizeof(struct port_opts),
	.needs = NEED_NAME | NEED_CLIENT,
	.min_args = 2,
	.max_args = 2,
	.run = port_run,
};
