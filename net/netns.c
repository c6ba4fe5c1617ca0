#include "net/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "net/nl.h"
#include "net/redirect.h"

enum { DNS_BACKLOG = 64 };

int netctl_set(const char *path, const char *value, struct err **e)
{
	AUTO(mem) char *full = xasprintf("/proc/sys/net/%s", path);

	return file_put(AT_FDCWD, full, value, e);
}

int netctl_set_conf(const char *family, const char *interface, const char *key, const char *value,
		    struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/conf/%s/%s", family, interface, key);

	return netctl_set(path, value, e);
}

bool netctl_on(const char *path)
{
	AUTO(mem) char *full = xasprintf("/proc/sys/net/%s", path);
	AUTO(buf) struct buf text = BUF_INIT;

	if (file_read(AT_FDCWD, full, 64, &text, NULL) < 0)
		return false;
	return buf_str(&text)[0] >= '1' && buf_str(&text)[0] <= '9';
}

static int dns_socket(int type, int *ret_fd, uint16_t *ret_port, struct err **e)
{
	AUTO(fd) int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t n = sizeof(addr);

	if (fd < 0)
		return err_sys(e, errno, "open a DNS socket");
	addr.sin_addr.s_addr = htonl(0x7f00000b);
	if (bind(fd, (struct sockaddr *)&addr, n) < 0 ||
	    (type == SOCK_STREAM && listen(fd, DNS_BACKLOG) < 0) ||
	    getsockname(fd, (struct sockaddr *)&addr, &n) < 0)
		return err_sys(e, errno, "bind a DNS socket to 127.0.0.11");
	*ret_port = ntohs(addr.sin_port);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Before any socket is bound to a loopback address: in a namespace without a single address the kernel takes
 * 127.0.0.11 for a broadcast address, and answers would leave from 127.0.0.1. */
static int loopback_up(struct err **e)
{
	AUTO(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		return err_sys(e, errno, "bring the loopback interface up");
	return 0;
}

static int fill(struct netns *n, bool with_dns, struct err **e)
{
	uint16_t udp_port, tcp_port;
	int r;

	n->ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (n->ns < 0)
		return err_sys(e, errno, "open the network namespace");
	r = netlink_open(&n->nl, e);
	if (r < 0)
		return r;
	/* A kernel without IPv6 has no such file, and nothing to switch off. */
	(void)netctl_set_conf("ipv6", "default", "disable_ipv6", "1", NULL);
	r = loopback_up(e);
	if (r < 0 || !with_dns)
		return r;
	r = dns_socket(SOCK_DGRAM, &n->udp, &udp_port, e);
	if (r == 0)
		r = dns_socket(SOCK_STREAM, &n->tcp, &tcp_port, e);
	return r < 0 ? r : dns_redirect(udp_port, tcp_port, e);
}

static void come_back(int hostns)
{
	/* Going on in a container's namespace would do the next request there. */
	if (setns(hostns, CLONE_NEWNET) < 0)
		abort();
}

int netns_create(int hostns, bool with_dns, struct netns *ret, struct err **e)
{
	AUTO(netns) struct netns n = NETNS_INIT;
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return err_sys(e, errno, "create a network namespace");
	r = fill(&n, with_dns, e);
	come_back(hostns);
	if (r < 0)
		return r;
	*ret = n;
	n = (struct netns)NETNS_INIT;
	return 0;
}

int netns_enable_ipv6(const struct netns *n, int hostns, const char *interface, struct err **e)
{
	int r;

	if (setns(n->ns, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "enter the network namespace");
	r = netctl_set_conf("ipv6", interface, "disable_ipv6", "0", e);
	if (r == 0)
		r = netctl_set_conf("ipv6", interface, "accept_ra", "0", e);
	come_back(hostns);
	return r;
}

void netns_done(struct netns *n)
{
	fd_close(&n->ns);
	fd_close(&n->nl);
	fd_close(&n->udp);
	fd_close(&n->tcp);
}
