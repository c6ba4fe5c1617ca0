/*
 * compose-shim: the small static parent. `run` keeps a container, `guard` keeps a supervisor, `init`
 * is pid 1 inside a container.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/protect.h"
#include "runtime/shim_guard.h"
#include "runtime/shim_run.h"
#include "runtime/shim_text.h"

static int usage(void)
{
	static const char text[] =
		"Usage: compose-shim run --id ID --bundle DIR --run DIR [--runtime PATH] [--tty]\n"
		"                        [--stdin] [--log FILE --log-max-size BYTES "
		"--log-max-files N]\n"
		"                        [--park N] [--config]\n"
		"       compose-shim guard [--adopt PID] -- PROGRAM [ARG...]\n";

	(void)write_whole(STDERR_FILENO, text, sizeof(text) - 1);
	return 2;
}

/* Then a child of this process enters a container, where our file must not be open for writing. */
static bool makes_containers(char **argv)
{
	if (!strcmp(argv[0], "guard"))
		return true;
	if (strcmp(argv[0], "run"))
		return false;
	for (; *argv; argv++)
		if (!strcmp(*argv, "--config"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct err *e = NULL;

	if (argc < 2)
		return usage();
	/* From a view of our file the kernel would name us after a descriptor. */
	(void)prctl(PR_SET_NAME, "compose-shim");
	if (makes_containers(argv + 1) && protect_self(argv, &e) < 0) {
		(void)write_whole(STDERR_FILENO, err_text(e), strlen(err_text(e)));
		return 1;
	}
	if (!strcmp(argv[1], "run"))
		return shim_run(argc - 2, argv + 2) == 2 ? usage() : 0;
	if (!strcmp(argv[1], "guard")) {
		char **rest = argv + 2;
		int64_t adopted = 0;

		if (*rest && !strcmp(*rest, "--adopt")) {
			if (!rest[1] || text_parse(rest[1], INT32_MAX, &adopted) < 0 || adopted == 0)
				return usage();
			rest += 2;
		}
		if (*rest && !strcmp(*rest, "--"))
			rest++;
		return *rest ? shim_guard(argv[1], rest, (pid_t)adopted) : usage();
	}
	if (!strcmp(argv[1], "init"))
		return shim_init(argv + 2);
	return usage();
}
