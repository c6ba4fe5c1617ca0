#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/strv.h"
#include "runtime/caps.h"
#include "runtime/seccomp.h"

#define CONFIG(caps, extra)                                                                        \
	"{\"ociVersion\":\"1.1.0\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"a\"],"       \
	"\"capabilities\":{\"bounding\":[" caps "]}},\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}" \
	"," extra "}"
#define DEFAULT "\"annotations\":{\"compose.seccomp\":\"default\"}"

static void program(const char *config, const char *cache, struct seccomp_program *ret)
{
	AUTO(spec) struct spec *s = NULL;
	AUTO(err) struct err *e = NULL;

	assert_int_equal(spec_parse(config, strlen(config), &s, &e), 0);
	assert_int_equal(seccomp_prepare(s, cache, ret, &e), 0);
}

/* What a system call answers under the program: 0 or an errno, 256 + signal when it kills. */
static int outcome(const struct seccomp_program *p, long nr, long a, long b)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_install(p, NULL) < 0)
			_exit(255);
		_exit(syscall(nr, a, b, 0, 0, 0) >= 0 ? 0 : errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void default_profile_answers_as_dockers_does(void **state)
{
	AUTO(seccomp_program) struct seccomp_program p = { 0 };

	(void)state;
	program(CONFIG("\"CAP_CHOWN\"", DEFAULT), NULL, &p);
	assert_true(p.n > 100);
	assert_int_equal(outcome(&p, SYS_getpid, 0, 0), 0);
	assert_int_equal(outcome(&p, SYS_socket, AF_UNIX, SOCK_STREAM), 0);
	assert_int_equal(outcome(&p, SYS_socket, 38 /* AF_ALG */, SOCK_SEQPACKET), EPERM);
	assert_int_equal(outcome(&p, SYS_socket, 40 /* AF_VSOCK */, SOCK_STREAM), EPERM);
	assert_int_equal(outcome(&p, SYS_unshare, 0, 0), EPERM);
	assert_int_equal(outcome(&p, SYS_mount, 0, 0), EPERM);
	assert_int_equal(outcome(&p, SYS_bpf, 0, 0), EPERM);
	assert_int_equal(outcome(&p, SYS_keyctl, 0, 0), EPERM);
	assert_int_equal(outcome(&p, SYS_clone3, 0, 0), ENOSYS);
	assert_int_equal(outcome(&p, SYS_personality, 0xffffffff, 0), 0);
	assert_int_equal(outcome(&p, SYS_personality, 0x1000000, 0), EPERM);
}

static void calls_newer_than_the_profile_do_not_exist(void **state)
{
	AUTO(seccomp_program) struct seccomp_program p = { 0 };

	(void)state;
	program(CONFIG("", DEFAULT), NULL, &p);
	assert_int_equal(outcome(&p, 2000, 0, 0), ENOSYS);
}

static void capability_opens_the_calls_that_need_it(void **state)
{
	AUTO(seccomp_program) struct seccomp_program with = { 0 };
	AUTO(seccomp_program) struct seccomp_program without = { 0 };

	(void)state;
	program(CONFIG("\"CAP_SYS_ADMIN\"", DEFAULT), NULL, &with);
	program(CONFIG("\"CAP_CHOWN\"", DEFAULT), NULL, &without);
	assert_int_equal(outcome(&with, SYS_unshare, 0, 0), 0);
	assert_int_equal(outcome(&without, SYS_unshare, 0, 0), EPERM);
	assert_int_equal(outcome(&with, SYS_clone3, 0, 0), EINVAL);
}

static void no_annotation_means_no_filter(void **state)
{
	AUTO(seccomp_program) struct seccomp_program p = { 0 };
	AUTO(seccomp_program) struct seccomp_program q = { 0 };

	(void)state;
	program(CONFIG("", "\"annotations\":{}"), NULL, &p);
	program(CONFIG("", "\"annotations\":{\"compose.seccomp\":\"unconfined\"}"), NULL, &q);
	assert_null(p.code);
	assert_null(q.code);
}

static int prepare_profile(const char *seccomp, struct seccomp_program *ret)
{
	AUTO(mem) char *text = xasprintf(
		"{\"ociVersion\":\"1.1.0\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"a\"]},"
		"\"linux\":{\"namespaces\":[{\"type\":\"mount\"}],\"seccomp\":%s}}",
		seccomp);
	AUTO(spec) struct spec *s = NULL;

	assert_int_equal(spec_parse(text, strlen(text), &s, NULL), 0);
	return seccomp_prepare(s, NULL, ret, NULL);
}

static void given_profile_is_followed(void **state)
{
	AUTO(seccomp_program) struct seccomp_program p = { 0 };

	(void)state;
	assert_int_equal(
		prepare_profile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
				"{\"names\":[\"getppid\",\"not_a_call_yet\"],\"action\":\"SCMP_ACT_ERRNO\","
				"\"errnoRet\":7},"
				"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":["
				"{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"},"
				"{\"index\":0,\"value\":9,\"op\":\"SCMP_CMP_EQ\"}]}]}",
				&p),
		0);
	assert_int_equal(outcome(&p, SYS_getppid, 0, 0), 7);
	assert_int_equal(outcome(&p, SYS_personality, 8, 0), EPERM);
	assert_int_equal(outcome(&p, SYS_personality, 9, 0), EPERM);
	assert_int_equal(outcome(&p, SYS_personality, 0xffffffff, 0), 0);
}

static void unknown_words_in_a_profile_are_errors(void **state)
{
	static const char *const bad[] = {
		"{\"defaultAction\":\"SCMP_ACT_MAYBE\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_PDP11\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"X\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}",
		("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		 "\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":9,\"value\":1,"
		 "\"op\":\"SCMP_CMP_EQ\"}]}]}"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct seccomp_program p = { 0 };

		assert_int_equal(prepare_profile(bad[i], &p), -EINVAL);
		assert_null(p.code);
	}
}

static void cached_program_is_the_compiled_one_and_damage_is_noticed(void **state)
{
	char dir[] = "/tmp/seccomp-test-XXXXXX";
	AUTO(seccomp_program) struct seccomp_program first = { 0 };
	AUTO(seccomp_program) struct seccomp_program second = { 0 };
	AUTO(seccomp_program) struct seccomp_program third = { 0 };
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(mem) char *file = NULL;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	program(CONFIG("", DEFAULT), dir, &first);
	program(CONFIG("", DEFAULT), dir, &second);
	assert_int_equal(first.n, second.n);
	assert_memory_equal(first.code, second.code, first.n * 8);
	assert_int_equal(dir_list(AT_FDCWD, dir, &names, NULL), 0);
	assert_int_equal(names.n, 1);
	file = xasprintf("%s/%s", dir, names.v[0]);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\x55", 1, 200), 1);
	close(fd);
	program(CONFIG("", DEFAULT), dir, &third);
	assert_int_equal(third.n, first.n);
	assert_memory_equal(first.code, third.code, first.n * 8);
	assert_int_equal(tree_remove(AT_FDCWD, dir, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_profile_answers_as_dockers_does),
		cmocka_unit_test(calls_newer_than_the_profile_do_not_exist),
		cmocka_unit_test(capability_opens_the_calls_that_need_it),
		cmocka_unit_test(no_annotation_means_no_filter),
		cmocka_unit_test(given_profile_is_followed),
		cmocka_unit_test(unknown_words_in_a_profile_are_errors),
		cmocka_unit_test(cached_program_is_the_compiled_one_and_damage_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
