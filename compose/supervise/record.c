#include "compose/supervise/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"

enum { RECORD_MAX = 4 << 20 };

/* Members that change while the container lives; everything else but "spec" is constant. */
static const char *const changing[] = {
	"state",         "exit_code", "pid",      "started",  "finished",
	"restart_count", "health",    "ports",    "networks", "was_up",
	"by_user",       "oom",       "delay_ns", "boot_id",  "bundle",
};

void record_done(struct record *r)
{
	char **const texts[] = { &r->id,       &r->name,        &r->service,       &r->image,
				 &r->image_id, &r->config_hash, &r->volume_digest, &r->depends_on,
				 &r->pub,      &r->spec,        &r->ports,         &r->addresses,
				 &r->boot_id,  &r->bundle };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(*texts[i]);
	strv_done(&r->networks);
	strv_done(&r->volumes);
	strv_done(&r->anonymous);
	strv_done(&r->probe);
	*r = (struct record){ 0 };
}

static const char *state_of(const char *text)
{
	static const char *const known[] = { "created",  "running", "paused", "restarting",
					     "removing", "exited",  "dead" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (streq(known[i], text))
			return known[i];
	return "exited";
}

static int64_t time_of(const struct json *j, const char *key)
{
	const char *text = json_str(j, key, "");
	int64_t ns = 0;

	return *text && time_parse_rfc3339(text, &ns) == 0 ? ns : 0;
}

static char *text_of(const struct json *j, const char *key)
{
	return xstrdup(json_str(j, key, NULL));
}

static void strings_of(const struct json *arr, struct strv *out)
{
	JSON_EACH(item, arr)
		if (json_text(item))
			strv_add(out, json_text(item));
}

static void read_mounts(const struct json *doc, struct record *r)
{
	JSON_EACH(m, json_get(doc, "mounts")) {
		if (!streq(json_str(m, "type", ""), "volume"))
			continue;
		strv_add(json_bool(m, "anonymous", false) ? &r->anonymous : &r->volumes,
			 json_str(m, "name", ""));
	}
}

static int read_policy(const struct json *extra, struct record *r, struct err **e)
{
	int got = policy_parse(json_str(extra, "restart", "no"), &r->policy, e);

	r->policy.max = json_int(extra, "restart_max", r->policy.max);
	r->policy.delay_ns = json_int(extra, "restart_delay_ns", 0);
	r->policy.window_ns = json_int(extra, "restart_window_ns", 0);
	return got;
}

/* "extra" inside spec: what was worked out once, when the container was created. */
static int read_extra(const struct json *extra, struct record *r, struct err **e)
{
	const struct json *h = json_get(extra, "health");

	r->stop_signal = (int)json_int(extra, "stop_signal", 15);
	r->grace_ns = json_int(extra, "grace_ns", 10000000000LL);
	r->auto_remove = json_bool(extra, "auto_remove", false);
	r->has_netns = json_bool(extra, "has_netns", true);
	r->has_ports = json_bool(extra, "has_ports", false);
	r->has_hooks = json_bool(extra, "has_hooks", false);
	r->needs_prepare = json_bool(extra, "needs_prepare", false);
	r->log_max_size = json_int(extra, "log_max_size", -1);
	r->log_max_files = (int)json_int(extra, "log_max_files", 1);
	strings_of(json_get(extra, "networks"), &r->networks);
	strings_of(json_get(h, "argv"), &r->probe);
	r->times.interval_ns = json_int(h, "interval_ns", 0);
	r->times.timeout_ns = json_int(h, "timeout_ns", 0);
	r->times.start_period_ns = json_int(h, "start_period_ns", 0);
	r->times.start_interval_ns = json_int(h, "start_interval_ns", 0);
	r->times.retries = json_int(h, "retries", 1);
	return read_policy(extra, r, e);
}

static char *print_member(const struct json *doc, const char *key)
{
	const struct json *v = json_get(doc, key);

	return v && json_len(v) ? json_print(v, false) : NULL;
}

static enum health_status health_of(const char *text)
{
	for (int i = HEALTH_NONE; i <= HEALTH_UNHEALTHY; i++)
		if (streq(health_name((enum health_status)i), text))
			return (enum health_status)i;
	return HEALTH_NONE;
}

static void read_changing(const struct json *doc, struct record *r)
{
	r->state = state_of(json_str(doc, "state", ""));
	r->exit_code = (int)json_int(doc, "exit_code", 0);
	r->pid = (int)json_int(doc, "pid", 0);
	r->started_ns = time_of(doc, "started");
	r->finished_ns = time_of(doc, "finished");
	r->restart_count = json_int(doc, "restart_count", 0);
	r->delay_ns = json_int(doc, "delay_ns", 0);
	r->health = health_of(json_str(doc, "health", ""));
	r->was_up = json_bool(doc, "was_up", false);
	r->by_user = json_bool(doc, "by_user", false);
	r->oom = json_bool(doc, "oom", false);
	r->ports = print_member(doc, "ports");
	r->addresses = print_member(doc, "networks");
	r->boot_id = text_of(doc, "boot_id");
	r->bundle = text_of(doc, "bundle");
}

/* A key may be there twice in a file somebody has edited. */
static void delete_all(struct json *j, const char *key)
{
	while (json_get(j, key))
		json_del(j, key);
}

static void keep_constant_text(const struct json *doc, struct record *r)
{
	AUTO(json) struct json *copy = json_dup(doc);
	char *text;
	size_t n;

	delete_all(copy, "spec");
	for (size_t i = 0; i < ARRAY_LEN(changing); i++)
		delete_all(copy, changing[i]);
	text = json_print(copy, false);
	n = strlen(text);
	r->pub = xstrndup(text + 1, n - 2); /* without the braces */
	free(text);
	r->spec = json_print(json_get(doc, "spec"), false);
}

int record_from_json(const struct json *doc, struct record *ret, struct err **e)
{
	const struct json *labels = json_get(doc, "labels");
	struct record r = { 0 };
	int got;

	if (strlen(json_str(doc, "id", "")) != 64 || !json_str(doc, "name", NULL) ||
	    !json_str(doc, "service", NULL) || !json_str(doc, "bundle", NULL) ||
	    !json_get(doc, "spec"))
		return err_set(e, EINVAL, "not the record of a container");
	r.id = text_of(doc, "id");
	r.name = text_of(doc, "name");
	r.service = text_of(doc, "service");
	r.number = (int)json_int(doc, "number", 0);
	r.oneoff = json_bool(doc, "oneoff", false);
	r.tty = json_bool(doc, "tty", false);
	r.stdin_open = json_bool(doc, "stdin_open", false);
	r.image = text_of(doc, "image");
	r.image_id = text_of(doc, "image_id");
	r.config_hash = text_of(labels, "com.docker.compose.config-hash");
	r.volume_digest = text_of(labels, "com.docker.compose.image-volume-digest");
	r.depends_on = text_of(labels, "com.docker.compose.depends_on");
	r.created_ns = time_of(doc, "created");
	read_mounts(doc, &r);
	read_changing(doc, &r);
	keep_constant_text(doc, &r);
	got = read_extra(json_path(doc, "spec", "extra", NULL), &r, e);
	if (got < 0) {
		record_done(&r);
		return got;
	}
	*ret = r;
	return 0;
}

int record_load(int dirfd, const char *path, struct record *ret, struct err **e)
{
	AUTO(json) struct json *doc = NULL;
	int r = json_parse_file(dirfd, path, RECORD_MAX, &doc, e);

	return r < 0 ? r : record_from_json(doc, ret, e);
}

static void add_time(struct buf *out, const char *key, int64_t ns)
{
	AUTO(mem) char *text = ns ? time_format_rfc3339(ns, true) : NULL;

	buf_addf(out, ",\"%s\":\"%s\"", key, text ? text : "");
}

static void add_text(struct buf *out, const char *key, const char *text)
{
	AUTO(json) struct json *j = json_new_str(text);
	AUTO(mem) char *quoted = json_print(j, false);

	buf_addf(out, ",\"%s\":%s", key, quoted);
}

static void show_members(const struct record *r, struct buf *out)
{
	buf_addstr(out, r->pub);
	buf_addf(out, ",\"state\":\"%s\",\"exit_code\":%d,\"pid\":%d", r->state, r->exit_code,
		 r->pid);
	add_time(out, "started", r->started_ns);
	add_time(out, "finished", r->finished_ns);
	buf_addf(out, ",\"restart_count\":%lld,\"health\":\"%s\",\"oom\":%s",
		 (long long)r->restart_count, health_name(r->health), r->oom ? "true" : "false");
	add_text(out, "bundle", r->bundle);
	buf_addf(out, ",\"ports\":%s,\"networks\":%s", r->ports ? r->ports : "[]",
		 r->addresses ? r->addresses : "{}");
}

void record_show(const struct record *r, struct buf *out)
{
	buf_addch(out, '{');
	show_members(r, out);
	buf_addch(out, '}');
}

void record_print(const struct record *r, struct buf *out)
{
	buf_addch(out, '{');
	show_members(r, out);
	buf_addf(out, ",\"was_up\":%s,\"by_user\":%s,\"delay_ns\":%lld",
		 r->was_up ? "true" : "false", r->by_user ? "true" : "false",
		 (long long)r->delay_ns);
	if (r->boot_id)
		add_text(out, "boot_id", r->boot_id);
	buf_addf(out, ",\"spec\":%s}\n", r->spec);
}

void record_rename(struct record *r, const char *name, const char *bundle)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(json) struct json *j = NULL;
	char *printed;

	buf_addf(&text, "{%s}", r->pub);
	if (json_parse(text.p, text.n, &j, NULL) < 0)
		return;
	json_set_str(j, "name", name);
	printed = json_print(j, false);
	free(r->pub);
	r->pub = xstrndup(printed + 1, strlen(printed) - 2);
	free(printed);
	free(r->name);
	r->name = xstrdup(name);
	free(r->bundle);
	r->bundle = xstrdup(bundle);
}

int intent_write(const char *bundle, const char *word, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/" RECORD_INTENT, bundle);
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "create %s", path);
	r = fd_write_all(fd, word, strlen(word));
	return r < 0 ? err_sys(e, -r, "write %s", path) : 0;
}

void intent_clear(const char *bundle)
{
	AUTO(mem) char *path = xasprintf("%s/" RECORD_INTENT, bundle);

	(void)unlink(path);
}

char *intent_read(const char *bundle)
{
	AUTO(mem) char *path = xasprintf("%s/" RECORD_INTENT, bundle);
	struct buf b = BUF_INIT;

	if (file_read(AT_FDCWD, path, 64, &b, NULL) < 0) {
		buf_done(&b);
		return NULL;
	}
	return buf_take(&b);
}
