#include "compose/load/hints.h"

#include <ctype.h>
#include <string.h>

static bool is_service_attribute(const char *key)
{
	const struct attr *row = attr_in_set(&attr_set_service, key);

	return row && row->name && !attr_is_extension(key);
}

/* Length of the NAME in "NAME:value" written without a blank, 0 for other texts. */
static size_t glued_key(const char *text)
{
	size_t n = 0;

	while (islower((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n && text[n] == ':' && text[n + 1] && text[n + 1] != ' ' && text[n + 1] != '/' ? n
											      : 0;
}

/* Fit to be quoted in a hint. */
static bool is_short(const char *text)
{
	return strlen(text) < 60 && !strchr(text, '\n');
}

static bool is_plain_text(const struct node *n)
{
	return n->kind == NODE_STR && !n->quoted;
}

/* The members that should be in n stand beside it. */
static bool is_followed_by_its_members(const struct node *n, const struct attr *row)
{
	const struct attr *next = n->next && n->next->key && row->members
					  ? attr_in_set(row->members, n->next->key)
					  : NULL;

	return n->kind == NODE_NULL && next && next->name && n->next->key_pos.line > n->pos.line;
}

static bool hint_mapping(struct diag *g, const struct node *n, const struct attr *row)
{
	size_t glued = is_plain_text(n) && is_short(n->text) ? glued_key(n->text) : 0;

	if (glued)
		diag_hint(g, "a blank is missing behind the colon: %.*s: %s", (int)glued, n->text,
			  n->text + glued + 1);
	else if (is_followed_by_its_members(n, row))
		diag_hint(g, "%s below it must be indented further than %s", n->next->key, n->key);
	else if (n->kind == NODE_LIST && n->first && n->first->kind == NODE_MAP)
		diag_hint(g, "leave out the dashes: each name stands on a line of its own");
	else if (row->members == &attr_set_service && n->key && is_service_attribute(n->key))
		diag_hint(g,
			  "%s is an attribute of a service and must be indented further than its "
			  "name",
			  n->key);
	else
		return false;
	return true;
}

/* An item of a list is a mapping where words are wanted. */
static bool hint_item(struct diag *g, const struct node *n)
{
	const struct node *first = n->first;

	if (!node_is(n->parent, NODE_LIST) || n->kind != NODE_MAP || !first)
		return false;
	if (n->n == 1 && node_is_scalar(first) && first->kind != NODE_NULL && is_short(first->text))
		diag_hint(g, "write it as \"%s=%s\", or leave out all dashes", first->key,
			  first->text);
	else
		diag_hint(
			g,
			"to give options, write all of them as a mapping: %s: ..., without dashes",
			first->key);
	return true;
}

void hint_shape(struct diag *g, const struct node *n, const struct attr *row)
{
	bool is_number = n->kind == NODE_INT || n->kind == NODE_FLOAT || n->kind == NODE_BOOL;

	if (hint_item(g, n) || ((row->forms & MAP) && hint_mapping(g, n, row)))
		return;
	if ((row->forms & LIST) && is_plain_text(n) && n->pos.line > n->key_pos.line)
		diag_hint(g, "begin the line with \"- \"");
	else if (row->forms == LIST && node_is_scalar(n) && n->kind != NODE_NULL &&
		 is_short(n->text))
		diag_hint(g,
			  n->quoted ? "write it as a list: [\"%s\"]" : "write it as a list: [%s]",
			  n->text);
	else if (row->forms == STR && is_number)
		diag_hint(g, "put it in quotes: \"%s\"", n->text);
}

void hint_unknown(struct diag *g, const struct node *member)
{
	bool is_top = member->parent && !member->parent->parent;

	if (is_top && (node_get(member, "image") || node_get(member, "build")))
		diag_hint(g, "a service stands below \"services:\"");
	else if (is_top && is_service_attribute(member->key))
		diag_hint(g, "%s is an attribute of a service", member->key);
}
