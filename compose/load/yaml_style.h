/*
 * compose/load/yaml_style.h - how a string is written in YAML: plain, quoted, or as a block.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  YAML 1.2.2; the choices of libyaml's emitter and go.yaml.in/yaml v4.
 */
#ifndef COMPOSE_LOAD_YAML_STYLE_H
#define COMPOSE_LOAD_YAML_STYLE_H

#include <stdbool.h>

#include "base/buf.h"

enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE, YAML_LITERAL };

/* is_key: block styles cannot be used. */
enum yaml_style yaml_style_of(const char *text, bool is_key);
/* Not for YAML_LITERAL. */
void yaml_add_scalar(struct buf *out, const char *text, enum yaml_style style);
/* "|", its hints, and the lines, each behind indent blanks; ends with a newline. */
void yaml_add_literal(struct buf *out, const char *text, unsigned indent);

#endif
