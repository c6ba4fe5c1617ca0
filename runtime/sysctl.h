/*
 * runtime/sysctl.h - linux.sysctl: only keys that belong to a namespace of the container.
 *
 * Owns:    sysctl_path() returns memory for free(3).
 * Units:   none.
 * Errors:  -EINVAL for a key that would change the host, or a key or value out of grammar.
 * Thread:  any.
 * Source:  runtime-spec config-linux.md "Sysctl".
 */
#ifndef RUNTIME_SYSCTL_H
#define RUNTIME_SYSCTL_H

#include "runtime/spec.h"

/* Before any side effect. */
int sysctl_check(const struct spec *s, struct err **e);
/* From inside the container's namespaces, through the host's procfs. */
int sysctl_apply(const struct spec *s, int proc_fd, struct err **e);
/* "net.ipv4.ip_forward" to "net/ipv4/ip_forward"; a '.' in a key with '/' is literal. NULL when the
 * key is out of grammar. */
char *sysctl_path(const char *key);

#endif
