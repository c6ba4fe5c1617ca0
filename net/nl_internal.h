/*
 * net/nl_internal.h - what nl.c and nl_dump.c share.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  as net/nl.h.
 * Thread:  as net/nl.h.
 * Source:  netlink(7).
 */
#ifndef NET_NL_INTERNAL_H
#define NET_NL_INTERNAL_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* One datagram from the kernel. Bytes, or -errno; -ETIMEDOUT when nothing came within 5 s. */
ssize_t netlink_recv(int fd, void *p, size_t n);
/* The kernel's own words in an error message, "" when it gave none. Borrowed from the message. */
const char *netlink_extack(struct nlmsghdr *h);

#endif
