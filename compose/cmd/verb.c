#include "compose/cmd/verb.h"

#include "compose/cmd/containers.h"
#include "compose/load/load.h"
#include "compose/load/project_json.h"

struct json *verb_args(const struct cli *cli, char **services, size_t n)
{
	struct json *args = json_new_obj();

	json_set(args, "services", json_strings(services, n));
	if (cli->model) {
		json_set(args, "project", project_to_json(cli->model));
		json_set(args, "disabled_services", cli_disabled(cli));
	}
	if (cli->g.dry_run)
		json_set_bool(args, "dry_run", true);
	return args;
}

void verb_timeout(const struct cli *cli, struct json *args, int timeout)
{
	if (cli_given(cli, "timeout"))
		json_set_int(args, "timeout_s", timeout);
}
