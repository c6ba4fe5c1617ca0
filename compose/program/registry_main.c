/*
 * compose-registry: the registry worker. What strangers' servers answer is read in a process that can die
 * alone, and the libraries for it are loaded by nobody else.
 *
 *	compose-registry digest REFERENCE...    what each stands for in its registry, a line each
 */
#include <signal.h>
#include <stdio.h>

#include "base/buf.h"
#include "image/registry.h"

static int digests(int argc, char **argv, struct err **e)
{
	int r = 0;

	for (int i = 0; r == 0 && i < argc; i++) {
		AUTO(reference) struct reference ref = REFERENCE_INIT;
		AUTO(mem) char *digest = NULL;

		r = reference_parse(argv[i], &ref, e);
		if (r == 0)
			r = registry_digest(&ref, &digest, e);
		if (r == 0)
			puts(digest);
	}
	return r;
}

int main(int argc, char **argv)
{
	AUTO(err) struct err *e = NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 3 || !streq(argv[1], "digest")) {
		fputs("Usage:  compose-registry digest REFERENCE...\n", stderr);
		return 2;
	}
	if (digests(argc - 2, argv + 2, &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", err_text(e));
	if (err_hint_text(e))
		fprintf(stderr, "  hint: %s\n", err_hint_text(e));
	return 1;
}
