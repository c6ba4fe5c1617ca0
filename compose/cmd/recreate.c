#include "compose/cmd/recreate.h"

#include <errno.h>

int recreate_check(const struct recreate_opts *o, struct err **e)
{
	const struct {
		bool given;
		const char *name;
	} others[] = {
		{ o->force, "--force-recreate" },
		{ o->always_deps, "--always-recreate-deps" },
		{ o->renew_anon_volumes, "--renew-anon-volumes" },
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (o->never && others[i].given)
			return err_set(e, EINVAL, "%s and --no-recreate are incompatible",
				       others[i].name);
	return 0;
}

void recreate_args(const struct recreate_opts *o, struct json *args)
{
	const char *how = "diverged";

	if (o->never)
		how = "never";
	else if (o->force || o->renew_anon_volumes)
		how = "force";
	json_set_str(args, "recreate", how);
	json_set_str(args, "recreate_deps", o->never ? "never" : o->always_deps ? "force" : "diverged");
	if (o->renew_anon_volumes)
		json_set_bool(args, "renew_anon_volumes", true);
}
