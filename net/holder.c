/*
 * Who holds a port: the kernel's list of sockets gives the inode, the descriptors below /proc give
 * the process. Only asked for the text of an error, so its cost does not matter.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/num.h"
#include "net/nl_internal.h"
#include "net/ports.h"

enum { DIAG_ROOM = 65536, TCP_LISTEN_STATE = 10 };

static bool diag_matches(const struct inet_diag_msg *m, const struct port *p)
{
	struct ipaddr at = { .family = m->idiag_family };

	if (ntohs(m->id.idiag_sport) != p->published)
		return false;
	if (p->proto == IPPROTO_TCP && m->idiag_state != TCP_LISTEN_STATE)
		return false;
	memcpy(at.b, m->id.idiag_src, ipaddr_len(&at));
	/* A listener on all addresses of IPv6 usually covers IPv4 as well. */
	if (ipaddr_is_any(&at) || ipaddr_is_any(&p->host_ip))
		return true;
	return ipaddr_eq(&at, &p->host_ip);
}

static int diag_read(int fd, const struct port *p, uint32_t *ret_inode)
{
	AUTO(mem) char *room = xmalloc(DIAG_ROOM);

	for (;;) {
		ssize_t got = netlink_recv(fd, room, DIAG_ROOM);
		struct nlmsghdr *h = (struct nlmsghdr *)room;
		int left = (int)got;

		if (got < 0)
			return (int)got;
		for (; nlmsg_ok(h, left); h = nlmsg_next(h, &left)) {
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
				return 0;
			if (diag_matches(nlmsg_data(h), p))
				*ret_inode = ((struct inet_diag_msg *)nlmsg_data(h))->idiag_inode;
		}
	}
}

static uint32_t socket_inode(const struct port *p, int family)
{
	AUTO(fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} req = {
		.h = { .nlmsg_len = sizeof(req),
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = (uint8_t)family,
		       .sdiag_protocol = p->proto,
		       .idiag_states = ~0U },
	};
	uint32_t inode = 0;

	if (fd < 0 || send(fd, &req, sizeof(req), 0) < 0)
		return 0;
	(void)diag_read(fd, p, &inode);
	return inode;
}

static bool process_has(int procfd, const char *pid, const char *wanted)
{
	AUTO(mem) char *path = xasprintf("%s/fd", pid);
	int fd = openat(procfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	bool found = false;

	if (!dir) {
		fd_close(&fd);
		return false;
	}
	for (struct dirent *d; !found && (d = readdir(dir));) {
		char link[64];
		ssize_t n = readlinkat(dirfd(dir), d->d_name, link, sizeof(link) - 1);

		if (n <= 0)
			continue;
		link[n] = '\0';
		found = strcmp(link, wanted) == 0;
	}
	closedir(dir);
	return found;
}

static char *process_name(int procfd, const char *pid)
{
	AUTO(mem) char *path = xasprintf("%s/comm", pid);
	AUTO(buf) struct buf text = BUF_INIT;
	struct str name;

	if (file_read(procfd, path, 256, &text, NULL) < 0)
		return xasprintf("pid %s", pid);
	name = str_trim((struct str){ text.p, text.n });
	return xasprintf("%.*s, pid %s", (int)name.n, name.p, pid);
}

static char *inode_holder(uint32_t inode)
{
	AUTO(mem) char *wanted = xasprintf("socket:[%u]", inode);
	DIR *proc = opendir("/proc");
	char *holder = NULL;

	if (!proc)
		return NULL;
	for (struct dirent *d; !holder && (d = readdir(proc));) {
		int64_t pid;

		if (num_parse(d->d_name, 1, INT32_MAX, &pid) == 0 &&
		    process_has(dirfd(proc), d->d_name, wanted))
			holder = process_name(dirfd(proc), d->d_name);
	}
	closedir(proc);
	return holder;
}

char *port_holder(const struct port *p)
{
	uint32_t inode = socket_inode(p, p->host_ip.family);

	if (!inode && p->host_ip.family == AF_INET)
		inode = socket_inode(p, AF_INET6);
	return inode ? inode_holder(inode) : NULL;
}
