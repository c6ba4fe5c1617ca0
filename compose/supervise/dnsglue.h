/*
 * compose/supervise/dnsglue.h - tells the name server which containers ask and which names are ours.
 *
 * Owns:    nothing: sockets are copied.
 * Units:   none.
 * Errors:  logged: a container without name resolution still runs.
 * Thread:  loop.
 * Source:  compose/supervise/dns_server.h.
 */
#ifndef COMPOSE_SUPERVISE_DNSGLUE_H
#define COMPOSE_SUPERVISE_DNSGLUE_H

#include "compose/supervise/container.h"

/* spec: the parsed spec of the record, NULL = parse it here. */
void dnsglue_up(struct container *c, const struct json *spec, int udp, int tcp);
void dnsglue_down(struct container *c);
/* The services of the project wanted. */
void dnsglue_declare(struct sup *s, const struct json *project);

#endif
