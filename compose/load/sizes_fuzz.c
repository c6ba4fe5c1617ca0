/* Sizes and the other small texts of single values. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "compose/load/words.h"
#include "compose/load/yaml_style.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *(*const checks[])(const char *) = {
		check_restart, check_signal,	  check_capability,	check_ipv4,
		check_ipv6,    check_ip,	  check_subnet,		check_mac,
		check_device_rule, check_container_name, check_pull_policy, check_network_mode,
		check_platform,
	};
	AUTO(mem) char *text = xstrndup((const char *)data, size);
	AUTO(buf) struct buf out = BUF_INIT;
	int64_t bytes = -1;
	enum yaml_style style;

	if (bytes_parse(text, &bytes) == 0)
		assert(bytes >= 0);
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		const char *wrong = checks[i](text);

		assert(!wrong || *wrong);
	}
	style = yaml_style_of(text, /* is_key= */ false);
	if (style == YAML_LITERAL)
		yaml_add_literal(&out, text, 4);
	else
		yaml_add_scalar(&out, text, style);
	assert(out.n > 0);
	return 0;
}
