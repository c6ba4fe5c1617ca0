/*
 * compose/supervise/values.h - keeps what came from somebody's environment out of the state on disk.
 *
 * Owns:    works on the request's own tree.
 * Units:   none.
 * Errors:  none.
 * Thread:  any one thread at a time per request.
 * Source:  compose/load/project_json.h ("x-compose-content"); promise S9: secrets are in no state file.
 */
#ifndef COMPOSE_SUPERVISE_VALUES_H
#define COMPOSE_SUPERVISE_VALUES_H

#include "base/json.h"

/* Moves the content of secrets out of args.project into args.values ("secrets/KEY" -> text), from where
 * spec_secret_files() takes it; nothing that is written to disk has it any more. Content of configs is no
 * secret: it becomes their "content", so that a container can start again after a reboot. */
void values_take(struct json *args);

#endif
