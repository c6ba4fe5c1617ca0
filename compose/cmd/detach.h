/*
 * compose/cmd/detach.h - the key sequence that leaves a terminal without ending what runs in it.
 *
 * Owns:    nothing.
 * Units:   bytes.
 * Errors:  -EINVAL for keys that do not exist.
 * Thread:  any one thread at a time.
 * Source:  docker's detachKeys: "ctrl-p,ctrl-q", letters, "ctrl-@ [ \ ] ^ _".
 */
#ifndef COMPOSE_CMD_DETACH_H
#define COMPOSE_CMD_DETACH_H

#include "base/buf.h"
#include "base/err.h"

struct detach {
	unsigned char keys[16];
	size_t n;       /* 0 = never */
	size_t matched; /* keys seen so far; they have been held back */
};

/* text NULL or "" = ctrl-p,ctrl-q. */
int detach_parse(const char *text, struct detach *ret, struct err **e);
/* Appends to out what goes on to the program; true once the whole sequence was typed. */
bool detach_feed(struct detach *d, const char *p, size_t n, struct buf *out);

#endif
