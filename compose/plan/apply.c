/*
 * up, create, scale, and what `run` needs to be up.
 *
 * Two phases with a join between them: first every network, volume and container exists, then
 * containers start, each as soon as its dependencies reached their condition. A failure while creating
 * therefore starts nothing; a failure while starting leaves siblings alone.
 */
#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "compose/plan/build.h"
#include "compose/plan/hash.h"

/* A container of a service as it will be after the creation phase. */
struct will {
	const char *name;
	const char *id; /* NULL: made by this plan */
	int number;
	bool is_up;
};

struct wills {
	struct will *v;
	size_t n;
};

struct apply {
	struct builder b;
	struct object_steps objects;
	struct wills *wills; /* parallel to the model */
};

/* The loader has checked these; whoever speaks to the socket himself gets no more than is sane. */
static int64_t clamp(double n)
{
	return n < 0 ? 0 : n > 100000 ? 100000 : (int64_t)n;
}

static int64_t wanted(const struct apply *a, const struct node *n)
{
	const struct json *given = json_get(a->b.opt->scale, n->name);
	const struct json *own = json_get(n->json, "scale");
	const struct json *replicas = json_path(n->json, "deploy", "replicas", NULL);

	if (given)
		return clamp(json_num(given, 1));
	if (json_is(own, JSON_NUM))
		return clamp(json_num(own, 1));
	return json_is(replicas, JSON_NUM) ? clamp(json_num(replicas, 1)) : 1;
}

static const char *container_name(struct apply *a, const struct node *n, int number)
{
	const char *own = json_str(n->json, "container_name", NULL);

	return own ? own : arena_printf(a->b.a, "%s-%s-%d", a->b.name, n->name, number);
}

static int check_scale(const struct apply *a, struct err **e)
{
	JSON_EACH(s, a->b.opt->scale)
		if (!model_find(&a->b.m, json_key(s)))
			return err_set(e, ENOENT, "no such service: %s: not found", json_key(s));
	for (size_t i = 0; i < a->b.m.n; i++) {
		const struct node *n = &a->b.m.v[i];
		const char *own = json_str(n->json, "container_name", NULL);

		if (!n->is_selected || !own || wanted(a, n) <= 1)
			continue;
		return err_set(
			e, EINVAL,
			"WARNING: The \"%s\" service is using the custom container name "
			"\"%s\". Docker requires each container to have a unique name. Remove "
			"the custom name to scale the service",
			n->name, own);
	}
	return 0;
}

static const char *missing_network(struct apply *a, const struct node *n,
				   const struct seen_container *c)
{
	if (json_get(n->json, "network_mode"))
		return NULL;
	JSON_EACH(net, json_get(n->json, "networks")) {
		const char *name =
			json_key(net) ? object_name(&a->b, "networks", json_key(net)) : NULL;

		if (name && !in_list(c->networks, c->n_networks, name))
			return name;
	}
	return NULL;
}

static const char *missing_volume(struct apply *a, const struct node *n,
				  const struct seen_container *c)
{
	JSON_EACH(mount, json_get(n->json, "volumes")) {
		const char *key = json_str(mount, "source", NULL);
		const char *name;

		if (!key || !streq(json_str(mount, "type", ""), "volume"))
			continue;
		name = object_name(&a->b, "volumes", key);
		if (!in_list(c->volumes, c->n_volumes, name))
			return name;
	}
	return NULL;
}

struct donor_search {
	const struct builder *b;
	const char *found;
};

static void donor_recreated(void *ctx, const char *donor)
{
	struct donor_search *s = ctx;
	const struct node *n = model_find(&s->b->m, donor);

	if (n && s->b->track[n - s->b->m.v].recreated)
		s->found = n->name;
}

/* Why the container has to be made anew, or NULL. */
static const char *recreate_reason(struct apply *a, const struct node *n, const char *hash,
				   const struct seen_container *c)
{
	const struct plan_options *opt = a->b.opt;
	enum recreate how = n->is_named ? opt->recreate : opt->recreate_deps;
	const char *image = json_str(opt->images, n->name, NULL);
	const char *digest = json_str(opt->volume_digests, n->name, NULL);
	struct donor_search donors = { .b = &a->b };
	const char *object;

	if (how == RECREATE_FORCE || (n->is_named && opt->renew_anon_volumes))
		return "forced";
	if (how == RECREATE_NEVER)
		return NULL;
	if (!streq(c->config_hash, hash))
		return "configuration changed";
	if (image && !streq(c->image_id, image))
		return "image changed";
	if (digest && !streq(c->volume_digest, digest))
		return "image of a mount changed";
	object = seen_is_up(c) ? missing_network(a, n, c) : NULL;
	if (object)
		return arena_printf(a->b.a, "not connected to network %s", object);
	object = missing_volume(a, n, c);
	if (object)
		return arena_printf(a->b.a, "volume %s is not mounted", object);
	model_donors(n, donor_recreated, &donors);
	return donors.found
		       ? arena_printf(a->b.a, "shares with %s, which is recreated", donors.found)
		       : NULL;
}

/* What every creation of the service waits for: its networks and volumes, and its dependencies'
 * containers. */
static void need_creation(struct apply *a, const struct node *n, size_t step)
{
	struct builder *b = &a->b;

	JSON_EACH(net, json_get(n->json, "networks")) {
		const char *name = json_key(net) ? object_name(b, "networks", json_key(net)) : "";
		ssize_t made = build_object_step(b, STEP_NETWORK_CREATE, name);

		if (made >= 0)
			build_need(b, step, (size_t)made);
	}
	JSON_EACH(mount, json_get(n->json, "volumes")) {
		const char *key = json_str(mount, "source", NULL);
		ssize_t made = -1;

		if (key && streq(json_str(mount, "type", ""), "volume"))
			made = build_object_step(b, STEP_VOLUME_CREATE,
						 object_name(b, "volumes", key));
		if (made >= 0)
			build_need(b, step, (size_t)made);
	}
	for (size_t i = 0; i < n->n_deps; i++)
		build_need_all(b, step, &b->track[n->deps[i].on].creates);
}

static struct step step_of(const struct node *n, enum step_kind kind,
			   const struct seen_container *c, const char *reason)
{
	return (struct step){
		.kind = kind,
		.target = c->name,
		.id = c->id,
		.service = n->name,
		.number = c->number,
		.reason = reason,
	};
}

static void add_create(struct apply *a, const struct node *n, int number, const char *reason)
{
	struct builder *b = &a->b;
	size_t i = (size_t)(n - b->m.v);
	struct wills *w = &a->wills[i];
	const char *name = container_name(a, n, number);
	size_t made = build_step(b, (struct step){ .kind = STEP_CREATE,
						   .target = name,
						   .service = n->name,
						   .number = number,
						   .reason = reason });

	need_creation(a, n, made);
	ids_add(b, &b->track[i].creates, made);
	w->v[w->n++] = (struct will){ .name = name, .number = number };
}

/* Dependents with restart: true stop before what they depend on is replaced. */
static void stop_dependents(struct apply *a, size_t on, struct ids *stops)
{
	struct builder *b = &a->b;

	for (size_t i = 0; i < b->m.n; i++) {
		const struct dep *d = model_dep(&b->m.v[i], on);
		const struct seen_container **v;
		size_t n;

		if (!d || !d->restart || !b->m.v[i].is_selected)
			continue;
		v = seen_of_service(b, b->m.v[i].name, &n);
		for (size_t k = 0; k < n; k++)
			if (seen_is_up(v[k]))
				ids_add(b, stops,
					build_step(b, step_of(&b->m.v[i], STEP_STOP, v[k],
							      "what it depends on is recreated")));
	}
}

/* Create beside the old one, stop and remove that, take its name. */
static void add_recreate(struct apply *a, const struct node *n, const struct seen_container *c,
			 const char *reason)
{
	struct builder *b = &a->b;
	size_t i = (size_t)(n - b->m.v);
	struct wills *w = &a->wills[i];
	const char *name = container_name(a, n, c->number);
	const char *temporary = arena_printf(b->a, "%.12s_%s", c->id, name);
	struct ids stops = { 0 };
	struct step proto = step_of(n, STEP_CREATE, c, reason);
	size_t made, stop, gone, renamed;

	if (!b->track[i].recreated)
		stop_dependents(a, i, &stops);
	b->track[i].recreated = true;
	proto.id = NULL;
	proto.target = name;
	proto.temporary = temporary;
	proto.replaces = c->id;
	made = build_step(b, proto);
	need_creation(a, n, made);
	build_need_all(b, made, &stops);
	proto = step_of(n, STEP_STOP, c, reason);
	proto.is_silent = true;
	stop = build_step(b, proto);
	build_need(b, stop, made);
	proto.kind = STEP_REMOVE;
	gone = build_step(b, proto);
	build_need(b, gone, stop);
	renamed = build_step(b, (struct step){ .kind = STEP_RENAME,
					       .target = name,
					       .temporary = temporary,
					       .service = n->name,
					       .number = c->number,
					       .reason = reason,
					       .is_silent = true });
	build_need(b, renamed, gone);
	ids_add(b, &b->track[i].creates, renamed);
	w->v[w->n++] = (struct will){ .name = name, .number = c->number };
}

static bool is_stopped_by_plan(const struct builder *b, const char *id)
{
	for (size_t i = 0; i < b->p->n_steps; i++)
		if (b->p->steps[i].kind == STEP_STOP && streq(b->p->steps[i].id, id))
			return true;
	return false;
}

static void add_keep(struct apply *a, const struct node *n, const struct seen_container *c)
{
	struct builder *b = &a->b;
	struct wills *w = &a->wills[n - b->m.v];
	bool up = seen_runs(c) && !is_stopped_by_plan(b, c->id);

	if (up)
		(void)build_step(b, step_of(n, STEP_RUNNING, c, "up to date"));
	w->v[w->n++] = (struct will){ c->name, c->id, c->number, up };
}

static void add_scale_down(struct apply *a, const struct node *n, const struct seen_container *c)
{
	struct step proto = step_of(n, STEP_STOP, c, "too many replicas");
	size_t stop = build_step(&a->b, proto);
	size_t gone;

	proto.kind = STEP_REMOVE;
	gone = build_step(&a->b, proto);
	build_need(&a->b, gone, stop);
}

/* A container a changed volume already removes: it comes back under its number. */
static bool is_removed_by_plan(const struct builder *b, const char *id)
{
	for (size_t i = 0; i < b->p->n_steps; i++)
		if (b->p->steps[i].kind == STEP_REMOVE && streq(b->p->steps[i].id, id))
			return true;
	return false;
}

/* Which of the existing replicas go when there are too many: those that would be recreated first, then
 * the highest numbers. The first `keep` of the array stay. */
static void order_for_scale(struct apply *a, const struct node *n, const char *hash,
			    const struct seen_container **v, size_t count, size_t keep)
{
	for (size_t excess = count - keep; excess > 0; excess--, count--) {
		size_t victim = count - 1;
		const struct seen_container *c;

		for (size_t i = count; i-- > 0;)
			if (recreate_reason(a, n, hash, v[i])) {
				victim = i;
				break;
			}
		c = v[victim];
		for (size_t i = victim; i + 1 < count; i++)
			v[i] = v[i + 1];
		v[count - 1] = c;
	}
}

static void plan_service(struct apply *a, size_t i)
{
	struct builder *b = &a->b;
	const struct node *n = &b->m.v[i];
	size_t count, want = (size_t)wanted(a, n), keep;
	const struct seen_container **v = seen_of_service(b, n->name, &count);
	int highest = count ? v[count - 1]->number : 0;
	char hash[65];

	service_hash(n->json, hash);
	keep = want < count ? want : count;
	if (keep < count)
		order_for_scale(a, n, hash, v, count, keep);
	a->wills[i].v = arena_alloc(b->a, (want + 1) * sizeof(struct will));
	for (size_t k = keep; k < count; k++)
		add_scale_down(a, n, v[k]);
	for (size_t k = 0; k < keep; k++) {
		const char *reason = recreate_reason(a, n, hash, v[k]);

		if (is_removed_by_plan(b, v[k]->id))
			add_create(a, n, v[k]->number, "its volume is made anew");
		else if (reason)
			add_recreate(a, n, v[k], reason);
		else
			add_keep(a, n, v[k]);
	}
	for (size_t k = keep; k < want; k++)
		add_create(a, n, ++highest, count ? "too few replicas" : "missing");
	b->track[i].n_containers = a->wills[i].n;
}

/* A container that was recreated depends-with-restart on others: those not up any more by then. */
static void recheck_up(struct apply *a)
{
	for (size_t i = 0; i < a->b.m.n; i++)
		for (size_t k = 0; k < a->wills[i].n; k++) {
			struct will *w = &a->wills[i].v[k];

			if (w->is_up && w->id && is_stopped_by_plan(&a->b, w->id))
				w->is_up = false;
		}
}

/* The gate that everybody depending on `on` in the same way shares; -1 when there is nothing to wait
 * for. */
static ssize_t gate_step(struct builder *b, size_t on, enum gate gate, bool is_optional)
{
	const struct node *n = &b->m.v[on];
	struct plan *p = b->p;
	size_t step;

	if (b->track[on].n_containers == 0 || (gate == GATE_STARTED && !is_optional))
		return -1;
	for (size_t i = 0; i < p->n_steps; i++)
		if (p->steps[i].kind == STEP_GATE && p->steps[i].gate == gate &&
		    p->steps[i].is_optional == is_optional && streq(p->steps[i].service, n->name))
			return (ssize_t)i;
	step = build_step(b, (struct step){ .kind = STEP_GATE,
					    .target = n->name,
					    .service = n->name,
					    .gate = gate,
					    .is_optional = is_optional,
					    .reason = "others depend on it" });
	build_need_all(b, step, &b->track[on].starts);
	return (ssize_t)step;
}

/* The steps after which a service may start. */
static void gates_of(struct apply *a, const struct node *n, struct ids *out)
{
	struct builder *b = &a->b;

	for (size_t d = 0; d < n->n_deps && !b->opt->no_deps; d++) {
		const struct dep *dep = &n->deps[d];
		ssize_t gate = gate_step(b, dep->on, dep->gate, dep->is_optional);

		if (gate >= 0)
			ids_add(b, out, (size_t)gate);
		else
			for (size_t i = 0; i < b->track[dep->on].starts.n; i++)
				ids_add(b, out, b->track[dep->on].starts.v[i]);
	}
}

/* Replicas start one after another, by number. */
static void start_service(struct apply *a, size_t i, ssize_t join)
{
	struct builder *b = &a->b;
	const struct node *n = &b->m.v[i];
	struct ids gates = { 0 };
	ssize_t previous = -1;

	gates_of(a, n, &gates);
	for (size_t k = 0; k < a->wills[i].n; k++) {
		const struct will *w = &a->wills[i].v[k];
		size_t step;

		if (w->is_up)
			continue;
		step = build_step(b, (struct step){ .kind = STEP_START,
						    .target = w->name,
						    .id = w->id,
						    .service = n->name,
						    .number = w->number,
						    .reason = "not running" });
		if (join >= 0)
			build_need(b, step, (size_t)join);
		build_need_all(b, step, &gates);
		if (previous >= 0)
			build_need(b, step, (size_t)previous);
		previous = (ssize_t)step;
		ids_add(b, &b->track[i].starts, step);
	}
	/* A dependent of a service whose gates are still closed must not overtake them. */
	if (b->track[i].starts.n == 0)
		b->track[i].starts = gates;
}

static bool is_completed_dep(const struct builder *b, size_t on)
{
	for (size_t i = 0; i < b->m.n; i++) {
		const struct dep *d = model_dep(&b->m.v[i], on);

		if (d && d->gate == GATE_COMPLETED && b->m.v[i].is_selected)
			return true;
	}
	return false;
}

static void wait_for_all(struct apply *a)
{
	for (size_t i = 0; i < a->b.m.n; i++)
		if (a->b.m.v[i].is_selected)
			(void)gate_step(&a->b, i,
					is_completed_dep(&a->b, i) ? GATE_COMPLETED
								   : GATE_RUNNING_OR_HEALTHY,
					false);
}

/* Containers stopped for a changed network whose service is not part of this request. */
static void restart_bystanders(struct apply *a, size_t join)
{
	struct builder *b = &a->b;
	size_t n = b->p->n_steps;

	for (size_t i = 0; i < n; i++) {
		const struct step s = b->p->steps[i];
		const struct node *node = s.service ? model_find(&b->m, s.service) : NULL;
		struct step start = s;

		if (s.kind != STEP_STOP || !streq(s.reason, "its network changed") ||
		    (node && node->is_selected))
			continue;
		start.kind = STEP_START;
		start.needs = NULL;
		start.n_needs = start.cap_needs = 0;
		build_need(b, build_step(b, start), join);
	}
}

static void start_all(struct apply *a)
{
	struct builder *b = &a->b;
	size_t join = build_step(b, (struct step){ .kind = STEP_JOIN, .target = "created" });

	for (size_t i = 0; i < join; i++) {
		enum step_kind k = b->p->steps[i].kind;

		if (k == STEP_CREATE || k == STEP_RENAME || k == STEP_NETWORK_CREATE ||
		    k == STEP_VOLUME_CREATE || (k == STEP_STOP && b->p->steps[i].is_silent))
			build_need(b, join, i);
	}
	recheck_up(a);
	for (size_t i = 0; i < b->m.n; i++)
		if (b->m.v[i].is_selected)
			start_service(a, i, (ssize_t)join);
	restart_bystanders(a, join);
}

static bool is_orphan(const struct builder *b, const struct seen_container *c)
{
	if (c->oneoff)
		return c->state == SEEN_EXITED || c->state == SEEN_DEAD;
	return !model_find(&b->m, c->service) &&
	       !in_list(b->opt->disabled, b->opt->n_disabled, c->service);
}

static void plan_orphans(struct builder *b)
{
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(mem) char *joined = NULL;

	for (size_t i = 0; i < b->seen->n_containers; i++) {
		const struct seen_container *c = &b->seen->containers[i];
		struct step proto = { .kind = STEP_STOP,
				      .target = c->name,
				      .id = c->id,
				      .service = c->service,
				      .number = c->number,
				      .reason = "orphan" };
		size_t stop, gone;

		if (!is_orphan(b, c))
			continue;
		strv_add(&names, c->name);
		if (!b->opt->remove_orphans)
			continue;
		stop = build_step(b, proto);
		proto.kind = STEP_REMOVE;
		gone = build_step(b, proto);
		build_need(b, gone, stop);
	}
	if (!names.n || b->opt->remove_orphans || b->opt->ignore_orphans)
		return;
	joined = strv_join(&names, ", ");
	build_note(
		b, PLAN_WARNING,
		arena_printf(b->a,
			     "Found orphan containers (%s) for this project. If you removed or "
			     "renamed this service in your compose file, you can run this command "
			     "with the --remove-orphans flag to clean it up.",
			     joined));
}

struct donor_check {
	const struct apply *a;
	const struct node *n;
	struct err **e;
	int r;
};

static bool is_donor(const struct node *n, const char *key, const char *donor)
{
	const char *value = json_str(n->json, key, "");

	return starts_with(value, "service:") && streq(value + strlen("service:"), donor);
}

static const char *what_is_shared(const struct node *n, const char *donor)
{
	if (is_donor(n, "network_mode", donor))
		return "network namespace";
	if (is_donor(n, "ipc", donor))
		return "IPC namespace";
	return is_donor(n, "pid", donor) ? "PID namespace" : "volume";
}

/* A donor outside of the selection must already have a container. */
static void donor_exists(void *ctx, const char *donor)
{
	struct donor_check *d = ctx;
	struct builder *b = (struct builder *)&d->a->b;
	const struct node *n = model_find(&b->m, donor);
	size_t count;

	if (d->r < 0 || (n && n->is_selected))
		return;
	(void)seen_of_service(b, donor, &count);
	if (count)
		return;
	d->r = err_set(d->e, ENOENT, "cannot share %s with service %s: container missing",
		       what_is_shared(d->n, donor), donor);
}

static int check_donors(struct apply *a, struct err **e)
{
	for (size_t i = 0; i < a->b.m.n; i++) {
		struct donor_check d = { .a = a, .n = &a->b.m.v[i], .e = e };

		if (!a->b.m.v[i].is_selected)
			continue;
		model_donors(d.n, donor_exists, &d);
		if (d.r < 0)
			return d.r;
	}
	return 0;
}

static int apply_prepare(struct apply *a, const struct json *project, const struct seen *seen,
			 const struct plan_options *opt, struct err **e)
{
	int r;

	build_init(&a->b, project, seen, opt);
	model_from_project(&a->b.m, a->b.a, project);
	build_track(&a->b);
	a->wills = arena_alloc(a->b.a, (a->b.m.n + 1) * sizeof(*a->wills));
	r = model_select(&a->b.m, opt->services, opt->n_services, !opt->no_deps, e);
	if (r == 0)
		r = check_scale(a, e);
	if (r == 0)
		r = check_donors(a, e);
	return r;
}

/* Services of which no container is made in this plan but which exist: their dependents may rely on
 * them. */
static void count_others(struct apply *a)
{
	for (size_t i = 0; i < a->b.m.n; i++)
		if (!a->b.m.v[i].is_selected)
			(void)seen_of_service(&a->b, a->b.m.v[i].name, &a->b.track[i].n_containers);
}

int plan_apply(const struct json *project, const struct seen *seen, const struct plan_options *opt,
	       struct plan **ret, struct err **e)
{
	struct apply a = { 0 };
	int r = apply_prepare(&a, project, seen, opt, e);

	if (r == 0)
		r = build_objects(&a.b, &a.objects, e);
	if (r < 0) {
		builder_done(&a.b);
		return r;
	}
	count_others(&a);
	for (size_t i = 0; i < a.b.m.n; i++)
		if (a.b.m.v[i].is_selected && !json_get(a.b.m.v[i].json, "provider"))
			plan_service(&a, i);
	plan_orphans(&a.b);
	if (!opt->no_start) {
		start_all(&a);
		if (opt->wait)
			wait_for_all(&a);
	}
	*ret = build_take(&a.b);
	return 0;
}

/* The service itself is selected only for its networks and volumes. */
int plan_run(const struct json *project, const struct seen *seen, const struct plan_options *opt,
	     struct plan **ret, struct err **e)
{
	struct apply a = { 0 };
	struct node *self;
	struct ids gates = { 0 };
	int r = apply_prepare(&a, project, seen, opt, e);

	if (r == 0)
		r = build_objects(&a.b, &a.objects, e);
	if (r < 0) {
		builder_done(&a.b);
		return r;
	}
	self = model_find(&a.b.m, opt->services[0]);
	self->is_selected = false;
	for (size_t i = 0; i < a.b.m.n; i++)
		a.b.m.v[i].is_named = false;
	count_others(&a);
	for (size_t i = 0; i < a.b.m.n; i++)
		if (a.b.m.v[i].is_selected && !json_get(a.b.m.v[i].json, "provider"))
			plan_service(&a, i);
	plan_orphans(&a.b);
	start_all(&a);
	gates_of(&a, self, &gates);
	*ret = build_take(&a.b);
	return 0;
}
