#include "base/test.h"

#include <sys/mount.h>

#include "runtime/mountopt.h"

static void parse(struct mountopt *o, const char *text)
{
	struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, NULL), 0);
	mountopt_parse(o, j);
	json_free(j);
}

static void sorts_flags_from_file_system_data(void **state)
{
	AUTO(mountopt) struct mountopt o = { 0 };

	(void)state;
	parse(&o, "[\"nosuid\",\"mode=755\",\"ro\",\"size=64k\"]");
	assert_int_equal(o.flags, MS_NOSUID | MS_RDONLY);
	assert_int_equal(o.attr_set, MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY);
	assert_string_equal(buf_str(&o.data), "mode=755,size=64k");
}

static void later_option_wins_over_its_opposite(void **state)
{
	AUTO(mountopt) struct mountopt o = { 0 };

	(void)state;
	parse(&o, "[\"ro\",\"rw\",\"exec\",\"noexec\"]");
	assert_int_equal(o.flags, MS_NOEXEC);
	assert_int_equal(o.attr_set, MOUNT_ATTR_NOEXEC);
	assert_int_equal(o.attr_clr, MOUNT_ATTR_RDONLY);
}

static void recursive_options_are_kept_apart(void **state)
{
	AUTO(mountopt) struct mountopt o = { 0 };

	(void)state;
	parse(&o, "[\"rbind\",\"rro\",\"rslave\"]");
	assert_true(o.bind && o.recursive);
	assert_int_equal(o.attr_set, 0);
	assert_int_equal(o.rattr_set, MOUNT_ATTR_RDONLY);
	assert_int_equal(o.propagation, MS_SLAVE | MS_REC);
}

static void atime_is_one_field_not_bits(void **state)
{
	AUTO(mountopt) struct mountopt o = { 0 };

	(void)state;
	parse(&o, "[\"noatime\",\"strictatime\"]");
	assert_int_equal(o.attr_set & MOUNT_ATTR__ATIME, MOUNT_ATTR_STRICTATIME);
	assert_int_equal(o.attr_clr & MOUNT_ATTR__ATIME, MOUNT_ATTR__ATIME);
}

static void finds_a_value_in_the_data(void **state)
{
	AUTO(mountopt) struct mountopt o = { 0 };
	AUTO(mem) char *mode = NULL;
	AUTO(mem) char *none = NULL;

	(void)state;
	parse(&o, "[\"size=1k\",\"mode=1777\"]");
	mode = mountopt_data_value(&o, "mode");
	none = mountopt_data_value(&o, "mod");
	assert_string_equal(mode, "1777");
	assert_null(none);
}

static void no_option_has_an_empty_name(void **state)
{
	(void)state;
	for (size_t i = 0; mountopt_name(i); i++)
		assert_true(*mountopt_name(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_flags_from_file_system_data),
		cmocka_unit_test(later_option_wins_over_its_opposite),
		cmocka_unit_test(recursive_options_are_kept_apart),
		cmocka_unit_test(atime_is_one_field_not_bits),
		cmocka_unit_test(finds_a_value_in_the_data),
		cmocka_unit_test(no_option_has_an_empty_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
