/*
 * compose/load/hash.h - one number for a configuration: it changes exactly when containers must be made anew.
 *
 * The text hashed is "compose-hash/1 KIND\n" and the canonical JSON of the entry on one line (members in
 * the order of the rows, names sorted), without what does not need a new container: for services build,
 * pull_policy, scale, deploy.replicas, depends_on, profiles, env_file and label_file (their variables
 * and labels are in environment and labels by then) and x-*. The name a service has in the file is not
 * part of it; the real name of a network or volume (`name`) is. Networks and volumes count driver as its
 * default when it is absent. The number behind the slash is raised when the text changes for equal files.
 *
 * Owns:    nothing; the digest is written to the caller's buffer.
 * Units:   64 lower-case hex digits.
 * Errors:  none.
 * Thread:  any.
 * Source:  reference "Service hash".
 */
#ifndef COMPOSE_LOAD_HASH_H
#define COMPOSE_LOAD_HASH_H

#include "compose/load/node.h"

enum hash_kind { HASH_SERVICE, HASH_NETWORK, HASH_VOLUME };
enum { HASH_TEXT = 65 };

/* entry is bound and normalised, its env files read. */
void config_hash(enum hash_kind kind, const struct node *entry, char ret[HASH_TEXT]);

#endif
