/* base/test.h - cmocka with what its header needs; included by *_test.c only.
 * Owns: nothing. Units: none. Errors: a failed assertion ends the test. Thread: any one. Source: cmocka.org. */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <cmocka.h>

#endif
