/*
 * compose/spoken.h - the docker compose whose language this program speaks.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  cli reference 7.30 "version" and 2.2 "Labels": tools compare the number.
 */
#ifndef COMPOSE_SPOKEN_H
#define COMPOSE_SPOKEN_H

#define COMPOSE_SPOKEN_VERSION "5.1.0"

#endif
