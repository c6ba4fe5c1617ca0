#include "runtime/protect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"

extern char **environ;

static bool is_protected(int fd)
{
	struct statvfs fs;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals >= 0)
		return (seals & F_SEAL_WRITE) != 0;
	return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

static int sealed_copy(int exe)
{
	int fd = memfd_create("compose-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = sendfile(fd, exe, NULL, 1 << 20)) > 0)
		;
	if (n < 0 || fchmod(fd, 0755) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int saved = errno;

		close(fd);
		return -saved;
	}
	return fd;
}

int protect_self(char **argv, struct err **e)
{
	AUTO(fd) int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	AUTO(fd) int view = -1;
	static char self[4096];
	ssize_t n;

	if (exe < 0)
		return err_sys(e, errno, "open our own program");
	if (is_protected(exe))
		return 0;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return err_sys(e, errno, "find our own program");
	self[n] = '\0';
	view = file_read_only_view("/proc/self/exe");
	if (view < 0)
		view = sealed_copy(exe);
	if (view < 0)
		return err_sys(e, -view, "protect our own program %s", self);
	argv[0] = self;
	(void)syscall(SYS_execveat, view, "", argv, environ, AT_EMPTY_PATH);
	return err_sys(e, errno, "start %s protected", self);
}

/* From a detached mount /proc/self/exe has lost its directory; whoever started us gave the path. */
char *protect_beside(const char *argv0, const char *name)
{
	AUTO(mem) char *dir = path_dir(argv0);
	char self[4096];
	ssize_t n;

	if (!strchr(argv0, '/') && (n = readlink("/proc/self/exe", self, sizeof(self) - 1)) > 0) {
		self[n] = '\0';
		free(dir);
		dir = path_dir(self);
	}
	return xasprintf("%s/%s", dir, name);
}
