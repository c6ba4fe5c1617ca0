/*
 * tests/fuzz/replay.c - gives every file of a corpus to one fuzz target, as an ordinary test.
 *
 * Usage: replay_NAME FILE-OR-DIRECTORY...; a crash is a failed test, an empty corpus as well.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static int replay_file(int dirfd, const char *name, const struct stat *st)
{
	size_t size = (size_t)st->st_size;
	/* Exactly as large as the input, so that the sanitizer sees a read past its end. */
	uint8_t *data = malloc(size ? size : 1);
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	int r = -1;

	if (fd >= 0 && data && read(fd, data, size) == (ssize_t)size) {
		LLVMFuzzerTestOneInput(data, size);
		replayed++;
		r = 0;
	} else {
		fprintf(stderr, "read %s: %s\n", name, strerror(errno));
	}
	free(data);
	if (fd >= 0)
		close(fd);
	return r;
}

static int replay(int dirfd, const char *name)
{
	struct stat st;
	struct dirent *entry;
	DIR *dir;
	int fd, r = 0;

	if (fstatat(dirfd, name, &st, 0) < 0) {
		fprintf(stderr, "stat %s: %s\n", name, strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(dirfd, name, &st);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return -1;
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = replay(fd, entry->d_name);
	closedir(dir);
	return r;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (replay(AT_FDCWD, argv[i]) < 0)
			return 1;
	printf("%u inputs\n", replayed);
	return replayed ? 0 : 1;
}
