/*
 * Normally: [prepare in the pool] -> attach -> files -> shim spawned and told to start -> created ->
 * started. The start message is sent behind the spawn without waiting for "created": the shim reads it
 * when it is ready. When any part fails, what was attached is given back (DO_SETTLE) and `failure` says
 * why. A stop in the meantime leaves the state CT_DOOMED: the launch goes on and is stopped when up.
 */
#include "compose/supervise/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/json_image.h"
#include "base/log.h"
#include "compose/supervise/bundle.h"
#include "compose/supervise/dnsglue.h"
#include "compose/supervise/events.h"
#include "compose/supervise/guardian.h"
#include "compose/supervise/job.h"
#include "compose/supervise/recover.h"
#include "compose/supervise/spec.h"
#include "runtime/runtime.h"

enum { CONFIG_MAX = 16 << 20 };

struct launch {
	struct job job;
	struct container *c;
	struct json *spec; /* parsed container spec */
	struct bundle_prepare prepare;
};

static void launch_free(struct launch *l)
{
	json_free(l->spec);
	bundle_prepare_done(&l->prepare);
	free(l);
}

static void launch_failed(struct launch *l, struct err *e)
{
	struct container *c = l->c;

	launch_free(l);
	err_free(c->failure);
	c->failure = e;
	log_write(LOG_WARN, "project %s container %s: start: %s", c->sup->project, c->rec.name,
		  err_text(e));
	container_feed(c, EV_FAIL);
}

/* A copy of an error that is only borrowed. */
static struct err *copy_error(const struct err *e)
{
	struct err *copy = NULL;

	(void)err_make(&copy, err_code(e), err_text(e), err_hint_text(e));
	return copy;
}

/* config.json and the object its overlay annotation holds as text, as an image in a memfd. */
static int config_image(const struct container *c, struct err **e)
{
	AUTO(json) struct json *both = json_new_obj();
	AUTO(mem) char *path = xasprintf("%s/config.json", c->rec.bundle);
	AUTO(buf) struct buf image = BUF_INIT;
	AUTO(fd) int fd = -1;
	struct json *config = NULL, *overlay = NULL;
	const char *layers;
	int r = json_parse_file(AT_FDCWD, path, CONFIG_MAX, &config, e);

	if (r < 0)
		return r;
	json_set(both, SHIM_CONFIG_SPEC, config);
	layers = json_str(json_get(config, "annotations"), RUNTIME_ANNOTATION_OVERLAY, NULL);
	if (layers) {
		r = json_parse(layers, strlen(layers), &overlay, e);
		if (r < 0)
			return r;
		json_set(both, SHIM_CONFIG_OVERLAY, overlay);
	}
	json_freeze(both, &image);
	fd = memfd_create("config", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "make a memory file");
	r = fd_write_all(fd, image.p, image.n);
	return r < 0 ? err_sys(e, -r, "write the configuration") : TAKE_FD(fd);
}

static int spawn_shim(struct launch *l, int netns, int *parked, size_t n_parked, struct err **e)
{
	struct container *c = l->c;
	struct sup *s = c->sup;
	AUTO(mem) char *log = NULL;
	AUTO(fd) int config = config_image(c, e);

	if (config < 0)
		return config;
	if (c->rec.log_max_files > 0)
		log = xasprintf("%s/" SHIM_LOG_NAME, c->rec.bundle);
	return shimc_spawn(&c->shim, &s->loop, &s->children,
			   &(struct shim_args){ .program = s->shim,
						.runtime = s->runtime,
						.orders = guardian_orders(s),
						.config = config,
						.id = c->rec.id,
						.bundle = c->rec.bundle,
						.run_dir = c->run_dir,
						.tty = c->rec.tty,
						.stdin_open = c->rec.stdin_open,
						.log = log,
						.log_max_size = c->rec.log_max_size,
						.log_max_files = c->rec.log_max_files,
						.netns = netns,
						.parked = parked,
						.n_parked = n_parked,
						.stderr_fd = s->log_fd },
			   e);
}

static int write_etc(struct launch *l, const struct json *endpoints, struct err **e)
{
	struct container *c = l->c;
	const struct json *service = json_get(l->spec, "service");
	AUTO(mem) char *hostname = spec_hostname(service, c->rec.id);

	return spec_etc_write(&(struct spec_etc){ .service = service,
						  .dir = c->run_dir,
						  .hostname = hostname,
						  .endpoints = endpoints,
						  .uses_dns = json_len(endpoints) > 0 },
			      e);
}

/* The last part: everything the shim inherits is there. netns -1 = the host's. */
static void go(struct launch *l, int netns, int *parked, size_t n_parked,
	       const struct json *endpoints)
{
	struct container *c = l->c;
	struct err *e = NULL;
	int r = write_etc(l, endpoints, &e);

	if (r == 0)
		r = spawn_shim(l, netns, parked, n_parked, &e);
	if (r < 0) {
		launch_failed(l, e);
		return;
	}
	if (!c->is_held)
		(void)shimc_start(&c->shim);
	launch_free(l);
}

char *launch_addresses(const struct json *endpoints)
{
	static const char *const shown[] = { "ipv4", "ipv6", "mac", "interface", "gateway" };
	AUTO(json) struct json *out = json_new_obj();

	JSON_EACH(ep, endpoints) {
		struct json *one = json_set(out, json_str(ep, "network", "?"), json_new_obj());

		for (size_t i = 0; i < ARRAY_LEN(shown); i++)
			if (json_str(ep, shown[i], NULL))
				json_set_str(one, shown[i], json_str(ep, shown[i], NULL));
	}
	return json_print(out, false);
}

static void warn_all(const struct container *c, const struct json *reply)
{
	JSON_EACH(w, json_get(reply, "warnings"))
		log_write(LOG_WARN, "project %s container %s: %s", c->sup->project, c->rec.name,
			  json_text(w));
}

static void remember_network(struct container *c, const struct json *reply)
{
	const struct json *ports = json_get(reply, "ports");

	free(c->rec.addresses);
	free(c->rec.ports);
	c->rec.addresses = launch_addresses(json_get(reply, "endpoints"));
	c->rec.ports = json_len(ports) ? json_print(ports, false) : NULL;
}

/* Descriptors: netns, DNS UDP, DNS TCP, then one per reserved port. */
static void on_attached(void *ctx, const struct json *reply, int *fds, size_t n_fds, struct err *e)
{
	struct launch *l = ctx;
	struct container *c = l->c;
	struct err *why = NULL;

	if (e || n_fds == 0) {
		why = e ? copy_error(e) : NULL;
		if (!why)
			(void)err_set(&why, EPROTO, "network worker: no namespace came");
		(void)err_wrap(&why, "failed to set up container networking");
		launch_failed(l, why);
		return;
	}
	warn_all(c, reply);
	c->is_attached = true;
	remember_network(c, reply);
	if (json_bool(reply, "dns", true) && json_len(json_get(reply, "endpoints")) && n_fds >= 3)
		dnsglue_up(c, l->spec, fds[1], fds[2]);
	go(l, fds[0], fds + 1, n_fds - 1, json_get(reply, "endpoints"));
}

static void add_names(struct json *endpoint, const struct container *c)
{
	struct json *names = json_set(endpoint, "dns_names", json_new_arr());
	AUTO(mem) char *brief = xstrndup(c->rec.id, 12);

	json_push_str(names, c->rec.name);
	json_push_str(names, brief);
}

static struct json *attach_request(const struct launch *l)
{
	const struct container *c = l->c;
	struct json *req = json_new_obj();
	struct json *who = json_set(req, "container", json_new_obj());
	struct json *endpoints = json_dup(json_get(l->spec, "endpoints"));

	json_set_str(req, "op", "attach");
	json_set_str(who, "id", c->rec.id);
	json_set_str(who, "name", c->rec.name);
	json_set_str(who, "project", c->sup->project);
	json_set_str(who, "service", c->rec.service);
	json_set(req, "endpoints", endpoints ? endpoints : json_new_arr());
	JSON_EACH(ep, json_get(req, "endpoints"))
		add_names(ep, c);
	if (json_get(l->spec, "ports"))
		json_set(req, "ports", json_dup(json_get(l->spec, "ports")));
	json_set_bool(req, "dns", json_len(json_get(req, "endpoints")) > 0);
	return req;
}

/* network_mode service:X and container:X: that container's namespace. */
static void share_namespace(struct launch *l, const char *mode)
{
	struct container *c = l->c;
	struct container *donor = container_donor(c->sup, mode, c->rec.number);
	struct err *e = NULL;

	if (!donor || donor->shim.netns < 0) {
		(void)err_set(&e, ESRCH, "cannot join network of a non running container: %s",
			      donor ? donor->rec.id : strchr(mode, ':') + 1);
		launch_failed(l, e);
		return;
	}
	go(l, donor->shim.netns, NULL, 0, NULL);
}

static void join_network(struct launch *l)
{
	const char *mode = json_str(json_get(l->spec, "service"), "network_mode", "");

	if (starts_with(mode, "service:") || starts_with(mode, "container:"))
		share_namespace(l, mode);
	else if (!l->c->rec.has_netns)
		go(l, -1, NULL, 0, NULL);
	else
		netc_call(&l->c->sup->net, attach_request(l), on_attached, l);
}

static void prepare_work(struct job *j)
{
	struct launch *l = (struct launch *)j;

	j->r = bundle_prepare(&l->prepare, l->spec, &j->e);
}

static void prepare_done(struct job *j)
{
	struct launch *l = (struct launch *)j;

	l->c->sup->n_jobs--;
	if (j->r < 0)
		launch_failed(l, j->e);
	else
		join_network(l);
}

static char *donor_namespace(const struct container *c, const struct json *service, const char *key,
			     const char *kind)
{
	const char *value = json_str(service, key, "");
	struct container *donor = container_donor(c->sup, value, c->rec.number);

	return donor && donor->rec.pid > 0 ? xasprintf("/proc/%d/ns/%s", donor->rec.pid, kind)
					   : NULL;
}

static void prepare_begin(struct launch *l)
{
	struct container *c = l->c;
	const struct json *service = json_get(l->spec, "service");
	struct bundle_prepare *p = &l->prepare;

	p->root = c->sup->root;
	p->id = xstrdup(c->rec.id);
	p->bundle = xstrdup(c->rec.bundle);
	p->run_dir = xstrdup(c->run_dir);
	p->ipc_ns = donor_namespace(c, service, "ipc", "ipc");
	p->pid_ns = donor_namespace(c, service, "pid", "pid");
	p->uts_ns = donor_namespace(c, service, "uts", "uts");
	p->has_netns = c->rec.has_netns;
	l->job.work = prepare_work;
	l->job.done = prepare_done;
	c->sup->n_jobs++;
	job_start(&c->sup->loop, &l->job);
}

static int parse_spec(struct launch *l, struct err **e)
{
	const char *text = l->c->rec.spec;
	int r = json_parse(text, strlen(text), &l->spec, e);

	return r < 0 ? err_wrap(e, "read what the container was made from") : 0;
}

static void forget_last_run(struct container *c)
{
	AUTO(mem) char *exit_file = xasprintf("%s/" SHIM_EXIT_NAME, c->rec.bundle);

	(void)unlink(exit_file);
	intent_clear(c->rec.bundle);
	c->rec.by_user = false;
	c->rec.was_up = true;
	c->rec.oom = false;
	if (!c->is_restart)
		c->rec.restart_count = c->rec.delay_ns = 0;
	err_free(c->failure);
	c->failure = NULL;
}

void launch_begin(struct container *c)
{
	struct launch *l = xcalloc(1, sizeof(*l));
	struct err *e = NULL;
	int r;

	l->c = c;
	forget_last_run(c);
	r = dir_make(AT_FDCWD, c->run_dir, 0700, &e);
	if (r == 0)
		r = parse_spec(l, &e);
	if (r < 0)
		launch_failed(l, e);
	else if (c->rec.needs_prepare)
		prepare_begin(l);
	else
		join_network(l);
}

int launch_release(struct container *c)
{
	c->is_held = false;
	c->held_by = 0;
	return shimc_start(&c->shim);
}

/* ---- the end ---- */

static void detach(struct container *c, bool keep_lease)
{
	struct json *req = json_new_obj();

	json_set_str(req, "op", "detach");
	json_set_str(req, "container", c->rec.id);
	json_set_bool(req, "keep_lease", keep_lease);
	netc_call(&c->sup->net, req, NULL, NULL);
}

void launch_settle(struct container *c)
{
	dnsglue_down(c);
	c->is_held = false;
	if (!c->is_attached)
		return;
	c->is_attached = false;
	c->has_lease = !c->will_go;
	detach(c, c->has_lease);
}

void launch_forget(struct container *c)
{
	if (c->has_lease)
		detach(c, false);
	c->has_lease = false;
}

/* ---- what the shim says ---- */

static void on_created(struct shimc *s, int pid)
{
	struct container *c = s->owner;

	c->rec.pid = pid;
	container_changed(c);
}

static void on_started(struct shimc *s, int64_t wall_ns)
{
	struct container *c = s->owner;

	c->rec.started_ns = wall_ns;
	c->rec.finished_ns = 0;
	c->rec.exit_code = 0;
	free(c->rec.boot_id);
	c->rec.boot_id = xstrdup(c->sup->boot_id);
	container_feed(c, EV_UP);
}

static void on_exited(struct shimc *s, int code, bool oom, int64_t wall_ns)
{
	struct container *c = s->owner;
	int64_t ran = c->up_mono_ns ? clock_mono_ns() - c->up_mono_ns : 0;

	c->rec.exit_code = code;
	c->rec.oom = oom;
	c->rec.finished_ns = wall_ns;
	if (oom)
		events_emit(c, "oom", NULL);
	/* Otherwise the policy is asked first: the event says what it answered. */
	if (c->state == CT_STOPPING || c->state == CT_STARTING || c->state == CT_DOOMED)
		events_die(c, code, ran, false);
	container_feed(c, EV_EXIT);
}

/* What the engine calls the place where a program could not be executed. */
static void on_failed(struct shimc *s, int errnum, const char *text)
{
	struct container *c = s->owner;

	err_free(c->failure);
	c->failure = NULL;
	if (starts_with(text, "exec: "))
		(void)err_set(&c->failure, errnum,
			      "failed to create task for container: unable to start container "
			      "process: error during container init: %s",
			      text);
	else
		(void)err_set(&c->failure, errnum ? errnum : EIO, "%s", text);
	c->rec.exit_code = errnum == ENOENT ? 127 : errnum == EACCES ? 126 : 128;
	log_write(LOG_WARN, "project %s container %s: start: %s", c->sup->project, c->rec.name,
		  text);
	container_feed(c, EV_FAIL);
}

/* The shim died. The container may be alive: its pidfd still tells when it ends, not how. */
static void on_lost(struct shimc *s, int pidfd)
{
	struct container *c = s->owner;

	log_write(LOG_ERROR, "project %s container %s: its shim died", c->sup->project,
		  c->rec.name);
	recover_lost(c, pidfd);
}

static void on_state(struct shimc *s, const struct shim_state *st)
{
	recover_state(s->owner, st);
}

static void on_parked(struct shimc *s, int *fds, size_t n)
{
	struct container *c = s->owner;

	if (n >= 2 && c->rec.networks.n)
		dnsglue_up(c, NULL, fds[0], fds[1]);
	for (size_t i = 0; i < n; i++)
		fd_close(&fds[i]);
}

const struct shimc_ops container_shim_ops = {
	.on_created = on_created,
	.on_started = on_started,
	.on_exited = on_exited,
	.on_failed = on_failed,
	.on_state = on_state,
	.on_parked = on_parked,
	.on_lost = on_lost,
};
