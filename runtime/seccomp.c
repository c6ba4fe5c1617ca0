#include "runtime/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/json_image.h"
#include "base/sha256.h"
#include "runtime/runtime.h"
#include "runtime/seccomp_compact.h"
#include "runtime/seccomp_profile.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

struct name_value {
	const char *name;
	uint32_t value;
};

static const struct name_value actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0) },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0) },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
};

static const struct name_value operators[] = {
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ }, { "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT }, { "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT }, { "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
};

static const struct name_value arches[] = {
	{ "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
	{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
	{ "SCMP_ARCH_MIPS", SCMP_ARCH_MIPS },
	{ "SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64 },
	{ "SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32 },
	{ "SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL },
	{ "SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64 },
	{ "SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PPC", SCMP_ARCH_PPC },
	{ "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64 },
	{ "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE },
	{ "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64 },
	{ "SCMP_ARCH_S390", SCMP_ARCH_S390 },
	{ "SCMP_ARCH_S390X", SCMP_ARCH_S390X },
	{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },
	{ "SCMP_ARCH_X86", SCMP_ARCH_X86 },
	{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
};

static const struct name_value flag_names[] = {
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 }, /* one thread: nothing to synchronise */
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};

#define NAME_AT(table, i) ((i) < ARRAY_LEN(table) ? (table)[i].name : NULL)

const char *seccomp_action_name(size_t i)
{
	return NAME_AT(actions, i);
}

const char *seccomp_operator_name(size_t i)
{
	return NAME_AT(operators, i);
}

const char *seccomp_arch_name(size_t i)
{
	return NAME_AT(arches, i);
}

const char *seccomp_flag_name(size_t i)
{
	return NAME_AT(flag_names, i);
}

static int value_of(const struct name_value *table, size_t n, const char *name, uint32_t *ret)
{
	for (size_t i = 0; name && i < n; i++) {
		if (streq(table[i].name, name)) {
			*ret = table[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

/* Go's names of the architecture and its 32-bit companions, for the built-in profile. */
#if defined(__x86_64__)
static const char *const native = "amd64";
static const uint32_t companions[] = { SCMP_ARCH_X86, SCMP_ARCH_X32 };
#elif defined(__aarch64__)
static const char *const native = "arm64";
static const uint32_t companions[] = { SCMP_ARCH_ARM };
#elif defined(__s390x__)
static const char *const native = "s390x";
static const uint32_t companions[] = { SCMP_ARCH_S390 };
#elif defined(__powerpc64__)
static const char *const native = "ppc64le";
static const uint32_t companions[] = { SCMP_ARCH_PPC64LE };
#else
static const char *const native = "riscv64";
static const uint32_t companions[] = { SCMP_ARCH_NATIVE };
#endif

enum { MAX_FILTER_ARCHES = 20 };

/* A filter under construction, and what the prologue needs to know of it. */
struct builder {
	scmp_filter_ctx ctx;
	uint32_t default_action;
	uint32_t arch[MAX_FILTER_ARCHES];
	int newest[MAX_FILTER_ARCHES]; /* highest call number named, per architecture */
	size_t n_arches;
	bool notifies;
};

static void builder_autop(struct builder *b)
{
	if (b->ctx)
		seccomp_release(b->ctx);
}

static int builder_init(struct builder *b, uint32_t default_action, struct err **e)
{
	b->default_action = default_action;
	b->ctx = seccomp_init(default_action);
	if (!b->ctx)
		return err_set(e, EINVAL, "seccomp: the default action is not possible");
	/* no_new_privs is the caller's; the binary tree makes loading and every call cheaper. */
	(void)seccomp_attr_set(b->ctx, SCMP_FLTATR_CTL_NNP, 0);
	(void)seccomp_attr_set(b->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	b->arch[b->n_arches++] = seccomp_arch_native();
	return 0;
}

static int add_arch(struct builder *b, uint32_t arch, struct err **e)
{
	int r;

	if (arch == SCMP_ARCH_NATIVE)
		arch = seccomp_arch_native();
	r = seccomp_arch_add(b->ctx, arch);
	if (r == -EEXIST)
		return 0;
	if (r < 0)
		return err_sys(e, -r, "seccomp: add an architecture");
	if (b->n_arches < MAX_FILTER_ARCHES)
		b->arch[b->n_arches++] = arch;
	return 0;
}

static void note_newest(struct builder *b, const char *name)
{
	for (size_t i = 0; i < b->n_arches; i++) {
		int nr = seccomp_syscall_resolve_name_arch(b->arch[i], name);

		if (nr >= 0 && nr > b->newest[i])
			b->newest[i] = nr;
	}
}

/* Names newer than libseccomp are skipped, rules that say what the default says are no error. */
static int add_rule(struct builder *b, const char *name, uint32_t action, unsigned n_args,
		    const struct scmp_arg_cmp *args, struct err **e)
{
	int nr = seccomp_syscall_resolve_name(name), r;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	note_newest(b, name);
	if (action == b->default_action)
		return 0;
	b->notifies |= action == SCMP_ACT_NOTIFY;
	r = seccomp_rule_add_array(b->ctx, action, nr, n_args, args);
	if (r < 0 && r != -EACCES && r != -EEXIST && r != -EDOM)
		return err_sys(e, -r, "seccomp: add a rule for %s", name);
	return 0;
}

static int action_parse(const char *name, const struct json *errnum, uint32_t *ret, struct err **e)
{
	uint32_t action, number = EPERM;

	if (value_of(actions, ARRAY_LEN(actions), name, &action) < 0)
		return err_set(e, EINVAL, "seccomp: unknown action \"%s\"", name ? name : "");
	if (json_is(errnum, JSON_NUM)) {
		if (action != SCMP_ACT_ERRNO(0) && action != SCMP_ACT_TRACE(0))
			return err_set(e, EINVAL, "seccomp: %s takes no error number", name);
		number = (uint32_t)json_num(errnum, EPERM) & 0xffff;
	}
	if (action == SCMP_ACT_ERRNO(0))
		action = SCMP_ACT_ERRNO(number);
	else if (action == SCMP_ACT_TRACE(0))
		action = SCMP_ACT_TRACE(number);
	*ret = action;
	return 0;
}

static int arg_parse(const struct json *j, struct scmp_arg_cmp *ret, struct err **e)
{
	int64_t index = json_int(j, "index", -1);
	uint32_t op;

	if (index < 0 || index > 5)
		return err_set(e, EINVAL, "seccomp: argument index out of range");
	if (value_of(operators, ARRAY_LEN(operators), json_str(j, "op", NULL), &op) < 0)
		return err_set(e, EINVAL, "seccomp: unknown operator \"%s\"",
			       json_str(j, "op", ""));
	*ret = (struct scmp_arg_cmp){
		.arg = (unsigned)index,
		.op = (enum scmp_compare)op,
		.datum_a = (scmp_datum_t)json_num(json_get(j, "value"), 0),
		.datum_b = (scmp_datum_t)json_num(json_get(j, "valueTwo"), 0),
	};
	return 0;
}

/* Two conditions on one argument cannot be one rule for libseccomp; each becomes its own. */
static int add_json_call(struct builder *b, const char *name, uint32_t action,
			 const struct scmp_arg_cmp *args, unsigned n, struct err **e)
{
	unsigned seen = 0;
	bool doubled = false;
	int r = 0;

	for (unsigned i = 0; i < n; i++) {
		doubled |= (seen & (1u << args[i].arg)) != 0;
		seen |= 1u << args[i].arg;
	}
	if (!doubled)
		return add_rule(b, name, action, n, args, e);
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = add_rule(b, name, action, 1, &args[i], e);
	return r;
}

static int add_json_rule(struct builder *b, const struct json *j, struct err **e)
{
	struct scmp_arg_cmp args[6];
	unsigned n = 0;
	uint32_t action;
	int r = action_parse(json_str(j, "action", NULL), json_get(j, "errnoRet"), &action, e);

	if (r < 0)
		return r;
	JSON_EACH(a, json_get(j, "args")) {
		if (n == ARRAY_LEN(args))
			return err_set(e, EINVAL, "seccomp: more than six arguments");
		r = arg_parse(a, &args[n++], e);
		if (r < 0)
			return r;
	}
	JSON_EACH(name, json_get(j, "names")) {
		r = add_json_call(b, json_text(name) ? json_text(name) : "", action, args, n, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int build_from_json(struct builder *b, const struct json *j, struct err **e)
{
	uint32_t action, arch;
	int r = action_parse(json_str(j, "defaultAction", NULL), json_get(j, "defaultErrnoRet"),
			     &action, e);

	if (r == 0 && action == SCMP_ACT_NOTIFY)
		r = err_set(e, EINVAL, "seccomp: SCMP_ACT_NOTIFY cannot be the default");
	if (r == 0)
		r = builder_init(b, action, e);
	if (r < 0)
		return r;
	JSON_EACH(a, json_get(j, "architectures")) {
		if (value_of(arches, ARRAY_LEN(arches), json_text(a), &arch) < 0)
			return err_set(e, EINVAL, "seccomp: unknown architecture \"%s\"",
				       json_text(a) ? json_text(a) : "");
		r = add_arch(b, arch, e);
		if (r < 0)
			return r;
	}
	JSON_EACH(rule, json_get(j, "syscalls")) {
		r = add_json_rule(b, rule, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool word_in(const char *list, const char *word)
{
	struct str rest = str_of(list);

	while (rest.n)
		if (str_eq(str_cut(&rest, ' '), word))
			return true;
	return false;
}

static bool applies(const struct profile_rule *p, uint64_t bounding)
{
	if ((p->with_caps & bounding) != p->with_caps || (p->without_caps & bounding))
		return false;
	if (p->with_arches && !word_in(p->with_arches, native))
		return false;
	return !p->without_arches || !word_in(p->without_arches, native);
}

static struct scmp_arg_cmp arg_of(const struct profile_arg *a)
{
	static const enum scmp_compare ops[] = {
		[PROFILE_LT] = SCMP_CMP_LT,
		[PROFILE_EQ] = SCMP_CMP_EQ,
		[PROFILE_GT] = SCMP_CMP_GT,
		[PROFILE_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};

	return (struct scmp_arg_cmp){
		.arg = a->index, .op = ops[a->op], .datum_a = a->value, .datum_b = 0
	};
}

static int build_from_profile(struct builder *b, uint64_t bounding, struct err **e)
{
	size_t n;
	const struct profile_rule *rules = profile_rules(&n);
	int r = builder_init(b, SCMP_ACT_ERRNO(EPERM), e);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(companions); i++)
		r = add_arch(b, companions[i], e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct profile_rule *p = &rules[i];
		struct scmp_arg_cmp arg = arg_of(&p->arg);
		struct str rest = str_of(p->names);

		if (!applies(p, bounding))
			continue;
		while (r == 0 && rest.n) {
			AUTO(mem) char *name = str_dup(str_cut(&rest, ' '));

			r = add_rule(b, name,
				     p->errnum ? SCMP_ACT_ERRNO((uint32_t)p->errnum) :
						 SCMP_ACT_ALLOW,
				     p->has_arg ? 1 : 0, &arg, e);
		}
	}
	return r;
}

enum { X32_BIT = 0x40000000, PROLOGUE_MAX = 8 * MAX_FILTER_ARCHES };

static uint32_t audit_arch_of(uint32_t scmp_arch)
{
	/* x32 shares the audit number of x86_64; its calls carry a bit instead. */
	return scmp_arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : scmp_arch;
}

/*
 * Programs probe for new system calls and expect ENOSYS from an old kernel; the default action
 * would tell them EPERM. So calls beyond the newest the filter knows are answered first:
 *
 *	load arch
 *	per architecture:  if arch != A skip; load nr; if nr > newest refuse; go to the filter
 *
 * The prologue ends in "refuse"; the compiled filter follows.
 */
static size_t make_prologue(const struct builder *b, struct sock_filter *out)
{
	size_t n = 0, jumps[PROLOGUE_MAX], n_jumps = 0;
	int x32 = -1;

	for (size_t i = 0; i < b->n_arches; i++)
		if (b->arch[i] == SCMP_ARCH_X32)
			x32 = (int)i;
	out[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < b->n_arches; i++) {
		size_t head = n;

		if (b->arch[i] == SCMP_ARCH_X32)
			continue;
		out[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							audit_arch_of(b->arch[i]), 0, 0);
		out[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							offsetof(struct seccomp_data, nr));
		if (b->arch[i] == SCMP_ARCH_X86_64) {
			/* Numbers with the x32 bit have a limit of their own. */
			out[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT,
								0, 1);
			out[n++] = (struct sock_filter)BPF_JUMP(
				BPF_JMP | BPF_JGT | BPF_K,
				x32 >= 0 ? (uint32_t)b->newest[x32] | X32_BIT : 0xffffffffu, 1, 2);
		}
		out[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K,
							(uint32_t)b->newest[i], 0, 1);
		out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							SECCOMP_RET_ERRNO | ENOSYS);
		jumps[n_jumps++] = n; /* to the filter */
		out[n++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0);
		out[head].jf = (uint8_t)(n - head - 1);
	}
	/* Each jump-always goes to where the filter starts. */
	for (size_t i = 0; i < n_jumps; i++)
		out[jumps[i]].k = (uint32_t)(n - jumps[i] - 1);
	return n;
}

static int export_code(const struct builder *b, bool with_prologue, struct seccomp_program *ret,
		       struct err **e)
{
	AUTO(fd) int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct sock_filter prologue[PROLOGUE_MAX];
	size_t n = with_prologue ? make_prologue(b, prologue) : 0;
	off_t size;
	int r;

	if (fd < 0)
		return err_sys(e, errno, "create memory for the seccomp program");
	r = seccomp_export_bpf(b->ctx, fd);
	if (r < 0)
		return err_sys(e, -r, "compile the seccomp program");
	size = lseek(fd, 0, SEEK_END);
	ret->n = n + (size_t)size / sizeof(struct sock_filter);
	ret->code = xcalloc(ret->n, sizeof(struct sock_filter));
	memcpy(ret->code, prologue, n * sizeof(struct sock_filter));
	if (pread(fd, ret->code + n, (size_t)size, 0) != size)
		return err_set(e, EIO, "read the seccomp program back");
	return 0;
}

static void shorten(const struct builder *b, struct seccomp_program *p)
{
	uint32_t audit[MAX_FILTER_ARCHES];
	struct sock_filter *code;
	size_t n = 0;

	for (size_t i = 0; i < b->n_arches; i++) {
		uint32_t arch = audit_arch_of(b->arch[i]);
		size_t k = 0;

		while (k < n && audit[k] != arch)
			k++;
		if (k == n)
			audit[n++] = arch;
	}
	if (!seccomp_compact(p->code, p->n, audit, n, &code, &p->n))
		return;
	free(p->code);
	p->code = code;
}

static int flags_parse(const struct json *j, unsigned *ret, struct err **e)
{
	unsigned flags = 0;

	JSON_EACH(f, json_get(j, "flags")) {
		uint32_t v;

		if (value_of(flag_names, ARRAY_LEN(flag_names), json_text(f), &v) < 0)
			return err_set(e, EINVAL, "seccomp: unknown flag \"%s\"",
				       json_text(f) ? json_text(f) : "");
		flags |= v;
	}
	*ret = flags;
	return 0;
}

static int compile(const struct spec *s, struct seccomp_program *ret, struct err **e)
{
	__attribute__((cleanup(builder_autop))) struct builder b = { 0 };
	bool refuses;
	int r;

	if (s->seccomp)
		r = build_from_json(&b, s->seccomp, e);
	else
		r = build_from_profile(&b, s->process.caps.bounding, e);
	if (r < 0)
		return r;
	refuses = b.default_action != SCMP_ACT_ALLOW && b.default_action != SCMP_ACT_LOG &&
		  b.default_action != SCMP_ACT_ERRNO(ENOSYS);
	ret->wants_listener = b.notifies || json_str(s->seccomp, "listenerPath", NULL);
	r = export_code(&b, refuses, ret, e);
	if (r == 0)
		shorten(&b, ret);
	return r;
}

struct cache_header {
	char magic[8];
	uint32_t n, wants_listener;
	uint64_t sum;
};
static const char cache_magic[8] = "cbpf\0\0\0\1";

static uint64_t sum_of(const void *p, size_t n)
{
	const uint8_t *at = p;
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < n; i++)
		h = (h ^ at[i]) * 0x100000001b3ull;
	return h;
}

/* Everything the program depends on: what was asked for, who compiles it and for which kernel. */
static void cache_key(const struct spec *s, char ret[65])
{
	AUTO(buf) struct buf text = BUF_INIT;
	struct utsname u;

	if (uname(&u) < 0)
		u.release[0] = '\0';
	buf_addf(&text, "4\n%d.%d.%d\n%s\n", SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO,
		 u.release);
	if (s->seccomp)
		json_flatten(s->seccomp, &text);
	else
		buf_addf(&text, "default " PROFILE_VERSION " %llx",
			 (unsigned long long)s->process.caps.bounding);
	sha256_hex(text.p, text.n, ret);
}

static bool cache_read(int dir, const char *name, struct seccomp_program *ret)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct cache_header h;

	if (file_read(dir, name, 1 << 20, &b, NULL) < 0 || b.n < sizeof(h))
		return false;
	memcpy(&h, b.p, sizeof(h));
	if (memcmp(h.magic, cache_magic, sizeof(h.magic)) || h.n == 0 || h.n > BPF_MAXINSNS ||
	    b.n != sizeof(h) + h.n * sizeof(struct sock_filter) ||
	    h.sum != sum_of(b.p + sizeof(h), b.n - sizeof(h)))
		return false;
	ret->n = h.n;
	ret->wants_listener = h.wants_listener != 0;
	ret->code = xmemdup(b.p + sizeof(h), b.n - sizeof(h));
	return true;
}

static void cache_write(int dir, const char *name, const struct seccomp_program *p)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct cache_header h = { .n = (uint32_t)p->n, .wants_listener = p->wants_listener };

	memcpy(h.magic, cache_magic, sizeof(h.magic));
	h.sum = sum_of(p->code, p->n * sizeof(struct sock_filter));
	buf_add(&b, &h, sizeof(h));
	buf_add(&b, p->code, p->n * sizeof(struct sock_filter));
	/* Only speed is lost when this fails. */
	(void)file_write(dir, name, b.p, b.n, 0600, /* durable= */ false, NULL);
}

static bool wants_filter(const struct spec *s)
{
	const char *word = spec_annotation(s, RUNTIME_ANNOTATION_SECCOMP);

	return s->seccomp || (word && streq(word, "default"));
}

int seccomp_prepare(const struct spec *s, const char *cache_dir, struct seccomp_program *ret,
		    struct err **e)
{
	AUTO(seccomp_program) struct seccomp_program p = { 0 };
	AUTO(mem) char *name = NULL;
	AUTO(fd) int dir = -1;
	char key[65];
	int r;

	*ret = p;
	if (!wants_filter(s))
		return 0;
	r = flags_parse(s->seccomp, &p.flags, e);
	if (r < 0)
		return r;
	if (cache_dir) {
		dir = open(cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 && errno == ENOENT && dir_make(AT_FDCWD, cache_dir, 0700, NULL) == 0)
			dir = open(cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (dir >= 0) {
		cache_key(s, key);
		name = xasprintf("%s.bpf", key);
	}
	if (dir < 0 || !cache_read(dir, name, &p)) {
		r = compile(s, &p, e);
		if (r < 0)
			return r;
		if (dir >= 0)
			cache_write(dir, name, &p);
	}
	*ret = p;
	p = (struct seccomp_program){ 0 };
	return 0;
}

int seccomp_install(const struct seccomp_program *p, struct err **e)
{
	struct sock_fprog prog = { .len = (unsigned short)p->n, .filter = p->code };
	unsigned flags = p->flags;
	long r;

	if (!p->code)
		return 0;
	if (p->wants_listener)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (r < 0)
		return err_sys(e, errno, "load the seccomp program of %zu instructions", p->n);
	return (int)r;
}

void seccomp_program_done(struct seccomp_program *p)
{
	free(p->code);
	*p = (struct seccomp_program){ 0 };
}
