/*
 * runtime/shim_log.h - a container's output as Docker's json-file lines, rotated by size.
 *
 * A line longer than 16 KiB becomes several records; only the last ends in a newline. A disk that is
 * full, or fails, loses records (whole ones: never half a line) and never stops the container.
 *
 * Owns:    struct shim_log is the caller's; shim_log_close() closes the descriptor.
 * Units:   bytes; max_files counts the live file too.
 * Errors:  -errno from open only.
 * Thread:  shim; the buffers are one per process.
 * Source:  moby daemon/logger/jsonfilelog and daemon/logger/copier behaviour.
 */
#ifndef RUNTIME_SHIM_LOG_H
#define RUNTIME_SHIM_LOG_H

#include <stdint.h>
#include <stddef.h>

enum { SHIM_LOG_LINE_MAX = 16384 };

struct shim_log {
	int dir, fd;	      /* -1 = no log */
	const char *name;     /* of the live file, relative to dir */
	int64_t size;	      /* of the live file */
	int64_t max_size;     /* 0 = unlimited */
	int max_files;
	uint64_t dropped;     /* records lost */
};

/* One stream's unfinished line. */
struct shim_line {
	size_t n;
	char bytes[SHIM_LOG_LINE_MAX];
};

/* path is split into directory and name; the file is appended to. */
int shim_log_open(struct shim_log *l, char *path, int64_t max_size, int max_files);
/* Takes output as it comes; complete lines are written out before it returns. */
void shim_log_add(struct shim_log *l, struct shim_line *line, const char *stream, const char *p,
		  size_t n, int64_t wall_ns);
/* The end of a stream: what is left becomes a record without newline. */
void shim_log_end(struct shim_log *l, struct shim_line *line, const char *stream, int64_t wall_ns);
void shim_log_close(struct shim_log *l);

#endif
