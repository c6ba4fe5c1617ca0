/*
 * compose/cmd/containers.h - the containers of the project as commands see them: listed, filtered,
 * chosen.
 *
 * Owns:    struct containers owns the answer of the supervisor; items are borrowed from it.
 * Units:   none.
 * Errors:  the texts users know (`service "x" is not running`).
 * Thread:  any one thread at a time.
 * Source:  ARCHITECTURE.md "Contract: control socket", list; cli reference 2.1 "Index selection".
 */
#ifndef COMPOSE_CMD_CONTAINERS_H
#define COMPOSE_CMD_CONTAINERS_H

#include "base/json.h"
#include "compose/cmd/cmd.h"

struct containers {
	struct json *answer;
	const struct json **v; /* sorted by name */
	size_t n, cap;
};

enum which { WITHOUT_ONEOFF, WITH_ONEOFF };

/* Those of the named services (all when n is 0). */
int containers_list(struct cli *cli, char **services, size_t n, enum which which,
		    struct containers *ret, struct err **e);
void containers_done(struct containers *c);
static inline void containers_autop(struct containers *c)
{
	containers_done(c);
}
/* running, paused or restarting */
bool listed_is_up(const struct json *c);
bool listed_is_running(const struct json *c);
/* The running container of a service: number index, or with index 0 the lowest number, then
 * one-offs. *ret is borrowed from list. */
int container_choose(struct cli *cli, const char *service, int index, struct containers *list,
		     const struct json **ret, struct err **e);
/* Without the project's prefix, "web-1"; borrowed. A container_name of its own is shown whole. */
const char *container_short_name(const struct json *c, const char *project);
/* Names as a JSON array for requests. */
struct json *json_strings(char **v, size_t n);
/* The services of the model that args name or match as globs; an empty array for no args. */
struct json *cli_services(const struct cli *cli, char **args, size_t n);
/* Services of the file that are not part of this command: their containers are no orphans. */
struct json *cli_disabled(const struct cli *cli);

#endif
