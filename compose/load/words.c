#include "compose/load/words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

static bool is_number(const char *s, int64_t min, int64_t max)
{
	int64_t v;

	return isdigit((unsigned char)*s) && num_parse(s, min, max, &v) == 0;
}

const char *check_restart(const char *text)
{
	static const char *const plain[] = { "no", "always", "unless-stopped", "on-failure", "" };

	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		if (strcmp(text, plain[i]) == 0)
			return NULL;
	}
	if (starts_with(text, "on-failure:") &&
	    is_number(text + strlen("on-failure:"), 0, INT32_MAX))
		return NULL;
	return "invalid restart policy";
}

static const char *const signal_names[] = {
	"HUP",	"INT",	"QUIT", "ILL",	"TRAP", "ABRT",	  "IOT",  "BUS",    "FPE",  "KILL",
	"USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",	  "STKFLT", "CHLD", "CLD",  "CONT",
	"STOP", "TSTP", "TTIN", "TTOU", "URG",	"XCPU",	  "XFSZ", "VTALRM", "PROF", "WINCH",
	"IO",	"POLL", "PWR",	"SYS",	"RTMIN", "RTMAX",
};

const char *check_signal(const char *text)
{
	const char *s = text;

	if (!*text || is_number(text, 0, 64))
		return NULL;
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	if (strncasecmp(s, "RTMIN+", 6) == 0 && is_number(s + 6, 0, 30))
		return NULL;
	if (strncasecmp(s, "RTMAX-", 6) == 0 && is_number(s + 6, 0, 30))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(signal_names); i++) {
		if (strcasecmp(s, signal_names[i]) == 0)
			return NULL;
	}
	return "unknown signal";
}

static const char *const capability_names[] = {
	"ALL",		   "AUDIT_CONTROL",   "AUDIT_READ",	    "AUDIT_WRITE",
	"BLOCK_SUSPEND",   "BPF",	      "CHECKPOINT_RESTORE", "CHOWN",
	"DAC_OVERRIDE",	   "DAC_READ_SEARCH", "FOWNER",		    "FSETID",
	"IPC_LOCK",	   "IPC_OWNER",	      "KILL",		    "LEASE",
	"LINUX_IMMUTABLE", "MAC_ADMIN",	      "MAC_OVERRIDE",	    "MKNOD",
	"NET_ADMIN",	   "NET_BIND_SERVICE", "NET_BROADCAST",	    "NET_RAW",
	"PERFMON",	   "SETFCAP",	      "SETGID",		    "SETPCAP",
	"SETUID",	   "SYSLOG",	      "SYS_ADMIN",	    "SYS_BOOT",
	"SYS_CHROOT",	   "SYS_MODULE",      "SYS_NICE",	    "SYS_PACCT",
	"SYS_PTRACE",	   "SYS_RAWIO",	      "SYS_RESOURCE",	    "SYS_TIME",
	"SYS_TTY_CONFIG",  "WAKE_ALARM",
};

const char *check_capability(const char *text)
{
	const char *s = strncasecmp(text, "CAP_", 4) == 0 ? text + 4 : text;

	for (size_t i = 0; i < ARRAY_LEN(capability_names); i++) {
		if (strcasecmp(s, capability_names[i]) == 0)
			return NULL;
	}
	return "unknown capability";
}

static bool is_address(int family, const char *text)
{
	unsigned char raw[16];

	return inet_pton(family, text, raw) == 1;
}

bool is_ip(const char *text)
{
	return is_address(AF_INET, text) || is_address(AF_INET6, text);
}

const char *check_ipv4(const char *text)
{
	return !*text || is_address(AF_INET, text) ? NULL : "invalid IPv4 address";
}

const char *check_ipv6(const char *text)
{
	return !*text || is_address(AF_INET6, text) ? NULL : "invalid IPv6 address";
}

const char *check_ip(const char *text)
{
	return !*text || is_ip(text) ? NULL : "invalid IP address";
}

const char *check_published(const char *text)
{
	const char *dash = strchr(text, '-');
	AUTO(mem) char *from = dash ? xstrndup(text, (size_t)(dash - text)) : xstrdup(text);
	int64_t first = 0;

	if (!*text)
		return NULL;
	if (!is_number(from, 0, 65535))
		return "invalid hostPort";
	(void)num_parse(from, 0, 65535, &first);
	return dash && !is_number(dash + 1, first, 65535) ? "invalid hostPort" : NULL;
}

const char *check_subnet(const char *text)
{
	const char *slash = strrchr(text, '/');
	AUTO(mem) char *address = NULL;

	if (!*text)
		return NULL;
	if (!slash)
		return "invalid subnet";
	address = xstrndup(text, (size_t)(slash - text));
	if (is_address(AF_INET, address) && is_number(slash + 1, 0, 32))
		return NULL;
	if (is_address(AF_INET6, address) && is_number(slash + 1, 0, 128))
		return NULL;
	return "invalid subnet";
}

/* Six pairs of hex digits between the same separator, or three groups of four between dots. */
const char *check_mac(const char *text)
{
	size_t group = strchr(text, '.') ? 4 : 2, n = strlen(text), want = 12 + 12 / group - 1;
	char separator = n > group ? text[group] : 0;

	if (!*text)
		return NULL;
	if (n != want || !strchr(group == 4 ? "." : ":-", separator))
		return "invalid MAC address";
	for (size_t i = 0; i < n; i++) {
		bool at_separator = i % (group + 1) == group;

		if (at_separator ? text[i] != separator : !isxdigit((unsigned char)text[i]))
			return "invalid MAC address";
	}
	return NULL;
}

static const char *skip_number_or_star(const char *s)
{
	if (*s == '*')
		return s + 1;
	while (isdigit((unsigned char)*s))
		s++;
	return s;
}

const char *check_device_rule(const char *text)
{
	static const char wrong[] = "invalid device cgroup rule";
	const char *s = text, *start;

	if (!*s || !strchr("abc", *s++) || *s++ != ' ')
		return wrong;
	start = s;
	s = skip_number_or_star(s);
	if (s == start || *s++ != ':')
		return wrong;
	start = s;
	s = skip_number_or_star(s);
	if (s == start || *s++ != ' ')
		return wrong;
	return *s && strspn(s, "rwm") == strlen(s) ? NULL : wrong;
}

const char *check_container_name(const char *text)
{
	/* [a-zA-Z0-9][a-zA-Z0-9_.-]+ anywhere in the text, as the schema has it. */
	for (const char *s = text; *s; s++) {
		unsigned char next = (unsigned char)s[1];

		if (isalnum((unsigned char)*s) && next && (isalnum(next) || strchr("_.-", next)))
			return NULL;
	}
	return "does not match pattern '[a-zA-Z0-9][a-zA-Z0-9_.-]+'";
}

/* every_ followed by at least one number with a unit, anywhere in the text. */
static bool has_interval(const char *text)
{
	for (const char *s = strstr(text, "every_"); s; s = strstr(s + 1, "every_")) {
		const char *d = s + strlen("every_");

		while (isdigit((unsigned char)*d))
			d++;
		if (d > s + strlen("every_") && *d && strchr("wdhms", *d))
			return true;
	}
	return false;
}

const char *check_pull_policy(const char *text)
{
	static const char *const words[] = { "always", "never",	  "build", "if_not_present",
					     "missing", "refresh", "daily", "weekly" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strstr(text, words[i]))
			return NULL;
	}
	if (has_interval(text))
		return NULL;
	return "does not match pattern 'always|never|build|if_not_present|missing|refresh|daily|"
	       "weekly|every_([0-9]+[wdhms])+'";
}

const char *check_network_mode(const char *text)
{
	static const char *const prefixes[] = { "service:", "container:" };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (starts_with(text, prefixes[i]))
			return text[strlen(prefixes[i])] ? NULL : "network mode without a name";
	}
	for (const char *s = text; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr("_.-/:", *s))
			return "invalid network mode";
	}
	return NULL;
}

const char *check_platform(const char *text)
{
	size_t slashes = 0;

	for (const char *s = text; *s; s++) {
		slashes += *s == '/';
		if (*s == '/' && (s == text || !s[1] || s[1] == '/'))
			return "invalid platform";
		if (!isalnum((unsigned char)*s) && !strchr("_.-/()", *s))
			return "invalid platform";
	}
	return slashes <= 2 ? NULL : "invalid platform";
}
