/* A tree with two faults, which the test `layering/sees_faults` must find. */
#include "runtime/spec.h"
