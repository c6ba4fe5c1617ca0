#include "runtime/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "runtime/runtime.h"

/* 0, or a positive errno. */
static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return errno == EROFS ? EACCES : errno;
	return 0;
}

static int named_file(const char *name, char **ret, struct err **e)
{
	int x = check_file(name);

	switch (x) {
	case 0:
		*ret = xstrdup(name);
		return 0;
	case ENOENT:
	case ENOTDIR:
		return err_set(e, ENOENT, "exec: \"%s\": stat %s: %s", name, name,
			       x == ENOENT ? "no such file or directory" : "not a directory");
	case EISDIR:
		return err_set(e, EACCES, "exec: \"%s\": is a directory: permission denied", name);
	default:
		return err_set(e, EACCES, "exec: \"%s\": permission denied", name);
	}
}

int lookup_program(const char *name, const char *path, char **ret, struct err **e)
{
	struct str rest = str_of(path);

	if (strchr(name, '/'))
		return named_file(name, ret, e);
	while (*name && rest.p) {
		struct str dir = str_cut(&rest, ':');
		AUTO(mem) char *file = NULL;

		file = dir.n ? xasprintf("%.*s/%s", (int)dir.n, dir.p, name) :
			       xasprintf("./%s", name);
		if (check_file(file) == 0) {
			*ret = TAKE_PTR(file);
			return 0;
		}
	}
	return err_set(e, ENOENT, "exec: \"%s\": executable file not found in $PATH", name);
}

int lookup_exec_error(const char *name, int errnum, struct err **e)
{
	static const struct {
		int errnum, code;
		const char *text;
	} rows[] = {
		{ ENOENT, ENOENT, "no such file or directory" },
		{ ENOTDIR, ENOENT, "not a directory" },
		{ EACCES, EACCES, "permission denied" },
		{ EISDIR, EACCES, "is a directory" },
		{ ENOEXEC, EACCES, "exec format error" },
		{ ELOOP, EACCES, "too many levels of symbolic links" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].errnum == errnum)
			return err_set(e, rows[i].code, "exec %s: %s", name, rows[i].text);
	return err_sys(e, errnum, "exec %s", name);
}

int lookup_exit_code(int errnum)
{
	if (errnum == ENOENT)
		return RUNTIME_EXIT_NOT_FOUND;
	return errnum == EACCES ? RUNTIME_EXIT_NOT_EXECUTABLE : RUNTIME_EXIT_START_FAILED;
}
