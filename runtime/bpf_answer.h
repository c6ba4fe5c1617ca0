/*
 * runtime/bpf_answer.h - a seccomp program carried out here, to compare programs in tests.
 *
 * Owns:    nothing.
 * Units:   n counts instructions.
 * Errors:  false: the program is none that the kernel loads, or has instructions that libseccomp never makes.
 * Thread:  any.
 * Source:  seccomp(2), kernel Documentation/networking/filter.rst.
 */
#ifndef RUNTIME_BPF_ANSWER_H
#define RUNTIME_BPF_ANSWER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What the kernel would answer; false for a program that it would not have loaded. */
static inline bool bpf_answer(const struct sock_filter *v, size_t n, const struct seccomp_data *d,
			      uint32_t *ret)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &v[pc];
		bool yes = false;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k % 4 || i->k >= sizeof(*d))
				return false;
			memcpy(&a, (const char *)d + i->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			*ret = i->k;
			return true;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & i->k) != 0;
			break;
		default:
			return false;
		}
		pc += yes ? i->jt : i->jf;
	}
	return false;
}

#endif
