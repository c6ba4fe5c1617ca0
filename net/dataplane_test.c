/*
 * Who reaches whom: real packets between "outside", the host and containers, each a network namespace
 * of the test's own. Sockets are made inside the namespaces, so the kernel answers without any other
 * process. Needs root; skipped without.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/test.h"
#include "net/netns.h"
#include "net/nft_library/nft_library.h"
#include "net/nl.h"
#include "net/worker.h"

enum place { OUT, HOST, A, B, C, D, N_PLACES };
enum { NOBODY_MS = 400, SOMEBODY_MS = 3000 };

struct fixture {
	char root[32];
	struct worker w;
	int ns[N_PLACES], nl_out;
	char ip[N_PLACES][IP_TEXT], gateway[N_PLACES][IP_TEXT];
	int held[64];
	size_t n_held;
	int tcp[N_PLACES], udp[N_PLACES];
};

static int socket_in(struct fixture *f, enum place where, int type)
{
	int fd;

	assert_int_equal(setns(f->ns[where], CLONE_NEWNET), 0);
	fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(setns(f->ns[HOST], CLONE_NEWNET), 0);
	assert_true(fd >= 0);
	return fd;
}

static int server_in(struct fixture *f, enum place where, int type)
{
	int fd = socket_in(f, where, type);
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(80) };

	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static void outside_make(struct fixture *f)
{
	AUTO(netns) struct netns out = NETNS_INIT;
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;
	struct ipaddr ours, theirs;
	struct veth_spec veth = { .host_name = "up0", .mtu = 1400, .peer_name = "out0" };

	assert_int_equal(netns_create(f->ns[HOST], false, &out, NULL), 0);
	f->ns[OUT] = TAKE_FD(out.ns);
	f->nl_out = TAKE_FD(out.nl);
	assert_true(ipaddr_parse("192.0.2.2", &ours));
	assert_true(ipaddr_parse("192.0.2.1", &theirs));
	veth.netns_fd = f->ns[OUT];
	veth.peer_mac = mac_of_ip(&theirs);
	nlbatch_veth(&b, &veth);
	nlbatch_up(&b, 1);
	assert_int_equal(nlbatch_send(&b, f->w.nl, NULL), 0);
	nlbatch_addr(&b, (uint32_t)netlink_ifindex(f->w.nl, "up0"), &ours, 24);
	assert_int_equal(nlbatch_send(&b, f->w.nl, NULL), 0);
	nlbatch_up(&b, 1);
	nlbatch_up(&b, (uint32_t)netlink_ifindex(f->nl_out, "out0"));
	nlbatch_addr(&b, (uint32_t)netlink_ifindex(f->nl_out, "out0"), &theirs, 24);
	/* A neighbour that knows the way to the containers. */
	nlbatch_default_route(&b, (uint32_t)netlink_ifindex(f->nl_out, "out0"), &ours, AF_INET);
	assert_int_equal(nlbatch_send(&b, f->nl_out, NULL), 0);
	nlbatch_default_route(&b, (uint32_t)netlink_ifindex(f->w.nl, "up0"), &theirs, AF_INET);
	assert_int_equal(nlbatch_send(&b, f->w.nl, NULL), 0);
}

static struct reply request(struct fixture *f, const char *text)
{
	AUTO(mem) char *json = xstrdup(text);
	AUTO(json) struct json *req = NULL;
	struct reply r;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	assert_int_equal(json_parse(json, strlen(json), &req, NULL), 0);
	worker_handle(&f->w, req, &r);
	if (!json_bool(r.body, "ok", false))
		print_message("%s\n", json_str(r.body, "error", ""));
	assert_true(json_bool(r.body, "ok", false));
	return r;
}

static void network(struct fixture *f, const char *name, const char *more)
{
	AUTO(mem) char *text = xasprintf("{'op':'network_create','name':'%s'%s}", name, more);
	struct reply r = request(f, text);

	reply_done(&r);
}

static void container(struct fixture *f, enum place where, const char *network_name,
		      const char *ports)
{
	AUTO(mem)
	char *text = xasprintf("{'op':'attach','container':{'id':'%da','name':'c%d'},"
			       "'endpoints':[{'network':'%s'}],'ports':[%s]}",
			       (int)where, (int)where, network_name, ports);
	struct reply r = request(f, text);
	const struct json *ep = json_at(json_get(r.body, "endpoints"), 0);

	f->ns[where] = r.fds[0];
	for (size_t i = 1; i < r.n_fds; i++)
		f->held[f->n_held++] = r.fds[i];
	r.n_fds = 0;
	(void)snprintf(f->ip[where], IP_TEXT, "%s", json_str(ep, "ipv4", ""));
	(void)snprintf(f->gateway[where], IP_TEXT, "%s", json_str(ep, "gateway", ""));
	reply_done(&r);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	memcpy(f->root, "/tmp/net-test-XXXXXX", 21);
	if (unshare(CLONE_NEWNET) < 0 || !mkdtemp(f->root) || worker_open(f->root, &f->w, NULL) < 0)
		return -1;
	for (size_t i = 0; i < N_PLACES; i++)
		f->ns[i] = f->tcp[i] = f->udp[i] = -1;
	f->ns[HOST] = f->w.hostns;
	outside_make(f);
	*state = f;
	return 0;
}

static void stack_make(struct fixture *f)
{
	static const enum place servers[] = { OUT, A, D };

	network(f, "a", "");
	network(f, "c", "");
	network(f, "d", ",'internal':true");
	container(f, A, "a",
		  "{'target':80,'published':8080},"
		  "{'target':80,'published':8081,'host_ip':'127.0.0.1'},"
		  "{'target':80,'published':8082,'host_ip':'192.0.2.2'},"
		  "{'target':80,'published':8083,'protocol':'udp'}");
	container(f, B, "a", "");
	container(f, C, "c", "");
	container(f, D, "d", "");
	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		f->tcp[servers[i]] = server_in(f, servers[i], SOCK_STREAM);
		f->udp[servers[i]] = server_in(f, servers[i], SOCK_DGRAM);
	}
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < N_PLACES; i++) {
		if (i != HOST)
			fd_close(&f->ns[i]);
		fd_close(&f->tcp[i]);
		fd_close(&f->udp[i]);
	}
	for (size_t i = 0; i < f->n_held; i++)
		fd_close(&f->held[i]);
	fd_close(&f->nl_out);
	worker_close(&f->w);
	(void)tree_remove(AT_FDCWD, f->root, NULL);
	free(f);
	return 0;
}

/* `to` is an address, or a place whose container address is meant. */
struct row {
	const char *claim;
	enum place from;
	const char *to;
	enum place to_place;
	uint16_t port;
	int type;
	enum place server;   /* who answers */
	const char *seen_as; /* NULL: nobody may answer; "": somebody, under any address */
};

static const struct row rows[] = {
	/* clang-format off */
	{ "outside reaches a published port and keeps its address", OUT, "192.0.2.2", 0, 8080, SOCK_STREAM, A, "192.0.2.1" },
	{ "outside reaches a port published on one address", OUT, "192.0.2.2", 0, 8082, SOCK_STREAM, A, "192.0.2.1" },
	{ "outside reaches a published UDP port", OUT, "192.0.2.2", 0, 8083, SOCK_DGRAM, A, "192.0.2.1" },
	{ "outside does not reach a loopback port", OUT, "192.0.2.2", 0, 8081, SOCK_STREAM, A, NULL },
	{ "outside does not reach 127.0.0.1 of the host", OUT, "127.0.0.1", 0, 8081, SOCK_STREAM, A, NULL },
	{ "outside does not reach a container directly", OUT, NULL, A, 80, SOCK_STREAM, A, NULL },
	{ "outside does not reach an internal container", OUT, NULL, D, 80, SOCK_STREAM, D, NULL },
	{ "the host reaches its own address", HOST, "192.0.2.2", 0, 8080, SOCK_STREAM, A, "" },
	{ "the host reaches 127.0.0.1", HOST, "127.0.0.1", 0, 8080, SOCK_STREAM, A, "" },
	{ "the host reaches a loopback port", HOST, "127.0.0.1", 0, 8081, SOCK_STREAM, A, "" },
	{ "the host reaches UDP on 127.0.0.1", HOST, "127.0.0.1", 0, 8083, SOCK_DGRAM, A, "" },
	{ "a loopback port is on 127.0.0.1 only", HOST, "192.0.2.2", 0, 8081, SOCK_STREAM, A, NULL },
	{ "the host reaches a container", HOST, NULL, A, 80, SOCK_STREAM, A, "" },
	{ "the host reaches an internal container", HOST, NULL, D, 80, SOCK_STREAM, D, "" },
	{ "a sibling reaches the published port", B, "192.0.2.2", 0, 8080, SOCK_STREAM, A, "" },
	{ "a sibling reaches the container", B, NULL, A, 80, SOCK_STREAM, A, "" },
	{ "a container reaches itself through its published port", A, "192.0.2.2", 0, 8080, SOCK_STREAM, A, "" },
	{ "another network reaches the published port", C, "192.0.2.2", 0, 8080, SOCK_STREAM, A, "" },
	{ "another network does not reach a loopback port", C, "192.0.2.2", 0, 8081, SOCK_STREAM, A, NULL },
	{ "another network does not reach the container", C, NULL, A, 80, SOCK_STREAM, A, NULL },
	{ "a container gets out under the host's address", A, "192.0.2.1", 0, 80, SOCK_STREAM, OUT, "192.0.2.2" },
	{ "an internal container does not get out", D, "192.0.2.1", 0, 80, SOCK_STREAM, OUT, NULL },
	{ "an internal container does not reach others", D, NULL, A, 80, SOCK_STREAM, A, NULL },
	{ "others do not reach an internal container", A, NULL, D, 80, SOCK_STREAM, D, NULL },
	/* clang-format on */
};

static int start(struct fixture *f, const struct row *r)
{
	int fd = socket_in(f, r->from, r->type);
	struct sockaddr_storage to;
	struct ipaddr ip;
	socklen_t n;

	assert_true(ipaddr_parse(r->to ? r->to : f->ip[r->to_place], &ip));
	n = ipaddr_sockaddr(&ip, r->port, &to);
	if (connect(fd, (struct sockaddr *)&to, n) == 0 && r->type == SOCK_DGRAM)
		(void)send(fd, "x", 1, 0);
	return fd;
}

static bool wait_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* Who asked, as the server sees it; "" when nobody did within the time. */
static void take(struct fixture *f, const struct row *r, int ms, char seen[IP_TEXT])
{
	int fd = r->type == SOCK_STREAM ? f->tcp[r->server] : f->udp[r->server];
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	struct ipaddr ip;
	uint16_t port;
	char byte;

	seen[0] = '\0';
	if (!wait_readable(fd, ms))
		return;
	if (r->type == SOCK_STREAM)
		close(accept(fd, (struct sockaddr *)&from, &n));
	else
		assert_int_equal(recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &n), 1);
	assert_true(ipaddr_from_sockaddr((struct sockaddr *)&from, &ip, &port));
	ipaddr_format(&ip, seen);
}

static bool check(struct fixture *f, const struct row *r)
{
	char seen[IP_TEXT];
	int fd = start(f, r);
	bool good;

	take(f, r, r->seen_as ? SOMEBODY_MS : NOBODY_MS, seen);
	fd_close(&fd);
	if (!r->seen_as)
		good = !*seen;
	else
		good = *r->seen_as ? strcmp(seen, r->seen_as) == 0 : *seen;
	if (!good)
		print_message("not true: %s (seen \"%s\")\n", r->claim, seen);
	return good;
}

/* All at once: nothing has to arrive anywhere, and the wait is the same for one or ten. */
static bool check_refusals(struct fixture *f)
{
	int fds[ARRAY_LEN(rows)];
	size_t n = 0;
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!rows[i].seen_as)
			fds[n++] = start(f, &rows[i]);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char seen[IP_TEXT];

		if (rows[i].seen_as)
			continue;
		take(f, &rows[i], i ? NOBODY_MS / 8 : NOBODY_MS, seen);
		if (*seen)
			print_message("not true: %s (seen \"%s\")\n", rows[i].claim, seen);
		good &= !*seen;
	}
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	return good;
}

static void check_all(struct fixture *f)
{
	bool good = check_refusals(f);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].seen_as)
			good &= check(f, &rows[i]);
	assert_true(good);
}

static void reaches_who_it_should_and_nobody_else(void **state)
{
	struct fixture *f = *state;

	stack_make(f);
	check_all(f);
}

static void also_when_bridged_frames_pass_no_filter(void **state)
{
	struct fixture *f = *state;

	if (netctl_set("bridge/bridge-nf-call-iptables", "0", NULL) < 0)
		skip();
	stack_make(f);
	check_all(f);
}

static void also_beside_a_firewall_that_drops(void **state)
{
	struct fixture *f = *state;
	AUTO(nftlib) struct nftlib *nft = nftlib_new();

	assert_int_equal(
		nftlib_run(nft,
			   "table ip filter {\n chain DOCKER-USER {\n  counter return\n }\n"
			   " chain FORWARD { type filter hook forward priority 0; policy drop;\n"
			   "  jump DOCKER-USER\n }\n}\n"),
		0);
	stack_make(f);
	check_all(f);
}

/* A container of dockerd, on its bridge and behind a port that dockerd publishes. */
static void neighbour_make(struct fixture *f, enum place where)
{
	AUTO(nftlib) struct nftlib *nft = nftlib_new();
	AUTO(netns) struct netns ns = NETNS_INIT;
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;
	struct bridge_spec bridge = { .name = "docker0", .mtu = 1500 };
	struct veth_spec veth = { .host_name = "veth0", .mtu = 1500, .peer_name = "eth0" };
	struct ipaddr gateway, its;

	assert_true(ipaddr_parse("172.17.0.1", &gateway));
	assert_true(ipaddr_parse("172.17.0.2", &its));
	assert_int_equal(netns_create(f->ns[HOST], false, &ns, NULL), 0);
	nlbatch_bridge(&b, &bridge);
	assert_int_equal(nlbatch_send(&b, f->w.nl, NULL), 0);
	veth.bridge_index = (uint32_t)netlink_ifindex(f->w.nl, "docker0");
	veth.netns_fd = ns.ns;
	veth.peer_mac = mac_of_ip(&its);
	nlbatch_up(&b, veth.bridge_index);
	nlbatch_addr(&b, veth.bridge_index, &gateway, 16);
	nlbatch_veth(&b, &veth);
	assert_int_equal(nlbatch_send(&b, f->w.nl, NULL), 0);
	nlbatch_up(&b, (uint32_t)netlink_ifindex(ns.nl, "eth0"));
	nlbatch_addr(&b, (uint32_t)netlink_ifindex(ns.nl, "eth0"), &its, 16);
	nlbatch_default_route(&b, (uint32_t)netlink_ifindex(ns.nl, "eth0"), &gateway, AF_INET);
	assert_int_equal(nlbatch_send(&b, ns.nl, NULL), 0);
	assert_int_equal(nftlib_run(nft,
				    "table ip nat {\n chain PREROUTING {\n"
				    "  type nat hook prerouting priority -100;\n"
				    "  ip daddr 192.0.2.2 tcp dport 9090 dnat to 172.17.0.2:80\n"
				    " }\n}\n"),
			 0);
	f->ns[where] = TAKE_FD(ns.ns);
	(void)snprintf(f->ip[where], IP_TEXT, "172.17.0.2");
	f->tcp[where] = server_in(f, where, SOCK_STREAM);
}

static void reaches_dockers_containers_only_where_published(void **state)
{
	struct fixture *f = *state;
	struct row direct = { "dockerd's isolation holds", A, NULL, C, 80, SOCK_STREAM, C, NULL };
	struct row published = {
		"dockerd's published port is reached", A, "192.0.2.2", 0, 9090, SOCK_STREAM, C, ""
	};

	neighbour_make(f, C);
	network(f, "a", "");
	container(f, A, "a", "");
	assert_true(check(f, &direct));
	assert_true(check(f, &published));
}

static void separates_siblings_without_icc(void **state)
{
	struct fixture *f = *state;
	struct row sibling = { "siblings are apart", B, NULL, A, 80, SOCK_STREAM, A, NULL };
	struct row out = { "they get out", B, "192.0.2.1", 0, 80, SOCK_STREAM, OUT, "192.0.2.2" };

	network(f, "a", ",'driver_opts':{'com.docker.network.bridge.enable_icc':'false'}");
	container(f, A, "a", "");
	container(f, B, "a", "");
	f->tcp[A] = server_in(f, A, SOCK_STREAM);
	f->tcp[OUT] = server_in(f, OUT, SOCK_STREAM);
	assert_true(check(f, &sibling));
	assert_true(check(f, &out));
}

/* A UDP client that never stops sending follows the port to the next container. */
static void moves_udp_clients_to_the_next_container(void **state)
{
	struct fixture *f = *state;
	const char *port = "{'target':80,'published':8083,'protocol':'udp'}";
	struct row r = { "", OUT, "192.0.2.2", 0, 8083, SOCK_DGRAM, A, "" };
	char seen[IP_TEXT];
	struct reply reply;
	int client;

	network(f, "a", "");
	container(f, A, "a", port);
	f->udp[A] = server_in(f, A, SOCK_DGRAM);
	client = start(f, &r);
	take(f, &r, SOMEBODY_MS, seen);
	assert_string_equal(seen, "192.0.2.1");
	for (size_t i = 0; i < f->n_held; i++)
		fd_close(&f->held[i]);
	reply = request(f, "{'op':'detach','container':'2a'}");
	reply_done(&reply);
	container(f, B, "a", port);
	f->udp[B] = server_in(f, B, SOCK_DGRAM);
	r.server = B;
	(void)send(client, "x", 1, 0);
	take(f, &r, SOMEBODY_MS, seen);
	assert_string_equal(seen, "192.0.2.1");
	close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reaches_who_it_should_and_nobody_else),
		TEST(also_when_bridged_frames_pass_no_filter),
		TEST(also_beside_a_firewall_that_drops),
		TEST(reaches_dockers_containers_only_where_published),
		TEST(separates_siblings_without_icc),
		TEST(moves_udp_clients_to_the_next_container),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
