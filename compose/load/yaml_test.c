#include "compose/load/yaml.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/test.h"

struct read {
	struct arena *a;
	struct diags *d;
	struct yaml_docs docs;
	struct node *root;
};

static int setup(void **state)
{
	struct read *r = xcalloc(1, sizeof(*r));

	r->a = arena_new();
	r->d = diags_new();
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct read *r = *state;

	arena_free(r->a);
	diags_free(r->d);
	free(r);
	return 0;
}

static struct node *reads(void **state, const char *text)
{
	struct read *r = *state;
	int ret = yaml_read(r->a, r->d, "f.yaml", text, strlen(text), &r->docs);

	if (ret < 0) {
		AUTO(mem) char *all = diags_format(r->d, DIAG_ERROR, false);

		fail_msg("refused: %s", all);
	}
	return r->root = r->docs.n ? r->docs.v[0] : NULL;
}

/* The first complaint is message at line:col. */
static void refuses(void **state, const char *text, const char *message, unsigned line,
		    unsigned col)
{
	struct read *r = *state;

	diags_free(r->d);
	r->d = diags_new();
	assert_true(yaml_read(r->a, r->d, "f.yaml", text, strlen(text), &r->docs) < 0);
	diags_sort(r->d);
	assert_true(r->d->n > 0);
	if (!strstr(r->d->v[0].message, message))
		fail_msg("got \"%s\", want \"%s\"", r->d->v[0].message, message);
	assert_int_equal(r->d->v[0].pos.line, line);
	assert_int_equal(r->d->v[0].pos.col, col);
}

static const char *text_at(struct node *n, const char *key)
{
	struct node *c = node_get(n, key);

	return c ? c->text : NULL;
}

static void nodes_know_where_key_and_value_stand(void **state)
{
	struct node *web = node_at(reads(state, "services:\n  web:\n    image: \"x\"\n"),
				   "services", "web", "image", NULL);

	assert_int_equal(web->pos.line, 3);
	assert_int_equal(web->pos.col, 12);
	assert_int_equal(web->key_pos.col, 5);
	assert_true(web->quoted);
	assert_int_equal(web->kind, NODE_STR);
}

static void plain_scalars_get_types_quoted_ones_do_not(void **state)
{
	struct node *m = reads(state, "a: 1\nb: '1'\nc: true\nd:\ne: 0o17\nf: !!str 5\ng: |\n  "
				      "7\nh: !!binary aGk=\ni: !x 5\n");

	assert_int_equal(node_get(m, "a")->kind, NODE_INT);
	assert_int_equal(node_get(m, "b")->kind, NODE_STR);
	assert_int_equal(node_get(m, "c")->kind, NODE_BOOL);
	assert_int_equal(node_get(m, "d")->kind, NODE_NULL);
	assert_int_equal(node_get(m, "e")->i, 15);
	assert_int_equal(node_get(m, "f")->kind, NODE_STR);
	assert_int_equal(node_get(m, "g")->kind, NODE_STR);
	assert_string_equal(text_at(m, "h"), "hi");
	assert_int_equal(node_get(m, "i")->kind, NODE_STR);
}

static void aliases_are_deep_copies(void **state)
{
	struct node *m = reads(state, "a: &x\n  k: [1, 2]\nb: *x\nc: &y v\nd: *y\n");

	assert_int_equal(node_at(m, "b", "k", NULL)->n, 2);
	assert_ptr_not_equal(node_get(m, "a")->first, node_get(m, "b")->first);
	assert_int_equal(node_at(m, "b", "k", NULL)->pos.line, 2);
	assert_string_equal(text_at(m, "d"), "v");
}

static void merge_keys_yield_to_explicit_ones_and_to_earlier_sources(void **state)
{
	struct node *m =
		reads(state, "a: &a {k: 1, l: 1}\nb: &b {l: 2, m: 2}\n"
			     "c:\n  <<: [*a, *b]\n  k: own\nd: {<<: {n: 3}}\ne: {\"<<\": x}\n"
			     "f: {!!merge <<: *a}\n");
	struct node *c = node_get(m, "c");

	assert_int_equal(c->n, 3);
	assert_string_equal(text_at(c, "k"), "own");
	assert_string_equal(text_at(c, "l"), "1");
	assert_string_equal(text_at(c, "m"), "2");
	assert_string_equal(text_at(node_get(m, "d"), "n"), "3");
	assert_string_equal(text_at(node_get(m, "e"), "<<"), "x");
	assert_string_equal(text_at(node_get(m, "f"), "k"), "1");
}

static void an_anchor_inside_a_merge_value_stays_usable(void **state)
{
	struct node *m = reads(state, "a: {<<: &x {k: 1}}\nb: *x\n");

	assert_string_equal(text_at(node_get(m, "b"), "k"), "1");
}

static void documents_are_kept_apart(void **state)
{
	struct read *r = *state;

	reads(state, "a: 1\n---\nb: 2\n---\n");
	assert_int_equal(r->docs.n, 3);
	assert_int_equal(r->docs.v[2]->kind, NODE_NULL);
	reads(state, "# only a comment\n");
	assert_int_equal(r->docs.n, 0);
	refuses(state, "a: &x 1\n---\nb: *x\n", "unknown anchor 'x'", 3, 4);
}

static void our_tags_stay_on_their_nodes(void **state)
{
	struct node *m = reads(
		state, "a: !reset null\nb: !override [1]\nc: &x !reset {}\nd: *x\ne: !other [1]\n");

	assert_string_equal(node_get(m, "a")->tag, "!reset");
	assert_string_equal(node_get(m, "b")->tag, "!override");
	assert_string_equal(node_get(m, "d")->tag, "!reset");
	assert_null(node_get(m, "e")->tag);
	assert_int_equal(node_get(m, "a")->kind, NODE_NULL);
}

static void complaints_stand_where_the_mistake_is(void **state)
{
	refuses(state, "a:\n  k: 1\n  k: 2\n", "mapping key \"k\" already defined at line 2", 3, 3);
	refuses(state, "a:\n  1: x\n", "non-string key in a: 1", 2, 3);
	refuses(state, "1: x\n", "non-string key at top level: 1", 1, 1);
	refuses(state, "a: [{true: x}]\n", "non-string key in a[0]: true", 1, 6);
	refuses(state, "a: {{ x }}\n", "non-string key in a: a mapping", 1, 5);
	refuses(state, "a: &x [*x]\n", "anchor 'x' value contains itself", 1, 8);
	refuses(state, "a: *nope\n", "unknown anchor 'nope'", 1, 4);
	refuses(state, "a: {<<: 5}\n", "map merge requires map or sequence of maps", 1, 5);
	refuses(state, "x: &x {}\na: {<<: *x, <<: *x}\n", "\"<<\" already defined", 2, 13);
	refuses(state, "a: \"x\n", "unexpected end of stream", 1, 4);
	refuses(state, "s:\n  a: x\n   b: y\n", "mapping values are not allowed", 3, 5);
	refuses(state, "s:\n\ta: x\n", "found a tab character that violates indentation", 2, 1);
	refuses(state, "a: !!int x\n", "cannot decode !!str `x` as a !!int", 1, 4);
	refuses(state, "a: b\n c\xff\n", "invalid", 2, 3);
	refuses(state, "a: \"\\0\"\n", "NUL", 1, 4);
}

static void one_run_shows_every_mistake_of_content(void **state)
{
	struct read *r = *state;

	refuses(state, "a: 1\na: 2\n3: x\nb: {<<: 1}\nc: {k: 1, k: 2}\n", "already defined", 2, 1);
	assert_int_equal(r->d->n_errors, 4);
}

static void bombs_end_at_their_limits(void **state)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct read *r = *state;

	buf_addstr(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++) {
		buf_addf(&b, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			buf_addf(&b, "%s*a%d", j ? "," : "", i - 1);
		buf_addstr(&b, "]\n");
	}
	assert_true(yaml_read(r->a, r->d, "f", b.p, b.n, &r->docs) < 0);
	assert_non_null(strstr(r->d->v[0].message, "excessive aliasing"));
	assert_true(arena_used(r->a) < 40 << 20);
	buf_reset(&b);
	for (int i = 0; i < 1000; i++)
		buf_addch(&b, '[');
	refuses(state, buf_str(&b), "nested more than 256 deep", 1, 257);
	buf_reset(&b);
	buf_addstr(&b, "a: &a0 [");
	for (int i = 0; i < 200; i++)
		buf_addch(&b, '[');
	for (int i = 0; i < 201; i++)
		buf_addch(&b, ']');
	buf_addstr(&b, "\nb: ");
	for (int i = 0; i < 100; i++)
		buf_addch(&b, '[');
	buf_addstr(&b, "*a0");
	for (int i = 0; i < 100; i++)
		buf_addch(&b, ']');
	refuses(state, buf_str(&b), "more than 256 deep", 2, 104);
}

static void large_files_are_refused_with_a_place(void **state)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct read *r = *state;

	buf_addstr(&b, "a: |\n");
	while (b.n <= YAML_BYTES_MAX)
		buf_addstr(&b,
			   "  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n");
	assert_true(yaml_read(r->a, r->d, "f", b.p, b.n, &r->docs) < 0);
	assert_true(r->d->v[0].pos.line > 100);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(nodes_know_where_key_and_value_stand),
		T(plain_scalars_get_types_quoted_ones_do_not),
		T(aliases_are_deep_copies),
		T(merge_keys_yield_to_explicit_ones_and_to_earlier_sources),
		T(an_anchor_inside_a_merge_value_stays_usable),
		T(documents_are_kept_apart),
		T(our_tags_stay_on_their_nodes),
		T(complaints_stand_where_the_mistake_is),
		T(one_run_shows_every_mistake_of_content),
		T(bombs_end_at_their_limits),
		T(large_files_are_refused_with_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
