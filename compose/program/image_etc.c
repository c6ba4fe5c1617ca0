#include "compose/program/image_etc.h"

#include <errno.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/fdio.h"

enum { RESOLV_MAX = 1 << 20 };

static int write_text(int dirfd, const char *name, const struct buf *b, struct err **e)
{
	return file_write(dirfd, name, buf_str(b), b->n, 0644, /* durable= */ false, e);
}

static int write_hosts(int dirfd, const struct image_etc *in, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;

	buf_addstr(&b, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
		       "fe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\n"
		       "ff02::2\tip6-allrouters\n");
	buf_addf(&b, "127.0.1.1\t%s\n", in->hostname);
	for (size_t i = 0; i < in->hosts->n; i++) {
		struct str rest = str_of(in->hosts->v[i]);
		AUTO(mem) char *name = str_dup(str_cut(&rest, ':'));
		AUTO(mem) char *address = str_dup(rest);
		const char *shown = address;

		if (streq(address, "host-gateway"))
			shown = in->gateway ? in->gateway : "127.0.0.1";
		/* "[::1]" is how an address stands in a file. */
		buf_addf(&b, "%.*s\t%s\n", (int)strcspn(shown + (*shown == '['), "]"),
			 shown + (*shown == '['), name);
	}
	return write_text(dirfd, "hosts", &b, e);
}

static bool is_loopback_server(const char *line)
{
	const char *p = line + strspn(line, " \t");

	if (!starts_with(p, "nameserver"))
		return false;
	p += strlen("nameserver");
	p += strspn(p, " \t");
	return starts_with(p, "127.") || starts_with(p, "::1");
}

/* Lines of path without servers a container could not reach; counts the servers left. */
static size_t read_resolvers(const char *path, struct buf *out)
{
	AUTO(buf) struct buf text = BUF_INIT;
	struct str rest;
	size_t n = 0;

	if (file_read(AT_FDCWD, path, RESOLV_MAX, &text, NULL) < 0)
		return 0;
	rest = (struct str){ buf_str(&text), text.n };
	while (rest.p) {
		AUTO(mem) char *line = str_dup(str_cut(&rest, '\n'));

		if (is_loopback_server(line))
			continue;
		n += starts_with(line + strspn(line, " \t"), "nameserver");
		if (*line)
			buf_addf(out, "%s\n", line);
	}
	return n;
}

static int write_resolv(int dirfd, const struct image_etc *in, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;

	if (in->is_host_network) {
		(void)file_read(AT_FDCWD, "/etc/resolv.conf", RESOLV_MAX, &b, NULL);
		return write_text(dirfd, "resolv.conf", &b, e);
	}
	if (read_resolvers("/etc/resolv.conf", &b) > 0)
		return write_text(dirfd, "resolv.conf", &b, e);
	buf_reset(&b);
	(void)read_resolvers("/run/systemd/resolve/resolv.conf", &b);
	return write_text(dirfd, "resolv.conf", &b, e);
}

int image_etc_write(int dirfd, const struct image_etc *in, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int r = write_hosts(dirfd, in, e);

	buf_addf(&b, "%s\n", in->hostname);
	if (r == 0)
		r = write_text(dirfd, "hostname", &b, e);
	return r < 0 ? r : write_resolv(dirfd, in, e);
}
