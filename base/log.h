/*
 * base/log.h - the supervisor's and helpers' own records, one line each on a descriptor.
 *
 * Rooms below compose/ use at most LOG_DEBUG: they return errors instead of reporting them.
 *
 * Owns:    nothing; the descriptor is the caller's.
 * Units:   none.
 * Errors:  a record that cannot be written is dropped.
 * Thread:  any: one write(2) per record.
 * Source:  none.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* Records above level are dropped. fd -1 (the start value) drops all. */
void log_open(int fd, enum log_level level);
void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
