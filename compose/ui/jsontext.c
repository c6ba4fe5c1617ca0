#include "compose/ui/jsontext.h"

#include <stdint.h>

#include "compose/ui/width.h"

static const char *short_escape(uint32_t c)
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	default:
		return NULL;
	}
}

static bool needs_code(uint32_t c)
{
	return c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029;
}

void jsontext_string(struct buf *out, const char *s)
{
	size_t n = strlen(s);

	buf_addch(out, '"');
	for (size_t i = 0, len; i < n; i += len) {
		uint32_t c;

		len = utf8_next(s + i, n - i, &c);
		if (short_escape(c))
			buf_addstr(out, short_escape(c));
		else if (needs_code(c))
			buf_addf(out, "\\u%04x", c);
		else if (len == 1 && c >= 0x80)
			buf_addstr(out, "\\ufffd");
		else
			buf_add(out, s + i, len);
	}
	buf_addch(out, '"');
}

static void add_number(struct buf *out, double v)
{
	if (v > -9e15 && v < 9e15 && (double)(int64_t)v == v)
		buf_addf(out, "%.0f", v);
	else
		buf_addf(out, "%.17g", v);
}

static void add_children(struct buf *out, const struct json *j, bool keys)
{
	bool first = true;

	buf_addch(out, keys ? '{' : '[');
	JSON_EACH (child, j) {
		if (!first)
			buf_addch(out, ',');
		first = false;
		if (keys) {
			jsontext_string(out, json_key(child));
			buf_addch(out, ':');
		}
		jsontext_add(out, child);
	}
	buf_addch(out, keys ? '}' : ']');
}

void jsontext_add(struct buf *out, const struct json *j)
{
	switch (j ? json_type(j) : JSON_NULL) {
	case JSON_NULL:
		buf_addstr(out, "null");
		break;
	case JSON_BOOL:
		buf_addstr(out, json_is_true(j) ? "true" : "false");
		break;
	case JSON_NUM:
		add_number(out, json_num(j, 0));
		break;
	case JSON_STR:
		jsontext_string(out, json_text(j));
		break;
	case JSON_ARR:
		add_children(out, j, false);
		break;
	case JSON_OBJ:
		add_children(out, j, true);
		break;
	}
}
