/*
 * base/fdio.h - whole reads and writes, files replaced as a whole, trees made and removed, descriptors
 * passed over sockets, paths resolved inside a root.
 *
 * Owns:    every descriptor returned belongs to the caller and is close-on-exec.
 * Units:   bytes; modes are octal permission bits, not reduced by the umask where the text says so.
 * Errors:  0 or a count on success, -errno on failure; functions with e also fill the text.
 *          EINTR is retried, short reads and writes are continued.
 * Thread:  any; they block, so on the loop thread only for small local files.
 * Source:  openat2(2), renameat(2), fsync(2), unix(7).
 */
#ifndef BASE_FDIO_H
#define BASE_FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Reads until n bytes or end of file; returns the count. */
ssize_t fd_read_full(int fd, void *p, size_t n);
/* 0 or -errno. */
int fd_write_all(int fd, const void *p, size_t n);
/* Appends everything up to end of file; -EFBIG when more than max bytes come. */
int fd_read_all(int fd, size_t max, struct buf *out);

/* Appends the content of a regular file, device or pipe; -EFBIG past max. */
int file_read(int dirfd, const char *path, size_t max, struct buf *out, struct err **e);
/* Creates the file, where there is none, and writes it under its own name: for what nobody reads before
 * another act says that it is whole. Not durable. -EEXIST when there is one. */
int file_create(int dirfd, const char *path, const void *p, size_t n, mode_t mode, struct err **e);
/* Temporary name, fsync when durable, rename, fsync of the directory when durable. */
int file_write(int dirfd, const char *path, const void *p, size_t n, mode_t mode, bool durable,
	       struct err **e);
/* One small write to an existing file (proc, sysfs, cgroup); no truncation tricks. */
int file_put(int dirfd, const char *path, const char *text, struct err **e);

/* mkdir -p; an existing directory is success. mode applies to each directory made. */
int dir_make(int dirfd, const char *path, mode_t mode, struct err **e);
/* rm -rf of one name below dirfd; links are removed, never followed; other mounts are not entered.
 * A missing name is success. */
int tree_remove(int dirfd, const char *name, struct err **e);
/* Opens a directory O_PATH-free for *at() use. */
int dir_open(int dirfd, const char *path, struct err **e);
/* The names in a directory, sorted, without "." and "..". */
struct strv;
int dir_list(int dirfd, const char *path, struct strv *ret, struct err **e);

/* A descriptor of path on a read-only mount of its own. A program executed through it cannot be written to
 * by whoever reaches it as /proc/PID/exe. Needs the right to mount. -errno. */
int file_read_only_view(const char *path);

/* An exclusive flock(2) on path (made when missing). wait = block until free, else -EWOULDBLOCK.
 * Returns the descriptor that holds the lock. */
int file_lock(int dirfd, const char *path, bool wait, struct err **e);

/* Opens path as if rootfd were "/": openat2 with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS. */
int open_in_root(int rootfd, const char *path, int flags, mode_t mode);
/* mkdir -p inside a root; links are resolved inside it. Returns an O_PATH descriptor of the last
 * directory. */
int dir_make_in_root(int rootfd, const char *path, mode_t mode);

/* Sends one message with up to 253 descriptors; blocks. */
int sock_send(int sock, const void *p, size_t n, const int *fds, size_t n_fds);
/* Receives one message; descriptors beyond max_fds are closed. Returns bytes, 0 at end of file. */
ssize_t sock_recv(int sock, void *p, size_t n, int *ret_fds, size_t max_fds, size_t *ret_n_fds);
/* Binds and listens on a filesystem socket of any path length (through /proc/self/fd), mode 0600.
 * type is SOCK_STREAM or SOCK_SEQPACKET. An old socket file is replaced. */
int sock_listen(int dirfd, const char *name, int type, struct err **e);
int sock_connect(int dirfd, const char *name, int type, struct err **e);

int fd_set_cloexec(int fd, bool on);
int fd_set_nonblock(int fd, bool on);

#endif
