/*
 * compose/load/yaml_error.h - a syntax error of the YAML reader, told so that it can be mended.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any one thread at a time per diags.
 * Source:  the problem texts of libyaml 0.2.5.
 */
#ifndef COMPOSE_LOAD_YAML_ERROR_H
#define COMPOSE_LOAD_YAML_ERROR_H

#include "compose/load/diag.h"

struct yaml_problem {
	const char *problem; /* "did not find expected key" */
	const char *context; /* "while parsing a block mapping", or NULL */
	struct srcpos at;
	struct srcpos context_at; /* line 0 when there is no context */
	char byte;                /* what stands at the place of the problem, 0 = end */
};

void yaml_problem_report(struct diags *d, const struct yaml_problem *p);

#endif
