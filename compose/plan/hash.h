/*
 * compose/plan/hash.h - the config-hash labels: equal configuration, equal text.
 *
 * `config --hash` prints what service_hash() gives for the canonical service as JSON.
 *
 * Owns:    nothing.
 * Units:   64 hex digits and a NUL.
 * Errors:  none.
 * Thread:  any.
 * Source:  cli reference 3 "config-hash"; compose-file reference 6.6.
 */
#ifndef COMPOSE_PLAN_HASH_H
#define COMPOSE_PLAN_HASH_H

#include "base/json.h"

/* Without build, pull_policy, scale, deploy.replicas, depends_on, profiles, x-*. */
void service_hash(const struct json *service, char ret[65]);
/* Entries of the top-level networks and volumes; the name counts, labels too. */
void network_hash(const struct json *network, char ret[65]);
void volume_hash(const struct json *volume, char ret[65]);

#endif
