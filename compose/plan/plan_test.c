#include "base/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "compose/plan/hash.h"
#include "compose/plan/plan.h"

/* ---- a project, what is there, and the plan for it ---- */

struct world {
	struct json *project;
	struct seen_container c[64];
	size_t n;
	struct seen_object networks[8], volumes[8];
	size_t n_networks, n_volumes;
	struct plan_options opt;
	struct plan *plan;
	struct arena *arena;
};

static void world_init(struct world *w, const char *yaml_as_json)
{
	*w = (struct world){ .arena = arena_new() };
	assert_int_equal(json_parse(yaml_as_json, strlen(yaml_as_json), &w->project, NULL), 0);
}

static void world_done(struct world *w)
{
	plan_free(w->plan);
	json_free(w->project);
	arena_free(w->arena);
}

static struct seen seen_of(const struct world *w)
{
	return (struct seen){ w->c, w->n, w->networks, w->n_networks, w->volumes, w->n_volumes };
}

static char *hash_for(struct world *w, const char *service)
{
	char hash[65];

	service_hash(json_path(w->project, "services", service, NULL), hash);
	return arena_strdup(w->arena, hash);
}

/* A container as `up` would have made it. */
static struct seen_container *have(struct world *w, const char *service, int number,
				   enum seen_state state)
{
	struct seen_container *c = &w->c[w->n++];

	*c = (struct seen_container){
		.id = arena_printf(w->arena, "%012zx%052d", w->n, 0),
		.name = arena_printf(w->arena, "p-%s-%d", service, number),
		.service = arena_strdup(w->arena, service),
		.number = number,
		.state = state,
		.config_hash = hash_for(w, service),
	};
	return c;
}

static const struct plan *apply(struct world *w)
{
	struct seen seen = seen_of(w);
	AUTO(err) struct err *e = NULL;

	plan_free(w->plan);
	w->plan = NULL;
	if (plan_apply(w->project, &seen, &w->opt, &w->plan, &e) < 0)
		print_message("%s\n", err_text(e));
	assert_non_null(w->plan);
	return w->plan;
}

static ssize_t find(const struct plan *p, enum step_kind kind, const char *target)
{
	for (size_t i = 0; i < p->n_steps; i++)
		if (p->steps[i].kind == kind && streq(p->steps[i].target, target))
			return (ssize_t)i;
	return -1;
}

static bool depends(const struct plan *p, size_t step, size_t on)
{
	if (step == on)
		return true;
	for (size_t i = 0; i < p->steps[step].n_needs; i++)
		if (depends(p, p->steps[step].needs[i], on))
			return true;
	return false;
}

static void assert_before(const struct plan *p, enum step_kind a, const char *ta, enum step_kind b,
			  const char *tb)
{
	ssize_t first = find(p, a, ta), second = find(p, b, tb);

	assert_true(first >= 0);
	assert_true(second >= 0);
	assert_true(depends(p, (size_t)second, (size_t)first));
}

static size_t count(const struct plan *p, enum step_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_steps; i++)
		n += p->steps[i].kind == kind;
	return n;
}

#define TWO                                                                                        \
	"{\"name\":\"p\",\"services\":{"                                                           \
	"\"db\":{\"image\":\"i\",\"networks\":{\"default\":null},\"volumes\":[{\"type\":"          \
	"\"volume\",\"source\":\"data\",\"target\":\"/d\"}]},"                                     \
	"\"web\":{\"image\":\"i\",\"networks\":{\"default\":null},\"depends_on\":{\"db\":{"        \
	"\"condition\":\"service_healthy\",\"required\":true}}}},"                                 \
	"\"networks\":{\"default\":{\"name\":\"p_default\"}},"                                     \
	"\"volumes\":{\"data\":{\"name\":\"p_data\"}}}"

/* ---- creating and keeping ---- */

static void creates_everything_in_order(void **state)
{
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, TWO);
	p = apply(&w);
	assert_before(p, STEP_NETWORK_CREATE, "p_default", STEP_CREATE, "p-db-1");
	assert_before(p, STEP_VOLUME_CREATE, "p_data", STEP_CREATE, "p-db-1");
	assert_before(p, STEP_CREATE, "p-db-1", STEP_CREATE, "p-web-1");
	assert_before(p, STEP_CREATE, "p-web-1", STEP_START, "p-db-1");
	assert_before(p, STEP_START, "p-db-1", STEP_GATE, "db");
	assert_before(p, STEP_GATE, "db", STEP_START, "p-web-1");
	assert_int_equal(p->steps[find(p, STEP_GATE, "db")].gate, GATE_HEALTHY);
	world_done(&w);
}

static void up_twice_changes_nothing(void **state)
{
	static const char *const nets[] = { "p_default" };
	static const char *const vols[] = { "p_data" };
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, TWO);
	have(&w, "db", 1, SEEN_RUNNING);
	have(&w, "web", 1, SEEN_RUNNING);
	for (size_t i = 0; i < 2; i++) {
		w.c[i].networks = nets;
		w.c[i].n_networks = 1;
		w.c[i].volumes = vols;
		w.c[i].n_volumes = 1;
	}
	w.networks[w.n_networks++] = (struct seen_object){ "p_default", "default", "p", NULL };
	w.volumes[w.n_volumes++] = (struct seen_object){ "p_data", "data", "p", NULL };
	p = apply(&w);
	assert_int_equal(count(p, STEP_RUNNING), 2);
	assert_int_equal(count(p, STEP_CREATE) + count(p, STEP_START) + count(p, STEP_STOP), 0);
	assert_int_equal(count(p, STEP_GATE), 1); /* conditions hold at every up */
	world_done(&w);
}

#define ONE "{\"name\":\"p\",\"services\":{\"a\":{\"image\":\"i\",\"command\":[\"x\"]}}}"

static void changed_configuration_recreates(void **state)
{
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, ONE);
	have(&w, "a", 1, SEEN_RUNNING)->config_hash = "other";
	p = apply(&w);
	assert_string_equal(p->steps[find(p, STEP_CREATE, "p-a-1")].reason,
			    "configuration changed");
	assert_before(p, STEP_CREATE, "p-a-1", STEP_STOP, "p-a-1");
	assert_before(p, STEP_STOP, "p-a-1", STEP_REMOVE, "p-a-1");
	assert_before(p, STEP_REMOVE, "p-a-1", STEP_RENAME, "p-a-1");
	assert_before(p, STEP_RENAME, "p-a-1", STEP_START, "p-a-1");
	assert_string_equal(p->steps[find(p, STEP_CREATE, "p-a-1")].temporary,
			    "000000000001_p-a-1");
	world_done(&w);
}

static void never_recreate_keeps_what_differs(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, ONE);
	w.opt.recreate = RECREATE_NEVER;
	have(&w, "a", 1, SEEN_RUNNING)->config_hash = "other";
	assert_int_equal(count(apply(&w), STEP_CREATE), 0);
	world_done(&w);
}

static void new_image_recreates(void **state)
{
	struct world w;
	AUTO(json) struct json *images = json_new_obj();

	(void)state;
	world_init(&w, ONE);
	json_set_str(images, "a", "sha256:new");
	w.opt.images = images;
	have(&w, "a", 1, SEEN_RUNNING)->image_id = "sha256:old";
	assert_string_equal(apply(&w)->steps[0].reason, "image changed");
	world_done(&w);
}

static void finished_one_shots_start_again(void **state)
{
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, ONE);
	have(&w, "a", 1, SEEN_EXITED);
	p = apply(&w);
	assert_int_equal(count(p, STEP_CREATE), 0);
	assert_true(find(p, STEP_START, "p-a-1") >= 0);
	world_done(&w);
}

/* ---- scale ---- */

static void scale(struct world *w, const char *service, int n)
{
	struct json *scale_obj = json_new_obj();

	json_set_int(scale_obj, service, n);
	w->opt.scale = scale_obj;
}

static void new_replicas_continue_the_numbers(void **state)
{
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, ONE);
	scale(&w, "a", 3);
	have(&w, "a", 4, SEEN_RUNNING);
	p = apply(&w);
	assert_true(find(p, STEP_CREATE, "p-a-5") >= 0);
	assert_true(find(p, STEP_CREATE, "p-a-6") >= 0);
	assert_int_equal(count(p, STEP_CREATE), 2);
	json_free((struct json *)w.opt.scale);
	world_done(&w);
}

static void scale_down_takes_obsolete_then_highest(void **state)
{
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, ONE);
	scale(&w, "a", 1);
	have(&w, "a", 1, SEEN_RUNNING)->config_hash = "other";
	have(&w, "a", 2, SEEN_RUNNING);
	have(&w, "a", 3, SEEN_RUNNING);
	p = apply(&w);
	assert_true(find(p, STEP_REMOVE, "p-a-1") >= 0);
	assert_true(find(p, STEP_REMOVE, "p-a-3") >= 0);
	assert_true(find(p, STEP_RUNNING, "p-a-2") >= 0);
	json_free((struct json *)w.opt.scale);
	world_done(&w);
}

static void replicas_start_by_ascending_number(void **state)
{
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, ONE);
	scale(&w, "a", 3);
	p = apply(&w);
	assert_before(p, STEP_START, "p-a-1", STEP_START, "p-a-2");
	assert_before(p, STEP_START, "p-a-2", STEP_START, "p-a-3");
	json_free((struct json *)w.opt.scale);
	world_done(&w);
}

static void a_fixed_name_cannot_be_scaled(void **state)
{
	struct world w;
	struct seen seen;
	AUTO(err) struct err *e = NULL;

	(void)state;
	world_init(&w,
		   "{\"name\":\"p\",\"services\":{\"a\":{\"container_name\":\"c\",\"scale\":2}}}");
	seen = seen_of(&w);
	assert_int_equal(plan_apply(w.project, &seen, &w.opt, &w.plan, &e), -EINVAL);
	assert_non_null(strstr(err_text(e), "custom container name \"c\""));
	world_done(&w);
}

/* ---- orphans, externals ---- */

static void orphans_are_named_and_removed_when_asked(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, ONE);
	have(&w, "a", 1, SEEN_RUNNING);
	have(&w, "gone", 1, SEEN_RUNNING);
	assert_int_equal(apply(&w)->n_notes, 1);
	assert_non_null(strstr(w.plan->notes[0].text, "(p-gone-1)"));
	w.opt.remove_orphans = true;
	assert_true(find(apply(&w), STEP_REMOVE, "p-gone-1") >= 0);
	assert_int_equal(w.plan->n_notes, 0);
	world_done(&w);
}

static void services_of_inactive_profiles_are_no_orphans(void **state)
{
	static const char *const disabled[] = { "dbg" };
	struct world w;

	(void)state;
	world_init(&w, ONE);
	w.opt.disabled = disabled;
	w.opt.n_disabled = 1;
	w.opt.remove_orphans = true;
	have(&w, "dbg", 1, SEEN_RUNNING);
	assert_int_equal(count(apply(&w), STEP_REMOVE), 0);
	world_done(&w);
}

static void missing_external_network_stops_the_plan(void **state)
{
	struct world w;
	struct seen seen;
	AUTO(err) struct err *e = NULL;

	(void)state;
	world_init(&w, "{\"name\":\"p\",\"services\":{\"a\":{\"networks\":{\"e\":null}}},"
		       "\"networks\":{\"e\":{\"name\":\"ext\",\"external\":true}}}");
	seen = seen_of(&w);
	assert_int_equal(plan_apply(w.project, &seen, &w.opt, &w.plan, &e), -ENOENT);
	assert_string_equal(err_text(e),
			    "network ext declared as external, but could not be found");
	world_done(&w);
}

static void changed_volume_asks_then_obeys(void **state)
{
	static const char *const yes[] = { "p_data" };
	static const char *const vols[] = { "p_data" };
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, TWO);
	w.opt.ask_volumes = true;
	w.volumes[w.n_volumes++] = (struct seen_object){ "p_data", "data", "p", "other" };
	have(&w, "db", 1, SEEN_RUNNING);
	w.c[0].volumes = vols;
	w.c[0].n_volumes = 1;
	assert_int_equal(apply(&w)->n_questions, 1);
	w.opt.recreate_volumes = yes;
	w.opt.n_recreate_volumes = 1;
	p = apply(&w);
	assert_int_equal(p->n_questions, 0);
	assert_before(p, STEP_REMOVE, "p-db-1", STEP_VOLUME_REMOVE, "p_data");
	assert_before(p, STEP_VOLUME_REMOVE, "p_data", STEP_VOLUME_CREATE, "p_data");
	assert_before(p, STEP_VOLUME_CREATE, "p_data", STEP_CREATE, "p-db-1");
	world_done(&w);
}

static void changed_network_is_replaced_without_recreating(void **state)
{
	static const char *const nets[] = { "p_default" };
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, "{\"name\":\"p\",\"services\":{\"a\":{\"networks\":{\"default\":null}}},"
		       "\"networks\":{\"default\":{\"name\":\"p_default\",\"internal\":true}}}");
	w.networks[w.n_networks++] = (struct seen_object){ "p_default", "default", "p", "other" };
	have(&w, "a", 1, SEEN_RUNNING);
	w.c[0].networks = nets;
	w.c[0].n_networks = 1;
	p = apply(&w);
	assert_before(p, STEP_STOP, "p-a-1", STEP_NETWORK_REMOVE, "p_default");
	assert_before(p, STEP_NETWORK_CREATE, "p_default", STEP_START, "p-a-1");
	assert_int_equal(count(p, STEP_CREATE), 0);
	world_done(&w);
}

/* ---- dependencies ---- */

static void sharing_a_recreated_namespace_recreates(void **state)
{
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, "{\"name\":\"p\",\"services\":{\"vpn\":{\"image\":\"i\"},"
		       "\"app\":{\"network_mode\":\"service:vpn\",\"depends_on\":{\"vpn\":{"
		       "\"condition\":\"service_started\",\"restart\":true}}}}}");
	have(&w, "vpn", 1, SEEN_RUNNING)->config_hash = "other";
	have(&w, "app", 1, SEEN_RUNNING);
	p = apply(&w);
	assert_string_equal(p->steps[find(p, STEP_CREATE, "p-app-1")].reason,
			    "shares with vpn, which is recreated");
	assert_before(p, STEP_STOP, "p-app-1", STEP_CREATE, "p-vpn-1");
	world_done(&w);
}

static void no_deps_leaves_dependencies_alone(void **state)
{
	static const char *const web[] = { "web" };
	struct world w;
	const struct plan *p;

	(void)state;
	world_init(&w, TWO);
	w.opt.services = web;
	w.opt.n_services = 1;
	w.opt.no_deps = true;
	p = apply(&w);
	assert_int_equal(find(p, STEP_CREATE, "p-db-1"), -1);
	assert_int_equal(count(p, STEP_GATE), 0);
	assert_true(find(p, STEP_START, "p-web-1") >= 0);
	world_done(&w);
}

static void wait_asks_for_every_service(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, TWO);
	w.opt.wait = true;
	assert_int_equal(count(apply(&w), STEP_GATE), 3); /* db healthy; db and web running */
	world_done(&w);
}

static void no_start_only_creates(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, TWO);
	w.opt.no_start = true;
	assert_int_equal(count(apply(&w), STEP_START) + count(w.plan, STEP_GATE), 0);
	world_done(&w);
}

/* ---- down and the verbs ---- */

static void down_goes_backwards_then_objects(void **state)
{
	struct world w;
	struct seen seen;
	const struct plan *p;

	(void)state;
	world_init(&w, TWO);
	have(&w, "db", 1, SEEN_RUNNING);
	have(&w, "web", 1, SEEN_RUNNING);
	w.networks[w.n_networks++] = (struct seen_object){ "p_default", "default", "p", NULL };
	w.volumes[w.n_volumes++] = (struct seen_object){ "p_data", "data", "p", NULL };
	w.opt.with_volumes = true;
	seen = seen_of(&w);
	assert_int_equal(plan_down(w.project, "p", &seen, &w.opt, &w.plan, NULL), 0);
	p = w.plan;
	assert_before(p, STEP_REMOVE, "p-web-1", STEP_STOP, "p-db-1");
	assert_before(p, STEP_REMOVE, "p-db-1", STEP_NETWORK_REMOVE, "p_default");
	assert_before(p, STEP_REMOVE, "p-db-1", STEP_VOLUME_REMOVE, "p_data");
	world_done(&w);
}

static void down_without_a_file_orders_by_labels(void **state)
{
	struct world w;
	struct seen seen;

	(void)state;
	world_init(&w, TWO);
	have(&w, "db", 1, SEEN_RUNNING);
	have(&w, "web", 1, SEEN_RUNNING)->depends_on = "db:service_healthy:false";
	seen = seen_of(&w);
	assert_int_equal(plan_down(NULL, "p", &seen, &w.opt, &w.plan, NULL), 0);
	assert_before(w.plan, STEP_REMOVE, "p-web-1", STEP_STOP, "p-db-1");
	world_done(&w);
}

static void down_leaves_one_offs_and_foreign_objects(void **state)
{
	struct world w;
	struct seen seen;

	(void)state;
	world_init(&w, ONE);
	have(&w, "a", 0, SEEN_RUNNING)->oneoff = true;
	w.networks[w.n_networks++] = (struct seen_object){ "n", "default", "other", NULL };
	seen = seen_of(&w);
	assert_int_equal(plan_down(w.project, "p", &seen, &w.opt, &w.plan, NULL), 0);
	assert_int_equal(w.plan->n_steps, 0);
	world_done(&w);
}

static void verb(struct world *w, enum step_kind kind)
{
	struct seen seen = seen_of(w);

	plan_free(w->plan);
	w->plan = NULL;
	assert_int_equal(plan_verb(kind, w->project, &seen, &w->opt, &w->plan, NULL), 0);
}

static void start_waits_for_conditions(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, TWO);
	have(&w, "db", 1, SEEN_RUNNING);
	have(&w, "web", 1, SEEN_EXITED);
	verb(&w, STEP_START);
	assert_int_equal(count(w.plan, STEP_START), 1);
	assert_before(w.plan, STEP_GATE, "db", STEP_START, "p-web-1");
	world_done(&w);
}

static void start_names_the_missing_dependency(void **state)
{
	static const char *const web[] = { "web" };
	struct world w;
	struct seen seen;
	AUTO(err) struct err *e = NULL;

	(void)state;
	world_init(&w, TWO);
	have(&w, "web", 1, SEEN_EXITED);
	w.opt.services = web;
	w.opt.n_services = 1;
	seen = seen_of(&w);
	assert_int_equal(plan_verb(STEP_START, w.project, &seen, &w.opt, &w.plan, &e), -ENOENT);
	assert_string_equal(err_text(e), "web is missing dependency db");
	world_done(&w);
}

static void stop_goes_backwards(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, TWO);
	have(&w, "db", 1, SEEN_RUNNING);
	have(&w, "web", 1, SEEN_RUNNING);
	verb(&w, STEP_STOP);
	assert_before(w.plan, STEP_STOP, "p-web-1", STEP_STOP, "p-db-1");
	world_done(&w);
}

static void restart_takes_dependents_along(void **state)
{
	static const char *const db[] = { "db" };
	struct world w;

	(void)state;
	world_init(&w, "{\"name\":\"p\",\"services\":{\"db\":{},\"web\":{\"depends_on\":{\"db\":{"
		       "\"condition\":\"service_healthy\",\"restart\":true}}}}}");
	have(&w, "db", 1, SEEN_RUNNING);
	have(&w, "web", 1, SEEN_RUNNING);
	w.opt.services = db;
	w.opt.n_services = 1;
	verb(&w, STEP_RESTART);
	assert_before(w.plan, STEP_RESTART, "p-db-1", STEP_GATE, "db");
	assert_before(w.plan, STEP_GATE, "db", STEP_RESTART, "p-web-1");
	w.opt.no_deps = true;
	verb(&w, STEP_RESTART);
	assert_int_equal(count(w.plan, STEP_RESTART), 1);
	world_done(&w);
}

static void rm_takes_only_what_does_not_run(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, TWO);
	have(&w, "db", 1, SEEN_RUNNING);
	have(&w, "web", 1, SEEN_EXITED);
	verb(&w, STEP_REMOVE);
	assert_int_equal(count(w.plan, STEP_REMOVE), 1);
	w.opt.stop_first = true;
	verb(&w, STEP_REMOVE);
	assert_before(w.plan, STEP_STOP, "p-db-1", STEP_REMOVE, "p-db-1");
	world_done(&w);
}

static void run_brings_up_only_dependencies(void **state)
{
	static const char *const web[] = { "web" };
	struct world w;
	struct seen seen;

	(void)state;
	world_init(&w, TWO);
	w.opt.services = web;
	w.opt.n_services = 1;
	seen = seen_of(&w);
	assert_int_equal(plan_run(w.project, &seen, &w.opt, &w.plan, NULL), 0);
	assert_true(find(w.plan, STEP_START, "p-db-1") >= 0);
	assert_true(find(w.plan, STEP_GATE, "db") >= 0);
	assert_int_equal(find(w.plan, STEP_CREATE, "p-web-1"), -1);
	world_done(&w);
}

/* ---- hashes ---- */

static void hash_of(const char *text, char ret[65])
{
	AUTO(json) struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, NULL), 0);
	service_hash(j, ret);
}

static void order_and_ignored_keys_do_not_change_a_hash(void **state)
{
	char a[65], b[65], c[65];

	(void)state;
	hash_of("{\"image\":\"i\",\"user\":\"u\"}", a);
	hash_of("{\"user\":\"u\",\"image\":\"i\",\"scale\":3,\"build\":{\"context\":\".\"},\"x-y\":"
		"1,"
		"\"deploy\":{\"replicas\":2,\"resources\":{},\"placement\":{}}}",
		b);
	hash_of("{\"image\":\"i\",\"user\":\"v\"}", c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creates_everything_in_order),
		cmocka_unit_test(up_twice_changes_nothing),
		cmocka_unit_test(changed_configuration_recreates),
		cmocka_unit_test(never_recreate_keeps_what_differs),
		cmocka_unit_test(new_image_recreates),
		cmocka_unit_test(finished_one_shots_start_again),
		cmocka_unit_test(new_replicas_continue_the_numbers),
		cmocka_unit_test(scale_down_takes_obsolete_then_highest),
		cmocka_unit_test(replicas_start_by_ascending_number),
		cmocka_unit_test(a_fixed_name_cannot_be_scaled),
		cmocka_unit_test(orphans_are_named_and_removed_when_asked),
		cmocka_unit_test(services_of_inactive_profiles_are_no_orphans),
		cmocka_unit_test(missing_external_network_stops_the_plan),
		cmocka_unit_test(changed_volume_asks_then_obeys),
		cmocka_unit_test(changed_network_is_replaced_without_recreating),
		cmocka_unit_test(sharing_a_recreated_namespace_recreates),
		cmocka_unit_test(no_deps_leaves_dependencies_alone),
		cmocka_unit_test(wait_asks_for_every_service),
		cmocka_unit_test(no_start_only_creates),
		cmocka_unit_test(down_goes_backwards_then_objects),
		cmocka_unit_test(down_without_a_file_orders_by_labels),
		cmocka_unit_test(down_leaves_one_offs_and_foreign_objects),
		cmocka_unit_test(start_waits_for_conditions),
		cmocka_unit_test(start_names_the_missing_dependency),
		cmocka_unit_test(stop_goes_backwards),
		cmocka_unit_test(restart_takes_dependents_along),
		cmocka_unit_test(rm_takes_only_what_does_not_run),
		cmocka_unit_test(run_brings_up_only_dependencies),
		cmocka_unit_test(order_and_ignored_keys_do_not_change_a_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
