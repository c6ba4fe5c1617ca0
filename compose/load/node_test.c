#include "compose/load/node.h"

#include <stdio.h>
#include <string.h>

#include "base/test.h"

static const struct srcpos here = { "f.yaml", 3, 5 };

static struct node *map_of(struct arena *a, size_t n)
{
	struct node *m = node_new(a, NODE_MAP, &here);

	for (size_t i = 0; i < n; i++)
		node_set(a, m, arena_printf(a, "key%zu", i), node_int(a, (int64_t)i, &here));
	return m;
}

static void finds_members_of_small_and_large_maps(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new();

	for (size_t n = 0; n < 400; n += 13) {
		struct node *m = map_of(a, n);

		assert_int_equal(m->n, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(node_get(m, arena_printf(a, "key%zu", i))->i, i);
		assert_null(node_get(m, "other"));
	}
}

static void removed_members_stay_away_and_can_return(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new();
	struct node *m = map_of(a, 100);

	for (int round = 0; round < 50; round++) {
		node_del(m, "key40");
		assert_null(node_get(m, "key40"));
		node_set(a, m, "key40", node_int(a, round, &here));
		assert_int_equal(node_get(m, "key40")->i, round);
	}
	assert_int_equal(m->n, 100);
	assert_string_equal(m->last->key, "key40");
}

static void set_keeps_the_place_of_a_replaced_member(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new();
	struct node *m = map_of(a, 3);

	node_set(a, m, "key1", node_str(a, "new", &here));
	assert_int_equal(m->n, 3);
	assert_string_equal(m->first->next->text, "new");
	assert_string_equal(m->first->next->next->key, "key2");
	assert_ptr_equal(m->last->prev, m->first->next);
}

static void copies_share_nothing(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new();
	struct node *m = map_of(a, 40), *c = node_copy(a, m);

	node_del(m, "key7");
	node_get(m, "key8")->i = 99;
	assert_int_equal(c->n, 40);
	assert_int_equal(node_get(c, "key7")->i, 7);
	assert_int_equal(node_get(c, "key8")->i, 8);
	assert_ptr_equal(node_get(c, "key8")->parent, c);
}

static void paths_name_members_and_items(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new();
	struct node *root = node_new(a, NODE_MAP, &here), *services = node_new(a, NODE_MAP, &here);
	struct node *list = node_new(a, NODE_LIST, &here), *item = node_str(a, "x", &here);

	node_set(a, root, "services", services);
	node_set(a, services, "web", list);
	node_append(list, node_str(a, "w", &here));
	node_append(list, item);
	assert_string_equal(node_path(a, item), "services.web[1]");
	assert_string_equal(node_path(a, root), "");
	assert_ptr_equal(node_at(root, "services", "web", NULL), list);
	assert_null(node_at(root, "services", "db", "image", NULL));
}

static void the_walk_survives_removal_of_the_current_child(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new();
	struct node *m = map_of(a, 30);

	NODE_EACH(child, m)
		if (child->i % 2)
			node_remove(child);
	assert_int_equal(m->n, 15);
	assert_null(node_get(m, "key1"));
	assert_non_null(node_get(m, "key2"));
}

static void insertion_comes_in_front(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new();
	struct node *l = node_new(a, NODE_LIST, &here);

	node_append(l, node_str(a, "b", &here));
	node_insert_before(l->first, node_str(a, "a", &here));
	node_append(l, node_str(a, "c", &here));
	assert_int_equal(l->n, 3);
	assert_string_equal(l->first->text, "a");
	assert_string_equal(l->last->prev->text, "b");
}

static void origins_remember_what_was_replaced(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new();
	struct node *base = node_str(a, "one", &here),
		    *over = node_str(a, "two", &(struct srcpos){ "g.yaml", 9, 1 });
	struct node *last = node_str(a, "three", &(struct srcpos){ "h.yaml", 1, 1 });

	node_origin(a, over, "interpolated", NULL);
	node_origin(a, over, NULL, base);
	node_origin(a, last, NULL, over);
	assert_string_equal(last->origin->text, "three");
	assert_string_equal(last->origin->before->how, "interpolated");
	assert_string_equal(last->origin->before->before->pos.file, "f.yaml");
	assert_null(last->origin->before->before->before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_members_of_small_and_large_maps),
		cmocka_unit_test(removed_members_stay_away_and_can_return),
		cmocka_unit_test(set_keeps_the_place_of_a_replaced_member),
		cmocka_unit_test(copies_share_nothing),
		cmocka_unit_test(paths_name_members_and_items),
		cmocka_unit_test(the_walk_survives_removal_of_the_current_child),
		cmocka_unit_test(insertion_comes_in_front),
		cmocka_unit_test(origins_remember_what_was_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
