/*
 * First explore(): follows the program for one architecture and an interval of numbers, and divides the
 * interval wherever a test does, until each part has an answer or comes to an instruction that loads an
 * argument. Then the new program is made from its end to its beginning, so that the place of whatever is
 * jumped to is known: the instructions about arguments, the searches, the choice of the architecture.
 *
 * An instruction that is neither a load, a test of the number or architecture against a constant, a jump
 * nor an answer ends the attempt, unless it is behind a load of an argument.
 */
#include "runtime/seccomp_compact.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	NEAR = 240,          /* a test reaches over 255 instructions; some are put in between */
	STEPS_MAX = 1 << 22, /* of a program made to be followed for ever */
	NOWHERE = -1,
};

/* Where following the program ends. */
struct outcome {
	bool goes_on;   /* at the instruction `value`, which loads an argument */
	uint32_t value; /* or with this answer */
};

/* From this number up to that of the next cut. */
struct cut {
	uint32_t from;
	struct outcome what;
};

struct cuts {
	struct cut *v;
	size_t n, cap;
};

enum held { HELD_NOTHING, HELD_ARCH, HELD_NR };

struct place {
	struct outcome what;
	size_t at;
};

struct compact {
	const struct sock_filter *in;
	size_t n_in;
	const uint32_t *arches;
	size_t n_arches;

	/* While exploring: an architecture of the list, or none of it. */
	bool is_listed;
	uint32_t arch;
	struct cuts *cuts;
	size_t steps;

	/* The new program, from its end; `at` counts from there too. */
	struct sock_filter *out;
	size_t n, cap;
	int *moved; /* where an instruction of the old program is now */
	struct place *places;
	size_t n_places, cap_places;
};

/* ---- the old program ---- */

static bool same(struct outcome a, struct outcome b)
{
	return a.goes_on == b.goes_on && a.value == b.value;
}

static void add_cut(struct cuts *c, uint32_t from, struct outcome what)
{
	if (c->n && same(c->v[c->n - 1].what, what))
		return;
	ARRAY_RESERVE(c->v, c->n, c->cap);
	c->v[c->n++] = (struct cut){ from, what };
}

static bool is_test(const struct sock_filter *i)
{
	return BPF_CLASS(i->code) == BPF_JMP && BPF_SRC(i->code) == BPF_K &&
	       (BPF_OP(i->code) == BPF_JEQ || BPF_OP(i->code) == BPF_JGE ||
		BPF_OP(i->code) == BPF_JGT);
}

/* For an architecture that is not listed: it differs from those that are. */
static bool test_arch(const struct compact *c, const struct sock_filter *i, bool *ret)
{
	if (c->is_listed) {
		*ret = BPF_OP(i->code) == BPF_JEQ   ? c->arch == i->k
		       : BPF_OP(i->code) == BPF_JGE ? c->arch >= i->k
						    : c->arch > i->k;
		return true;
	}
	*ret = false;
	for (size_t k = 0; k < c->n_arches; k++)
		if (c->arches[k] == i->k)
			return BPF_OP(i->code) == BPF_JEQ;
	return false;
}

static bool explore(struct compact *c, size_t pc, enum held held, uint32_t lo, uint32_t hi);

/* The parts from the lowest to the highest, so that the cuts come in order. */
static bool divide(struct compact *c, size_t pc, uint32_t lo, uint32_t hi)
{
	const struct sock_filter *i = &c->in[pc];
	size_t yes = pc + 1 + i->jt, no = pc + 1 + i->jf;
	/* The test holds from first to last. */
	uint64_t first = BPF_OP(i->code) == BPF_JGT ? (uint64_t)i->k + 1 : i->k;
	uint64_t last = BPF_OP(i->code) == BPF_JEQ ? i->k : UINT32_MAX;

	if (first > hi || last < lo)
		return explore(c, no, HELD_NR, lo, hi);
	if (lo < first) {
		if (!explore(c, no, HELD_NR, lo, (uint32_t)(first - 1)))
			return false;
		lo = (uint32_t)first;
	}
	if (!explore(c, yes, HELD_NR, lo, (uint32_t)(last < hi ? last : hi)))
		return false;
	return last >= hi || explore(c, no, HELD_NR, (uint32_t)(last + 1), hi);
}

static bool explore(struct compact *c, size_t pc, enum held held, uint32_t lo, uint32_t hi)
{
	while (pc < c->n_in && c->steps++ < STEPS_MAX) {
		const struct sock_filter *i = &c->in[pc];
		bool holds;

		if (i->code == (BPF_LD | BPF_W | BPF_ABS)) {
			if (i->k == offsetof(struct seccomp_data, nr)) {
				held = HELD_NR;
			} else if (i->k == offsetof(struct seccomp_data, arch)) {
				held = HELD_ARCH;
			} else {
				add_cut(c->cuts, lo, (struct outcome){ true, (uint32_t)pc });
				return true;
			}
			pc++;
		} else if (i->code == (BPF_RET | BPF_K)) {
			add_cut(c->cuts, lo, (struct outcome){ false, i->k });
			return true;
		} else if (i->code == (BPF_JMP | BPF_JA)) {
			pc += 1 + (size_t)i->k;
		} else if (!is_test(i)) {
			return false;
		} else if (held == HELD_NR) {
			return divide(c, pc, lo, hi);
		} else if (held != HELD_ARCH || !test_arch(c, i, &holds)) {
			return false;
		} else {
			pc += 1 + (size_t)(holds ? i->jt : i->jf);
		}
	}
	return false;
}

/* ---- the new one ---- */

static size_t put(struct compact *c, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	ARRAY_RESERVE(c->out, c->n, c->cap);
	c->out[c->n] = (struct sock_filter){ code, jt, jf, k };
	return c->n++;
}

/* How many instructions one put now would have to jump over. */
static size_t distance(const struct compact *c, size_t to)
{
	return c->n - to - 1;
}

static size_t put_jump(struct compact *c, size_t to)
{
	return put(c, BPF_JMP | BPF_JA, 0, 0, (uint32_t)distance(c, to));
}

static void put_test(struct compact *c, uint16_t op, uint32_t k, size_t yes, size_t no)
{
	if (distance(c, yes) > NEAR)
		yes = put_jump(c, yes);
	if (distance(c, no) > NEAR)
		no = put_jump(c, no);
	(void)put(c, BPF_JMP | op | BPF_K, (uint8_t)distance(c, yes), (uint8_t)distance(c, no), k);
}

/* Marks what can follow an instruction about arguments. Jumps go forward, so one pass is enough. */
static bool mark(struct compact *c, const struct cuts *all, size_t n)
{
	for (size_t a = 0; a < n; a++)
		for (size_t i = 0; i < all[a].n; i++)
			if (all[a].v[i].what.goes_on)
				c->moved[all[a].v[i].what.value] = 0;
	for (size_t pc = 0; pc < c->n_in; pc++) {
		const struct sock_filter *i = &c->in[pc];
		size_t next[2] = { pc + 1, pc + 1 };

		if (c->moved[pc] == NOWHERE || BPF_CLASS(i->code) == BPF_RET)
			continue;
		if (BPF_CLASS(i->code) == BPF_JMP) {
			bool always = BPF_OP(i->code) == BPF_JA;

			next[0] += always ? (size_t)i->k : i->jt;
			next[1] += always ? (size_t)i->k : i->jf;
		}
		for (int k = 0; k < 2; k++) {
			if (next[k] >= c->n_in)
				return false;
			c->moved[next[k]] = 0;
		}
	}
	return true;
}

static void put_arguments(struct compact *c)
{
	for (size_t pc = c->n_in; pc-- > 0;) {
		struct sock_filter i = c->in[pc];

		if (c->moved[pc] == NOWHERE)
			continue;
		if (BPF_CLASS(i.code) == BPF_JMP && BPF_OP(i.code) == BPF_JA) {
			i.k = (uint32_t)distance(c, (size_t)c->moved[pc + 1 + i.k]);
		} else if (BPF_CLASS(i.code) == BPF_JMP) {
			i.jt = (uint8_t)distance(c, (size_t)c->moved[pc + 1 + i.jt]);
			i.jf = (uint8_t)distance(c, (size_t)c->moved[pc + 1 + i.jf]);
		}
		c->moved[pc] = (int)put(c, i.code, i.jt, i.jf, i.k);
	}
}

/* An answer, or the way to the arguments, within reach. */
static size_t leaf(struct compact *c, struct outcome what)
{
	struct place *p = NULL;

	for (size_t i = 0; i < c->n_places && !p; i++)
		if (same(c->places[i].what, what))
			p = &c->places[i];
	if (!p) {
		ARRAY_RESERVE(c->places, c->n_places, c->cap_places);
		p = &c->places[c->n_places++];
		p->what = what;
		p->at = what.goes_on ? (size_t)c->moved[what.value]
				     : put(c, BPF_RET | BPF_K, 0, 0, what.value);
	}
	if (distance(c, p->at) > NEAR)
		p->at = what.goes_on ? put_jump(c, p->at)
				     : put(c, BPF_RET | BPF_K, 0, 0, what.value);
	return p->at;
}

static size_t search(struct compact *c, const struct cut *v, size_t n)
{
	size_t half = n / 2, yes, no;

	if (n == 1)
		return leaf(c, v->what);
	yes = search(c, v + half, n - half);
	no = search(c, v, half);
	put_test(c, BPF_JGE, v[half].from, yes, no);
	return c->n - 1;
}

/* cuts[n_arches] is for the architectures that are not listed. */
static void put_program(struct compact *c, const struct cuts *cuts)
{
	size_t no;

	put_arguments(c);
	no = search(c, cuts[c->n_arches].v, cuts[c->n_arches].n);
	if (cuts[c->n_arches].n > 1)
		no = put(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	for (size_t a = c->n_arches; a-- > 0;) {
		size_t yes = search(c, cuts[a].v, cuts[a].n);

		/* A search begins with what was put last; an answer may be anywhere. */
		if (cuts[a].n > 1)
			yes = put(c, BPF_LD | BPF_W | BPF_ABS, 0, 0,
				  offsetof(struct seccomp_data, nr));
		put_test(c, BPF_JEQ, c->arches[a], yes, no);
		no = c->n - 1;
	}
	if (distance(c, no) > 0)
		(void)put_jump(c, no);
	(void)put(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
}

static void reverse(struct sock_filter *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct sock_filter t = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = t;
	}
}

static bool rewrite(struct compact *c, struct cuts *cuts)
{
	for (size_t a = 0; a <= c->n_arches; a++) {
		c->cuts = &cuts[a];
		c->is_listed = a < c->n_arches;
		c->arch = c->is_listed ? c->arches[a] : 0;
		if (!explore(c, 0, HELD_NOTHING, 0, UINT32_MAX))
			return false;
	}
	c->moved = xmalloc(c->n_in * sizeof(*c->moved));
	for (size_t i = 0; i < c->n_in; i++)
		c->moved[i] = NOWHERE;
	if (!mark(c, cuts, c->n_arches + 1))
		return false;
	put_program(c, cuts);
	reverse(c->out, c->n);
	return c->n < c->n_in;
}

bool seccomp_compact(const struct sock_filter *in, size_t n, const uint32_t *arches,
		     size_t n_arches, struct sock_filter **ret, size_t *ret_n)
{
	struct compact c = { .in = in, .n_in = n, .arches = arches, .n_arches = n_arches };
	struct cuts *cuts = xcalloc(n_arches + 1, sizeof(*cuts));
	bool done = rewrite(&c, cuts);

	if (done) {
		*ret = TAKE_PTR(c.out);
		*ret_n = c.n;
	}
	for (size_t a = 0; a <= n_arches; a++)
		free(cuts[a].v);
	free(cuts);
	free(c.moved);
	free(c.places);
	free(c.out);
	return done;
}
