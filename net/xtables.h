/*
 * net/xtables.h - the same two accept rules as net/nft.h puts into firewalls of others, for hosts whose
 * iptables still is the legacy one (x_tables): rules there are one block of memory that is read and
 * replaced as a whole.
 *
 * Owns:    nothing.
 * Units:   offsets in bytes from the first rule.
 * Errors:  the kernel's. EAGAIN when somebody else changed the table meanwhile, five times in a row.
 * Thread:  any; works in the calling thread's network namespace.
 * Source:  linux/netfilter_ipv4/ip_tables.h; the kernel checks what it is given before it takes it.
 */
#ifndef NET_XTABLES_H
#define NET_XTABLES_H

#include "base/err.h"

/* When the legacy filter table exists and drops what is forwarded: accepts what comes from and goes
 * to "cb*", in DOCKER-USER before its last return, else in FORWARD. Does nothing otherwise. */
int xtables_open(struct err **e);
/* Takes those rules out again. */
int xtables_clear(struct err **e);

#endif
