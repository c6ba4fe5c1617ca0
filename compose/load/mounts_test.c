#include "base/test.h"

#include "base/buf.h"
#include "compose/load/mounts.h"

static void check_mount(const char *text, const char *want)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(err) struct err *e = NULL;
	struct mount_short m;
	const char *got;

	if (mount_parse(a, text, &m, &e) < 0)
		got = err_text(e);
	else
		got = arena_printf(a, "%s %s %s%s%s%s%s", m.type, m.source ? m.source : "-", m.target,
				   m.read_only ? " ro" : "", m.nocopy ? " nocopy" : "",
				   m.propagation ? m.propagation : "", m.selinux ? m.selinux : "");
	assert_string_equal(got, want);
}

static void tells_volumes_from_paths(void **state)
{
	(void)state;
	check_mount("/data", "volume - /data");
	check_mount("/d", "volume - /d");
	check_mount("data:/d", "volume data /d");
	check_mount("v:/d", "volume v /d");
	check_mount("./a:/d", "bind ./a /d");
	check_mount("../a:/d", "bind ../a /d");
	check_mount("/a:/d", "bind /a /d");
	check_mount("~/a:/d", "bind ~/a /d");
}

static void reads_options_and_ignores_unknown_ones(void **state)
{
	(void)state;
	check_mount("a:/d:ro", "volume a /d ro");
	check_mount("a:/d:ro,rw", "volume a /d");
	check_mount("a:/d:ro,nocopy", "volume a /d ro nocopy");
	check_mount("/a:/d:rshared,Z", "bind /a /drsharedZ");
	check_mount("/a:/d:cached,typo", "bind /a /d");
}

static void colons_in_variables_do_not_part(void **state)
{
	(void)state;
	check_mount("${A:-./x}:/d", "volume ${A:-./x} /d");
	check_mount("./${A:-x}:/${B:-d}:ro", "bind ./${A:-x} /${B:-d} ro");
}

static void refuses_what_has_no_meaning(void **state)
{
	(void)state;
	check_mount("", "invalid empty volume spec");
	check_mount(":/d", "invalid spec: :/d: empty section between colons");
	check_mount("a::b", "invalid spec: a::b: empty section between colons");
	check_mount("a:/b:", "invalid spec: a:/b:: empty section between colons");
	check_mount("a:/b:ro:x", "invalid spec: a:/b:ro:x: too many colons");
	check_mount("C:\\x:/d", "invalid spec: C:\\x:/d: a Windows path does not exist here");
}

static void check_device(const char *text, const char *want)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(err) struct err *e = NULL;
	struct device_short d;
	const char *got;

	if (device_parse(a, text, &d, &e) < 0)
		got = err_text(e);
	else
		got = arena_printf(a, "%s %s %s", d.source, d.target, d.permissions);
	assert_string_equal(got, want);
}

static void devices_have_defaults_from_the_left(void **state)
{
	(void)state;
	check_device("/dev/a", "/dev/a /dev/a rwm");
	check_device("/dev/a:/dev/b", "/dev/a /dev/b rwm");
	check_device("/dev/a:/dev/b:r", "/dev/a /dev/b r");
	check_device("/dev/a::r", "/dev/a /dev/a r");
	check_device("/a:/b:r:w", "confusing device mapping, please use long syntax: /a:/b:r:w");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_volumes_from_paths),
		cmocka_unit_test(reads_options_and_ignores_unknown_ones),
		cmocka_unit_test(colons_in_variables_do_not_part),
		cmocka_unit_test(refuses_what_has_no_meaning),
		cmocka_unit_test(devices_have_defaults_from_the_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
