/*
 * Version 2 has no devices controller: access is decided by a BPF program on the cgroup. The rules
 * are tried from the last to the first, as the last one that matches wins; each becomes a handful of
 * compare-and-skip instructions.
 */
#include "runtime/cgroup_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What every container may do: make any node, open the harmless ones. The tun device, which others
 * add for compatibility, is left out: it has to be asked for. */
static const struct device_rule common_rules[] = {
	{ true, 'c', -1, -1, DEVICE_MKNOD }, { true, 'b', -1, -1, DEVICE_MKNOD },
	{ true, 'c', 1, 3, DEVICE_ALL },     { true, 'c', 1, 5, DEVICE_ALL },
	{ true, 'c', 1, 7, DEVICE_ALL },     { true, 'c', 1, 8, DEVICE_ALL },
	{ true, 'c', 1, 9, DEVICE_ALL },     { true, 'c', 5, 0, DEVICE_ALL },
	{ true, 'c', 5, 1, DEVICE_ALL },     { true, 'c', 5, 2, DEVICE_ALL },
	{ true, 'c', 136, -1, DEVICE_ALL },
};

static int parse_access(const char *text, unsigned *ret)
{
	unsigned access = 0;

	for (; *text; text++) {
		if (*text == 'r')
			access |= DEVICE_READ;
		else if (*text == 'w')
			access |= DEVICE_WRITE;
		else if (*text == 'm')
			access |= DEVICE_MKNOD;
		else
			return -EINVAL;
	}
	*ret = access ? access : DEVICE_ALL;
	return 0;
}

static int parse_rule(const struct json *j, struct device_rule *ret, struct err **e)
{
	const char *type = json_str(j, "type", "a");

	if (strlen(type) > 1 || !strchr("abcup", *type))
		return err_set(e, EINVAL, "linux.resources.devices: unknown type \"%s\"", type);
	*ret = (struct device_rule){
		.allow = json_bool(j, "allow", false),
		.type = *type ? (*type == 'u' ? 'c' : *type) : 'a',
		.major = json_int(j, "major", -1),
		.minor = json_int(j, "minor", -1),
	};
	if (parse_access(json_str(j, "access", "rwm"), &ret->access) < 0)
		return err_set(e, EINVAL, "linux.resources.devices: unknown access \"%s\"",
			       json_str(j, "access", ""));
	return 0;
}

int device_rules_parse(const struct json *list, struct device_rule **ret, size_t *ret_n,
		       struct err **e)
{
	size_t n = 0, len = json_len(list);
	AUTO(mem) struct device_rule *v = xcalloc(len + ARRAY_LEN(common_rules), sizeof(*v));

	if (!len) {
		*ret = NULL;
		*ret_n = 0;
		return 0;
	}
	JSON_EACH(item, list) {
		int r = parse_rule(item, &v[n++], e);

		if (r < 0)
			return r;
	}
	/* A container that may open everything needs no list of what it may open. */
	if (!(len == 1 && v[0].allow && v[0].type == 'a' && v[0].major < 0)) {
		memcpy(v + n, common_rules, sizeof(common_rules));
		n += ARRAY_LEN(common_rules);
	}
	*ret = TAKE_PTR(v);
	*ret_n = n;
	return 0;
}

struct program {
	struct bpf_insn *v;
	size_t n, cap;
};

static void emit(struct program *p, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
		 int32_t imm)
{
	ARRAY_RESERVE(p->v, p->n, p->cap);
	p->v[p->n++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

enum { R_ACCESS = BPF_REG_2, R_TYPE = BPF_REG_3, R_MAJOR = BPF_REG_4, R_MINOR = BPF_REG_5 };

static void emit_prologue(struct program *p)
{
	/* ctx: u32 access_type (low half: kind, high half: access), u32 major, u32 minor */
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_TYPE, BPF_REG_1, 0, 0);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, R_ACCESS, R_TYPE, 0, 0);
	emit(p, BPF_ALU64 | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	emit(p, BPF_ALU64 | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_MAJOR, BPF_REG_1, 4, 0);
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_MINOR, BPF_REG_1, 8, 0);
}

/* Jumps that mean "this rule does not match" are patched to its end. */
static void emit_rule(struct program *p, const struct device_rule *rule)
{
	size_t skip[4], n_skip = 0;

	if (rule->type != 'a') {
		skip[n_skip++] = p->n;
		emit(p, BPF_JMP | BPF_JNE | BPF_K, R_TYPE, 0, 0, rule->type == 'b' ? 1 : 2);
	}
	if (rule->access != DEVICE_ALL) {
		/* allow: nothing asked beyond the rule; deny: anything asked that the rule names. */
		emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, R_ACCESS, 0, 0);
		emit(p, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_1, 0, 0,
		     (int32_t)(rule->allow ? ~rule->access & DEVICE_ALL : rule->access));
		skip[n_skip++] = p->n;
		emit(p, BPF_JMP | (rule->allow ? BPF_JNE : BPF_JEQ) | BPF_K, BPF_REG_1, 0, 0, 0);
	}
	if (rule->major >= 0) {
		skip[n_skip++] = p->n;
		emit(p, BPF_JMP | BPF_JNE | BPF_K, R_MAJOR, 0, 0, (int32_t)rule->major);
	}
	if (rule->minor >= 0) {
		skip[n_skip++] = p->n;
		emit(p, BPF_JMP | BPF_JNE | BPF_K, R_MINOR, 0, 0, (int32_t)rule->minor);
	}
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, rule->allow);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (size_t i = 0; i < n_skip; i++)
		p->v[skip[i]].off = (int16_t)(p->n - skip[i] - 1);
}

static bool matches_all(const struct device_rule *r)
{
	return r->type == 'a' && r->access == DEVICE_ALL && r->major < 0 && r->minor < 0;
}

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(const struct device_rule *rules, size_t n, struct err **e)
{
	struct program p = { 0 };
	union bpf_attr attr = { 0 };
	bool decided = false;
	long fd;
	int saved;

	emit_prologue(&p);
	for (size_t i = n; i-- > 0 && !decided;) {
		emit_rule(&p, &rules[i]);
		decided = matches_all(&rules[i]); /* what is before can never be reached */
	}
	if (!decided) {
		/* As the version 1 controller starts: everything is allowed. */
		emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1);
		emit(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)p.v;
	attr.insn_cnt = (uint32_t)p.n;
	attr.license = (uint64_t)(uintptr_t) "GPL";
	fd = bpf(BPF_PROG_LOAD, &attr);
	saved = errno;
	free(p.v);
	return fd < 0 ? err_sys(e, saved, "load the device filter") : (int)fd;
}

/* The program now attached, to be replaced; -1 when there is none. */
static int attached_program(int dir)
{
	uint32_t ids[8] = { 0 };
	union bpf_attr attr = { 0 };

	attr.query.target_fd = (uint32_t)dir;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = ARRAY_LEN(ids);
	if (bpf(BPF_PROG_QUERY, &attr) < 0 || attr.query.prog_cnt == 0)
		return -1;
	attr = (union bpf_attr){ .prog_id = ids[0] };
	return (int)bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

int device_filter_attach(const char *dir, const struct device_rule *rules, size_t n, struct err **e)
{
	AUTO(fd) int cgroup = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd) int program = -1;
	AUTO(fd) int old = -1;
	union bpf_attr attr = { 0 };

	if (cgroup < 0)
		return err_sys(e, errno, "open %s", dir);
	program = load(rules, n, e);
	if (program < 0)
		return program;
	old = attached_program(cgroup);
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)old;
	}
	if (bpf(BPF_PROG_ATTACH, &attr) < 0)
		return err_sys(e, errno, "attach the device filter to %s", dir);
	return 0;
}
