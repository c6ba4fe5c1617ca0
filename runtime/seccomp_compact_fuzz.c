/*
 * Bytes as a program and as calls: the compact program, when there is one, is shorter, is one that the kernel would
 * load, and answers every call as the first does.
 */
#include <linux/audit.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "runtime/bpf_answer.h"
#include "runtime/seccomp_compact.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { CALLS = 16, INSTRUCTION = 4 };

static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 };

static uint32_t take(const uint8_t **p, size_t *n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < sizeof(v) && *n; i++, (*p)++, (*n)--)
		v = v << 8 | **p;
	return v;
}

/* Few numbers, so that tests and calls meet: small ones, those of architectures, and all bits. */
static uint32_t number_of(uint8_t b)
{
	if (b >= 0xf8)
		return UINT32_MAX - (0xffu - b);
	if (b >= 0xf0)
		return arches[b & 1];
	return b >= 0xc0 ? 0x40000000u + (b & 0x3f) : b;
}

/* Four bytes make an instruction; jumps stay inside. */
static struct sock_filter instruction(const uint8_t *b, size_t left)
{
	static const uint16_t codes[] = { BPF_LD | BPF_W | BPF_ABS,  BPF_JMP | BPF_JEQ | BPF_K,
					  BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JGT | BPF_K,
					  BPF_JMP | BPF_JA,          BPF_RET | BPF_K,
					  BPF_ALU | BPF_AND | BPF_K, BPF_JMP | BPF_JSET | BPF_K };
	struct sock_filter i = { .code = codes[b[0] & 7], .k = number_of(b[3]) };

	if (left == 0)
		i.code = BPF_RET | BPF_K;
	if (i.code == (BPF_LD | BPF_W | BPF_ABS))
		i.k = b[3] % (sizeof(struct seccomp_data) / 4) * 4;
	else if (i.code == (BPF_JMP | BPF_JA))
		i.k = (uint32_t)(b[3] % left);
	else if (BPF_CLASS(i.code) == BPF_JMP) {
		i.jt = (uint8_t)(b[1] % left);
		i.jf = (uint8_t)(b[2] % left);
	}
	return i;
}

static void compare(const struct sock_filter *a, size_t n_a, const struct sock_filter *b,
		    size_t n_b, const struct seccomp_data *call)
{
	uint32_t one = 1, two = 2;

	if (!bpf_answer(a, n_a, call, &one) || !bpf_answer(b, n_b, call, &two) || one != two)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct sock_filter *v, *compact = NULL;
	size_t n_v, n_compact = 0;

	if (n < CALLS + 2 * INSTRUCTION || n > CALLS + 1024 * INSTRUCTION)
		return 0;
	n_v = (n - CALLS) / INSTRUCTION;
	v = xcalloc(n_v, sizeof(*v));
	for (size_t i = 0; i < n_v; i++)
		v[i] = instruction(p + CALLS + i * INSTRUCTION, n_v - i - 1);
	if (seccomp_compact(v, n_v, arches, ARRAY_LEN(arches), &compact, &n_compact)) {
		if (n_compact >= n_v)
			abort();
		for (size_t c = 0; c < CALLS; c++) {
			const uint8_t *rest = p;
			size_t left = n;
			struct seccomp_data call = { .nr = (int)number_of(p[c]) };

			for (size_t i = 0; i < 6; i++)
				call.args[i] = (uint64_t)take(&rest, &left) << 32 |
					       number_of(p[(c + i) % CALLS]);
			for (size_t k = 0; k < 3; k++) {
				call.arch = k < 2 ? arches[k] : 7;
				compare(v, n_v, compact, n_compact, &call);
			}
		}
	}
	free(compact);
	free(v);
	return 0;
}
