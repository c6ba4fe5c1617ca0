/*
 * base/json_image.h - a JSON tree as one block of memory that another process of the same build can use
 * as it stands.
 *
 * The nodes lie in a row as the structs they are, with offsets where there are pointers; their texts
 * follow. The receiver adds its address once and reads on without parsing, and without the library:
 * that is what a static program can do.
 *
 * Owns:    the image is the caller's; the tree lives inside it and must not be freed or changed.
 * Units:   bytes.
 * Errors:  -EINVAL for a block that is no image, or one of another build.
 * Thread:  any one thread at a time per tree.
 * Source:  cJSON.h, whose struct is public.
 */
#ifndef BASE_JSON_IMAGE_H
#define BASE_JSON_IMAGE_H

#include "base/buf.h"
#include "base/json.h"

/* Appends the image of j to out, which is empty. */
void json_freeze(const struct json *j, struct buf *out);
/* image is aligned as by malloc or mmap, writable, and used once. */
int json_thaw(void *image, size_t n, const struct json **ret, struct err **e);
/* Appends a text that is the same for equal trees and different for different ones: for hashing. */
void json_flatten(const struct json *j, struct buf *out);

#endif
