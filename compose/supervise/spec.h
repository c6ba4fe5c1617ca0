/*
 * compose/supervise/spec.h - what one container of a service is made of: from the canonical service and its
 * image to mounts, files under /etc, and the OCI config.json.
 *
 *	spec_mounts()        which mounts, with the names of volumes      (pure, but for anonymous names)
 *	spec_mount_sources() makes or checks what binds need on the host  (blocking)
 *	spec_secret_files()  configs and secrets for secret_dir_fill()
 *	spec_etc_write()     hosts, hostname, resolv.conf in RUN/containers/ID   (before each start)
 *	spec_build()         config.json
 *
 * `service` is one member of "services" of the canonical project; for `run` it is a copy with the
 * overrides of the command line applied.
 *
 * Owns:    results belong to the caller; inputs are borrowed for the call.
 * Units:   times in nanoseconds, sizes in bytes.
 * Errors:  -EINVAL with the attribute and the value in the text; -ENOENT for missing bind sources.
 * Thread:  any; the functions marked blocking in the pool.
 * Source:  OCI runtime-spec config.md, config-linux.md; image-spec conversion.md; compose-spec 05-services.md.
 */
#ifndef COMPOSE_SUPERVISE_SPEC_H
#define COMPOSE_SUPERVISE_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"
#include "image/store.h"
#include "volumes/secret.h"

/* The program and its arguments, from entrypoint and command of service and image as Docker combines
 * them. -EINVAL "no command specified" when nothing is left. */
int spec_args(const struct json *service, const struct image *image, struct strv *ret,
	      struct err **e);
/* PATH, the image's, the service's; names with a null value are left out. HOSTNAME and TERM as Docker
 * adds them. */
void spec_env(const struct json *service, const struct image *image, const char *hostname,
	      struct strv *ret);
/* "user[:group]" of service or image; "0" when neither says. Borrowed. */
const char *spec_user(const struct json *service, const struct image *image);
/* Service's hostname, else the first 12 digits of id; network_mode host: the machine's. For free(3). */
char *spec_hostname(const struct json *service, const char *id);
/* Signal number of stop_signal of service or image, SIGTERM when neither says. */
int spec_stop_signal(const struct json *service, const struct image *image, int *ret,
		     struct err **e);

struct spec_health {
	struct strv argv; /* what to execute; n == 0: there is no check */
	int64_t interval_ns, timeout_ns, start_period_ns, start_interval_ns;
	int64_t retries;
};
/* Service's healthcheck, gaps filled from the image's, then from the defaults. */
int spec_health(const struct json *service, const struct image *image, struct spec_health *ret,
		struct err **e);
void spec_health_done(struct spec_health *h);

/*
 * The mounts of a container as an array of records, parents before children:
 *   type        "bind" "volume" "tmpfs" "image"
 *   name        volume: its real name            key  volume: its name in the file, absent for anonymous ones
 *   source      bind: host path; volume: ROOT/volumes/NAME/_data; image: reference
 *   destination cleaned path in the container    rw   bool
 *   anonymous, nocopy, create_host_path          bools
 *   subpath, propagation, recursive, labels      when given
 *   options     tmpfs: list of mount options
 * `inherited` are the records of the container replaced (anonymous volumes keep their name), or NULL;
 * `from` maps the argument of each volumes_from entry ("db", "container:x") to that container's records.
 */
int spec_mounts(const char *root, const struct json *project, const struct json *service,
		const struct image *image, const struct json *inherited, const struct json *from,
		struct json **ret, struct err **e);
/* Blocking. Creates missing bind sources where create_host_path allows it, else fails. */
int spec_mount_sources(const struct json *mounts, struct err **e);

/* Configs and secrets of the service. `values` maps "secrets/KEY" and "configs/KEY" to text for those that
 * come from the environment of the command line; names of users are looked up in the image. Adds to
 * `mounts` a read-only bind from secret_dir for each. *ret_n may be 0. */
int spec_secret_files(const struct json *project, const struct json *service,
		      const struct image *image, const struct json *values, const char *secret_dir,
		      struct json *mounts, struct secret_file **ret, size_t *ret_n, struct err **e);
void spec_secret_files_free(struct secret_file *files, size_t n);

/* endpoints: the array of compose-net's attach answer; may be NULL. Existing files keep their inode. Blocking,
 * small. uses_dns: nameserver 127.0.0.11, else the host's file is copied. */
struct spec_etc {
	const struct json *service;
	const char *dir; /* RUN/containers/ID: what changes with every start is not for the disk */
	const char *hostname;
	const struct json *endpoints;
	bool uses_dns;
};
int spec_etc_write(const struct spec_etc *in, struct err **e);
/* A layer with the empty files that these are mounted on, ROOT/stubs, made when missing; for free(3). All
 * containers share it above their image's layers, so that none has to make the files in its own. NULL
 * when the image's /etc is something that a layer with a directory /etc would hide. */
char *spec_stubs(const char *root, const struct strv *layers);

struct spec_input {
	const struct json *project, *service;
	const struct image *image;
	const struct image_store *store; /* for mounts of type image; may be NULL without them */
	const char *id;                  /* 64 hex digits */
	const char *bundle;              /* ROOT/projects/P/containers/NAME */
	const char *run_dir;             /* RUN/containers/ID */
	const struct json *mounts;       /* records, secrets included */
	const char *stubs;               /* of spec_stubs(), NULL without */
	bool has_netns;                  /* descriptor 4 is the network namespace; false: the host's */
	/* Namespaces to join, "/proc/PID/ns/ipc"; NULL: a new one, or the host's when the service says so. */
	const char *ipc_ns, *pid_ns, *uts_ns;
};
int spec_build(const struct spec_input *in, struct json **ret, struct err **e);

#endif
