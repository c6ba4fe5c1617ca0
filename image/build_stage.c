/* Stages: finding them, resolving what they start from, walking their instructions. */
#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/num.h"
#include "image/build_priv.h"
#include "image/complete.h"
#include "image/mount_opt.h"
#include "image/platform.h"
#include "image/reference.h"

static int fail_at(struct build *b, const struct instr *i, struct err **e)
{
	AUTO(mem) char *text = xstrdup(err_text(*e));

	b->at = i;
	return err_set(e, EINVAL, "dockerfile parse error on line %u: %s", i->line, text);
}

/* Uses a --build-arg, or the default given. NULL when there is neither. */
static char *arg_value(struct build *b, const char *name, const char *dflt)
{
	const char *given = build_arg(b, name);

	strv_add_unique(&b->used_args, name);
	return xstrdup(given ? given : dflt);
}

static void set_builtin(struct build *b, const char *name, const char *value)
{
	const char *given = build_arg(b, name);

	strv_env_set(&b->global_args, name, given ? given : value);
}

static void set_builtins(struct build *b)
{
	AUTO(mem) char *platform = xasprintf("linux/%s", platform_host_arch());
	static const char *const sides[] = { "TARGET", "BUILD" };

	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		const char *values[] = { platform, "linux", platform_host_arch(), "", "" };
		static const char *const parts[] = { "PLATFORM", "OS", "ARCH", "VARIANT",
						     "OSVERSION" };

		for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
			AUTO(mem) char *name = xasprintf("%s%s", sides[i], parts[k]);

			set_builtin(b, name, values[k]);
		}
	}
	set_builtin(b, "TARGETSTAGE",
		    *json_str(b->spec, "target", "") ? json_str(b->spec, "target", "") : "default");
}

/* "NAME" or "NAME=value" of ARG, expanded. value is NULL without one. */
static int parse_arg(struct build *b, const char *word, const struct strv *env, char **ret_name,
		     char **ret_value, struct err **e)
{
	struct expand x = { .escape = b->file->escape, .env = env };
	const char *eq = strchr(word, '=');
	AUTO(mem) char *raw = eq ? xstrndup(word, (size_t)(eq - word)) : xstrdup(word);
	int r = expand_word(&x, raw, ret_name, e);

	*ret_value = NULL;
	if (r == 0 && !**ret_name)
		r = err_set(e, EINVAL, "ARG names can not be blank");
	if (r == 0 && eq)
		r = expand_word(&x, eq + 1, ret_value, e);
	return r;
}

/* ARGs ahead of the first FROM. */
static int global_arg(struct build *b, const struct instr *i, struct err **e)
{
	for (size_t k = 0; k < i->args.n; k++) {
		AUTO(mem) char *name = NULL, *dflt = NULL, *value = NULL;
		int r = parse_arg(b, i->args.v[k], &b->global_args, &name, &dflt, e);

		if (r < 0)
			return fail_at(b, i, e);
		value = arg_value(b, name, dflt);
		if (value)
			strv_env_set(&b->global_args, name, value);
	}
	return 0;
}

static bool is_stage_name(const char *s)
{
	if (!(*s >= 'a' && *s <= 'z'))
		return false;
	for (; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) &&
		    !strchr("-_.", *s))
			return false;
	return true;
}

static char *lower(const char *s)
{
	char *out = xstrdup(s);

	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

int stage_lookup(const struct build *b, const char *word, int before)
{
	int64_t n;

	for (int i = before - 1; i >= 0; i--)
		if (b->stages[i].name && strcasecmp(b->stages[i].name, word) == 0)
			return i;
	if (num_parse(word, 0, before - 1, &n) == 0)
		return (int)n;
	return NO_STAGE;
}

static int check_platform(struct build *b, const char *flag, struct err **e)
{
	struct expand x = { .escape = b->file->escape, .env = &b->global_args };
	AUTO(mem) char *text = NULL;
	bool is_host;
	int r = expand_word(&x, flag, &text, e);

	if (r == 0 && !*text)
		return err_set(e, EINVAL, "empty platform value from expression %s", flag);
	if (r == 0)
		r = platform_is_host(text, &is_host, e);
	if (r == 0 && !is_host)
		return err_set(e, ENOTSUP, "platform %s is not supported on this machine", text);
	return r;
}

static int resolve_base(struct build *b, struct stage *st, struct err **e)
{
	struct expand x = { .escape = b->file->escape, .env = &b->global_args };
	const char *flag = instr_flag(st->from, "platform");
	int r = expand_word(&x, st->from->args.v[0], &st->base, e);

	if (r < 0)
		return r;
	if (!*st->base)
		return err_set(e, EINVAL, "base name (%s) should not be blank",
			       st->from->args.v[0]);
	/* By name only: a number would be an image. */
	st->base_stage = NO_STAGE;
	for (int i = st->index - 1; i >= 0 && st->base_stage == NO_STAGE; i--)
		if (b->stages[i].name && strcasecmp(b->stages[i].name, st->base) == 0)
			st->base_stage = i;
	return flag ? check_platform(b, flag, e) : 0;
}

static int begin_stage(struct build *b, const struct instr *i, struct err **e)
{
	struct stage *st = &b->stages[b->n_stages];

	*st = (struct stage){ .index = b->n_stages, .from = i, .body = i + 1 };
	b->n_stages++;
	if (i->args.n == 3) {
		st->name = lower(i->args.v[2]);
		if (!is_stage_name(st->name)) {
			(void)err_set(
				e, EINVAL,
				"invalid name for build stage: \"%s\", name can't start with a "
				"number or contain symbols",
				i->args.v[2]);
			return fail_at(b, i, e);
		}
	}
	return resolve_base(b, st, e) < 0 ? fail_at(b, i, e) : 0;
}

static void name_stages(struct build *b)
{
	for (int i = 0; i < b->n_stages; i++) {
		struct stage *st = &b->stages[i];

		if (st->name)
			st->shown = xasprintf("%s ", st->name);
		else
			st->shown = b->n_stages > 1 ? xasprintf("stage-%d ", i) : xstrdup("");
	}
}

int stages_find(struct build *b, struct err **e)
{
	int r = 0;

	set_builtins(b);
	b->stages = xcalloc(b->file->n + 1, sizeof(*b->stages));
	for (size_t k = 0; r == 0 && k < b->file->n; k++) {
		const struct instr *i = &b->file->v[k];

		if (i->kind == INSTR_FROM)
			r = begin_stage(b, i, e);
		else if (b->n_stages)
			b->stages[b->n_stages - 1].n_body++;
		else
			r = global_arg(b, i, e);
	}
	if (r < 0)
		return r;
	if (!b->n_stages)
		return err_set(e, EINVAL, "no build stage in the Dockerfile");
	name_stages(b);
	return 0;
}

int stages_target(struct build *b, struct stage **ret, struct err **e)
{
	const char *target = json_str(b->spec, "target", "");
	int i = b->n_stages - 1;

	if (*target)
		i = stage_lookup(b, target, b->n_stages);
	if (i == NO_STAGE)
		return err_set(e, ENOENT, "target stage \"%s\" could not be found", target);
	*ret = &b->stages[i];
	return 0;
}

static void mark_sources(struct build *b, struct stage *st, const struct instr *i)
{
	const char *from = instr_flag(i, "from");
	int other = from ? stage_lookup(b, from, st->index) : NO_STAGE;

	if (other != NO_STAGE)
		stages_mark(b, &b->stages[other]);
	for (size_t k = 0; i->kind == INSTR_RUN && k < i->flags.n; k++) {
		AUTO(mem) char *source = mount_opt_from(i->flags.v[k]);

		other = source ? stage_lookup(b, source, st->index) : NO_STAGE;
		if (other != NO_STAGE)
			stages_mark(b, &b->stages[other]);
	}
}

void stages_mark(struct build *b, struct stage *st)
{
	if (st->is_needed)
		return;
	st->is_needed = true;
	if (st->base_stage != NO_STAGE)
		stages_mark(b, &b->stages[st->base_stage]);
	for (size_t k = 0; k < st->n_body; k++)
		mark_sources(b, st, &st->body[k]);
}

void stage_done(struct stage *st)
{
	free(st->name);
	free(st->shown);
	free(st->base);
	free(st->created);
	json_free(st->doc);
	manifest_layers_done(&st->manifest);
	strv_done(&st->layers);
	strv_done(&st->diff_ids);
	strv_done(&st->args);
}

void stage_env(const struct stage *st, struct strv *ret)
{
	AUTO(strv) struct strv env = STRV_INIT;

	for (size_t i = 0; i < st->args.n; i++)
		strv_add(ret, st->args.v[i]);
	config_env(st->doc, &env);
	for (size_t i = 0; i < env.n; i++) {
		const char *eq = strchr(env.v[i], '=');
		AUTO(mem)
		char *key = xstrndup(env.v[i], eq ? (size_t)(eq - env.v[i]) : strlen(env.v[i]));

		strv_env_set(ret, key, eq ? eq + 1 : "");
	}
}

static bool makes_layer(const struct instr *i)
{
	return i->kind == INSTR_RUN || i->kind == INSTR_COPY || i->kind == INSTR_ADD ||
	       i->kind == INSTR_WORKDIR;
}

static void count_steps(struct stage *st, bool from_image)
{
	st->n_steps = from_image;
	for (size_t k = 0; k < st->n_body; k++)
		st->n_steps += makes_layer(&st->body[k]);
}

static void start_scratch(struct stage *st)
{
	struct key_builder k;

	st->doc = config_new();
	config_ensure_path(st->doc);
	count_steps(st, false);
	key_begin(&k, "scratch");
	key_end(&k, st->seq_key);
}

static void copy_strv(struct strv *to, const struct strv *from)
{
	for (size_t i = 0; i < from->n; i++)
		strv_add(to, from->v[i]);
}

static int start_from_stage(struct build *b, struct stage *st, struct err **e)
{
	struct stage *base = &b->stages[st->base_stage];
	int r = stage_build(b, base, e);

	if (r < 0)
		return r;
	st->doc = json_dup(base->doc);
	copy_strv(&st->layers, &base->layers);
	copy_strv(&st->diff_ids, &base->diff_ids);
	copy_strv(&st->args, &base->args);
	for (size_t i = 0; i < base->manifest.n; i++)
		manifest_layers_add(&st->manifest, base->manifest.v[i].media_type,
				    base->manifest.v[i].digest, base->manifest.v[i].size);
	memcpy(st->seq_key, base->seq_key, sizeof(st->seq_key));
	st->created = xstrdup(base->created);
	count_steps(st, false);
	return 0;
}

/* Another program put it into the store: its layers are only blobs so far. */
static int complete_image(struct build *b, const char *name, struct image **im, struct err **e)
{
	int r = image_complete(b->s, *im, b->o->cancelled, e);

	image_free(TAKE_PTR(*im));
	return r < 0 ? r : image_find(b->s, name, im, e);
}

static int find_image(struct build *b, const char *name, struct image **ret, struct err **e)
{
	int r = image_find(b->s, name, ret, e);

	if (r == -ENOENT) {
		err_hint(e,
			 "this version pulls no images; make it with \"compose image import\" or "
			 "copy it into %s/images",
			 b->s->root);
		return err_wrap(e, "%s", name);
	}
	if (r < 0)
		return r;
	return (*ret)->is_complete ? 0 : complete_image(b, name, ret, e);
}

static int start_from_image(struct build *b, struct stage *st, struct err **e)
{
	const char *named = build_named_context(b, st->base);
	const char *name = named && starts_with(named, "docker-image://") ? named + 15 : st->base;
	AUTO(image) struct image *im = NULL;
	AUTO(mem) char *ref = reference_canonical(name, e), *text = NULL, *shown = NULL;
	struct key_builder k;
	int r;

	if (!ref)
		return -EINVAL;
	if (named && name == st->base)
		return err_set(e, ENOTSUP, "FROM %s: context \"%s\" is a directory, not an image",
			       st->base, named);
	count_steps(st, true);
	r = find_image(b, name, &im, e);
	if (r == 0)
		r = manifest_layers_read(b->s, im, &st->manifest, e);
	if (r < 0)
		return r;
	st->doc = json_dup(im->config);
	config_ensure_path(st->doc);
	st->created = xstrdup(im->created);
	copy_strv(&st->layers, &im->layers);
	copy_strv(&st->diff_ids, &im->diff_ids);
	key_begin(&k, "from");
	key_add(&k, im->manifest);
	key_end(&k, st->seq_key);
	text = xasprintf("FROM %s@%s", ref, im->digest);
	shown = step_name(b, st, text);
	steplog_begin(b->p, "%s", shown);
	steplog_note(b->p, "resolve %s@%s done", ref, im->digest);
	steplog_end(b->p, STEPLOG_CACHED);
	return 0;
}

/* ARG in a stage: a value given, its default, or that of the global one. */
static int stage_arg(struct build *b, struct stage *st, const struct instr *i, struct err **e)
{
	AUTO(strv) struct strv env = STRV_INIT;
	AUTO(buf) struct buf text = BUF_INIT;

	stage_env(st, &env);
	buf_addstr(&text, "ARG");
	for (size_t k = 0; k < i->args.n; k++) {
		AUTO(mem) char *name = NULL, *dflt = NULL, *value = NULL;
		int r = parse_arg(b, i->args.v[k], &env, &name, &dflt, e);

		if (r < 0)
			return r;
		value = arg_value(b, name, dflt ? dflt : strv_env_get(&b->global_args, name));
		if (value)
			strv_env_set(&st->args, name, value);
		buf_addf(&text, value ? " %s=%s" : " %s", name, value);
	}
	step_metadata(b, st, buf_str(&text));
	return 0;
}

static int stage_config(struct build *b, struct stage *st, const struct instr *i, struct err **e)
{
	AUTO(strv) struct strv env = STRV_INIT;
	struct expand x = { .escape = b->file->escape, .env = &env };
	AUTO(mem) char *text = NULL;
	int r;

	stage_env(st, &env);
	r = config_apply(st->doc, i, &x, &st->cmd_set, &text, e);
	if (r < 0 || !text)
		return r;
	if (i->kind == INSTR_WORKDIR)
		return build_workdir_step(b, st, i, text, e);
	step_metadata(b, st, text);
	return 0;
}

static int stage_step(struct build *b, struct stage *st, const struct instr *i, struct err **e)
{
	b->at = i;
	if (*b->o->cancelled)
		return err_set(e, EINTR, "cancelled");
	switch (i->kind) {
	case INSTR_RUN:
		return build_run_step(b, st, i, e);
	case INSTR_COPY:
	case INSTR_ADD:
		return build_copy_step(b, st, i, e);
	case INSTR_ARG:
		return stage_arg(b, st, i, e);
	default:
		return stage_config(b, st, i, e);
	}
}

/* Triggers that the base image left for whoever builds on it. */
static int run_triggers(struct build *b, struct stage *st, struct err **e)
{
	AUTO(json) struct json *triggers = NULL;
	struct json *list = json_path(st->doc, "config", "OnBuild", NULL);
	int r = 0;

	if (!json_len(list))
		return 0;
	triggers = json_dup(list);
	json_del(config_run(st->doc), "OnBuild");
	JSON_EACH(t, triggers) {
		struct instr i = { 0 };

		if (r < 0)
			break;
		r = dockerfile_parse_line(json_text(t) ? json_text(t) : "", '\\', st->from->line,
					  &i, e);
		if (r == 0) {
			st->n_steps += makes_layer(&i);
			r = stage_step(b, st, &i, e);
		}
		instr_done(&i);
		b->at = st->from;
	}
	return r < 0 ? err_wrap(e, "ONBUILD trigger of %s", st->base) : 0;
}

int stage_build(struct build *b, struct stage *st, struct err **e)
{
	int r = 0;

	if (st->is_built)
		return 0;
	b->at = st->from;
	if (st->base_stage != NO_STAGE)
		r = start_from_stage(b, st, e);
	else if (streq(st->base, "scratch"))
		start_scratch(st);
	else
		r = start_from_image(b, st, e);
	if (r == 0) {
		b->at = st->from;
		r = run_triggers(b, st, e);
	}
	for (size_t k = 0; r == 0 && k < st->n_body; k++)
		r = stage_step(b, st, &st->body[k], e);
	if (r < 0)
		return r;
	st->is_built = true;
	b->at = NULL;
	return 0;
}
