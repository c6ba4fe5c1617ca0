#include "compose/cmd/docker_config.h"

#include <fcntl.h>

#include "base/json.h"
#include "base/path.h"

enum { CONFIG_MAX = 1 << 20 };

char *docker_config_get(const char *key)
{
	const char *dir = getenv("DOCKER_CONFIG");
	AUTO(mem) char *base = dir && *dir ? xstrdup(dir) : path_expand_home("~/.docker");
	AUTO(mem) char *path = path_join(base, "config.json");
	AUTO(json) struct json *config = NULL;

	if (json_parse_file(AT_FDCWD, path, CONFIG_MAX, &config, NULL) < 0)
		return NULL;
	return xstrdup(json_str(config, key, NULL));
}
