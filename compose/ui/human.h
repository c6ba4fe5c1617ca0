/*
 * compose/ui/human.h - ages and container states in the words docker uses.
 *
 * Owns:    results are for free(3).
 * Units:   wall-clock nanoseconds.
 * Errors:  none.
 * Thread:  any.
 * Source:  cli reference 7.3 "STATUS strings", 8 "Durations".
 */
#ifndef COMPOSE_UI_HUMAN_H
#define COMPOSE_UI_HUMAN_H

#include <stdint.h>

#include "base/json.h"

/* "3 minutes ago" for an RFC 3339 time; "N/A" when it is empty or unreadable. */
char *human_ago(const char *rfc3339, int64_t now_ns);
/* "Up 5 seconds (healthy)", "Exited (0) 2 hours ago", "Created". c is a container of `list`. */
char *human_status(const struct json *c, int64_t now_ns);
/* "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 443/tcp" */
char *human_ports(const struct json *c);
/* argv joined by blanks, arguments holding a blank in quotes; cut to width columns unless 0. */
char *human_command(const struct json *argv, unsigned width);
/* "2026-01-02 03:04:05 +0000 UTC" */
char *human_created_at(const char *rfc3339);

#endif
