#include "compose/supervise/backoff.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"

static const char *const names[] = {
	[RESTART_NO] = "no",
	[RESTART_ALWAYS] = "always",
	[RESTART_UNLESS_STOPPED] = "unless-stopped",
	[RESTART_ON_FAILURE] = "on-failure",
};

int policy_parse(const char *text, struct policy *ret, struct err **e)
{
	struct str rest = str_of(text);
	struct str word = str_cut(&rest, ':');
	struct policy p = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_eq(word, names[i]))
			continue;
		p.kind = (enum restart_kind)i;
		if (rest.p &&
		    (p.kind != RESTART_ON_FAILURE || num_parse(rest.p, 0, INT32_MAX, &p.max) < 0))
			break;
		*ret = p;
		return 0;
	}
	return err_set(e, EINVAL, "invalid restart policy \"%s\"", text);
}

char *policy_format(const struct policy *p)
{
	if (p->kind == RESTART_ON_FAILURE && p->max)
		return xasprintf("on-failure:%lld", (long long)p->max);
	return xstrdup(names[p->kind]);
}

static int64_t duration_of(const struct json *obj, const char *key)
{
	const char *text = json_str(obj, key, NULL);
	int64_t ns = 0;

	return text && duration_parse(text, &ns) == 0 && ns > 0 ? ns : 0;
}

int policy_of_service(const struct json *service, struct policy *ret, struct err **e)
{
	const char *restart = json_str(service, "restart", NULL);
	const struct json *deploy = json_path(service, "deploy", "restart_policy", NULL);
	const char *condition = json_str(deploy, "condition", "any");

	if (restart)
		return policy_parse(restart, ret, e);
	*ret = (struct policy){ 0 };
	if (!deploy)
		return 0;
	if (streq(condition, "on-failure"))
		ret->kind = RESTART_ON_FAILURE;
	else if (!streq(condition, "none"))
		ret->kind = RESTART_ALWAYS;
	ret->max = json_int(deploy, "max_attempts", 0);
	ret->delay_ns = duration_of(deploy, "delay");
	ret->window_ns = duration_of(deploy, "window");
	return 0;
}

bool policy_again(const struct policy *p, const struct ended *end, int64_t *ret_delay_ns)
{
	int64_t window = p->window_ns ? p->window_ns : BACKOFF_WINDOW_NS;

	if (p->kind == RESTART_NO || end->by_user)
		return false;
	if (p->kind == RESTART_ON_FAILURE && end->code == 0)
		return false;
	if (p->max && end->restarts >= p->max)
		return false;
	if (p->delay_ns)
		*ret_delay_ns = p->delay_ns;
	else if (end->last_delay_ns == 0 || end->ran_ns >= window)
		*ret_delay_ns = BACKOFF_FIRST_NS;
	else if (end->last_delay_ns >= BACKOFF_LIMIT_NS / 2)
		*ret_delay_ns = BACKOFF_LIMIT_NS;
	else
		*ret_delay_ns = end->last_delay_ns * 2;
	return true;
}

bool policy_at_boot(const struct policy *p, bool was_running, bool stopped_by_user)
{
	switch (p->kind) {
	case RESTART_ALWAYS:
		return was_running || stopped_by_user;
	case RESTART_UNLESS_STOPPED:
		return was_running && !stopped_by_user;
	case RESTART_ON_FAILURE:
		return was_running;
	case RESTART_NO:
		break;
	}
	return false;
}
