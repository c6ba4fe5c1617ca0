/* The short forms of volumes and devices. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "compose/load/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(mem) char *text = xstrndup((const char *)data, size);
	AUTO(arena) struct arena *a = arena_new();
	AUTO(err) struct err *mount_error = NULL, *device_error = NULL;
	struct mount_short m;
	struct device_short d;

	if (mount_parse(a, text, &m, &mount_error) < 0)
		assert(*err_text(mount_error));
	else
		assert(*m.target && (!m.source || *m.source));
	if (device_parse(a, text, &d, &device_error) < 0)
		assert(*err_text(device_error));
	else
		assert(d.source && d.target && d.permissions);
	return 0;
}
