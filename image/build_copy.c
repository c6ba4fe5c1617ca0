/* COPY, ADD and WORKDIR. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/num.h"
#include "base/path.h"
#include "image/build_priv.h"
#include "image/mode.h"
#include "image/mount.h"
#include "image/owner.h"

struct inline_file {
	const char *name;
	char *text;
};

struct copy_step {
	struct copy_source source;
	struct copy_matches matches;
	struct copy_target target;
	struct build_source from; /* of --from */
	struct ignore *exclude;
	struct strv sources; /* expanded */
	char *dest;          /* absolute, keeps a last '/' */
	char *chown, *chmod;
	struct inline_file *inlines;
	size_t n_inlines;
	char digest[DIGEST_TEXT_SIZE];
};

static void copy_step_autop(struct copy_step *c)
{
	copy_matches_done(&c->matches);
	build_source_done(&c->from);
	ignore_free(c->exclude);
	strv_done(&c->sources);
	free(c->dest);
	free(c->chown);
	free(c->chmod);
	for (size_t i = 0; i < c->n_inlines; i++)
		free(c->inlines[i].text);
	free(c->inlines);
}

static int expand_flag(const struct instr *i, const char *name, const struct expand *x, char **ret,
		       struct err **e)
{
	const char *value = instr_flag(i, name);

	return value ? expand_word(x, value, ret, e) : 0;
}

/* "<<EOF" among the arguments stands for its body. */
static const struct heredoc *heredoc_of(const struct instr *i, const char *word, size_t nth)
{
	if (!strstr(word, "<<") || nth >= i->n_heredocs)
		return NULL;
	return &i->heredocs[nth];
}

static int expand_sources(struct copy_step *c, const struct instr *i, const struct expand *x,
			  struct err **e)
{
	size_t nth = 0;

	c->inlines = xcalloc(i->n_heredocs + 1, sizeof(*c->inlines));
	for (size_t k = 0; k + 1 < i->args.n; k++) {
		const struct heredoc *h = heredoc_of(i, i->args.v[k], nth);
		AUTO(mem) char *word = NULL;
		int r;

		if (!h) {
			r = expand_word(x, i->args.v[k], &word, e);
			if (r < 0)
				return r;
			strv_add(&c->sources, word);
			continue;
		}
		c->inlines[nth].name = h->name;
		if (!h->expand)
			c->inlines[nth].text = xstrdup(h->text);
		else if ((r = expand_text(x, h->text, &c->inlines[nth].text, e)) < 0)
			return r;
		c->n_inlines = ++nth;
	}
	return 0;
}

/* Relative to WORKDIR; "." and a last '/' mean a directory. */
static char *absolute_dest(const struct stage *st, const char *dest)
{
	const char *cwd = json_str(json_get(st->doc, "config"), "WorkingDir", "");
	AUTO(mem) char *full = path_join(*cwd ? cwd : "/", dest);
	bool is_dir = ends_with(dest, "/") || streq(dest, ".") || ends_with(dest, "/.");

	return xasprintf("%s%s", full, is_dir && !streq(full, "/") ? "/" : "");
}

static int expand_all(struct build *b, struct stage *st, struct copy_step *c, const struct instr *i,
		      struct err **e)
{
	AUTO(strv) struct strv env = STRV_INIT;
	struct expand x = { .escape = b->file->escape, .env = &env };
	AUTO(mem) char *dest = NULL;
	int r;

	stage_env(st, &env);
	r = expand_sources(c, i, &x, e);
	if (r == 0)
		r = expand_word(&x, i->args.v[i->args.n - 1], &dest, e);
	if (r == 0)
		r = expand_flag(i, "chown", &x, &c->chown, e);
	if (r == 0)
		r = expand_flag(i, "chmod", &x, &c->chmod, e);
	if (r == 0 && c->chmod)
		r = mode_check(c->chmod, e);
	if (r == 0 && !*dest)
		r = err_set(e, EINVAL, "%s: the destination is empty", instr_name(i->kind));
	if (r < 0)
		return r;
	c->dest = absolute_dest(st, dest);
	return 0;
}

static int open_source(struct build *b, struct stage *st, struct copy_step *c,
		       const struct instr *i, struct err **e)
{
	AUTO(strv) struct strv excludes = STRV_INIT;
	const char *from = instr_flag(i, "from");
	int r;

	for (size_t k = 0; k < i->flags.n; k++)
		if (starts_with(i->flags.v[k], "exclude="))
			strv_add(&excludes, i->flags.v[k] + 8);
	r = excludes.n ? ignore_from_list(&excludes, &c->exclude, e) : 0;
	if (r < 0)
		return r;
	c->source.exclude = c->exclude;
	c->source.where = "build context";
	if (from && !streq(from, "context")) {
		r = build_source_open(b, st, from, &c->from, e);
		c->source.root_fd = c->from.root_fd;
		c->source.is_context = c->from.is_context;
		c->source.ignore = c->from.ignore;
		c->source.where = "source";
		return r;
	}
	r = c->sources.n ? build_context_open(b, e) : 0;
	c->source.root_fd = b->context_fd;
	c->source.is_context = true;
	c->source.ignore = b->ignore;
	return r;
}

static int find_sources(struct build *b, struct copy_step *c, const struct instr *i, struct err **e)
{
	bool unpack = i->kind == INSTR_ADD && instr_flag_bool(i, "unpack", true);
	int r = 0;

	for (size_t k = 0; r == 0 && k < c->sources.n; k++) {
		const char *src = c->sources.v[k];

		if (i->kind == INSTR_ADD && (strstr(src, "://") || starts_with(src, "git@")))
			return err_set(e, ENOTSUP, "ADD of a URL is not supported: %s", src);
		r = copy_find(&c->source, src, &c->matches, e);
	}
	if (r == 0 && unpack)
		r = copy_mark_archives(&c->source, &c->matches, e);
	if (r < 0 || !c->sources.n)
		return r;
	if (!b->hashes)
		b->hashes = filehash_open(b->s->root_fd, b->context ? b->context : "");
	return copy_digest(&c->source, &c->matches, b->hashes, c->digest, e);
}

/* The first COPY from the context shows that it is being read. */
static void show_context(struct build *b, const struct copy_step *c)
{
	if (b->context_shown || c->source.root_fd != b->context_fd || !c->sources.n)
		return;
	b->context_shown = true;
	steplog_begin(b->p, "[internal] load build context");
	steplog_note(b->p, "reading in place, nothing to transfer");
	steplog_end(b->p, STEPLOG_DONE);
}

static void make_key(struct step *s, struct copy_step *c, const struct instr *i)
{
	AUTO(mem) char *chain = stage_chain(s->st);
	struct key_builder k;

	key_begin(&k, i->kind == INSTR_ADD ? "add" : "copy");
	key_add(&k, chain);
	key_add(&k, c->digest);
	key_add(&k, c->dest);
	key_add(&k, c->chown);
	key_add(&k, c->chmod);
	key_add(&k, instr_flag_bool(i, "parents", false) ? "parents" : "");
	/* Names count where they end up in the target. */
	if (instr_flag_bool(i, "parents", false))
		for (size_t n = 0; n < c->matches.n; n++)
			key_add(&k, c->matches.v[n].path);
	for (size_t n = 0; n < c->n_inlines; n++) {
		key_add(&k, c->inlines[n].name);
		key_add(&k, c->inlines[n].text);
	}
	key_end(&k, s->key);
}

static int set_target(struct step *s, struct copy_step *c, struct err **e)
{
	c->target.root_fd = s->root_fd;
	c->target.path = c->dest;
	c->target.mode = c->chmod;
	c->target.cancelled = s->b->o->cancelled;
	if (!c->chown)
		return 0;
	c->target.has_owner = true;
	return owner_find(s->root_fd, c->chown, &c->target.uid, &c->target.gid, e);
}

static int make_copy(struct step *s, struct err **e)
{
	struct copy_step *c = s->arg;
	char after[DIGEST_TEXT_SIZE];
	int r = set_target(s, c, e);

	c->target.parents = instr_flag_bool(s->i, "parents", false);
	if (r == 0)
		r = copy_run(&c->source, &c->matches, &c->target, e);
	for (size_t n = 0; r == 0 && n < c->n_inlines; n++)
		r = copy_text(&c->target, c->inlines[n].name, c->inlines[n].text,
			      strlen(c->inlines[n].text), e);
	if (r < 0 || !c->sources.n)
		return r;
	/* What was hashed must be what was copied, or the cache would lie. */
	r = copy_digest(&c->source, &c->matches, s->b->hashes, after, e);
	if (r == 0 && !streq(after, c->digest))
		r = err_set(e, EAGAIN, "a source file changed while it was being copied");
	return r;
}

/* "COPY [--chown=..] src dest # buildkit" */
static char *history_text(const struct instr *i, const struct copy_step *c)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, instr_name(i->kind));
	if (c->chown)
		buf_addf(&b, " --chown=%s", c->chown);
	if (c->chmod)
		buf_addf(&b, " --chmod=%s", c->chmod);
	for (size_t k = 0; k < c->sources.n; k++)
		buf_addf(&b, " %s", c->sources.v[k]);
	for (size_t k = 0; k < c->n_inlines; k++)
		buf_addf(&b, " <<%s", c->inlines[k].name);
	buf_addf(&b, " %s # buildkit", i->args.v[i->args.n - 1]);
	return buf_take(&b);
}

/* A failure before the step itself is shown as the step's. */
static int fail_step(struct step *s, struct err **e)
{
	AUTO(mem) char *text = NULL;

	steplog_begin(s->b->p, "%s", s->shown);
	steplog_fail(s->b->p, err_text(*e));
	text = xstrdup(err_text(*e));
	return err_wrap(e, "failed to compute cache key");
}

static void step_free(struct step *s)
{
	free(s->shown);
	free(s->history);
}

int build_copy_step(struct build *b, struct stage *st, const struct instr *i, struct err **e)
{
	AUTO(copy_step) struct copy_step c = { .from.root_fd = -1, .source.root_fd = -1 };
	struct step s = {
		.b = b, .st = st, .i = i, .make = make_copy, .needs_root = true, .arg = &c
	};
	int r = expand_all(b, st, &c, i, e);

	if (r == 0)
		r = open_source(b, st, &c, i, e);
	if (r < 0)
		return r;
	show_context(b, &c);
	s.shown = step_name(b, st, i->shown);
	s.history = history_text(i, &c);
	r = find_sources(b, &c, i, e);
	if (r < 0) {
		r = fail_step(&s, e);
	} else {
		make_key(&s, &c, i);
		r = step_layer(&s, e);
	}
	step_free(&s);
	return r;
}

static int make_workdir(struct step *s, struct err **e)
{
	const struct json *run = json_get(s->st->doc, "config");
	struct copy_target t = { .root_fd = s->root_fd, .has_owner = true };
	int r = owner_find(s->root_fd, json_str(run, "User", ""), &t.uid, &t.gid, e);

	return r < 0 ? r : copy_make_dir(&t, json_str(run, "WorkingDir", "/"), 0755, e);
}

int build_workdir_step(struct build *b, struct stage *st, const struct instr *i, const char *text,
		       struct err **e)
{
	const struct json *run = json_get(st->doc, "config");
	AUTO(mem) char *chain = stage_chain(st);
	struct step s = { .b = b, .st = st, .i = i, .make = make_workdir, .needs_root = true };
	struct key_builder k;
	int r;

	s.shown = step_name(b, st, i->shown);
	if (streq(json_str(run, "WorkingDir", "/"), "/")) {
		steplog_begin(b->p, "%s", s.shown);
		steplog_end(b->p, STEPLOG_CACHED);
		step_metadata(b, st, text);
		free(s.shown);
		return 0;
	}
	s.history = xstrdup(text);
	key_begin(&k, "workdir");
	key_add(&k, chain);
	key_add(&k, json_str(run, "WorkingDir", "/"));
	key_add(&k, json_str(run, "User", ""));
	key_end(&k, s.key);
	r = step_layer(&s, e);
	step_free(&s);
	return r;
}
