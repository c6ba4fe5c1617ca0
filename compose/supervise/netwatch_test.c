/*
 * Real rules in a network namespace of the test's own. Needs root; skipped without.
 */
#include "compose/supervise/netwatch.h"

#include <sched.h>
#include <unistd.h>

#include "base/test.h"
#include "net/nft_library/nft_library.h"

enum { QUIET_MS = 300, LOUD_MS = 5000 };

struct fixture {
	uv_loop_t loop;
	uv_timer_t deadline;
	struct netwatch *w;
	struct nftlib *nft;
	unsigned changes;
};

static void on_changed(void *ctx)
{
	struct fixture *f = ctx;

	f->changes++;
	uv_stop(&f->loop);
}

static void on_deadline(uv_timer_t *t)
{
	uv_stop(t->loop);
}

static void rules(struct fixture *f, const char *text)
{
	assert_int_equal(nftlib_run(f->nft, text), 0);
}

static unsigned changes_within(struct fixture *f, unsigned ms)
{
	f->changes = 0;
	uv_timer_start(&f->deadline, on_deadline, ms, 0);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	uv_timer_stop(&f->deadline);
	return f->changes;
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	f->nft = nftlib_new();
	rules(f, "add table inet compose_x\nadd set inet compose_x s { type inet_service; }\n"
		 "add table ip filter\nadd chain ip filter DOCKER-USER\n"
		 "add rule ip filter DOCKER-USER accept\n");
	assert_int_equal(uv_loop_init(&f->loop), 0);
	uv_timer_init(&f->loop, &f->deadline);
	assert_int_equal(netwatch_open(&f->loop, on_changed, f, &f->w, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	netwatch_close(f->w);
	uv_close((uv_handle_t *)&f->deadline, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	nftlib_free(f->nft);
	free(f);
	return 0;
}

static void reports_a_flush(void **state)
{
	struct fixture *f = *state;

	rules(f, "flush ruleset\n");
	assert_int_equal(changes_within(f, LOUD_MS), 1);
}

static void reports_a_chain_that_may_drop(void **state)
{
	struct fixture *f = *state;

	rules(f, "add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; "
		 "}\n");
	assert_int_equal(changes_within(f, LOUD_MS), 1);
}

static void reports_rules_that_were_taken_out(void **state)
{
	struct fixture *f = *state;

	rules(f, "flush chain ip filter DOCKER-USER\n");
	assert_int_equal(changes_within(f, LOUD_MS), 1);
}

static void keeps_silent_about_elements_and_others_tables(void **state)
{
	struct fixture *f = *state;

	rules(f, "add element inet compose_x s { 80 }\n");
	rules(f, "add table ip else\nadd chain ip else c\ndelete table ip else\n");
	assert_int_equal(changes_within(f, QUIET_MS), 0);
}

static void survives_broken_messages(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (unsigned fill = 0; fill < 256; fill++) {
		for (size_t n = 0; n <= sizeof(bytes); n++) {
			memset(bytes, (int)fill, sizeof(bytes));
			(void)netwatch_matters(bytes, n);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reports_a_flush),
		TEST(reports_a_chain_that_may_drop),
		TEST(reports_rules_that_were_taken_out),
		TEST(keeps_silent_about_elements_and_others_tables),
		cmocka_unit_test(survives_broken_messages),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
