#include "compose/supervise/values.h"

#include "base/mem.h"

#define CONTENT "x-compose-content"

void values_take(struct json *args)
{
	struct json *project = json_get(args, "project");
	struct json *values = json_new_obj();

	JSON_EACH(s, json_get(project, "secrets")) {
		AUTO(mem) char *key = xasprintf("secrets/%s", json_key(s));

		if (!json_str(s, CONTENT, NULL))
			continue;
		json_set_str(values, key, json_str(s, CONTENT, NULL));
		json_del(s, CONTENT);
	}
	JSON_EACH(c, json_get(project, "configs")) {
		if (!json_str(c, CONTENT, NULL))
			continue;
		json_set_str(c, "content", json_str(c, CONTENT, NULL));
		json_del(c, CONTENT);
	}
	json_set(args, "values", values);
}
