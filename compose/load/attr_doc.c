#include "compose/load/attr_doc.h"

#include <string.h>

#include "base/buf.h"
#include "compose/load/attr.h"

/* ---- paths ---- */

static void paths_of_set(const struct attr_set *set, const char *path, struct strv *ret);

static void paths_below(const struct attr *a, const char *path, struct strv *ret)
{
	if (a->item && (a->item->members || a->item->item)) {
		AUTO(mem) char *items = xasprintf("%s[]", path);

		paths_below(a->item, items, ret);
	}
	if (a->members)
		paths_of_set(a->members, path, ret);
}

static void paths_of_set(const struct attr_set *set, const char *path, struct strv *ret)
{
	for (size_t i = 0; i < set->n; i++) {
		AUTO(mem) char *own = *path ? xasprintf("%s.%s", path, set->rows[i].name) :
					      xstrdup(set->rows[i].name);

		if (set->rows[i].flags & ATTR_INTERNAL)
			continue;
		strv_add(ret, own);
		paths_below(&set->rows[i], own, ret);
	}
	if (set->any) {
		AUTO(mem) char *own = xasprintf("%s.*", path);

		paths_below(set->any, own, ret);
	}
}

void attr_doc_paths(struct strv *ret)
{
	paths_of_set(&attr_set_root, "", ret);
}

/* ---- the page ---- */

static const char *const merge_words[] = {
	[MERGE_DEFAULT] = "",
	[MERGE_REPLACE] = "replaced",
	[MERGE_BUILD] = "by member",
	[MERGE_DEPENDS_ON] = "by service",
	[MERGE_NAMES] = "by name",
	[MERGE_LOGGING] = "by member when the drivers agree",
	[MERGE_SEQUENCE] = "appended",
	[MERGE_EXTRA_HOSTS] = "appended",
	[MERGE_IPAM] = "by subnet",
};

static const char *const unique_words[] = {
	[UNIQUE_NONE] = "",
	[UNIQUE_EXACT] = "equal items once",
	[UNIQUE_NAME] = "one item a name",
	[UNIQUE_PATH] = "one item a path",
	[UNIQUE_EXPOSE] = "equal items once",
	[UNIQUE_PORT] = "one item an address, port and protocol",
	[UNIQUE_VOLUME] = "one item a target",
	[UNIQUE_DEVICE] = "one item a target",
	[UNIQUE_SECRET] = "one item a target",
	[UNIQUE_CONFIG] = "one item a target",
};

static const char *const acts_words[] = {
	[ACTS] = "run",
	[BUILDS] = "build",
	[LOADS] = "load",
	[VALIDATED] = "checked only",
	[REFUSED] = "refused",
};

static void add_merge(struct buf *b, const struct attr *a)
{
	const char *merge = merge_words[a->merge], *unique = unique_words[a->unique];

	if (!*merge && !(a->forms & (LIST | MAP)))
		merge = "replaced";
	else if (!*merge)
		merge = a->forms & LIST ? "appended" : "by member";
	buf_addf(b, "%s%s%s", merge, *unique ? ", " : "", unique);
}

static void add_forms(struct buf *b, const struct attr *a)
{
	static const struct {
		unsigned form;
		const char *word;
	} words[] = {
		{ STR, "string" }, { INT, "integer" }, { NUM, "number" }, { BOOL, "boolean" },
		{ LIST, "list" },  { MAP, "mapping" }, { NIL, "null" },
	};
	bool first = true;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!(a->forms & words[i].form))
			continue;
		buf_addf(b, "%s%s", first ? "" : ", ", words[i].word);
		first = false;
	}
}

static void add_row(struct buf *b, const struct attr *a)
{
	buf_addf(b, "| `%s`%s | ", a->name, a->flags & ATTR_REQUIRED ? " (required)" : "");
	add_forms(b, a);
	buf_addf(b, " | %s | ", a->dflt ? a->dflt : "");
	add_merge(b, a);
	buf_addf(b, " | %s | %s", acts_words[a->acts], a->doc);
	if (a->words) {
		buf_addstr(b, " One of");
		for (size_t i = 0; a->words[i]; i++)
			buf_addf(b, "%s `%s`", i ? "," : "", a->words[i]);
		buf_addch(b, '.');
	}
	buf_addstr(b, " |\n");
}

struct pages {
	const struct attr_set *seen[64];
	size_t n;
};

static bool is_new(struct pages *p, const struct attr_set *set)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->seen[i] == set)
			return false;
	}
	p->seen[p->n++] = set;
	return true;
}

static void add_set(struct buf *b, const struct attr_set *set, struct pages *p);

static void add_below(struct buf *b, const struct attr *a, struct pages *p)
{
	if (a->item)
		add_below(b, a->item, p);
	if (a->members)
		add_set(b, a->members, p);
}

static void add_set(struct buf *b, const struct attr_set *set, struct pages *p)
{
	if (set->any) {
		add_below(b, set->any, p);
		return;
	}
	if (!is_new(p, set))
		return;
	buf_addf(b, "\n## %s\n\n", set->title);
	buf_addstr(b, "| Attribute | Forms | Default | Over several files | Acts | Meaning |\n"
		      "|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < set->n; i++) {
		if (!(set->rows[i].flags & ATTR_INTERNAL))
			add_row(b, &set->rows[i]);
	}
	for (size_t i = 0; i < set->n; i++)
		add_below(b, &set->rows[i], p);
}

char *attr_doc_markdown(void)
{
	struct buf b = BUF_INIT;
	struct pages pages = { .n = 0 };

	buf_addstr(&b,
		   "# Attributes of a compose file\n\n"
		   "Every attribute `compose` knows, from the table in `compose/load/attr_*.c` that the loader "
		   "itself follows\n(this page is compared with it by a test). Attributes stand in the order in "
		   "which `config` prints them.\nMappings take `x-` members besides, unless the specification "
		   "forbids it.\n\n"
		   "Acts: *run* = changes what runs, *build* = used while an image is built, *load* = used by the "
		   "loader or the command\nline, *checked only* = checked, merged and printed, without effect on "
		   "one Linux host, *refused* = an error when it would have to act.\n");
	add_set(&b, &attr_set_root, &pages);
	return buf_take(&b);
}
