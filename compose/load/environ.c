#include "compose/load/environ.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct var {
	char *value;
	struct srcpos pos; /* pos.file is ours; NULL = not out of a file */
};

struct env {
	struct map vars; /* name -> struct var */
};

struct env *env_new(void)
{
	return xcalloc(1, sizeof(struct env));
}

struct env *env_fork(const struct env *parent)
{
	struct env *e = env_new();

	env_fill(e, parent);
	return e;
}

static void var_free(struct var *v)
{
	if (!v)
		return;
	free(v->value);
	free((char *)v->pos.file);
	free(v);
}

void env_free(struct env *e)
{
	struct map_entry *m;

	if (!e)
		return;
	MAP_EACH(m, &e->vars)
		var_free(m->value);
	map_done(&e->vars);
	free(e);
}

const char *env_get(const struct env *e, const char *key)
{
	const struct var *v = e ? map_get(&e->vars, key) : NULL;

	return v ? v->value : NULL;
}

const struct srcpos *env_pos(const struct env *e, const char *key)
{
	const struct var *v = e ? map_get(&e->vars, key) : NULL;

	return v && v->pos.file ? &v->pos : NULL;
}

void env_set(struct env *e, const char *key, const char *value, const struct srcpos *pos)
{
	struct var *v = xcalloc(1, sizeof(*v));

	v->value = xstrdup(value);
	if (pos && pos->file)
		v->pos = (struct srcpos){ xstrdup(pos->file), pos->line, pos->col };
	var_free(map_set(&e->vars, key, v));
}

void env_fill(struct env *e, const struct env *more)
{
	struct map_entry *m;

	if (!more)
		return;
	MAP_EACH(m, &more->vars) {
		const struct var *v = m->value;

		if (!map_has(&e->vars, m->key))
			env_set(e, m->key, v->value, &v->pos);
	}
}

void env_list(const struct env *e, struct strv *out)
{
	struct map_entry *m;

	MAP_EACH(m, &e->vars)
		strv_addf(out, "%s=%s", m->key, ((struct var *)m->value)->value);
	strv_sort(out);
}

const char *env_next(const struct env *e, size_t *cursor, const char **ret_value)
{
	struct map_entry *m = map_next(&e->vars, cursor);

	if (!m)
		return NULL;
	*ret_value = ((struct var *)m->value)->value;
	return m->key;
}
