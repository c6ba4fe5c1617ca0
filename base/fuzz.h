/*
 * base/fuzz.h - what every fuzz target needs: its entry point, and a check that stays in release
 * builds.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  a failed check aborts; the fuzzer keeps the input.
 * Thread:  any.
 * Source:  llvm.org/docs/LibFuzzer.html.
 */
#ifndef BASE_FUZZ_H
#define BASE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(claim)                                                                               \
	do {                                                                                       \
		if (!(claim)) {                                                                    \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #claim);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
