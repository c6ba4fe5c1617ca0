#include "image/challenge.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

static bool is_token(char c)
{
	return c > ' ' && c < 127 && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

static const char *token(const char *p, struct str *ret)
{
	ret->p = p;
	while (is_token(*p))
		p++;
	ret->n = (size_t)(p - ret->p);
	return p;
}

/* At the opening quote. NULL when the closing one is missing. */
static const char *quoted(const char *p, struct buf *ret)
{
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		buf_addch(ret, *p);
	}
	return *p ? p + 1 : NULL;
}

static bool str_is(struct str s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static void keep(struct challenge *c, struct str name, const char *value)
{
	char **to = str_is(name, "realm")   ? &c->realm :
		    str_is(name, "service") ? &c->service :
		    str_is(name, "scope")   ? &c->scope :
					      NULL;

	if (to && !*to)
		*to = xstrdup(value);
}

/* name=value, the value a token or quoted. NULL when it is something else. */
static const char *parameter(const char *p, struct challenge *c)
{
	AUTO(buf) struct buf value = BUF_INIT;
	struct str name, bare;

	p = skip_blanks(token(p, &name));
	if (!name.n || *p != '=')
		return NULL;
	p = skip_blanks(p + 1);
	if (*p == '"') {
		p = quoted(p, &value);
	} else {
		p = token(p, &bare);
		buf_add(&value, bare.p, bare.n);
	}
	if (p)
		keep(c, name, buf_str(&value));
	return p;
}

/* All of one challenge behind its scheme; stops where the next one begins. */
static const char *parameters(const char *p, struct challenge *c)
{
	for (;;) {
		const char *next = parameter(p, c);

		if (!next)
			return p;
		p = skip_blanks(next);
		if (*p != ',')
			return p;
		p += strspn(p, ", \t");
	}
}

int challenge_parse(const char *header, struct challenge *ret)
{
	const char *p = header + strspn(header, ", \t");

	while (*p) {
		struct challenge c = CHALLENGE_INIT;
		struct str scheme;
		const char *rest = skip_blanks(token(p, &scheme));
		bool is_bearer = str_is(scheme, "bearer");

		if (!scheme.n)
			return -EINVAL;
		rest = parameters(rest, &c);
		if (is_bearer || str_is(scheme, "basic")) {
			c.scheme = is_bearer ? CHALLENGE_BEARER : CHALLENGE_BASIC;
			*ret = c;
			return is_bearer && !c.realm ? -EINVAL : 0;
		}
		challenge_done(&c);
		/* Not a parameter: the next scheme, or what RFC 9110 calls token68. */
		p = rest + strspn(rest, "= ,\t");
		if (p == rest && *p && !is_token(*p))
			return -EINVAL;
	}
	return -ENOTSUP;
}

void challenge_done(struct challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	*c = (struct challenge)CHALLENGE_INIT;
}
