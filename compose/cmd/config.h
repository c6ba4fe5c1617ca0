/*
 * compose/cmd/config.h - the parts of `config`: what it can list instead of the whole file.
 *
 * Owns:    texts are added to the caller's buffer.
 * Units:   none.
 * Errors:  -errno with e filled.
 * Thread:  main thread.
 * Source:  cli reference 7.27.
 */
#ifndef COMPOSE_CMD_CONFIG_H
#define COMPOSE_CMD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "compose/load/load.h"

/* One name a line: services, dependencies first. */
void config_list_services(const struct loaded *p, struct buf *out);
/* The keys of a top-level mapping, sorted. */
void config_list_keys(const struct loaded *p, const char *top, struct buf *out);
/* Image of each service, and what its pre_start hooks run besides. */
void config_list_images(const struct loaded *p, struct buf *out);
void config_list_models(const struct loaded *p, struct buf *out);
/* Profiles of all services, enabled or not. */
void config_list_profiles(const struct loaded *p, struct buf *out);
void config_list_environment(const struct loaded *p, struct buf *out);
/* "NAME HASH"; which is "*" or names between commas. */
int config_list_hashes(const struct loaded *p, const char *which, struct buf *out, struct err **e);
/* Variables the files ask for; format NULL, "json" or "yaml". p was loaded with variables_only. */
void config_list_variables(const struct loaded *p, const char *format, struct buf *out);

/* Pins the images of the model to the digests of the local store. lock = everything else is dropped. */
int config_pin_images(struct loaded *p, bool lock, struct err **e);

#endif
