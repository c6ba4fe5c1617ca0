/*
 * Step 15: rules over one mapping that hold for every service, enabled or not.
 *
 * Source: reference "After merge".
 */
#include <string.h>

#include "base/buf.h"
#include "compose/load/attr.h"
#include "compose/load/steps.h"
#include "compose/load/words.h"

static bool is_true(const struct node *n)
{
	return node_is(n, NODE_BOOL) && n->b;
}

/* compose-spec 07-volumes.md "external": nothing but the name may be said about it. */
static void external_stands_alone(struct loader *l, struct node *volume)
{
	if (!is_true(node_get(volume, "external")))
		return;
	NODE_EACH(member, volume) {
		if (streq(member->key, "name") || streq(member->key, "external") ||
		    attr_is_extension(member->key))
			continue;
		diag_add(l->diags, DIAG_ERROR, &member->key_pos,
			 "%s: conflicting parameters \"external\" and \"%s\" specified",
			 node_path(l->arena, volume), member->key);
	}
}

/* compose-spec 06-networks.md "external": the same, but upstream lets it pass, so labels are only
 * worth a warning. */
static void external_network_stands_alone(struct loader *l, struct node *network)
{
	if (!is_true(node_get(network, "external")))
		return;
	NODE_EACH(member, network) {
		bool harmless = streq(member->key, "labels") ||
				(!node_is_scalar(member) && member->n == 0);

		if (streq(member->key, "name") || streq(member->key, "external") ||
		    attr_is_extension(member->key))
			continue;
		diag_add(l->diags, harmless ? DIAG_WARNING : DIAG_ERROR, &member->key_pos,
			 "%s: conflicting parameters \"external\" and \"%s\" specified",
			 node_path(l->arena, network), member->key);
	}
}

/* compose-spec 08-configs.md, 09-secrets.md: one source of content. */
static void one_source(struct loader *l, struct node *entry, const char *const *sources,
		       const char *listed)
{
	const struct node *first = NULL;

	if (entry->kind != NODE_MAP)
		return;
	for (; *sources; sources++) {
		const struct node *source = node_get(entry, *sources);

		if (!source || !source->pos.line)
			continue;
		if (first) {
			diag_add(l->diags, DIAG_ERROR, &source->key_pos,
				 "%s: %s attributes are mutually exclusive",
				 node_path(l->arena, entry), listed);
			return;
		}
		first = source;
	}
	if (!first && !node_get(entry, "driver") && !node_get(entry, "external"))
		diag_add(l->diags, DIAG_ERROR, &entry->key_pos, "%s: one of %s must be set",
			 node_path(l->arena, entry), listed);
}

/* compose-spec 05-services.md "ports": host_ip is an address. */
static void host_ip_is_address(struct loader *l, struct node *service)
{
	NODE_EACH(port, node_get(service, "ports")) {
		struct node *ip = node_get(port, "host_ip"), *target = node_get(port, "target");

		if (node_is(port, NODE_MAP) && !target)
			diag_add(l->diags, DIAG_ERROR, &port->pos,
				 "service ports %s is missing a target port",
				 node_path(l->arena, port));
		if (node_is(ip, NODE_STR) && *ip->text && !is_ip(ip->text) &&
		    !(l->opt && l->opt->no_interpolate))
			diag_add(l->diags, DIAG_ERROR, &ip->pos,
				 "services.%s.ports.[]: invalid ip address: %s", service->key,
				 ip->text);
	}
}

static void watch_path_is_set(struct loader *l, struct node *service)
{
	NODE_EACH(watch, node_at(service, "develop", "watch", NULL)) {
		const struct node *path = node_get(watch, "path");

		if (node_is(path, NODE_STR) && !path->text[strspn(path->text, " \t")])
			diag_add(l->diags, DIAG_ERROR, &path->pos,
				 "services.%s.develop.watch.[].path: value can't be blank",
				 service->key);
	}
}

/* compose-spec deploy.md "devices": either how many or which. */
static void count_or_ids(struct loader *l, struct node *devices)
{
	NODE_EACH(device, devices) {
		const struct node *ids = node_get(device, "device_ids");

		if (ids && node_get(device, "count"))
			diag_add(l->diags, DIAG_ERROR, &ids->key_pos,
				 "%s: \"count\" and \"device_ids\" attributes are exclusive",
				 node_path(l->arena, device));
	}
}

void step_structure(struct loader *l, struct node *root)
{
	static const char *const secret_sources[] = { "file", "environment", NULL };
	static const char *const config_sources[] = { "file", "environment", "content", NULL };

	NODE_EACH(volume, node_get(root, "volumes"))
		external_stands_alone(l, volume);
	NODE_EACH(network, node_get(root, "networks"))
		external_network_stands_alone(l, network);
	NODE_EACH(secret, node_get(root, "secrets"))
		one_source(l, secret, secret_sources, "file|environment");
	NODE_EACH(config, node_get(root, "configs"))
		one_source(l, config, config_sources, "file|environment|content");
	NODE_EACH(service, node_get(root, "services")) {
		host_ip_is_address(l, service);
		watch_path_is_set(l, service);
		count_or_ids(l, node_get(service, "gpus"));
		count_or_ids(l, node_at(service, "deploy", "resources", "reservations", "devices",
					NULL));
	}
}
