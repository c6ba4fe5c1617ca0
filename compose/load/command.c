#include "compose/load/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

struct splitter {
	struct buf word;
	bool has_word; /* also an empty one in quotes */
	bool single, dbl, escaped;
	char tick;        /* '`' inside backticks, ')' inside $( ), else 0 */
};

static void end_word(struct splitter *s, struct strv *words)
{
	if (s->has_word)
		strv_add(words, buf_str(&s->word));
	buf_reset(&s->word);
	s->has_word = false;
}

static void add(struct splitter *s, char c)
{
	buf_addch(&s->word, c);
	s->has_word = true;
}

static void add_escaped(struct splitter *s, char c)
{
	s->escaped = false;
	add(s, c == 't' ? '\t' : c == 'n' ? '\n' : c);
}

/* A number in front of > names a descriptor: it goes with what is dropped. */
static void drop_descriptor(struct splitter *s)
{
	const char *p = buf_str(&s->word);

	if (!*p || strspn(p, "0123456789") != strlen(p))
		return;
	buf_reset(&s->word);
	s->has_word = false;
}

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Backticks and $( ) are kept as they stand, up to their end. Tells whether c was theirs. */
static bool substitution(struct splitter *s, const char *at)
{
	char c = *at;

	if (s->single)
		return false;
	if (s->tick) {
		add(s, c);
		if (c == s->tick)
			s->tick = 0;
		return true;
	}
	if (c == '`') {
		s->tick = '`';
	} else if (c == '(' && s->word.n && s->word.p[s->word.n - 1] == '$' && !s->dbl) {
		s->tick = ')';
	} else {
		return false;
	}
	add(s, c);
	return true;
}

/* What c does outside quotes; false when the command ends or cannot be read. */
static bool plain(struct splitter *s, char c, struct strv *words, bool *bad)
{
	if (is_separator(c)) {
		end_word(s, words);
		return true;
	}
	if (c == '>')
		drop_descriptor(s);
	if (strchr(";&|<>", c))
		return false;
	if (c == '(' || c == ')') {
		*bad = true;
		return false;
	}
	add(s, c);
	return true;
}

int command_split(const char *text, struct strv *words, struct err **e)
{
	struct splitter s = { .word = BUF_INIT };
	bool bad = false;

	for (const char *p = text; *p && !bad; p++) {
		if (s.escaped) {
			add_escaped(&s, *p);
		} else if (*p == '\\' && !s.single) {
			s.escaped = true;
		} else if (substitution(&s, p)) {
			continue;
		} else if (*p == '\'' && !s.dbl) {
			s.single = !s.single;
			s.has_word = true;
		} else if (*p == '"' && !s.single) {
			s.dbl = !s.dbl;
			s.has_word = true;
		} else if (s.single || s.dbl) {
			add(&s, *p);
		} else if (!plain(&s, *p, words, &bad)) {
			break;
		}
	}
	bad = bad || s.single || s.dbl || s.escaped || s.tick;
	if (!bad)
		end_word(&s, words);
	buf_done(&s.word);
	return bad ? err_set(e, EINVAL, "invalid command line string") : 0;
}
