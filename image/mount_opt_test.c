#include "image/mount_opt.h"

#include "base/buf.h"
#include "base/test.h"

static char *const entries[] = { (char *)"A=/a", NULL };
static const struct strv env = { (char **)entries, 1, 2 };
static const struct expand x = { .escape = '\\', .env = &env };

static struct mount_opt parse(const char *text)
{
	struct mount_opt m = { 0 };
	AUTO(err) struct err *e = NULL;

	if (mount_opt_parse(text, &x, &m, &e) < 0)
		fail_msg("%s: %s", text, err_text(e));
	return m;
}

static void takes_every_type(void **state)
{
	AUTO(mount_opt) struct mount_opt bind = parse("type=bind,from=s,src=$A/x,dst=/t");
	AUTO(mount_opt) struct mount_opt rw = parse("target=/t,rw");
	AUTO(mount_opt)
	struct mount_opt cache = parse("type=cache,target=/c,id=i,sharing=locked,mode=0700,uid=1");
	AUTO(mount_opt) struct mount_opt tmpfs = parse("type=tmpfs,target=/t,size=64m");
	AUTO(mount_opt) struct mount_opt secret = parse("type=secret,id=s,required,env=TOKEN");
	AUTO(mount_opt) struct mount_opt quoted = parse("\"target=/a,b\",type=tmpfs");

	(void)state;
	assert_int_equal(bind.type, MOUNT_OPT_BIND);
	assert_string_equal(bind.source, "/a/x");
	assert_true(bind.read_only);
	assert_false(rw.read_only);
	assert_int_equal(cache.sharing, MOUNT_OPT_LOCKED);
	assert_int_equal(cache.mode, 0700);
	assert_int_equal(cache.uid, 1);
	assert_int_equal(tmpfs.size, 64 << 20);
	assert_true(secret.is_required);
	assert_string_equal(secret.env, "TOKEN");
	assert_string_equal(quoted.target, "/a,b");
}

static void refuses_with_the_known_words(void **state)
{
	static const char *const rows[][2] = {
		{ "target", "invalid field 'target' must be a key=value pair" },
		{ "x=1,target=/t", "unexpected key 'x' in 'x=1'" },
		{ "type=floppy", "unsupported mount type \"floppy\"" },
		{ "type=cache", "mount target is required" },
		{ "type=tmpfs,target=/", "invalid mount target \"/\"" },
		{ "type=cache,target=/c,sharing=x", "unsupported sharing value \"x\"" },
		{ "type=cache,target=/c,mode=9", "invalid value '9' for 'mode'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(err) struct err *e = NULL;
		struct mount_opt m;

		assert_true(mount_opt_parse(rows[i][0], &x, &m, &e) < 0);
		assert_string_equal(err_text(e), rows[i][1]);
	}
}

static void finds_the_source_stage(void **state)
{
	AUTO(mem) char *from = mount_opt_from("mount=type=bind,from=base,target=/t");
	AUTO(mem) char *none = mount_opt_from("mount=type=tmpfs,target=/t");

	(void)state;
	assert_string_equal(from, "base");
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_type),
		cmocka_unit_test(refuses_with_the_known_words),
		cmocka_unit_test(finds_the_source_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
