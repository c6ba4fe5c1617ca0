/*
 * compose/cmd/docker_config.h - the few settings of docker's own config.json that commands honour.
 *
 * Owns:    results are for free(3).
 * Units:   none.
 * Errors:  a file that is missing or broken has no settings.
 * Thread:  any.
 * Source:  cli reference 1.2 DOCKER_CONFIG.
 */
#ifndef COMPOSE_CMD_DOCKER_CONFIG_H
#define COMPOSE_CMD_DOCKER_CONFIG_H

/* A string member such as "detachKeys" or "psFormat"; NULL when it is not set. */
char *docker_config_get(const char *key);

#endif
