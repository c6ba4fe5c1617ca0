#include "image/platform.h"

#include <errno.h>
#include <sys/utsname.h>

#include "base/buf.h"

static const struct {
	const char *alias, *name;
} arch_names[] = {
	{ "x86_64", "amd64" },    { "x86-64", "amd64" },  { "i386", "386" },
	{ "i686", "386" },        { "aarch64", "arm64" }, { "armhf", "arm" },
	{ "armv7l", "arm" },      { "armv6l", "arm" },    { "armel", "arm" },
	{ "ppc64le", "ppc64le" }, { "s390x", "s390x" },   { "riscv64", "riscv64" },
};

/* What each architecture can run besides itself, best first. */
static const struct {
	const char *host, *runs;
} arch_fallbacks[] = {
	{ "amd64", "386" },
	{ "arm64", "arm" },
};

const char *platform_normalise_arch(const char *arch)
{
	for (size_t i = 0; i < ARRAY_LEN(arch_names); i++)
		if (streq(arch, arch_names[i].alias))
			return arch_names[i].name;
	return arch;
}

const char *platform_host_arch(void)
{
	static struct utsname u;

	if (!u.machine[0])
		(void)uname(&u);
	return platform_normalise_arch(u.machine);
}

static bool is_attestation(const struct json *entry)
{
	return streq(json_str(json_get(entry, "annotations"), "vnd.docker.reference.type", ""),
		     "attestation-manifest");
}

/* 2 = another variant of the architecture, 3 = the plain architecture, 0 = no match. */
static int rank(const struct json *entry, const char *arch)
{
	const struct json *p = json_get(entry, "platform");
	const char *variant = json_str(p, "variant", "");

	if (is_attestation(entry) || !streq(json_str(p, "os", ""), "linux") ||
	    !streq(platform_normalise_arch(json_str(p, "architecture", "")), arch))
		return 0;
	return !*variant || streq(variant, "v1") || streq(variant, "v8") || streq(variant, "v7")
		       ? 3
		       : 2;
}

static const struct json *best_of_arch(const struct json *manifests, const char *arch)
{
	const struct json *best = NULL;
	int best_rank = 0;

	JSON_EACH(entry, manifests)
	{
		int r = rank(entry, arch);

		/* A higher amd64 level than the plain one may not run here. */
		if (r > best_rank && (r == 3 || !streq(arch, "amd64"))) {
			best = entry;
			best_rank = r;
		}
	}
	return best;
}

const struct json *platform_choose(const struct json *manifests, const char *arch)
{
	const struct json *found = best_of_arch(manifests, arch), *only = NULL;
	size_t n_images = 0;

	for (size_t i = 0; !found && i < ARRAY_LEN(arch_fallbacks); i++)
		if (streq(arch, arch_fallbacks[i].host))
			found = best_of_arch(manifests, arch_fallbacks[i].runs);
	if (found)
		return found;
	JSON_EACH(entry, manifests)
	{
		if (is_attestation(entry))
			continue;
		n_images++;
		only = entry;
	}
	return n_images == 1 && !json_get(only, "platform") ? only : NULL;
}

char *platform_of_config(const struct json *config)
{
	const char *variant = json_str(config, "variant", "");

	return xasprintf(
		"%s/%s%s%s", json_str(config, "os", "linux"),
		platform_normalise_arch(json_str(config, "architecture", platform_host_arch())),
		*variant ? "/" : "", variant);
}

int platform_is_host(const char *text, bool *ret, struct err **e)
{
	struct str rest = str_of(text);
	AUTO(mem) char *first = str_dup(str_cut(&rest, '/'));
	AUTO(mem) char *second = str_dup(str_cut(&rest, '/'));

	if (!*first || strpbrk(text, " \t\n"))
		return err_set(e, EINVAL, "invalid platform \"%s\"", text);
	if (!*second)
		*ret = streq(first, "linux") ||
		       streq(platform_normalise_arch(first), platform_host_arch());
	else
		*ret = streq(first, "linux") &&
		       streq(platform_normalise_arch(second), platform_host_arch());
	return 0;
}
