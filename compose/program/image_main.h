/*
 * compose/program/image_main.h - what the commands of compose-image share.
 *
 * Owns:    nothing.
 * Units:   exit codes: 0 done, 1 failed, 130 interrupted.
 * Errors:  a command fills e and returns -errno, or returns the exit code.
 * Thread:  one.
 * Source:  docker image subcommands.
 */
#ifndef COMPOSE_PROGRAM_IMAGE_MAIN_H
#define COMPOSE_PROGRAM_IMAGE_MAIN_H

#include <stdbool.h>

#include "base/err.h"

/* Set by SIGINT and SIGTERM. */
extern volatile bool image_cancelled;

/* argv[0] is the command's name. */
int image_cmd_build(int argc, char **argv, struct err **e);
int image_cmd_import(int argc, char **argv, struct err **e);
int image_cmd_ls(int argc, char **argv, struct err **e);
int image_cmd_rm(int argc, char **argv, struct err **e);
int image_cmd_tag(int argc, char **argv, struct err **e);
int image_cmd_inspect(int argc, char **argv, struct err **e);
int image_cmd_save(int argc, char **argv, struct err **e);
int image_cmd_pull(int argc, char **argv, struct err **e);

#endif
