/* Any bytes as a YAML file: no crash, no endless work, and trees whose links hold. */
#include <errno.h>

#include "base/fuzz.h"
#include "compose/load/yaml.h"

static size_t check(const struct node *n, const struct node *parent, unsigned depth)
{
	size_t total = 1, children = 0;
	const struct node *prev = NULL;

	CHECK(n->parent == parent && depth <= 2 * YAML_DEPTH_MAX);
	CHECK(!node_is_scalar(n) || (n->text && !n->first));
	NODE_EACH(child, n) {
		CHECK(child->prev == prev);
		CHECK((n->kind == NODE_MAP) == (child->key != NULL));
		if (child->key)
			CHECK(node_get(n, child->key) == child);
		total += check(child, n, depth + 1);
		children++;
		prev = child;
	}
	CHECK(children == n->n && n->last == prev);
	return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(diags) struct diags *d = diags_new();
	struct yaml_docs docs;
	int r = yaml_read(a, d, "f", (const char *)data, size, &docs);

	CHECK((r < 0) == diags_failed(d));
	for (size_t i = 0; r != -EFBIG && i < docs.n; i++)
		(void)check(docs.v[i], NULL, 0);
	free(diags_format(d, DIAG_ERROR, true));
	return 0;
}
