#include "base/test.h"

#include <string.h>

#include "base/buf.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/help.h"

static void commands_are_sorted(void **state)
{
	(void)state;
	for (size_t i = 0; cmd_table[i] && cmd_table[i + 1]; i++)
		assert_true(strcmp(cmd_table[i]->name, cmd_table[i + 1]->name) < 0);
}

static void check_rows(const struct opt *opts, size_t size)
{
	for (const struct opt *o = opts; o && o->name; o++) {
		assert_non_null(o->help);
		assert_true(*o->help);
		assert_true(size == 0 || o->offset < size);
		for (const struct opt *other = opts; other != o; other++) {
			assert_string_not_equal(o->name, other->name);
			assert_true(!o->brief || o->brief != other->brief);
			assert_true(!o->alias || !streq(o->alias, other->name));
		}
	}
}

static void check_command(const struct cmd *cmd)
{
	assert_true(*cmd->summary);
	assert_true(cmd->run || cmd->subs);
	check_rows(cmd->opts, cmd->size);
	assert_true(!cmd->opts || cmd->size);
	for (size_t i = 0; cmd->subs && cmd->subs[i]; i++)
		check_command(cmd->subs[i]);
}

static void every_row_has_help_and_no_flag_is_there_twice(void **state)
{
	(void)state;
	check_rows(global_opts, sizeof(struct global_opts));
	for (size_t i = 0; cmd_table[i]; i++)
		check_command(cmd_table[i]);
}

static void nobody_takes_the_flags_every_command_has(void **state)
{
	(void)state;
	for (size_t i = 0; cmd_table[i]; i++) {
		for (const struct opt *o = cmd_table[i]->opts; o && o->name; o++) {
			assert_string_not_equal(o->name, "dry-run");
			assert_string_not_equal(o->name, "help");
			assert_int_not_equal(o->brief, 'h');
		}
	}
}

static void help_wraps_as_docker_does(void **state)
{
	static const struct opt opts[] = {
		{ .name = "abort-on-container-exit",
		  .help = "Stops all containers if any container was stopped. Incompatible with -d" },
		{ .name = "pull", .kind = OPT_STR, .dflt = "policy",
		  .help = "Pull image before running (\"always\"|\"missing\"|\"never\")" },
		{ .name = "timeout", .brief = 't', .kind = OPT_INT, .help = "Seconds" },
		{ .name = "secret", .hidden = true, .help = "x" },
		{ 0 },
	};
	AUTO(buf) struct buf out = BUF_INIT;

	(void)state;
	help_options(&out, opts, NULL, 79);
	assert_string_equal(
		out.p,
		"      --abort-on-container-exit   Stops all containers if any container\n"
		"                                  was stopped. Incompatible with -d\n"
		"      --pull string               Pull image before running\n"
		"                                  (\"always\"|\"missing\"|\"never\") (default\n"
		"                                  \"policy\")\n"
		"  -t, --timeout int               Seconds\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_sorted),
		cmocka_unit_test(every_row_has_help_and_no_flag_is_there_twice),
		cmocka_unit_test(nobody_takes_the_flags_every_command_has),
		cmocka_unit_test(help_wraps_as_docker_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
