#include "base/test.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "runtime/bpf_answer.h"
#include "runtime/seccomp_compact.h"

struct program {
	struct sock_filter *v;
	size_t n;
};

static uint64_t seed = 1;
static uint32_t dice(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static const uint64_t interesting[] = {
	0,          1,           2,           38,         40,         0x7f,       0x7e020000,
	0xffffffff, 0x100000000, 0x100000026, 1ull << 63, UINT64_MAX, 0x20000000, 0xfffffffffull
};

static const uint32_t numbers[] = { 0x3fffffff, 0x80000000, 0xfffffffe, UINT32_MAX, 0x40000400 };

static void same_answer(const struct program *p, const struct program *q, uint32_t arch,
			uint32_t nr)
{
	struct seccomp_data d = { .nr = (int)nr, .arch = arch, .instruction_pointer = 77 };

	for (int round = 0; round < 6; round++) {
		uint32_t one = 1, two = 2;

		for (int i = 0; i < 6; i++)
			d.args[i] = interesting[dice(ARRAY_LEN(interesting))];
		assert_true(bpf_answer(p->v, p->n, &d, &one));
		assert_true(bpf_answer(q->v, q->n, &d, &two));
		assert_int_equal(one, two);
	}
}

static void same_answers(const struct program *p, const struct program *q)
{
	static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					   0, UINT32_MAX };

	for (size_t a = 0; a < ARRAY_LEN(arches); a++) {
		for (uint32_t nr = 0; nr < 600; nr++) {
			same_answer(p, q, arches[a], nr);
			same_answer(p, q, arches[a], nr | 0x40000000);
		}
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
			same_answer(p, q, arches[a], numbers[i]);
	}
}

static struct program exported(scmp_filter_ctx ctx)
{
	AUTO(fd) int fd = memfd_create("program", MFD_CLOEXEC);
	struct program p = { 0 };
	off_t size;

	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	size = lseek(fd, 0, SEEK_END);
	p.n = (size_t)size / sizeof(*p.v);
	p.v = xmalloc((size_t)size);
	assert_int_equal(pread(fd, p.v, (size_t)size, 0), size);
	return p;
}

static bool compacted(const struct program *p, struct program *q)
{
	static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 };

	return seccomp_compact(p->v, p->n, arches, ARRAY_LEN(arches), &q->v, &q->n);
}

/* Neighbours mostly share their lot, as in profiles. */
static void random_rules(scmp_filter_ctx ctx, uint32_t action)
{
	uint32_t kind = 0;

	for (int nr = 0; nr < 450; nr++) {
		struct scmp_arg_cmp arg = { .arg = dice(6),
					    .op = (enum scmp_compare)(1 + dice(7)),
					    .datum_a = interesting[dice(ARRAY_LEN(interesting))],
					    .datum_b = interesting[dice(ARRAY_LEN(interesting))] };

		if (dice(6) == 0)
			kind = dice(20);
		/* Some numbers are no call of this architecture. */
		if (kind < 12)
			(void)seccomp_rule_add_array(ctx, action, nr, 0, NULL);
		else if (kind < 14)
			(void)seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(38), nr, 0, NULL);
		else if (kind < 16)
			(void)seccomp_rule_add_array(ctx, action, nr, 1, &arg);
	}
}

static void every_call_is_answered_as_before(void **state)
{
	(void)state;
	for (int round = 0; round < 24; round++) {
		bool refuses = round % 3 != 0;
		scmp_filter_ctx ctx = seccomp_init(refuses ? SCMP_ACT_ERRNO(1) : SCMP_ACT_ALLOW);
		struct program p, q = { 0 };

		assert_non_null(ctx);
		if (round % 2 == 0)
			assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X86), 0);
		if (round % 4 == 0)
			assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X32), 0);
		(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, round % 5 == 0 ? 1 : 2);
		random_rules(ctx, refuses ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
		p = exported(ctx);
		assert_true(compacted(&p, &q));
		assert_true(q.n < p.n);
		same_answers(&p, &q);
		seccomp_release(ctx);
		free(p.v);
		free(q.v);
	}
}

/* More answers than a test reaches over. */
static void far_jumps_arrive(void **state)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	struct program p, q = { 0 };

	(void)state;
	for (int nr = 0; nr < 450; nr++)
		(void)seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO((uint32_t)nr % 400 + 2), nr, 0,
					     NULL);
	p = exported(ctx);
	assert_true(p.n > 400);
	if (compacted(&p, &q))
		same_answers(&p, &q);
	seccomp_release(ctx);
	free(p.v);
	free(q.v);
}

static void what_is_not_understood_is_left(void **state)
{
	const struct sock_filter odd[][4] = {
		/* arithmetic on the number */
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1),
		  BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 1) },
		/* an answer that is computed */
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_A, 0),
		  BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 1) },
		/* an architecture that is not in the list */
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
		  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_AARCH64, 0, 1),
		  BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 1) },
		/* a test of nothing */
		{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
		  BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 1) },
		/* no end */
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct program p = { xmemdup(odd[i], sizeof(odd[i])), 4 }, q = { 0 };

		assert_false(compacted(&p, &q));
		assert_null(q.v);
		free(p.v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_answered_as_before),
		cmocka_unit_test(far_jumps_arrive),
		cmocka_unit_test(what_is_not_understood_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
