/*
 * Normally the table is read, walked into a list of entries, changed, laid out again and handed back
 * with the counters it had. Jumps are offsets, so each entry knows where it was and where it will be:
 * a jump to an entry that got rules in front leads to those rules, a policy stays at its own entry.
 */
#include "net/xtables.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include "base/buf.h"
#include "base/fdio.h"

enum {
	TRIES = 5,
	ENTRY_SIZE = XT_ALIGN(sizeof(struct ipt_entry)),
	OUR_SIZE = ENTRY_SIZE + XT_ALIGN(sizeof(struct xt_standard_target))
};

static const char pattern[] = "cb"; /* prefix of the names of our bridges */
static const char user_chain[] = "DOCKER-USER";

struct item {
	const struct ipt_entry *e; /* in the block that was read; NULL: the rule of ours */
	bool is_out;               /* ours: matches the outgoing interface */
	unsigned old_at;
	unsigned jump_at;  /* where jumps to old_at lead */
	unsigned exact_at; /* where the entry itself is */
	bool is_removed;
};

struct xt {
	int fd;
	struct ipt_getinfo info;
	struct ipt_get_entries *block;
	struct item *items;
	size_t n, cap;
};

static void xt_done(struct xt *t)
{
	free(t->items);
	free(t->block);
	fd_close(&t->fd);
}

static bool table_exists(void)
{
	AUTO(buf) struct buf names = BUF_INIT;

	return file_read(AT_FDCWD, "/proc/net/ip_tables_names", 4096, &names, NULL) == 0 &&
	       strstr(buf_str(&names), "filter\n");
}

static void items_read(struct xt *t)
{
	const char *base = (const char *)t->block->entrytable;

	t->n = 0;
	for (unsigned at = 0; at < t->info.size;) {
		const struct ipt_entry *e = (const struct ipt_entry *)(base + at);

		ARRAY_RESERVE(t->items, t->n, t->cap);
		t->items[t->n++] = (struct item){ .e = e, .old_at = at };
		at += e->next_offset;
	}
}

static int xt_read(struct xt *t, struct err **e)
{
	socklen_t n = sizeof(t->info);

	t->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	t->info = (struct ipt_getinfo){ .name = "filter" };
	if (t->fd < 0 || getsockopt(t->fd, IPPROTO_IP, IPT_SO_GET_INFO, &t->info, &n) < 0)
		return err_sys(e, errno, "read the legacy filter table");
	n = (socklen_t)(sizeof(*t->block) + t->info.size);
	t->block = xcalloc(1, n);
	memcpy(t->block->name, "filter", 7);
	t->block->size = t->info.size;
	if (getsockopt(t->fd, IPPROTO_IP, IPT_SO_GET_ENTRIES, t->block, &n) < 0)
		return err_sys(e, errno, "read the legacy filter rules");
	items_read(t);
	return 0;
}

static const struct xt_entry_target *target_of(const struct ipt_entry *e)
{
	return (const struct xt_entry_target *)((const char *)e + e->target_offset);
}

/* 1 when the target is not a plain verdict. */
static int verdict_of(const struct ipt_entry *e)
{
	const struct xt_entry_target *target = target_of(e);

	return *target->u.user.name ? 1 : ((const struct xt_standard_target *)target)->verdict;
}

static const char *chain_head(const struct ipt_entry *e)
{
	const struct xt_entry_target *target = target_of(e);

	return streq(target->u.user.name, XT_ERROR_TARGET)
		       ? ((const struct xt_error_target *)target)->errorname
		       : NULL;
}

static bool is_plain(const struct ipt_entry *e)
{
	static const struct ipt_ip any;

	return e->target_offset == ENTRY_SIZE && memcmp(&e->ip, &any, sizeof(any)) == 0;
}

static bool matches_interface(const char *name, const unsigned char *mask)
{
	size_t n = strlen(pattern);

	return strcmp(name, pattern) == 0 && mask[n - 1] == 0xff && mask[n] == 0;
}

static bool is_ours(const struct ipt_entry *e, bool is_out)
{
	return e->target_offset == ENTRY_SIZE && verdict_of(e) == -NF_ACCEPT - 1 &&
	       (is_out ? matches_interface(e->ip.outiface, e->ip.outiface_mask)
		       : matches_interface(e->ip.iniface, e->ip.iniface_mask));
}

static size_t item_at(const struct xt *t, unsigned old_at)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->items[i].e && t->items[i].old_at == old_at)
			return i;
	return t->n;
}

static bool is_dropping(const struct xt *t)
{
	size_t policy = item_at(t, t->info.underflow[NF_INET_FORWARD]);

	return policy < t->n && verdict_of(t->items[policy].e) == -NF_DROP - 1;
}

/* Index of the entry our rules go in front of. */
static size_t place_find(const struct xt *t)
{
	size_t head = 0, tail;

	while (head < t->n && !streq(chain_head(t->items[head].e), user_chain))
		head++;
	if (head == t->n)
		return item_at(t, t->info.hook_entry[NF_INET_FORWARD]);
	for (tail = head + 1; tail + 1 < t->n && !chain_head(t->items[tail + 1].e);)
		tail++;
	/* The last entry is the chain's own return; dockerd writes another one in front of it. */
	if (tail > head + 1 && is_plain(t->items[tail - 1].e) &&
	    verdict_of(t->items[tail - 1].e) == XT_RETURN)
		return tail - 1;
	return tail;
}

static void insert(struct xt *t, size_t before, bool is_out)
{
	ARRAY_RESERVE(t->items, t->n, t->cap);
	memmove(t->items + before + 1, t->items + before, (t->n - before) * sizeof(*t->items));
	t->items[before] = (struct item){ .is_out = is_out };
	t->n++;
}

static unsigned item_size(const struct item *i)
{
	if (i->is_removed)
		return 0;
	return i->e ? i->e->next_offset : OUR_SIZE;
}

/* Fills in the new places; returns the new size. */
static unsigned lay_out(struct xt *t)
{
	unsigned at = 0, front = 0;
	bool has_front = false;

	for (size_t i = 0; i < t->n; i++) {
		struct item *it = &t->items[i];

		if (!it->e && !has_front) {
			has_front = true;
			front = at;
		}
		it->exact_at = at;
		it->jump_at = has_front ? front : at;
		if (it->e)
			has_front = false;
		at += item_size(it);
	}
	return at;
}

static void write_ours(struct ipt_entry *e, bool is_out)
{
	struct xt_standard_target *target = (struct xt_standard_target *)((char *)e + ENTRY_SIZE);

	memcpy(is_out ? e->ip.outiface : e->ip.iniface, pattern, strlen(pattern));
	memset(is_out ? e->ip.outiface_mask : e->ip.iniface_mask, 0xff, strlen(pattern));
	e->target_offset = ENTRY_SIZE;
	e->next_offset = OUR_SIZE;
	target->target.u.user.target_size = XT_ALIGN(sizeof(*target));
	target->verdict = -NF_ACCEPT - 1;
}

static void write_theirs(const struct xt *t, struct ipt_entry *to, const struct ipt_entry *from)
{
	struct xt_standard_target *target;

	memcpy(to, from, from->next_offset);
	if (*target_of(from)->u.user.name || verdict_of(from) < 0)
		return;
	target = (struct xt_standard_target *)((char *)to + to->target_offset);
	target->verdict = (int)t->items[item_at(t, (unsigned)verdict_of(from))].jump_at;
}

static void hooks_move(const struct xt *t, struct ipt_replace *r)
{
	for (unsigned h = 0; h < NF_INET_NUMHOOKS; h++) {
		if (!(t->info.valid_hooks & 1U << h))
			continue;
		r->hook_entry[h] = t->items[item_at(t, t->info.hook_entry[h])].jump_at;
		r->underflow[h] = t->items[item_at(t, t->info.underflow[h])].exact_at;
	}
}

/* The kernel starts a new table with empty counters and returns the old ones. */
static void counters_restore(const struct xt *t, const struct xt_counters *old, unsigned n_new)
{
	size_t size = sizeof(struct xt_counters_info) + n_new * sizeof(struct xt_counters);
	AUTO(mem) struct xt_counters_info *info = xcalloc(1, size);
	size_t from = 0, to = 0;

	memcpy(info->name, "filter", 7);
	info->num_counters = n_new;
	for (size_t i = 0; i < t->n; i++) {
		const struct item *it = &t->items[i];

		if (it->e && !it->is_removed)
			info->counters[to] = old[from];
		from += it->e != NULL;
		to += !it->is_removed;
	}
	(void)setsockopt(t->fd, IPPROTO_IP, IPT_SO_SET_ADD_COUNTERS, info, (socklen_t)size);
}

static int xt_write(struct xt *t, struct err **e)
{
	unsigned size = lay_out(t), n_new = 0;
	AUTO(mem) struct ipt_replace *r = xcalloc(1, sizeof(*r) + size);
	AUTO(mem) struct xt_counters *old = xcalloc(t->info.num_entries, sizeof(*old));

	memcpy(r->name, "filter", 7);
	r->valid_hooks = t->info.valid_hooks;
	r->size = size;
	r->num_counters = t->info.num_entries;
	r->counters = old;
	hooks_move(t, r);
	for (size_t i = 0; i < t->n; i++) {
		const struct item *it = &t->items[i];
		struct ipt_entry *to = (struct ipt_entry *)((char *)r->entries + it->exact_at);

		if (it->is_removed)
			continue;
		n_new++;
		if (it->e)
			write_theirs(t, to, it->e);
		else
			write_ours(to, it->is_out);
	}
	r->num_entries = n_new;
	if (setsockopt(t->fd, IPPROTO_IP, IPT_SO_SET_REPLACE, r, (socklen_t)(sizeof(*r) + size)) <
	    0)
		return err_sys(e, errno, "change the legacy filter table");
	counters_restore(t, old, n_new);
	return 0;
}

static bool change_open(struct xt *t)
{
	bool has[2] = { false, false };
	size_t place = place_find(t);

	if (!is_dropping(t) || place == t->n)
		return false;
	for (size_t i = 0; i < t->n; i++)
		for (int out = 0; out < 2; out++)
			has[out] |= is_ours(t->items[i].e, out);
	if (!has[1])
		insert(t, place, true);
	if (!has[0])
		insert(t, place, false);
	return !has[0] || !has[1];
}

static bool change_clear(struct xt *t)
{
	bool any = false;

	for (size_t i = 0; i < t->n; i++) {
		struct item *it = &t->items[i];

		it->is_removed = is_ours(it->e, false) || is_ours(it->e, true);
		any |= it->is_removed;
	}
	return any;
}

/* Somebody else may replace the table between our reading and writing: then once more. */
static int xt_change(bool (*change)(struct xt *t), struct err **e)
{
	int r = 0;

	for (int i = 0; i < TRIES && table_exists(); i++) {
		AUTO(err) struct err *why = NULL;
		struct xt t = { .fd = -1 };

		r = xt_read(&t, &why);
		if (r == 0 && change(&t))
			r = xt_write(&t, &why);
		xt_done(&t);
		if (r == -EAGAIN)
			continue;
		return r < 0 ? err_set(e, -r, "%s", err_text(why)) : 0;
	}
	return r < 0 ? err_sys(e, -r, "change the legacy filter table") : 0;
}

int xtables_open(struct err **e)
{
	return xt_change(change_open, e);
}

int xtables_clear(struct err **e)
{
	return xt_change(change_clear, e);
}
