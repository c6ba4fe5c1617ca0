#include "compose/spoken.h"
#include "compose/supervise/bundle_doc.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/rand.h"
#include "compose/supervise/spec.h"

#define LABEL(name) "com.docker.compose." name

enum { LOG_MAX_SIZE = 10 << 20, LOG_MAX_FILES = 3 };

/* ---- labels ---- */

static void label_list(struct json *labels, const char *key, const struct json *list)
{
	AUTO(strv) struct strv v = STRV_INIT;
	AUTO(mem) char *joined = NULL;

	JSON_EACH(item, list)
		if (json_text(item))
			strv_add(&v, json_text(item));
	joined = strv_join(&v, ",");
	json_set_str(labels, key, joined);
}

/* "db:service_healthy:false", sorted by name. */
static void label_depends(struct json *labels, const struct json *service)
{
	AUTO(strv) struct strv v = STRV_INIT;
	AUTO(mem) char *joined = NULL;

	JSON_EACH(d, json_get(service, "depends_on"))
		strv_addf(&v, "%s:%s:%s", json_key(d), json_str(d, "condition", "service_started"),
			  json_bool(d, "restart", false) ? "true" : "false");
	strv_sort(&v);
	joined = strv_join(&v, ",");
	json_set_str(labels, LABEL("depends_on"), joined);
}

/* The image's labels come first and cannot pose as ours. */
static void label_foreign(struct json *labels, const struct bundle_request *q,
			  const struct image *image)
{
	JSON_EACH(l, json_get(image_run_config(image), "Labels"))
		if (json_text(l) && !starts_with(json_key(l), LABEL("")))
			json_set_str(labels, json_key(l), json_text(l));
	JSON_EACH(l, json_get(q->service, "labels"))
		json_set_str(labels, json_key(l), json_text(l) ? json_text(l) : "");
}

static void label_identity(struct json *labels, const struct bundle_request *q)
{
	char slug[65];

	json_set_str(labels, LABEL("oneoff"), q->oneoff ? "True" : "False");
	if (q->oneoff) {
		rand_hex(slug, 32);
		json_set_str(labels, LABEL("slug"), slug);
	} else {
		AUTO(mem) char *number = xasprintf("%d", q->number);

		json_set_str(labels, LABEL("container-number"), number);
	}
	if (q->replaces)
		json_set_str(labels, LABEL("replace"), q->replaces);
}

static struct json *make_labels(const struct bundle_request *q, const struct image *image)
{
	struct json *labels = json_new_obj();
	const struct json *env_files = json_get(q->args, "env_files");

	label_foreign(labels, q, image);
	json_set_str(labels, LABEL("project"), json_str(q->project, "name", ""));
	json_set_str(labels, LABEL("service"), q->service_name);
	json_set_str(labels, LABEL("version"), COMPOSE_SPOKEN_VERSION);
	json_set_str(labels, LABEL("config-hash"), q->config_hash);
	json_set_str(labels, LABEL("image"), image->id);
	json_set_str(labels, LABEL("project.working_dir"), json_str(q->args, "working_dir", ""));
	label_list(labels, LABEL("project.config_files"), json_get(q->args, "config_files"));
	if (json_len(env_files))
		label_list(labels, LABEL("project.environment_file"), env_files);
	label_depends(labels, q->service);
	label_identity(labels, q);
	return labels;
}

/* ---- network ---- */

static const char *network_name(const struct bundle_request *q, const char *key, struct strv *hold)
{
	const struct json *net = json_path(q->project, "networks", key, NULL);
	const char *name = json_str(net, "name", NULL);

	if (name)
		return name;
	strv_addf(hold, "%s_%s", json_str(q->project, "name", ""), key);
	return hold->v[hold->n - 1];
}

static void add_aliases(struct json *endpoint, const struct bundle_request *q,
			const struct json *net)
{
	struct json *aliases = json_set(endpoint, "aliases", json_new_arr());

	if (q->oneoff && !q->use_aliases)
		return;
	json_push_str(aliases, q->service_name);
	JSON_EACH(a, json_get(net, "aliases"))
		json_push_str(aliases, json_text(a) ? json_text(a) : "");
}

static struct json *make_endpoints(const struct bundle_request *q)
{
	static const char *const copied[] = {
		"ipv4_address", "ipv6_address",   "mac_address",    "gw_priority",
		"priority",     "interface_name", "link_local_ips", "driver_opts",
	};
	struct json *list = json_new_arr();
	AUTO(strv) struct strv hold = STRV_INIT;

	if (json_str(q->service, "network_mode", NULL))
		return list;
	JSON_EACH(net, json_get(q->service, "networks")) {
		struct json *ep = json_push(list, json_new_obj());

		json_set_str(ep, "network", network_name(q, json_key(net), &hold));
		add_aliases(ep, q, net);
		for (size_t i = 0; i < ARRAY_LEN(copied); i++)
			if (json_get(net, copied[i]))
				json_set(ep, copied[i], json_dup(json_get(net, copied[i])));
	}
	if (json_str(q->service, "mac_address", NULL) && json_at(list, 0) &&
	    !json_get(json_at(list, 0), "mac_address"))
		json_set_str(json_at(list, 0), "mac_address",
			     json_str(q->service, "mac_address", ""));
	return list;
}

/* "8000", "8000-8010" or nothing. */
static int add_published(struct json *out, const char *text, struct err **e)
{
	struct str rest = str_of(text);
	AUTO(mem) char *first = str_dup(str_cut(&rest, '-'));
	int64_t from, to;

	if (num_parse(first, 0, 65535, &from) < 0)
		return err_set(e, EINVAL, "invalid published port \"%s\"", text);
	json_set_int(out, "published", from);
	if (!rest.p)
		return 0;
	if (num_parse(rest.p, from, 65535, &to) < 0)
		return err_set(e, EINVAL, "invalid published port \"%s\"", text);
	json_set_int(out, "published_end", to);
	return 0;
}

static int64_t target_of(const struct json *port)
{
	const char *text = json_str(port, "target", NULL);
	int64_t n = json_int(port, "target", 0);

	if (text)
		(void)num_parse(text, 1, 65535, &n);
	return n;
}

static int make_ports(const struct bundle_request *q, struct json **ret, struct err **e)
{
	AUTO(json) struct json *list = json_new_arr();

	JSON_EACH(p, json_get(q->service, "ports")) {
		struct json *out = json_push(list, json_new_obj());
		const char *published = json_str(p, "published", "");
		int r;

		json_set_int(out, "target", target_of(p));
		json_set_str(out, "protocol", json_str(p, "protocol", "tcp"));
		if (json_str(p, "host_ip", NULL))
			json_set_str(out, "host_ip", json_str(p, "host_ip", NULL));
		r = *published ? add_published(out, published, e) : 0;
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(list);
	return 0;
}

/* EXPOSE of the image, expose and ports of the service: "80/tcp", each once. */
static struct json *make_exposed(const struct bundle_request *q, const struct image *image)
{
	AUTO(strv) struct strv v = STRV_INIT;
	struct json *list = json_new_arr();

	JSON_EACH(p, json_get(image_run_config(image), "ExposedPorts"))
		strv_add_unique(&v, json_key(p));
	JSON_EACH(p, json_get(q->service, "expose")) {
		const char *text = json_text(p) ? json_text(p) : "";
		AUTO(mem)
		char *full = strchr(text, '/') ? xstrdup(text) : xasprintf("%s/tcp", text);

		strv_add_unique(&v, full);
	}
	JSON_EACH(p, json_get(q->service, "ports")) {
		AUTO(mem)
		char *full = xasprintf("%lld/%s", (long long)target_of(p),
				       json_str(p, "protocol", "tcp"));

		strv_add_unique(&v, full);
	}
	for (size_t i = 0; i < v.n; i++)
		json_push_str(list, v.v[i]);
	return list;
}

/* ---- what was worked out once ---- */

static void add_log(struct json *extra, const struct json *service)
{
	const struct json *logging = json_get(service, "logging");
	const struct json *options = json_get(logging, "options");
	const char *size = json_str(options, "max-size", NULL);
	const char *files = json_str(options, "max-file", NULL);
	int64_t bytes = LOG_MAX_SIZE, n = LOG_MAX_FILES;

	if (streq(json_str(logging, "driver", ""), "none"))
		n = 0;
	else if (files)
		(void)num_parse(files, 1, 1000, &n);
	if (size && streq(size, "-1"))
		bytes = -1;
	else if (size)
		(void)bytes_parse(size, &bytes);
	json_set_int(extra, "log_max_size", bytes);
	json_set_int(extra, "log_max_files", n);
}

static int add_health(struct json *extra, const struct bundle_request *q, const struct image *image,
		      struct err **e)
{
	struct spec_health h = { 0 };
	struct json *out, *argv;
	int r = spec_health(q->service, image, &h, e);

	if (r < 0)
		return r;
	out = json_set(extra, "health", json_new_obj());
	argv = json_set(out, "argv", json_new_arr());
	for (size_t i = 0; i < h.argv.n; i++)
		json_push_str(argv, h.argv.v[i]);
	json_set_int(out, "interval_ns", h.interval_ns);
	json_set_int(out, "timeout_ns", h.timeout_ns);
	json_set_int(out, "start_period_ns", h.start_period_ns);
	json_set_int(out, "start_interval_ns", h.start_interval_ns);
	json_set_int(out, "retries", h.retries);
	spec_health_done(&h);
	return 0;
}

static int add_stop(struct json *extra, const struct bundle_request *q, const struct image *image,
		    struct err **e)
{
	const char *grace = json_str(q->service, "stop_grace_period", NULL);
	int64_t ns = 10000000000LL;
	int signal, r = spec_stop_signal(q->service, image, &signal, e);

	if (r < 0)
		return r;
	if (grace && duration_parse(grace, &ns) < 0)
		return err_set(e, EINVAL, "invalid stop_grace_period \"%s\"", grace);
	json_set_int(extra, "stop_signal", signal);
	json_set_int(extra, "grace_ns", ns);
	return 0;
}

static int add_restart(struct json *extra, const struct bundle_request *q, struct err **e)
{
	struct policy p = { 0 };
	AUTO(mem) char *text = NULL;
	int r = q->oneoff ? 0 : policy_of_service(q->service, &p, e);

	if (r < 0)
		return r;
	text = policy_format(&p);
	json_set_str(extra, "restart", text);
	json_set_int(extra, "restart_max", p.max);
	json_set_int(extra, "restart_delay_ns", p.delay_ns);
	json_set_int(extra, "restart_window_ns", p.window_ns);
	return 0;
}

static bool joins(const struct json *service, const char *key)
{
	const char *v = json_str(service, key, "");

	return starts_with(v, "service:") || starts_with(v, "container:");
}

static bool has_driver_volume(const struct bundle_request *q, const struct json *mounts)
{
	JSON_EACH(m, mounts) {
		const char *key = json_str(m, "key", NULL);

		if (key && json_len(json_path(q->project, "volumes", key, "driver_opts", NULL)))
			return true;
		if (key &&
		    json_bool(json_path(q->project, "volumes", key, NULL), "external", false))
			return true;
	}
	return false;
}

static int make_extra(const struct bundle_request *q, const struct image *image,
		      const struct json *mounts, const struct json *endpoints, bool has_secrets,
		      struct json **ret, struct err **e)
{
	AUTO(json) struct json *extra = json_new_obj();
	struct json *networks = json_set(extra, "networks", json_new_arr());
	const struct json *s = q->service;
	int r = add_stop(extra, q, image, e);

	if (r == 0)
		r = add_health(extra, q, image, e);
	if (r == 0)
		r = add_restart(extra, q, e);
	if (r < 0)
		return r;
	JSON_EACH(ep, endpoints)
		json_push_str(networks, json_str(ep, "network", ""));
	json_set_bool(extra, "auto_remove", q->auto_remove);
	json_set_bool(extra, "has_netns", !streq(json_str(s, "network_mode", ""), "host"));
	json_set_bool(extra, "has_ports", json_len(json_get(s, "ports")) > 0);
	json_set_bool(extra, "has_hooks",
		      json_len(json_get(s, "post_start")) || json_len(json_get(s, "pre_stop")));
	json_set_bool(extra, "needs_prepare",
		      has_secrets || joins(s, "ipc") || joins(s, "pid") || joins(s, "uts") ||
			      has_driver_volume(q, mounts));
	add_log(extra, s);
	*ret = TAKE_PTR(extra);
	return 0;
}

static struct json *image_json(const struct image *image)
{
	struct json *j = json_new_obj();
	struct json *layers = json_set(j, "layers", json_new_arr());
	const struct json *config = image_run_config(image);

	json_set_str(j, "id", image->id);
	json_set(j, "config", config ? json_dup(config) : json_new_obj());
	for (size_t i = 0; i < image->layers.n; i++)
		json_push_str(layers, image->layers.v[i]);
	return j;
}

struct image *bundle_doc_image(const struct json *spec)
{
	const struct json *j = json_get(spec, "image");
	struct image *image = xcalloc(1, sizeof(*image));

	image->id = xstrdup(json_str(j, "id", ""));
	image->config = json_new_obj();
	json_set(image->config, "config", json_dup(json_get(j, "config")));
	JSON_EACH(layer, json_get(j, "layers"))
		strv_add(&image->layers, json_text(layer));
	image->is_complete = true;
	return image;
}

/* Only the top-level entries the service refers to: secrets and configs are looked up again at a start. */
static struct json *project_part(const struct bundle_request *q)
{
	static const char *const sections[] = { "secrets", "configs" };
	struct json *part = json_new_obj();

	json_set_str(part, "name", json_str(q->project, "name", ""));
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct json *out = json_set(part, sections[i], json_new_obj());

		JSON_EACH(ref, json_get(q->service, sections[i])) {
			const char *key = json_str(ref, "source", "");
			const struct json *entry = json_path(q->project, sections[i], key, NULL);

			if (entry)
				json_set(out, key, json_dup(entry));
		}
	}
	return part;
}

static int make_spec(const struct bundle_request *q, const struct image *image,
		     const struct json *mounts, bool has_secrets, struct json **ret, struct err **e)
{
	AUTO(json) struct json *spec = json_new_obj();
	struct json *endpoints = json_set(spec, "endpoints", make_endpoints(q));
	struct json *ports = NULL, *extra = NULL;
	int r = make_ports(q, &ports, e);

	if (r < 0)
		return r;
	json_set(spec, "ports", ports);
	r = make_extra(q, image, mounts, endpoints, has_secrets, &extra, e);
	if (r < 0)
		return r;
	json_set(spec, "extra", extra);
	json_set(spec, "service", json_dup(q->service));
	json_set(spec, "project", project_part(q));
	json_set(spec, "image", image_json(image));
	*ret = TAKE_PTR(spec);
	return 0;
}

static void set_identity(struct json *doc, const struct bundle_request *q,
			 const struct image *image)
{
	AUTO(mem) char *created = time_format_rfc3339(clock_wall_ns(), true);
	AUTO(mem)
	char *dflt = xasprintf("%s-%s", json_str(q->project, "name", ""), q->service_name);

	json_set_str(doc, "id", q->id);
	json_set_str(doc, "name", q->name);
	json_set_str(doc, "service", q->service_name);
	json_set_int(doc, "number", q->oneoff ? 0 : q->number);
	json_set_bool(doc, "oneoff", q->oneoff);
	json_set_str(doc, "image", json_str(q->service, "image", dflt));
	json_set_str(doc, "image_id", image->id);
	json_set_str(doc, "created", created);
	json_set_str(doc, "state", "created");
	json_set_str(doc, "bundle", q->bundle);
	json_set_bool(doc, "tty", json_bool(q->service, "tty", false));
	json_set_bool(doc, "stdin_open", json_bool(q->service, "stdin_open", false));
}

int bundle_doc(const struct bundle_request *q, const struct image *image, const struct json *mounts,
	       bool has_secrets, struct json **ret, struct err **e)
{
	AUTO(json) struct json *doc = json_new_obj();
	AUTO(strv) struct strv argv = STRV_INIT;
	struct json *command, *spec = NULL;
	int r = spec_args(q->service, image, &argv, e);

	if (r == 0)
		r = make_spec(q, image, mounts, has_secrets, &spec, e);
	if (r < 0)
		return r;
	set_identity(doc, q, image);
	command = json_set(doc, "command", json_new_arr());
	for (size_t i = 0; i < argv.n; i++)
		json_push_str(command, argv.v[i]);
	json_set(doc, "labels", make_labels(q, image));
	json_set(doc, "mounts", json_dup(mounts));
	json_set(doc, "exposed", make_exposed(q, image));
	json_set(doc, "spec", spec);
	*ret = TAKE_PTR(doc);
	return 0;
}
