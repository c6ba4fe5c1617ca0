#include "compose/supervise/place.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

#ifndef COMPOSE_LIBEXECDIR
#define COMPOSE_LIBEXECDIR "/usr/libexec/compose"
#endif

static const char *from_env(const char *name, const char *dflt)
{
	const char *v = getenv(name);

	return v && *v ? v : dflt;
}

const char *place_root(void)
{
	return from_env("COMPOSE_ROOT", "/var/lib/compose");
}

const char *place_run(void)
{
	return from_env("COMPOSE_RUN", "/run/compose");
}

char *place_project(const char *project)
{
	return xasprintf("%s/projects/%s", place_root(), project);
}

char *place_containers(const char *project)
{
	return xasprintf("%s/projects/%s/containers", place_root(), project);
}

char *place_project_run(const char *project)
{
	return xasprintf("%s/projects/%s", place_run(), project);
}

char *place_container_run(const char *id)
{
	return xasprintf("%s/containers/%s", place_run(), id);
}

static char *in_dir(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *place_program(const char *name)
{
	const char *given = getenv("COMPOSE_LIBEXEC");
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *found = given && *given ? in_dir(given, name) : NULL;

	if (!found && n > 0) {
		AUTO(mem) char *dir = NULL;
		AUTO(mem) char *libexec = NULL;

		exe[n] = '\0';
		dir = path_dir(exe);
		found = in_dir(dir, name);
		libexec = xasprintf("%s/../libexec/compose", dir);
		if (!found)
			found = in_dir(libexec, name);
	}
	return found ? found : in_dir(COMPOSE_LIBEXECDIR, name);
}
