/*
 * compose-shim: the small static parent. `run` keeps a container, `guard` keeps a supervisor, `init`
 * is pid 1 inside a container.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "runtime/shim_guard.h"
#include "runtime/shim_run.h"
#include "runtime/shim_text.h"

static int usage(void)
{
	static const char text[] =
		"Usage: compose-shim run --id ID --bundle DIR --run DIR [--runtime PATH] [--tty]\n"
		"                        [--stdin] [--log FILE --log-max-size BYTES --log-max-files N]\n"
		"                        [--park N]\n"
		"       compose-shim guard [--adopt] -- PROGRAM [ARG...]\n";

	(void)write_whole(STDERR_FILENO, text, sizeof(text) - 1);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage();
	if (!strcmp(argv[1], "run"))
		return shim_run(argc - 2, argv + 2) == 2 ? usage() : 0;
	if (!strcmp(argv[1], "guard")) {
		char **rest = argv + 2;
		bool adopt = *rest && !strcmp(*rest, "--adopt");

		if (adopt)
			rest++;
		if (*rest && !strcmp(*rest, "--"))
			rest++;
		return *rest ? shim_guard(rest, adopt) : usage();
	}
	if (!strcmp(argv[1], "init"))
		return shim_init(argv + 2);
	return usage();
}
