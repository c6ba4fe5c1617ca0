/*
 * compose/supervise/bundle.h - the directory of one container: making it, bringing it up to date before
 * a start, renaming it, removing it. Everything here blocks.
 *
 * bundle_draft() writes origin.json first, bundle_commit() links it as container.json; a bundle with the
 * one and without the other is undone by a successor, by bundle_remove().
 *
 * Owns:    requests own their texts; JSON inputs marked borrowed outlive the call.
 * Units:   nanoseconds.
 * Errors:  -errno with the text users know; on failure bundle_draft() has undone everything.
 * Thread:  pool; bundle_commit(), which makes one directory entry: any.
 * Source:  ARCHITECTURE.md "State on disk"; cli reference 2.2 "Labels".
 */
#ifndef COMPOSE_SUPERVISE_BUNDLE_H
#define COMPOSE_SUPERVISE_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"
#include "compose/supervise/record.h"

struct bundle_request {
	/* Borrowed. */
	const char *root, *run;
	const struct json *project, *service;
	const struct json *inherited; /* mounts of the container replaced, or NULL */
	const struct json *from;      /* volumes_from: donor -> mounts, or NULL */
	const struct json *values;    /* secrets and configs out of the environment */
	const struct json *args;      /* working_dir, config_files, env_files of the request */
	const struct image *image;    /* of the service, or NULL: looked up */
	/* Owned. */
	char *id, *name, *final_name, *bundle, *run_dir;
	char *service_name;
	char *replaces; /* label "replace", NULL unless a recreation */
	int number;
	bool oneoff, auto_remove, use_aliases;
	char config_hash[65];
	/* Results. */
	struct record record;
	struct json *mounts;
};

void bundle_request_done(struct bundle_request *q);
/* Everything but the commit: as long as that is missing there is no container. */
int bundle_draft(struct bundle_request *q, struct err **e);
int bundle_commit(const struct bundle_request *q, struct err **e);
/* The end of a draft that is not wanted: volumes made for it alone go too. */
void bundle_undo(const struct bundle_request *q);

/* Before a start: volumes with a file system of their own are mounted, secrets are filled in again
 * after a reboot, config.json follows the namespaces it joins. */
struct bundle_prepare {
	const char *root; /* borrowed */
	char *id, *bundle, *run_dir;
	char *ipc_ns, *pid_ns, *uts_ns;
	bool has_netns;
};
void bundle_prepare_done(struct bundle_prepare *p);
int bundle_prepare(struct bundle_prepare *p, const struct json *spec, struct err **e);

/* Gives the directory its final name and rewrites config.json, whose paths lie in it. spec as in the
 * record, mounts as in `list`. */
struct bundle_rename {
	const char *root;
	const char *id, *from, *to, *run_dir;
	bool has_netns;
};
int bundle_rename(const struct bundle_rename *n, const struct json *doc, struct err **e);

/* Removes directory, references to volumes, secrets, the state directory; with_volumes: anonymous
 * volumes too. Idempotent: what is gone already is success. volumes: names of all volumes it refers
 * to; anonymous: those that may go. */
struct bundle_removal {
	const char *root;
	const char *id, *bundle, *run_dir;
	const struct strv *volumes, *anonymous;
	bool with_volumes;
};
int bundle_remove(const struct bundle_removal *m, struct err **e);

#endif
