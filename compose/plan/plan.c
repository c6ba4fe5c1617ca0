#include "compose/plan/plan.h"

#include <string.h>

#include "base/buf.h"
#include "compose/plan/build.h"

const char *step_kind_name(enum step_kind k)
{
	static const char *const names[STEP_KINDS] = {
		[STEP_JOIN] = "join",
		[STEP_NETWORK_CREATE] = "create network",
		[STEP_NETWORK_REMOVE] = "remove network",
		[STEP_VOLUME_CREATE] = "create volume",
		[STEP_VOLUME_REMOVE] = "remove volume",
		[STEP_RUNNING] = "keep",
		[STEP_CREATE] = "create",
		[STEP_RENAME] = "rename",
		[STEP_START] = "start",
		[STEP_STOP] = "stop",
		[STEP_REMOVE] = "remove",
		[STEP_RESTART] = "restart",
		[STEP_KILL] = "kill",
		[STEP_PAUSE] = "pause",
		[STEP_UNPAUSE] = "unpause",
		[STEP_GATE] = "wait",
	};

	return names[k];
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	arena_free(p->arena);
	free(p);
}

void build_init(struct builder *b, const struct json *project, const struct seen *seen,
		const struct plan_options *opt)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	p->arena = arena_new();
	*b = (struct builder){
		.p = p,
		.a = p->arena,
		.project = project,
		.name = json_str(project, "name", ""),
		.seen = seen,
		.opt = opt,
	};
}

void build_track(struct builder *b)
{
	b->track = arena_alloc(b->a, (b->m.n + 1) * sizeof(*b->track));
}

struct plan *build_take(struct builder *b)
{
	return TAKE_PTR(b->p);
}

void builder_done(struct builder *b)
{
	plan_free(b->p);
	b->p = NULL;
}

/* Room for one more element of size bytes; arena arrays grow by copying. */
static void *grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	void *bigger;

	if (n < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 4;
	bigger = arena_alloc(a, *cap * size);
	if (n)
		memcpy(bigger, v, n * size);
	return bigger;
}

size_t build_step(struct builder *b, struct step proto)
{
	struct plan *p = b->p;

	p->steps = grow(b->a, p->steps, p->n_steps, &p->cap_steps, sizeof(*p->steps));
	p->steps[p->n_steps] = proto;
	return p->n_steps++;
}

void build_need(struct builder *b, size_t step, size_t need)
{
	struct step *s = &b->p->steps[step];

	for (size_t i = 0; i < s->n_needs; i++)
		if (s->needs[i] == need)
			return;
	s->needs = grow(b->a, s->needs, s->n_needs, &s->cap_needs, sizeof(*s->needs));
	s->needs[s->n_needs++] = need;
}

void build_need_all(struct builder *b, size_t step, const struct ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		build_need(b, step, ids->v[i]);
}

void build_note(struct builder *b, enum plan_level level, const char *text)
{
	struct plan *p = b->p;

	p->notes = grow(b->a, p->notes, p->n_notes, &p->cap_notes, sizeof(*p->notes));
	p->notes[p->n_notes++] = (struct plan_note){ level, text };
}

void build_question(struct builder *b, const char *volume)
{
	struct plan *p = b->p;

	p->questions =
		grow(b->a, p->questions, p->n_questions, &p->cap_questions, sizeof(*p->questions));
	p->questions[p->n_questions++] = volume;
}

void ids_add(struct builder *b, struct ids *ids, size_t id)
{
	ids->v = grow(b->a, ids->v, ids->n, &ids->cap, sizeof(*ids->v));
	ids->v[ids->n++] = id;
}

bool in_list(const char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (streq(list[i], text))
			return true;
	return false;
}

static int by_number(const void *a, const void *b)
{
	const struct seen_container *x = *(const struct seen_container *const *)a;
	const struct seen_container *y = *(const struct seen_container *const *)b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->created_ns < y->created_ns ? -1 : x->created_ns > y->created_ns;
}

const struct seen_container **seen_of_service(struct builder *b, const char *service, size_t *ret_n)
{
	const struct seen_container **v =
		arena_alloc(b->a, (b->seen->n_containers + 1) * sizeof(struct seen_container *));
	size_t n = 0;

	for (size_t i = 0; i < b->seen->n_containers; i++) {
		const struct seen_container *c = &b->seen->containers[i];

		if (!c->oneoff && streq(c->service, service))
			v[n++] = c;
	}
	qsort(v, n, sizeof(struct seen_container *), by_number);
	*ret_n = n;
	return v;
}
