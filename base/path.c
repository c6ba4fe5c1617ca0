#include "base/path.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"

bool path_is_abs(const char *path)
{
	return path[0] == '/';
}

char *path_clean(const char *path)
{
	AUTO(buf) struct buf out = BUF_INIT;
	bool abs = path_is_abs(path);
	size_t floor = 0; /* bytes of out that ".." must not remove */
	struct str rest = str_of(path);

	if (abs)
		buf_addch(&out, '/');
	floor = out.n;
	while (rest.p) {
		struct str part = str_cut(&rest, '/');

		if (part.n == 0 || str_eq(part, "."))
			continue;
		if (str_eq(part, "..")) {
			if (out.n > floor) {
				size_t n = out.n;

				while (n > floor && out.p[n - 1] != '/')
					n--;
				if (n > floor)
					n--; /* the slash */
				out.n = n;
				out.p[n] = '\0';
				continue;
			}
			if (abs)
				continue;
			if (out.n)
				buf_addch(&out, '/');
			buf_addstr(&out, "..");
			floor = out.n;
			continue;
		}
		if (out.n && out.p[out.n - 1] != '/')
			buf_addch(&out, '/');
		buf_add(&out, part.p, part.n);
	}
	if (!out.n)
		buf_addch(&out, '.');
	return buf_take(&out);
}

char *path_join(const char *base, const char *path)
{
	AUTO(mem) char *joined = NULL;

	if (path_is_abs(path))
		return path_clean(path);
	joined = xasprintf("%s/%s", base, path);
	return path_clean(joined);
}

char *path_cwd(void)
{
	char *cwd = getcwd(NULL, 0);

	return cwd ? cwd : xstrdup("/");
}

char *path_abs(const char *path)
{
	AUTO(mem) char *cwd = path_cwd();

	return path_join(cwd, path);
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	if (slash == path)
		return xstrdup("/");
	return xstrndup(path, (size_t)(slash - path));
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_expand_home(const char *path)
{
	const char *home = getenv("HOME");

	if (path[0] != '~' || (path[1] && path[1] != '/') || !home)
		return xstrdup(path);
	return xasprintf("%s%s", home, path + 1);
}
