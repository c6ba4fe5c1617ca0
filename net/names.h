/*
 * net/names.h - names computed for kernel objects, and which names from outside are fit for files.
 *
 * Owns:    nothing; text goes into the caller's array.
 * Units:   names of interfaces have at most 15 bytes.
 * Errors:  none.
 * Thread:  any; no I/O.
 * Source:  ARCHITECTURE.md "State on disk", Names; if(7) IFNAMSIZ.
 */
#ifndef NET_NAMES_H
#define NET_NAMES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "cb" and the first eight hex digits of the SHA-256 of the network's name. */
void bridge_name(const char *network, char ret[IFNAMSIZ]);
/* "cv", seven digits of the container id, the endpoint's number and three random digits: a new name
 * each time, because the old link may still be on its way out. */
void veth_name(const char *container_id, unsigned number, char ret[IFNAMSIZ]);
/* A link group of the network's own, never 0. salt tells networks apart that collide. */
uint32_t link_group(const char *network, unsigned salt);
/* Eight hex digits of the root directory's path. */
void scope_name(const char *root, char ret[9]);

/* Up to 64 letters and digits. */
bool container_id_ok(const char *id);
/* A name the kernel takes for an interface. */
bool interface_name_ok(const char *name);

#endif
