/*
 * base/banned.h - functions that do not compile here. Forced into every unit by the build.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none at run time; a use stops the build.
 * Thread:  any.
 * Source:  git banned.h (the idea); STYLE of this project.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gmtime localtime mktemp
#pragma GCC poison system popen atoi

#endif
