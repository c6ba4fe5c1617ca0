/*
 * The operations against a real kernel, in a network namespace of the test's own: the host's links
 * and rules are never touched. Needs root; skipped without.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/test.h"
#include "net/names.h"
#include "net/nft_library/nft_library.h"
#include "net/nl.h"
#include "net/worker.h"

struct fixture {
	char root[32];
	struct worker w;
	struct reply reply;
};

static void loopback_up(struct worker *w)
{
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;

	nlbatch_up(&b, 1);
	assert_int_equal(nlbatch_send(&b, w->nl, NULL), 0);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	memcpy(f->root, "/tmp/net-test-XXXXXX", 21);
	if (unshare(CLONE_NEWNET) < 0 || !mkdtemp(f->root) || worker_open(f->root, &f->w, NULL) < 0)
		return -1;
	loopback_up(&f->w);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	reply_done(&f->reply);
	worker_close(&f->w);
	(void)tree_remove(AT_FDCWD, f->root, NULL);
	free(f);
	return 0;
}

/* Requests are written with ' for ". The reply stays in the fixture until the next one. */
static struct json *call(struct fixture *f, const char *text)
{
	AUTO(mem) char *json = xstrdup(text);
	AUTO(json) struct json *req = NULL;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	assert_int_equal(json_parse(json, strlen(json), &req, NULL), 0);
	reply_done(&f->reply);
	worker_handle(&f->w, req, &f->reply);
	return f->reply.body;
}

static struct json *call_ok(struct fixture *f, const char *text)
{
	struct json *r = call(f, text);

	if (!json_bool(r, "ok", false))
		print_message("%s: %s\n", text, json_str(r, "error", "?"));
	assert_true(json_bool(r, "ok", false));
	return r;
}

static void call_fails(struct fixture *f, const char *text, int errnum, const char *words)
{
	struct json *r = call(f, text);

	assert_int_equal(json_int(r, "errno", 0), errnum);
	if (!strstr(json_str(r, "error", ""), words))
		print_message("%s\n", json_str(r, "error", ""));
	assert_non_null(strstr(json_str(r, "error", ""), words));
	assert_int_equal(f->reply.n_fds, 0);
}

static void network(struct fixture *f, const char *name, const char *more)
{
	AUTO(mem)
	char *text = xasprintf("{'op':'network_create','name':'%s','project':'p'%s}", name, more);

	call_ok(f, text);
}

static char *attach_text(const char *id, const char *networks, const char *ports)
{
	return xasprintf("{'op':'attach','container':{'id':'%s','name':'p-%s-1','project':'p',"
			 "'service':'%s'},'endpoints':[%s],'ports':[%s]}",
			 id, id, id, networks, ports);
}

static struct json *attach(struct fixture *f, const char *id, const char *networks,
			   const char *ports)
{
	AUTO(mem) char *text = attach_text(id, networks, ports);

	return call_ok(f, text);
}

static const char *ip_of(const struct json *reply, size_t i)
{
	return json_str(json_at(json_get(reply, "endpoints"), i), "ipv4", "");
}

static struct buf *walked;

static int walk(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	if (type == FTW_F && !ends_with(path, ".lock") && !ends_with(path, "freed.json"))
		buf_addf(walked, "%s\n", path);
	return 0;
}

/* Links, packet filter rules without handles and files: what must be the same after a failure. */
static char *snapshot(struct fixture *f)
{
	struct buf b = BUF_INIT;
	AUTO(links) struct links links = { 0 };
	AUTO(nftlib) struct nftlib *nft = nftlib_new();
	const char *rules = NULL;

	assert_int_equal(netlink_links(f->w.nl, &links, NULL), 0);
	for (size_t i = 0; i < links.n; i++)
		buf_addf(&b, "%s %s\n", links.v[i].name, links.v[i].kind);
	assert_int_equal(nftlib_query(nft, "list ruleset\n", &rules), 0);
	for (const char *p = rules; *p; p++) {
		if (starts_with(p, "\"handle\": "))
			p += strcspn(p, ",}");
		buf_addch(&b, *p);
	}
	walked = &b;
	assert_int_equal(nftw(f->root, walk, 16, FTW_PHYS), 0);
	return buf_take(&b);
}

static void assert_nothing_left(struct fixture *f)
{
	AUTO(links) struct links links = { 0 };
	AUTO(nftlib) struct nftlib *nft = nftlib_new();
	const char *rules = NULL;

	assert_int_equal(netlink_links(f->w.nl, &links, NULL), 0);
	assert_int_equal(links.n, 1);
	assert_int_equal(nftlib_query(nft, "list tables\n", &rules), 0);
	assert_null(strstr(rules, "compose"));
}

static void run_rules(struct fixture *f, const char *text)
{
	AUTO(nftlib) struct nftlib *nft = nftlib_new();

	(void)f;
	assert_int_equal(nftlib_run(nft, text), 0);
}

static bool rules_have(const char *words)
{
	AUTO(nftlib) struct nftlib *nft = nftlib_new();
	const char *rules = NULL;

	assert_int_equal(nftlib_query(nft, "list ruleset\n", &rules), 0);
	return strstr(rules, words) != NULL;
}

static void creates_a_bridge_with_the_gateway(void **state)
{
	struct fixture *f = *state;
	AUTO(subnets) struct subnets there = { 0 };
	struct json *net, *subnet;
	struct subnet want;
	bool found = false;

	network(f, "p_default", "");
	net = json_get(f->reply.body, "network");
	assert_true(netlink_ifindex(f->w.nl, json_str(net, "bridge", "")) > 0);
	subnet = json_at(json_get(net, "subnets"), 0);
	assert_true(subnet_parse(json_str(subnet, "subnet", ""), &want));
	assert_true(ipaddr_parse(json_str(subnet, "gateway", ""), &want.ip));
	assert_int_equal(netlink_subnets(f->w.nl, &there, NULL), 0);
	for (size_t i = 0; i < there.n; i++)
		found |= subnet_contains(&want, &there.v[i]) && there.v[i].bits == want.bits;
	assert_true(found);
}

static void creating_twice_changes_nothing(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *before = NULL, *after = NULL;

	network(f, "p_default", "");
	before = snapshot(f);
	network(f, "p_default", "");
	after = snapshot(f);
	assert_string_equal(before, after);
}

static void leaves_nothing_after_the_last_network(void **state)
{
	struct fixture *f = *state;

	network(f, "a", "");
	network(f, "b", ",'internal':true");
	attach(f, "aa", "{'network':'a'},{'network':'b'}", "{'target':80,'published':0}");
	call_ok(f, "{'op':'detach','container':'aa'}");
	call_ok(f, "{'op':'network_remove','name':'a'}");
	call_ok(f, "{'op':'network_remove','name':'b'}");
	assert_nothing_left(f);
}

static void replaces_a_bridge_that_was_deleted(void **state)
{
	struct fixture *f = *state;
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;

	network(f, "a", "");
	nlbatch_link_delete(&b, json_str(json_get(f->reply.body, "network"), "bridge", ""));
	assert_int_equal(nlbatch_send(&b, f->w.nl, NULL), 0);
	attach(f, "aa", "{'network':'a'}", "");
	assert_int_equal(f->reply.n_fds, 3);
}

static void gives_three_descriptors_and_one_per_port(void **state)
{
	struct fixture *f = *state;

	network(f, "a", "");
	attach(f, "aa", "{'network':'a'}",
	       "{'target':80,'published':0},{'target':81,'published':0}");
	assert_int_equal(f->reply.n_fds, 5);
	assert_true(json_int(json_at(json_get(f->reply.body, "ports"), 0), "published", 0) > 0);
}

static void gives_none_but_the_namespace_without_networks(void **state)
{
	struct fixture *f = *state;

	attach(f, "aa", "", "");
	assert_int_equal(f->reply.n_fds, 1);
}

static void keeps_the_address_of_a_stopped_container(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *first = NULL;

	network(f, "a", "");
	first = xstrdup(ip_of(attach(f, "aa", "{'network':'a'}", ""), 0));
	call_ok(f, "{'op':'detach','container':'aa','keep_lease':true}");
	attach(f, "bb", "{'network':'a'}", "");
	assert_string_not_equal(ip_of(f->reply.body, 0), first);
	assert_string_equal(ip_of(attach(f, "aa", "{'network':'a'}", ""), 0), first);
}

static void gives_a_recreated_container_its_address_again(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *first = NULL;
	struct json *r;

	network(f, "a", "");
	first = xstrdup(ip_of(attach(f, "aa", "{'network':'a'}", ""), 0));
	call_ok(f, "{'op':'detach','container':'aa'}");
	attach(f, "bb", "{'network':'a'}", "");
	assert_string_not_equal(ip_of(f->reply.body, 0), first);
	r = call_ok(f, "{'op':'attach','container':{'id':'cc','name':'p-aa-1','project':'p'},"
		       "'endpoints':[{'network':'a'}]}");
	assert_string_equal(ip_of(r, 0), first);
}

static void gives_the_address_asked_for(void **state)
{
	struct fixture *f = *state;

	network(f, "a", ",'ipam':{'config':[{'subnet':'10.9.0.0/24','gateway':'10.9.0.254'}]}");
	attach(f, "aa", "{'network':'a','ipv4_address':'10.9.0.77'}", "");
	assert_string_equal(ip_of(f->reply.body, 0), "10.9.0.77");
	call_fails(f,
		   "{'op':'attach','container':{'id':'bb','name':'b'},'endpoints':"
		   "[{'network':'a','ipv4_address':'10.9.0.77'}]}",
		   EADDRINUSE, "Address already in use");
	call_fails(f,
		   "{'op':'attach','container':{'id':'bb','name':'b'},'endpoints':"
		   "[{'network':'a','ipv4_address':'10.8.0.77'}]}",
		   EINVAL, "no configured subnet contains IP address 10.8.0.77");
}

static void refuses_overlapping_subnets(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *before = NULL, *after = NULL;

	network(f, "a", ",'ipam':{'config':[{'subnet':'10.9.0.0/24'}]}");
	before = snapshot(f);
	call_fails(
		f,
		"{'op':'network_create','name':'b','ipam':{'config':[{'subnet':'10.9.0.128/25'}]}}",
		EADDRINUSE, "Pool overlaps with other one on this address space");
	after = snapshot(f);
	assert_string_equal(before, after);
}

static void refuses_to_remove_a_network_in_use(void **state)
{
	struct fixture *f = *state;

	network(f, "a", "");
	attach(f, "aa", "{'network':'a'}", "");
	call_fails(f, "{'op':'network_remove','name':'a'}", EBUSY,
		   "network a has active endpoints (name:\"p-aa-1\"");
	call_fails(f, "{'op':'network_remove','name':'x'}", ENOENT, "network x not found");
}

static void names_the_service_that_holds_a_port(void **state)
{
	struct fixture *f = *state;
	AUTO(mem)
	char *second = attach_text("bb", "{'network':'a'}", "{'target':80,'published':18080}");
	AUTO(mem) char *before = NULL, *after = NULL;

	network(f, "a", "");
	attach(f, "aa", "{'network':'a'}", "{'target':80,'published':18080}");
	before = snapshot(f);
	call_fails(f, second, EADDRINUSE,
		   "Bind for 0.0.0.0:18080 failed: port is already allocated (held by project "
		   "\"p\", service \"aa\"");
	after = snapshot(f);
	assert_string_equal(before, after);
}

static void names_the_process_that_holds_a_port(void **state)
{
	struct fixture *f = *state;
	AUTO(mem)
	char *text = attach_text("aa", "{'network':'a'}",
				 "{'target':80,'published':0},"
				 "{'target':80,'published':18081,'host_ip':'127.0.0.1'}");
	AUTO(mem) char *pid = xasprintf("pid %d)", getpid());
	AUTO(fd) int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(18081) };
	AUTO(mem) char *before = NULL, *after = NULL;

	network(f, "a", "");
	assert_int_equal(bind(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(sock, 1), 0);
	before = snapshot(f);
	call_fails(f, text, EADDRINUSE,
		   "failed to bind host port 127.0.0.1:18081/tcp: address "
		   "already in use (held by ");
	assert_non_null(strstr(json_str(f->reply.body, "error", ""), pid));
	assert_non_null(json_str(f->reply.body, "hint", NULL));
	after = snapshot(f);
	assert_string_equal(before, after);
}

static void takes_a_free_port_out_of_a_range(void **state)
{
	struct fixture *f = *state;
	const char *port = "{'target':80,'published':18090,'published_end':18091}";
	AUTO(mem) char *third = attach_text("cc", "{'network':'a'}", port);
	struct json *r;

	network(f, "a", "");
	r = attach(f, "aa", "{'network':'a'}", port);
	assert_int_equal(json_int(json_at(json_get(r, "ports"), 0), "published", 0), 18090);
	/* As the supervisor does: the sockets of the first one stay open. */
	f->reply.n_fds = 0;
	r = attach(f, "bb", "{'network':'a'}", port);
	assert_int_equal(json_int(json_at(json_get(r, "ports"), 0), "published", 0), 18091);
	f->reply.n_fds = 0;
	call_fails(f, third, EADDRINUSE, "no port of 18090-18091 is free");
}

static void undoes_an_attach_whose_interface_cannot_be_made(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *before = NULL, *after = NULL;

	network(f, "a", "");
	before = snapshot(f);
	/* "lo" exists in every namespace: the kernel refuses the veth. */
	call_fails(f,
		   "{'op':'attach','container':{'id':'aa','name':'a'},'endpoints':"
		   "[{'network':'a','interface_name':'lo'}],'ports':[{'target':80,'published':"
		   "18082}]}",
		   EEXIST, "create veth pair");
	after = snapshot(f);
	assert_string_equal(before, after);
	attach(f, "aa", "{'network':'a'}", "{'target':80,'published':18082}");
}

static void detaching_twice_is_fine(void **state)
{
	struct fixture *f = *state;

	network(f, "a", "");
	attach(f, "aa", "{'network':'a'}", "{'target':80,'published':18083}");
	assert_true(rules_have("18083"));
	call_ok(f, "{'op':'detach','container':'aa'}");
	assert_false(rules_have("18083"));
	call_ok(f, "{'op':'detach','container':'aa'}");
}

static void restores_rules_that_were_flushed(void **state)
{
	struct fixture *f = *state;

	network(f, "a", "");
	attach(f, "aa", "{'network':'a'}", "{'target':80,'published':18084}");
	run_rules(f, "flush ruleset\n");
	attach(f, "bb", "{'network':'a'}", "{'target':80,'published':18085}");
	assert_true(rules_have("18084"));
	assert_true(rules_have("18085"));
	run_rules(f, "flush ruleset\n");
	call_ok(f, "{'op':'sweep','project':'p','alive':['aa']}");
	assert_true(rules_have("18084"));
	assert_false(rules_have("18085"));
}

static void goes_on_where_a_killed_worker_stopped(void **state)
{
	struct fixture *f = *state;

	network(f, "a", "");
	attach(f, "aa", "{'network':'a'}", "{'target':80,'published':18086}");
	f->reply.n_fds = 0;
	worker_close(&f->w);
	assert_int_equal(worker_open(f->root, &f->w, NULL), 0);
	call_ok(f, "{'op':'network_inspect','name':'a'}");
	assert_int_equal(json_len(json_get(f->reply.body, "endpoints")), 1);
	call_ok(f, "{'op':'sweep','project':'p','alive':[]}");
	assert_int_equal(json_int(f->reply.body, "removed", 0), 1);
	assert_false(rules_have("18086"));
	call_ok(f, "{'op':'network_remove','name':'a'}");
	assert_nothing_left(f);
}

static void sees_what_another_worker_did(void **state)
{
	struct fixture *f = *state;
	struct fixture other = { 0 };

	network(f, "a", "");
	assert_int_equal(worker_open(f->root, &other.w, NULL), 0);
	attach(&other, "aa", "{'network':'a'}", "");
	call_fails(f, "{'op':'network_remove','name':'a'}", EBUSY, "active endpoints");
	call_ok(f, "{'op':'detach','container':'aa'}");
	attach(&other, "bb", "{'network':'a'}", "");
	call_ok(f, "{'op':'network_inspect','name':'a'}");
	assert_int_equal(json_len(json_get(f->reply.body, "endpoints")), 1);
	reply_done(&other.reply);
	worker_close(&other.w);
}

static void the_same_name_below_another_root_is_another_network(void **state)
{
	struct fixture *f = *state;
	struct fixture other = { .root = "/tmp/net-test-XXXXXX" };
	AUTO(links) struct links links = { 0 };
	char bridge[IFNAMSIZ];

	bridge_name("a", bridge);
	assert_non_null(mkdtemp(other.root));
	assert_int_equal(worker_open(other.root, &other.w, NULL), 0);
	network(f, "a", "");
	network(&other, "a", "");
	call_ok(&other, "{'op':'network_remove','name':'a'}");
	assert_int_equal(netlink_links(f->w.nl, &links, NULL), 0);
	assert_non_null(links_find(&links, bridge));
	call_ok(f, "{'op':'network_remove','name':'a'}");
	reply_done(&other.reply);
	worker_close(&other.w);
	(void)tree_remove(AT_FDCWD, other.root, NULL);
}

static void sets_files_aside_that_do_not_parse(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *path = xasprintf("%s/networks/a/endpoints/ff.json", f->root);

	network(f, "a", "");
	assert_int_equal(file_write(AT_FDCWD, path, "{", 1, 0600, false, NULL), 0);
	worker_close(&f->w);
	assert_int_equal(worker_open(f->root, &f->w, NULL), 0);
	call_ok(f, "{'op':'network_inspect','name':'a'}");
	assert_int_equal(json_len(json_get(f->reply.body, "endpoints")), 0);
	assert_int_equal(access(path, F_OK), -1);
}

static void gives_both_address_families(void **state)
{
	struct fixture *f = *state;
	const struct json *ep;

	network(f, "a", ",'enable_ipv6':true");
	attach(f, "aa", "{'network':'a'}", "{'target':80,'published':18087}");
	ep = json_at(json_get(f->reply.body, "endpoints"), 0);
	assert_true(starts_with(json_str(ep, "ipv6", ""), "fd"));
	assert_int_equal(json_int(ep, "prefix6", 0), 64);
	/* One number on both. */
	assert_int_equal(json_len(json_get(f->reply.body, "ports")), 2);
	assert_string_equal(json_str(json_at(json_get(f->reply.body, "ports"), 1), "host_ip", ""),
			    "::");
}

static void chooses_the_gateway_by_priority_then_name(void **state)
{
	struct fixture *f = *state;
	struct json *r;

	network(f, "a", "");
	network(f, "b", "");
	network(f, "c", ",'internal':true");
	r = attach(f, "aa", "{'network':'c','priority':5},{'network':'b'},{'network':'a'}", "");
	assert_string_equal(json_str(json_at(json_get(r, "endpoints"), 0), "network", ""), "c");
	assert_string_equal(json_str(json_at(json_get(r, "endpoints"), 0), "interface", ""),
			    "eth0");
	assert_true(json_bool(json_at(json_get(r, "endpoints"), 1), "default", false));
	r = attach(f, "bb", "{'network':'a'},{'network':'b','gw_priority':1}", "");
	assert_false(json_bool(json_at(json_get(r, "endpoints"), 0), "default", false));
	assert_true(json_bool(json_at(json_get(r, "endpoints"), 1), "default", false));
}

static void warns_that_an_internal_network_publishes_nothing(void **state)
{
	struct fixture *f = *state;

	network(f, "c", ",'internal':true");
	attach(f, "aa", "{'network':'c'}", "{'target':80,'published':18088}");
	assert_int_equal(json_len(json_get(f->reply.body, "ports")), 0);
	assert_int_equal(json_len(json_get(f->reply.body, "warnings")), 1);
}

static void passes_a_firewall_that_drops(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *before = NULL, *after = NULL;

	run_rules(f,
		  "table ip filter {\n chain DOCKER-USER {\n  ip saddr 1.2.3.4 drop\n  return\n }\n"
		  " chain FORWARD { type filter hook forward priority 0; policy drop;\n"
		  "  jump DOCKER-USER\n }\n}\n"
		  "table ip6 other {\n chain fwd6 { type filter hook forward priority 0; policy "
		  "drop;\n"
		  "  drop\n }\n}\n");
	before = snapshot(f);
	network(f, "a", "");
	assert_true(rules_have("compose iifname cb*"));
	network(f, "b", "");
	call_ok(f, "{'op':'network_remove','name':'a'}");
	assert_true(rules_have("compose oifname cb*"));
	call_ok(f, "{'op':'network_remove','name':'b'}");
	after = snapshot(f);
	assert_string_equal(before, after);
}

static void adopts_a_bridge_and_leaves_it(void **state)
{
	struct fixture *f = *state;
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;
	const char *more = ",'driver_opts':{'com.docker.network.bridge.name':'mybr0'}";

	nlbatch_bridge(&b, &(struct bridge_spec){ .name = "mybr0", .mtu = 1500 });
	assert_int_equal(nlbatch_send(&b, f->w.nl, NULL), 0);
	network(f, "a", more);
	attach(f, "aa", "{'network':'a'}", "");
	call_ok(f, "{'op':'detach','container':'aa'}");
	call_ok(f, "{'op':'network_remove','name':'a'}");
	assert_true(netlink_ifindex(f->w.nl, "mybr0") > 0);
	call_fails(f,
		   "{'op':'network_create','name':'c','driver_opts':"
		   "{'com.docker.network.bridge.name':'lo'}}",
		   EEXIST, "existing interface lo is not a bridge");
}

static void refuses_requests_that_make_no_sense(void **state)
{
	struct fixture *f = *state;

	call_fails(f, "{'op':'dance'}", EINVAL, "unknown operation");
	call_fails(f, "{'op':'network_create','name':'../x'}", EINVAL, "invalid network name");
	call_fails(f, "{'op':'network_create','name':'o','driver':'overlay'}", EINVAL,
		   "is not supported (single host)");
	call_fails(f, "{'op':'attach','container':{'id':'../x'}}", EINVAL, "invalid container id");
	call_fails(f, "{'op':'attach','container':{'id':'aa'},'endpoints':[{'network':'no'}]}",
		   ENOENT, "network no not found");
	call_fails(f, "{'op':'network_create','name':'o','enable_ipv4':false}", EINVAL,
		   "IPv4 or IPv6 must be enabled");
	assert_nothing_left(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(creates_a_bridge_with_the_gateway),
		TEST(creating_twice_changes_nothing),
		TEST(leaves_nothing_after_the_last_network),
		TEST(replaces_a_bridge_that_was_deleted),
		TEST(gives_three_descriptors_and_one_per_port),
		TEST(gives_none_but_the_namespace_without_networks),
		TEST(keeps_the_address_of_a_stopped_container),
		TEST(gives_a_recreated_container_its_address_again),
		TEST(gives_the_address_asked_for),
		TEST(refuses_overlapping_subnets),
		TEST(refuses_to_remove_a_network_in_use),
		TEST(names_the_service_that_holds_a_port),
		TEST(names_the_process_that_holds_a_port),
		TEST(takes_a_free_port_out_of_a_range),
		TEST(undoes_an_attach_whose_interface_cannot_be_made),
		TEST(detaching_twice_is_fine),
		TEST(restores_rules_that_were_flushed),
		TEST(goes_on_where_a_killed_worker_stopped),
		TEST(sees_what_another_worker_did),
		TEST(the_same_name_below_another_root_is_another_network),
		TEST(sets_files_aside_that_do_not_parse),
		TEST(gives_both_address_families),
		TEST(chooses_the_gateway_by_priority_then_name),
		TEST(warns_that_an_internal_network_publishes_nothing),
		TEST(passes_a_firewall_that_drops),
		TEST(adopts_a_bridge_and_leaves_it),
		TEST(refuses_requests_that_make_no_sense),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
