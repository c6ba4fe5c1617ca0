/*
 * compose-image: the image worker. It parses what strangers wrote (archives, Dockerfiles) in a
 * process that can die alone. One command, then it ends.
 */
#include "compose/program/image_main.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

volatile bool image_cancelled;

static const struct {
	const char *name;
	int (*run)(int argc, char **argv, struct err **e);
} commands[] = {
	{ "build", image_cmd_build },     { "import", image_cmd_import },
	{ "inspect", image_cmd_inspect }, { "ls", image_cmd_ls },
	{ "pull", image_cmd_pull },       { "rm", image_cmd_rm },
	{ "save", image_cmd_save },       { "tag", image_cmd_tag },
};

static void on_signal(int sig)
{
	(void)sig;
	image_cancelled = true;
}

/* Without SA_RESTART: a read that waits for input is to end. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
}

static int report(int r, struct err *e)
{
	if (r >= 0)
		return r;
	if (image_cancelled)
		return 130;
	fprintf(stderr, "%s\n", err_text(e));
	if (err_hint_text(e))
		fprintf(stderr, "  hint: %s\n", err_hint_text(e));
	return 1;
}

int main(int argc, char **argv)
{
	AUTO(err) struct err *e = NULL;
	const char *name = argc > 1 ? argv[1] : "";
	int r;

	umask(0);
	catch_signals();
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (!streq(name, commands[i].name))
			continue;
		r = commands[i].run(argc - 1, argv + 1, &e);
		return report(r, e);
	}
	r = err_set(&e, ENOSYS, "compose-image: unknown command \"%s\"", name);
	return report(r, e);
}
