#include <stdio.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/proc.h"
#include "compose/ui/table.h"

enum { MIN_WIDTH = 4, GAP = 2, PTS_MAJOR = 136 };

/* Percent of one processor over the life of the process. */
static char *cpu_text(const struct proc *p)
{
	double age = (double)(clock_wall_ns() - p->start_ns) / 1e9;
	double used = (double)p->ticks / (double)sysconf(_SC_CLK_TCK);

	return xasprintf("%d", age > 0 ? (int)(used * 100 / age) : 0);
}

/* "10:43" today, else "Nov21". */
static char *start_text(const struct proc *p)
{
	time_t now = time(NULL), then = (time_t)(p->start_ns / 1000000000);
	struct tm a, b;
	char text[32];

	localtime_r(&now, &a);
	localtime_r(&then, &b);
	(void)strftime(text, sizeof(text),
		       a.tm_yday == b.tm_yday && a.tm_year == b.tm_year ? "%H:%M" : "%b%d", &b);
	return xstrdup(text);
}

static char *tty_text(const struct proc *p)
{
	if (p->tty == 0)
		return xstrdup("?");
	if (major((unsigned)p->tty) == PTS_MAJOR)
		return xasprintf("pts/%u", minor((unsigned)p->tty));
	return xasprintf("%u:%u", major((unsigned)p->tty), minor((unsigned)p->tty));
}

static char *time_text(const struct proc *p)
{
	unsigned long long s = p->ticks / (unsigned long long)sysconf(_SC_CLK_TCK);

	return xasprintf("%02llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
}

static void add_row(struct table *t, const struct json *c, const struct proc *p)
{
	AUTO(mem) char *user = proc_user(p->uid), *cpu = cpu_text(p), *start = start_text(p);
	AUTO(mem) char *tty = tty_text(p), *time = time_text(p);

	table_cell(t, json_str(c, "service", ""));
	table_cellf(t, "%lld", (long long)json_int(c, "number", 0));
	table_cell(t, user);
	table_cellf(t, "%d", (int)p->pid);
	table_cellf(t, "%d", (int)p->parent);
	table_cell(t, cpu);
	table_cell(t, start);
	table_cell(t, tty);
	table_cell(t, time);
	table_cell(t, p->command);
	table_end_row(t);
}

static int add_container(struct table *t, const struct json *c, struct err **e)
{
	AUTO(procs) struct procs procs = { 0 };
	int r = procs_of(json_str(c, "id", ""), &procs, e);

	for (size_t i = 0; i < procs.n; i++)
		add_row(t, c, &procs.v[i]);
	return r;
}

static int top_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	AUTO(containers) struct containers list = { 0 };
	AUTO(table) struct table t;
	AUTO(buf) struct buf out = BUF_INIT;
	int r;

	(void)opts;
	table_init(&t, MIN_WIDTH, GAP);
	r = containers_list(cli, args, n, WITH_ONEOFF, &list, e);
	table_row(&t, "SERVICE", "#", "UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD", NULL);
	for (size_t i = 0; i < list.n && r == 0; i++)
		if (listed_is_running(list.v[i]))
			r = add_container(&t, list.v[i], e);
	if (r < 0 || t.n_rows == 1)
		return r;
	table_format(&t, &out);
	fputs(buf_str(&out), stdout);
	return 0;
}

const struct cmd cmd_top = {
	.name = "top",
	.args = "[SERVICES...]",
	.summary = "Display the running processes",
	.needs = NEED_NAME | NEED_CLIENT,
	.run = top_run,
};
