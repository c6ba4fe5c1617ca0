/*
 * compose/load/project_json.h - the canonical project as JSON: what the supervisor is told to run.
 *
 * The layout is that of `config --format json`, with these differences:
 *  - values are literal: "$" is not doubled;
 *  - services, networks and volumes have "x-compose-hash" (compose/load/hash.h);
 *  - secrets and configs whose content is a variable have it as "x-compose-content";
 *  - `env_file` and `label_file` are gone, their content is in `environment` and `labels`.
 *
 * Owns:    the caller owns the tree.
 * Units:   sizes are decimal text in bytes, durations Go text ("1m30s"), as in `config`.
 * Errors:  none.
 * Thread:  any one thread at a time per project.
 * Source:  reference "compose config".
 */
#ifndef COMPOSE_LOAD_PROJECT_JSON_H
#define COMPOSE_LOAD_PROJECT_JSON_H

#include "base/json.h"
#include "compose/load/load.h"

struct json *project_to_json(const struct loaded *p);

#endif
