#include "compose/load/yaml_style.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "compose/load/scalar.h"

/* ---- what the text contains ---- */

struct analysis {
	bool indicators;     /* something a plain scalar cannot have */
	bool line_breaks;
	bool special;        /* only double quotes can show it */
	bool tabs;
	bool leading_blank, trailing_space;
	bool break_space;    /* a blank behind a line break */
	bool space_break;    /* a blank in front of one */
};

static bool is_blank_or_end(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0;
}

/* Length of the UTF-8 sequence at s, 0 when there is none. *cp is its code point. */
static size_t decode(const char *s, uint32_t *cp)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc2 ? 2 : 0;

	if (n <= 1) {
		*cp = u[0];
		return n;
	}
	*cp = u[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (u[i] & 0x3f);
	}
	return n;
}

static bool is_printable(uint32_t cp)
{
	if (cp < 0x80)
		return cp == '\n' || (cp >= 0x20 && cp < 0x7f);
	return cp >= 0xa0 && cp != 0x2028 && cp != 0x2029 && (cp < 0xd800 || cp > 0xdfff) &&
	       cp != 0xfeff && cp != 0xfffe && cp != 0xffff;
}

static bool is_indicator(const char *text, const char *at)
{
	bool before_blank = is_blank_or_end(at[1]);

	if (at == text)
		return strchr("#,[]{}&*!|>'\"%@`", *at) ||
		       (strchr("?:-", *at) && before_blank);
	if (*at == ':')
		return before_blank;
	return *at == '#' && is_blank_or_end(at[-1]);
}

static struct analysis analyse(const char *text)
{
	struct analysis a = { .indicators = strncmp(text, "---", 3) == 0 ||
					    strncmp(text, "...", 3) == 0 };
	char before = 0;

	for (const char *s = text; *s;) {
		uint32_t cp;
		size_t n = decode(s, &cp);

		if (is_indicator(text, s))
			a.indicators = true;
		if (*s == '\t')
			a.tabs = true;
		else if (!n || !is_printable(cp))
			a.special = true;
		if (*s == ' ') {
			a.leading_blank |= s == text;
			a.trailing_space |= !s[1];
			a.break_space |= before == '\n';
		} else if (*s == '\n') {
			a.line_breaks = true;
			a.space_break |= before == ' ';
		}
		before = *s;
		s += n ? n : 1;
	}
	return a;
}

/* ---- what it could be taken for ---- */

/* Booleans of YAML 1.1. */
static bool is_old_boolean(const char *text)
{
	static const char *const words[] = { "y",  "Y",	 "yes", "Yes", "YES", "on",  "On",  "ON",
					     "n",  "N",	 "no",	"No",  "NO",  "off", "Off", "OFF" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* Numbers of YAML 1.1 in base 60: [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool is_base60(const char *text)
{
	const char *s = text + (*text == '-' || *text == '+');
	bool groups = false;

	if (!isdigit((unsigned char)*s))
		return false;
	s += strspn(s, "0123456789_");
	for (; *s == ':'; groups = true) {
		size_t n = strspn(++s, "0123456789");

		if (n < 1 || n > 2 || (n == 2 && *s > '5'))
			return false;
		s += n;
	}
	if (*s == '.')
		s += 1 + strspn(s + 1, "0123456789_");
	return groups && !*s;
}

/* A block pays for itself when it has more than blanks. */
static bool suits_literal(const char *text)
{
	return strlen(text) >= 2 && text[strspn(text, " \t\n\r\v\f")];
}

enum yaml_style yaml_style_of(const char *text, bool is_key)
{
	struct analysis a = analyse(text);
	bool quotable = !a.break_space && !a.space_break && !a.tabs && !a.special;
	bool plain = quotable && !a.indicators && !a.line_breaks && !a.leading_blank &&
		     !a.trailing_space;

	if (a.line_breaks)
		return !is_key && suits_literal(text) && !a.trailing_space && !a.space_break &&
				       !a.special ?
			       YAML_LITERAL :
			       YAML_DOUBLE;
	if (scalar_resolve(text).kind != NODE_STR || scalar_is_date(text))
		return YAML_DOUBLE;
	if (plain && !is_old_boolean(text) && !is_base60(text) && strcmp(text, "<<") != 0)
		return YAML_PLAIN;
	return quotable ? YAML_SINGLE : YAML_DOUBLE;
}

/* ---- writing ---- */

static void add_single(struct buf *out, const char *text)
{
	buf_addch(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_addch(out, '\'');
		buf_addch(out, *text);
	}
	buf_addch(out, '\'');
}

static void add_escape(struct buf *out, uint32_t cp)
{
	static const struct {
		uint32_t cp;
		char letter;
	} named[] = {
		{ 0x07, 'a' },	{ 0x08, 'b' }, { 0x09, 't' },  { 0x0a, 'n' },	{ 0x0b, 'v' },
		{ 0x0c, 'f' },	{ 0x0d, 'r' }, { 0x1b, 'e' },  { '"', '"' },	{ '\\', '\\' },
		{ 0x85, 'N' },	{ 0xa0, '_' }, { 0x2028, 'L' }, { 0x2029, 'P' },
	};

	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		if (named[i].cp == cp) {
			buf_addf(out, "\\%c", named[i].letter);
			return;
		}
	}
	if (cp <= 0xff)
		buf_addf(out, "\\x%02X", cp);
	else if (cp <= 0xffff)
		buf_addf(out, "\\u%04X", cp);
	else
		buf_addf(out, "\\U%08X", cp);
}

static void add_double(struct buf *out, const char *text)
{
	buf_addch(out, '"');
	while (*text) {
		uint32_t cp;
		size_t n = decode(text, &cp);

		if (!n)
			cp = (unsigned char)*text;
		if (!n || !is_printable(cp) || cp == '\n' || cp == '"' || cp == '\\')
			add_escape(out, cp);
		else
			buf_add(out, text, n);
		text += n ? n : 1;
	}
	buf_addch(out, '"');
}

void yaml_add_scalar(struct buf *out, const char *text, enum yaml_style style)
{
	if (style == YAML_PLAIN)
		buf_addstr(out, text);
	else if (style == YAML_SINGLE)
		add_single(out, text);
	else
		add_double(out, text);
}

void yaml_add_literal(struct buf *out, const char *text, unsigned indent)
{
	size_t n = strlen(text);
	bool line_start = true;

	buf_addch(out, '|');
	if (*text == ' ' || *text == '\n')
		buf_addch(out, '2');
	if (text[n - 1] != '\n')
		buf_addch(out, '-');
	else if (n < 2 || text[n - 2] == '\n')
		buf_addch(out, '+');
	buf_addch(out, '\n');
	for (; *text; text++) {
		if (line_start && *text != '\n')
			buf_addf(out, "%*s", (int)indent, "");
		buf_addch(out, *text);
		line_start = *text == '\n';
	}
	if (!line_start)
		buf_addch(out, '\n');
}
