#include "base/test.h"

#include <errno.h>
#include <sys/mount.h>

#include "volumes/mount_opts.h"

static void splits_flags_from_file_system_data(void **state)
{
	unsigned long flags, propagation;
	AUTO(mem) char *data = NULL;

	(void)state;
	assert_int_equal(mount_opts_parse("ro,nosuid,size=100m,uid=1000,rw,rshared,bind", &flags,
					  &propagation, &data, NULL),
			 0);
	assert_int_equal(flags, MS_NOSUID | MS_BIND);
	assert_int_equal(propagation, MS_SHARED | MS_REC);
	assert_string_equal(data, "size=100m,uid=1000");
}

static void remount_is_refused(void **state)
{
	unsigned long flags, propagation;
	AUTO(err) struct err *e = NULL;
	char *data = NULL;

	(void)state;
	assert_int_equal(mount_opts_parse("ro,remount", &flags, &propagation, &data, &e), -EINVAL);
	assert_string_equal(err_text(e), "volume option \"remount\" is not possible");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_flags_from_file_system_data),
		cmocka_unit_test(remount_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
