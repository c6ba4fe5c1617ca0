/*
 * compose/load/words.h - checks of single values by their text: restart policies, signals, addresses.
 *
 * Owns:    nothing; answers are constant text.
 * Units:   none.
 * Errors:  each returns NULL for a legal text, else what is wrong with it ("invalid restart policy").
 * Thread:  any.
 * Source:  compose-spec 05-services.md; signal(7), capabilities(7).
 */
#ifndef COMPOSE_LOAD_WORDS_H
#define COMPOSE_LOAD_WORDS_H

#include <stdbool.h>

/* no, always, unless-stopped, on-failure[:N] */
const char *check_restart(const char *text);
/* A signal's name with or without SIG, RTMIN+n, RTMAX-n, or a number. */
const char *check_signal(const char *text);
/* A capability's name with or without CAP_, in any case, or ALL. */
const char *check_capability(const char *text);
const char *check_ipv4(const char *text);
const char *check_ipv6(const char *text);
const char *check_ip(const char *text);
/* ADDRESS/BITS */
const char *check_subnet(const char *text);
const char *check_mac(const char *text);
/* A host port, or a range of them to choose from; "" = chosen by the kernel. */
const char *check_published(const char *text);
/* TYPE MAJOR:MINOR ACCESS, such as "c 1:3 mr" */
const char *check_device_rule(const char *text);
/* The pattern of container_name, searched for anywhere in the text as the schema does. */
const char *check_container_name(const char *text);
/* always, never, build, if_not_present, missing, refresh, daily, weekly, every_DURATION */
const char *check_pull_policy(const char *text);
/* bridge, host, none, disabled, service:NAME, container:NAME, or a network's name */
const char *check_network_mode(const char *text);
/* os[/arch[/variant]] */
const char *check_platform(const char *text);
/* 32 or 128 bits; brackets are not accepted. */
bool is_ip(const char *text);

#endif
