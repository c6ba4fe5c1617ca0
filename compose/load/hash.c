#include "compose/load/hash.h"

#include "base/buf.h"
#include "base/sha256.h"
#include "compose/load/attr.h"
#include "compose/load/emit.h"

static const struct {
	const char *name, *top, *driver;
} kinds[] = {
	[HASH_SERVICE] = { "service", "services", NULL },
	[HASH_NETWORK] = { "network", "networks", "bridge" },
	[HASH_VOLUME] = { "volume", "volumes", "local" },
};

void config_hash(enum hash_kind kind, const struct node *entry, char ret[HASH_TEXT])
{
	const struct attr *names = attr_child(attr_root(), kinds[kind].top);
	const struct attr *row = attr_child(names, entry->key ? entry->key : "");
	AUTO(buf) struct buf text = BUF_INIT;

	buf_addf(&text, "compose-hash/1 %s\n", kinds[kind].name);
	/* Saying the default is no change. */
	if (kinds[kind].driver && !node_get(entry, "driver"))
		buf_addf(&text, "driver=%s\n", kinds[kind].driver);
	else if (kinds[kind].driver)
		buf_addf(&text, "driver=%s\n", node_get(entry, "driver")->text);
	emit_json_compact(&text, entry, row, EMIT_HASH);
	sha256_hex(text.p, text.n, ret);
}
