#include "image/mode.h"

#include "base/mem.h"
#include "base/test.h"

static void applies_octal_and_symbolic_modes(void **state)
{
	static const struct {
		const char *text;
		mode_t from;
		bool is_dir;
		mode_t want;
	} rows[] = {
		{ "755", 0600, false, 0755 },        { "04711", 0, false, 04711 },
		{ "+x", 0644, false, 0755 },         { "u=rwX,go=rX", 0600, false, 0644 },
		{ "u=rwX,go=rX", 0600, true, 0755 }, { "g=u", 0640, false, 0660 },
		{ "a-w", 0666, false, 0444 },        { "u+s,o-rwx", 0755, false, 04750 },
		{ "go=", 0777, false, 0700 },        { "0", 0777, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(mode_check(rows[i].text, NULL), 0);
		assert_int_equal(mode_apply(rows[i].text, rows[i].from, rows[i].is_dir),
				 rows[i].want);
	}
}

static void refuses_what_is_no_mode(void **state)
{
	static const char *const bad[] = { "", "888", "10000", "x", "u", "u=rwz", "u=r,", "u=r,," };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(mode_check(bad[i], NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applies_octal_and_symbolic_modes),
		cmocka_unit_test(refuses_what_is_no_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
