#include "image/instr_form.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "image/expand.h"

enum form {
	FORM_COMMAND, /* JSON array of strings, else the whole text */
	FORM_LIST,    /* JSON array, else words without quoting */
	FORM_WORDS,   /* words, no JSON */
	FORM_PAIRS,   /* key=value ..., or "key rest" */
	FORM_QUOTED,  /* words with quotes */
	FORM_TEXT,    /* exactly one argument, the rest of the line */
	FORM_HEALTH,  /* NONE, or CMD and a command */
};

/* Flags end with '=' when they need a value, with '*' when they may come several times. */
static const struct row {
	const char *name;
	enum form form;
	const char *flags[8];
} rows[INSTR_KINDS] = {
	[INSTR_ADD] = { "ADD",
			FORM_LIST,
			{ "chown=", "chmod=", "link", "keep-git-dir", "checksum=", "unpack",
			  "exclude=*" } },
	[INSTR_ARG] = { "ARG", FORM_QUOTED, { 0 } },
	[INSTR_CMD] = { "CMD", FORM_COMMAND, { 0 } },
	[INSTR_COPY] = { "COPY",
			 FORM_LIST,
			 { "from=", "chown=", "chmod=", "link", "parents", "exclude=*" } },
	[INSTR_ENTRYPOINT] = { "ENTRYPOINT", FORM_COMMAND, { 0 } },
	[INSTR_ENV] = { "ENV", FORM_PAIRS, { 0 } },
	[INSTR_EXPOSE] = { "EXPOSE", FORM_WORDS, { 0 } },
	[INSTR_FROM] = { "FROM", FORM_WORDS, { "platform=" } },
	[INSTR_HEALTHCHECK] = { "HEALTHCHECK",
				FORM_HEALTH,
				{ "interval=", "timeout=", "start-period=", "start-interval=",
				  "retries=" } },
	[INSTR_LABEL] = { "LABEL", FORM_PAIRS, { 0 } },
	[INSTR_MAINTAINER] = { "MAINTAINER", FORM_TEXT, { 0 } },
	[INSTR_ONBUILD] = { "ONBUILD", FORM_TEXT, { 0 } },
	[INSTR_RUN] = { "RUN", FORM_COMMAND, { "mount=*", "network=", "security=", "device=*" } },
	[INSTR_SHELL] = { "SHELL", FORM_COMMAND, { 0 } },
	[INSTR_STOPSIGNAL] = { "STOPSIGNAL", FORM_TEXT, { 0 } },
	[INSTR_USER] = { "USER", FORM_TEXT, { 0 } },
	[INSTR_VOLUME] = { "VOLUME", FORM_LIST, { 0 } },
	[INSTR_WORKDIR] = { "WORKDIR", FORM_TEXT, { 0 } },
};

const char *instr_name(enum instr_kind kind)
{
	return rows[kind].name;
}

int instr_find(const char *word)
{
	for (int i = 0; i < INSTR_KINDS; i++)
		if (strcasecmp(word, rows[i].name) == 0)
			return i;
	return -1;
}

/* Edit distance of two short words, letters compared without case. */
static size_t distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), row[32];

	if (na > 30 || nb > 30)
		return 99;
	for (size_t k = 0; k <= nb; k++)
		row[k] = k;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t k = 1; k <= nb; k++) {
			bool same = toupper((unsigned char)a[i - 1]) == b[k - 1];
			size_t best = diagonal + !same;

			if (row[k] + 1 < best)
				best = row[k] + 1;
			if (row[k - 1] + 1 < best)
				best = row[k - 1] + 1;
			diagonal = row[k];
			row[k] = best;
		}
	}
	return row[nb];
}

const char *instr_suggest(const char *word)
{
	const char *best = NULL;
	size_t best_distance = 3;

	for (int i = 0; i < INSTR_KINDS; i++) {
		size_t d = distance(word, rows[i].name);

		if (d < best_distance && d < strlen(rows[i].name)) {
			best = rows[i].name;
			best_distance = d;
		}
	}
	return best;
}

bool instr_takes_heredoc(enum instr_kind kind)
{
	return kind == INSTR_RUN || kind == INSTR_COPY || kind == INSTR_ADD;
}

/* One word of flags, with quotes and escapes taken away. */
static char *take_flag(const char **text, char escape)
{
	struct buf b = BUF_INIT;
	const char *p = *text;
	char quote = '\0';

	for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
		if (*p == escape && p[1] && quote != '\'') {
			buf_addch(&b, *++p);
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (*p == quote) {
			quote = '\0';
		} else {
			buf_addch(&b, *p);
		}
	}
	*text = p;
	return buf_take(&b);
}

static const char *find_flag(enum instr_kind kind, const char *flag)
{
	size_t n = strcspn(flag, "=");

	for (const char *const *f = rows[kind].flags; *f; f++)
		if (strcspn(*f, "=") == n && strncmp(*f, flag, n) == 0)
			return *f;
	return NULL;
}

static int check_flag(const struct instr *i, const char *flag, struct err **e)
{
	const char *known = find_flag(i->kind, flag), *value = strchr(flag, '=');
	int n = (int)strcspn(flag, "=");
	AUTO(mem) char *name = xstrndup(flag, (size_t)n);

	if (!known)
		return err_set(e, EINVAL, "unknown flag: --%s", name);
	if (strchr(known, '=') && !value)
		return err_set(e, EINVAL, "missing a value on flag: --%s", name);
	if (!strchr(known, '*') && instr_flag(i, name))
		return err_set(e, EINVAL, "duplicate flag specified: --%s", name);
	if (!strchr(known, '=') && value && strcasecmp(value, "=true") &&
	    strcasecmp(value, "=false"))
		return err_set(e, EINVAL, "expecting boolean value for flag --%s, not: %s", name,
			       value + 1);
	return 0;
}

int instr_parse_flags(struct instr *i, const char **text, char escape, struct err **e)
{
	for (;;) {
		AUTO(mem) char *word = NULL;
		const char *p = *text + strspn(*text, " \t\v\f\r\n");
		int r;

		*text = p;
		if (!starts_with(p, "--"))
			return 0;
		word = take_flag(&p, escape);
		*text = p;
		if (streq(word, "--")) {
			*text = p + strspn(p, " \t\v\f\r\n");
			return 0;
		}
		r = check_flag(i, word + 2, e);
		if (r < 0)
			return r;
		strv_add(&i->flags, word + 2);
	}
}

const char *instr_flag(const struct instr *i, const char *name)
{
	size_t n = strlen(name);

	for (size_t k = 0; k < i->flags.n; k++) {
		const char *f = i->flags.v[k];

		if (strncmp(f, name, n) == 0 && (f[n] == '=' || f[n] == '\0'))
			return f[n] ? f + n + 1 : "";
	}
	return NULL;
}

bool instr_flag_bool(const struct instr *i, const char *name, bool dflt)
{
	const char *v = instr_flag(i, name);

	return v ? strcasecmp(v, "false") != 0 : dflt;
}

/* 1 = was an array of strings, 0 = is something else. */
static int parse_json(struct instr *i, const char *text, struct err **e)
{
	AUTO(json) struct json *j = NULL;

	text += strspn(text, " \t");
	if (*text != '[' || json_parse(text, strlen(text), &j, NULL) < 0 || !json_is(j, JSON_ARR))
		return 0;
	JSON_EACH(item, j)
	if (!json_is(item, JSON_STR))
		return err_set(e, EINVAL,
			       "when using JSON array syntax, arrays must be comprised of "
			       "strings only");
	JSON_EACH(item, j)
	strv_add(&i->args, json_text(item));
	i->is_json = true;
	return 1;
}

static int parse_command(struct instr *i, const char *text, struct err **e)
{
	int r = parse_json(i, text, e);

	if (r == 0 && *text)
		strv_add(&i->args, text);
	return r < 0 ? r : 0;
}

static void add_plain_words(struct instr *i, const char *text)
{
	static const char blanks[] = "\t\v\f\r ";

	while (*(text += strspn(text, blanks))) {
		size_t n = strcspn(text, blanks);

		strv_take(&i->args, xstrndup(text, n));
		text += n;
	}
}

static int parse_list(struct instr *i, struct err **e)
{
	int r = parse_json(i, i->text, e);

	if (r == 0)
		add_plain_words(i, i->text);
	return r < 0 ? r : 0;
}

static int parse_pairs(struct instr *i, char escape, struct err **e)
{
	AUTO(strv) struct strv words = STRV_INIT;
	const char *name = rows[i->kind].name;

	expand_split(i->text, escape, &words);
	if (!words.n)
		return err_set(e, EINVAL, "%s requires at least one argument", name);
	if (!strchr(words.v[0], '=')) {
		const char *rest = i->text + strcspn(i->text, " \t\v\f\r");

		rest += strspn(rest, " \t\v\f\r");
		if (!*rest)
			return err_set(e, EINVAL, "%s must have two arguments", name);
		strv_take(&i->args, xstrndup(i->text, strcspn(i->text, " \t\v\f\r")));
		strv_add(&i->args, rest);
		return 0;
	}
	for (size_t k = 0; k < words.n; k++) {
		const char *eq = strchr(words.v[k], '=');

		if (!eq)
			return err_set(e, EINVAL,
				       "Syntax error - can't find = in \"%s\". Must be of the "
				       "form: name=value",
				       words.v[k]);
		if (eq == words.v[k])
			return err_set(e, EINVAL, "%s names can not be blank", name);
		strv_take(&i->args, xstrndup(words.v[k], (size_t)(eq - words.v[k])));
		strv_add(&i->args, eq + 1);
	}
	return 0;
}

/* args: "NONE", or "CMD" followed by the command. */
static int parse_health(struct instr *i, struct err **e)
{
	size_t n = strcspn(i->text, " \t");
	const char *rest = i->text + n + strspn(i->text + n, " \t");
	AUTO(mem) char *type = xstrndup(i->text, n);

	if (strcasecmp(type, "NONE") == 0) {
		if (*rest)
			return err_set(e, EINVAL, "HEALTHCHECK NONE takes no arguments");
		strv_add(&i->args, "NONE");
		return 0;
	}
	if (strcasecmp(type, "CMD") != 0)
		return *type ? err_set(e, EINVAL, "unknown type \"%s\" in HEALTHCHECK (try CMD)",
				       type)
			     : err_set(e, EINVAL, "HEALTHCHECK requires at least one argument");
	if (!*rest)
		return err_set(e, EINVAL, "missing command after HEALTHCHECK CMD");
	strv_add(&i->args, "CMD");
	return parse_command(i, rest, e);
}

static int parse_form(struct instr *i, char escape, struct err **e)
{
	switch (rows[i->kind].form) {
	case FORM_COMMAND:
		return parse_command(i, i->text, e);
	case FORM_LIST:
		return parse_list(i, e);
	case FORM_WORDS:
		add_plain_words(i, i->text);
		return 0;
	case FORM_PAIRS:
		return parse_pairs(i, escape, e);
	case FORM_QUOTED:
		expand_split(i->text, escape, &i->args);
		return 0;
	case FORM_TEXT:
		if (*i->text)
			strv_add(&i->args, i->text);
		return 0;
	default:
		return parse_health(i, e);
	}
}

/* What no expansion can mend. */
static int check_args(const struct instr *i, struct err **e)
{
	const char *name = rows[i->kind].name;

	switch (i->kind) {
	case INSTR_ADD:
	case INSTR_COPY:
		if (i->args.n == 1)
			return err_set(e, EINVAL,
				       "%s requires at least two arguments, but only one was "
				       "provided. Destination could not be determined",
				       name);
		if (i->args.n < 1)
			return err_set(e, EINVAL, "%s requires at least two arguments", name);
		return 0;
	case INSTR_FROM:
		if (i->args.n == 1 || (i->args.n == 3 && strcasecmp(i->args.v[1], "as") == 0))
			return 0;
		return err_set(e, EINVAL, "FROM requires either one or three arguments");
	case INSTR_SHELL:
		if (!i->is_json || !i->args.n)
			return err_set(e, EINVAL,
				       "SHELL requires the arguments to be in JSON form");
		return 0;
	case INSTR_CMD:
	case INSTR_ENTRYPOINT:
		return i->args.n || i->is_json
			       ? 0
			       : err_set(e, EINVAL, "%s requires at least one argument", name);
	case INSTR_WORKDIR:
	case INSTR_USER:
	case INSTR_STOPSIGNAL:
	case INSTR_MAINTAINER:
		return i->args.n ? 0 : err_set(e, EINVAL, "%s requires exactly one argument", name);
	default:
		return i->args.n ? 0
				 : err_set(e, EINVAL, "%s requires at least one argument", name);
	}
}

int instr_parse_args(struct instr *i, char escape, struct err **e)
{
	int r = parse_form(i, escape, e);

	return r < 0 ? r : check_args(i, e);
}
