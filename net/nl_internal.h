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
#include "net/nl.h"

/* As netlink_open(), of another netlink family. */
int netlink_open_proto(int proto, int *ret_fd, struct err **e);

/* A message under construction, for nlbatch_add(). The three functions behind it abort when it grows
 * past its room, which no message made here does. */
struct nl_msg *nlmsg_new(int type, int flags, const void *head, size_t n_head);
void nlmsg_add(struct nl_msg *m, int type, const void *p, size_t n);
struct nlattr *nlmsg_nest(struct nl_msg *m, int type);
/* Takes both. */
void nlbatch_add(struct nlbatch *b, struct nl_msg *m, char *what);

/* Reads the answers to a batch that was sent. */
int nlbatch_answers(const struct nlbatch *b, int fd, struct err **e);

/* One datagram from the kernel. Bytes, or -errno; -ETIMEDOUT when nothing came within 5 s. */
ssize_t netlink_recv(int fd, void *p, size_t n);
/* Calls each for every message of a dump that was asked for. 0, 1 when what is listed changed meanwhile, or
 * the kernel's -errno. */
typedef void (*netlink_each)(struct nlmsghdr *h, void *ctx);
int netlink_dump_read(int fd, netlink_each each, void *ctx);
/* The kernel's own words in an error message, "" when it gave none. Borrowed from the message. */
const char *netlink_extack(struct nlmsghdr *h);

#endif
