#include "net/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "base/sha256.h"

static void digest(const char *text, uint8_t ret[32])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, text, strlen(text));
	sha256_end(&s, ret);
}

void bridge_name(const char *network, char ret[IFNAMSIZ])
{
	uint8_t h[32];

	digest(network, h);
	memcpy(ret, "cb", 2);
	hex_format(ret + 2, h, 4);
}

void veth_name(const char *container_id, unsigned number, char ret[IFNAMSIZ])
{
	char fresh[5];
	int n;

	rand_hex(fresh, 2);
	fresh[3] = '\0';
	n = snprintf(ret, IFNAMSIZ, "cv%.7s%u%s", container_id, number % 1000, fresh);
	if (n < 0)
		ret[0] = '\0';
}

uint32_t link_group(const char *network, unsigned salt)
{
	uint8_t h[32];

	digest(network, h);
	h[7] = (uint8_t)(h[7] + salt);
	/* The top bit stays clear: some tools print groups as signed numbers. */
	return 0x40000000U | (uint32_t)(h[4] & 0x3f) << 24 | (uint32_t)h[5] << 16 |
	       (uint32_t)h[6] << 8 | h[7];
}

void scope_name(const char *root, char ret[9])
{
	uint8_t h[32];

	digest(root, h);
	hex_format(ret, h, 4);
}

bool container_id_ok(const char *id)
{
	size_t n = strlen(id);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)id[i]))
			return false;
	return n > 0 && n <= 64;
}

bool interface_name_ok(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (name[i] == '/' || name[i] == ':' || isspace((unsigned char)name[i]))
			return false;
	return n > 0 && n < IFNAMSIZ && strcmp(name, ".") && strcmp(name, "..");
}
