#include "compose/load/project_json.h"

#include <stdlib.h>

#include "base/buf.h"
#include "compose/load/emit.h"
#include "compose/load/hash.h"

static struct json *convert(const struct node *n, const struct attr *row);

static struct json *absent(const struct attr *row)
{
	struct node empty = { .kind = NODE_MAP };

	if (row && row->kind == KIND_OBJECT)
		return convert(&empty, row);
	return row && row->kind == KIND_NAMES ? json_new_obj() : json_new_null();
}

static struct json *convert_map(const struct node *n, const struct attr *row)
{
	struct json *obj = json_new_obj();
	struct shown *v;
	size_t count = emit_members(n, row, EMIT_JSON, &v);

	for (size_t i = 0; i < count; i++)
		json_set(obj, v[i].key,
			 v[i].n ? convert(v[i].n, v[i].row) : absent(v[i].row));
	free(v);
	return obj;
}

static struct json *convert(const struct node *n, const struct attr *row)
{
	struct json *list;

	switch (n->kind) {
	case NODE_BOOL:
		return json_new_bool(n->b);
	case NODE_INT:
		return json_new_int(n->i);
	case NODE_FLOAT:
		return json_new_num(n->f);
	case NODE_STR:
		return json_new_str(n->text);
	case NODE_MAP:
		return convert_map(n, row);
	case NODE_LIST:
		list = json_new_arr();
		NODE_EACH(item, n)
			json_push(list, convert(item, emit_item_row(row)));
		return list;
	case NODE_NULL:
		break;
	}
	return json_new_null();
}

static void add_hashes(struct json *root, const struct node *tree, const char *top,
		       enum hash_kind kind)
{
	struct json *section = json_get(root, top);

	NODE_EACH(entry, node_get(tree, top)) {
		struct json *obj = json_get(section, entry->key);
		char hash[HASH_TEXT];

		if (!json_is(obj, JSON_OBJ))
			continue;
		config_hash(kind, entry, hash);
		json_set_str(obj, "x-compose-hash", hash);
	}
}

/* Content that only a variable has. */
static void add_contents(struct json *root, const struct node *tree, const char *top)
{
	struct json *section = json_get(root, top);

	NODE_EACH(entry, node_get(tree, top)) {
		const struct node *content = node_get(entry, "content");
		struct json *obj = json_get(section, entry->key);

		if (json_is(obj, JSON_OBJ) && node_is(content, NODE_STR) && !content->pos.line)
			json_set_str(obj, "x-compose-content", content->text);
	}
}

struct json *project_to_json(const struct loaded *p)
{
	struct json *root = convert(p->root, attr_root());

	add_hashes(root, p->root, "services", HASH_SERVICE);
	add_hashes(root, p->root, "networks", HASH_NETWORK);
	add_hashes(root, p->root, "volumes", HASH_VOLUME);
	add_contents(root, p->root, "secrets");
	add_contents(root, p->root, "configs");
	return root;
}
