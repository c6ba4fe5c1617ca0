/*
 * The server on a real loop: a container's questions from one socket, a name server on 127.0.0.53 of
 * the test's own network namespace. Needs root for that namespace; skipped without.
 */
#include "compose/supervise/dns_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/test.h"
#include "net/dns.h"

enum { WAIT_MS = 5000 };

struct fixture {
	uv_loop_t loop;
	struct dns_server *s;
	char root[32];
	char boot[40];
	struct sockaddr_in udp_at, tcp_at;
	int client;
	uv_poll_t poll; /* the client's or the name server's socket */
	uv_timer_t deadline;
	bool is_done, is_late, is_closed;
	uint8_t got[65536];
	ssize_t n;
	/* The name server. */
	int upstream;
	uv_poll_t up_poll;
	unsigned asked;
	enum dns_rcode says;
	bool is_silent;
};

static void loopback_up(void)
{
	struct ifreq req = { .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(req.ifr_name, "lo", 3);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &req), 0);
	close(fd);
}

static int bound(int type, const char *ip, int port, struct sockaddr_in *ret)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t n = sizeof(addr);

	assert_int_equal(inet_pton(AF_INET, ip, &addr.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &n), 0);
	if (ret)
		*ret = addr;
	return fd;
}

static void endpoint(struct fixture *f, const char *network, const char *id, const char *ip,
		     const char *name)
{
	AUTO(mem) char *dir = xasprintf("%s/networks/%s/endpoints", f->root, network);
	AUTO(mem) char *path = xasprintf("%s/%s.json", dir, id);
	AUTO(mem)
	char *text = xasprintf("{\"id\":\"%s\",\"ipv4\":\"%s\",\"boot\":\"%s\","
			       "\"names\":[\"%s\",\"all\"]}",
			       id, ip, f->boot, name);

	assert_int_equal(dir_make(AT_FDCWD, dir, 0700, NULL), 0);
	assert_int_equal(file_write(AT_FDCWD, path, text, strlen(text), 0600, false, NULL), 0);
}

static void network(struct fixture *f, const char *name, const char *text)
{
	AUTO(mem) char *path = xasprintf("%s/networks/%s/network.json", f->root, name);

	assert_int_equal(file_write(AT_FDCWD, path, text, strlen(text), 0600, false, NULL), 0);
}

static void boot_read(struct fixture *f)
{
	AUTO(buf) struct buf b = BUF_INIT;

	assert_int_equal(file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &b, NULL), 0);
	memcpy(f->boot, b.p, 36);
}

static void on_deadline(uv_timer_t *t)
{
	struct fixture *f = t->data;

	f->is_late = f->is_done = true;
}

static void add(struct fixture *f, const char *const *networks, size_t n)
{
	static const char *const servers[] = { "127.0.0.53" };
	static const struct dns_link link = { "database", "db" };
	struct dns_client c = { .id = "c1",
				.networks = networks,
				.n_networks = n,
				.links = &link,
				.n_links = 1,
				.servers = servers,
				.n_servers = 1 };

	c.udp = bound(SOCK_DGRAM, "127.0.0.11", 0, &f->udp_at);
	c.tcp = bound(SOCK_STREAM, "127.0.0.11", 0, &f->tcp_at);
	assert_int_equal(dns_server_add(f->s, &c, NULL), 0);
}

static int set_up(void **state)
{
	static const char *const networks[] = { "front", "back" };
	struct fixture *f = xcalloc(1, sizeof(*f));

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	loopback_up();
	boot_read(f);
	memcpy(f->root, "/tmp/dns-test-XXXXXX", 21);
	assert_non_null(mkdtemp(f->root));
	endpoint(f, "front", "a1", "10.0.0.2", "web");
	endpoint(f, "back", "a2", "10.0.1.2", "db");
	endpoint(f, "other", "a3", "10.0.2.2", "secret");
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(dns_server_open(&f->loop, f->root, &f->s, NULL), 0);
	uv_timer_init(&f->loop, &f->deadline);
	f->deadline.data = f;
	f->client = f->upstream = -1;
	add(f, networks, 2);
	*state = f;
	return 0;
}

static void on_closed(void *ctx)
{
	struct fixture *f = ctx;

	f->is_closed = true;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	dns_server_close(f->s, on_closed, f);
	uv_close((uv_handle_t *)&f->deadline, NULL);
	if (f->upstream >= 0)
		uv_close((uv_handle_t *)&f->up_poll, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_true(f->is_closed);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	fd_close(&f->client);
	fd_close(&f->upstream);
	(void)tree_remove(AT_FDCWD, f->root, NULL);
	free(f);
	return 0;
}

static size_t make_query(uint8_t *p, const char *name, unsigned type)
{
	const uint8_t head[12] = { 0x12, 0x34, 1, 0, 0, 1 };
	size_t n = 12;

	memcpy(p, head, 12);
	while (*name) {
		size_t len = strcspn(name, ".");

		p[n++] = (uint8_t)len;
		memcpy(p + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	p[n++] = 0;
	p[n++] = 0;
	p[n++] = (uint8_t)type;
	p[n++] = 0;
	p[n++] = 1;
	return n;
}

static void on_client(uv_poll_t *h, int status, int events)
{
	struct fixture *f = h->data;

	(void)events;
	assert_int_equal(status, 0);
	f->n = recv(f->client, f->got + (f->n > 0 ? f->n : 0), 4096, 0);
	f->is_done = true;
}

static void wait_done(struct fixture *f)
{
	f->is_done = f->is_late = false;
	f->n = 0;
	f->poll.data = f;
	assert_int_equal(uv_poll_init(&f->loop, &f->poll, f->client), 0);
	assert_int_equal(uv_poll_start(&f->poll, UV_READABLE, on_client), 0);
	uv_timer_start(&f->deadline, on_deadline, WAIT_MS, 0);
	while (!f->is_done)
		uv_run(&f->loop, UV_RUN_ONCE);
	uv_timer_stop(&f->deadline);
	uv_close((uv_handle_t *)&f->poll, NULL);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_false(f->is_late);
	fd_close(&f->client);
}

/* Asks over UDP; the answer is in got. Returns its rcode. */
static enum dns_rcode ask(struct fixture *f, const char *name, unsigned type)
{
	uint8_t p[512];
	size_t n = make_query(p, name, type);

	f->client = bound(SOCK_DGRAM, "127.0.0.1", 0, NULL);
	assert_int_equal(
		sendto(f->client, p, n, 0, (struct sockaddr *)&f->udp_at, sizeof(f->udp_at)), n);
	wait_done(f);
	assert_true(f->n >= 12);
	assert_int_equal(dns_id(f->got), 0x1234);
	return dns_rcode_of(f->got);
}

static unsigned answers(const struct fixture *f)
{
	return (unsigned)f->got[6] << 8 | f->got[7];
}

static void on_upstream(uv_poll_t *h, int status, int events)
{
	struct fixture *f = h->data;
	struct sockaddr_in from;
	socklen_t n_from = sizeof(from);
	uint8_t p[512];
	ssize_t n = recvfrom(f->upstream, p, sizeof(p), 0, (struct sockaddr *)&from, &n_from);

	(void)status;
	(void)events;
	if (n < 12)
		return;
	f->asked++;
	if (f->is_silent)
		return;
	p[2] |= 0x80;
	p[3] = (uint8_t)f->says;
	(void)sendto(f->upstream, p, (size_t)n, 0, (struct sockaddr *)&from, n_from);
}

static void upstream(struct fixture *f, enum dns_rcode says)
{
	f->says = says;
	f->upstream = bound(SOCK_DGRAM, "127.0.0.53", 53, NULL);
	f->up_poll.data = f;
	assert_int_equal(uv_poll_init(&f->loop, &f->up_poll, f->upstream), 0);
	assert_int_equal(uv_poll_start(&f->up_poll, UV_READABLE, on_upstream), 0);
}

static void answers_names_of_its_networks(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, "web", DNS_A), DNS_NOERROR);
	assert_int_equal(answers(f), 1);
	assert_memory_equal(f->got + f->n - 4, "\x0a\0\0\2", 4);
	assert_int_equal(ask(f, "database", DNS_A), DNS_NOERROR);
	assert_memory_equal(f->got + f->n - 4, "\x0a\0\1\2", 4);
	assert_int_equal(ask(f, "web", DNS_AAAA), DNS_NOERROR);
	assert_int_equal(answers(f), 0);
}

static void hides_names_of_other_networks(void **state)
{
	struct fixture *f = *state;

	upstream(f, DNS_NXDOMAIN);
	assert_int_equal(ask(f, "secret", DNS_A), DNS_NXDOMAIN);
	assert_int_equal(f->asked, 1);
}

static void forwards_with_the_clients_id(void **state)
{
	struct fixture *f = *state;

	upstream(f, DNS_NOERROR);
	assert_int_equal(ask(f, "example.org", DNS_A), DNS_NOERROR);
	assert_int_equal(f->asked, 1);
}

static void fails_at_once_when_the_server_is_not_there(void **state)
{
	assert_int_equal(ask(*state, "example.org", DNS_A), DNS_SERVFAIL);
}

static void asks_a_silent_server_again_and_gives_up(void **state)
{
	struct fixture *f = *state;

	upstream(f, DNS_NOERROR);
	f->is_silent = true;
	assert_int_equal(ask(f, "example.org", DNS_A), DNS_SERVFAIL);
	assert_int_equal(f->asked, 3);
}

static void sees_a_container_that_comes_and_goes(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *path = xasprintf("%s/networks/back/endpoints/a9.json", f->root);

	upstream(f, DNS_NXDOMAIN);
	endpoint(f, "back", "a9", "10.0.1.9", "late");
	/* The watch reports before the question is read: both wait in the same loop turn. */
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(ask(f, "late", DNS_A), DNS_NOERROR);
	assert_int_equal(answers(f), 1);
	assert_int_equal(unlink(path), 0);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(ask(f, "late", DNS_A), DNS_NXDOMAIN);
}

static void denies_declared_names_without_asking(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "cache" };

	upstream(f, DNS_NOERROR);
	dns_server_declare(f->s, names, 1);
	assert_int_equal(ask(f, "cache", DNS_A), DNS_NXDOMAIN);
	assert_int_equal(f->asked, 0);
}

static void asks_nobody_outside_for_an_internal_container(void **state)
{
	static const char *const networks[] = { "back" };
	struct fixture *f = *state;

	upstream(f, DNS_NOERROR);
	network(f, "back", "{\"internal\":true}");
	add(f, networks, 1);
	assert_int_equal(ask(f, "example.org", DNS_A), DNS_SERVFAIL);
	assert_int_equal(f->asked, 0);
	assert_int_equal(ask(f, "db", DNS_A), DNS_NOERROR);
}

static void answers_over_tcp(void **state)
{
	struct fixture *f = *state;
	uint8_t p[514];
	size_t n = make_query(p + 2, "all", DNS_A);

	p[0] = 0;
	p[1] = (uint8_t)n;
	f->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(f->client, (struct sockaddr *)&f->tcp_at, sizeof(f->tcp_at)), 0);
	assert_int_equal(send(f->client, p, n + 2, 0), n + 2);
	wait_done(f);
	assert_int_equal(f->n, n + 2 + 16);
	assert_int_equal(f->got[1], n + 16);
}

static void survives_what_is_no_query(void **state)
{
	struct fixture *f = *state;
	int fd = bound(SOCK_DGRAM, "127.0.0.1", 0, NULL);
	uint8_t junk[600];

	memset(junk, 0xff, sizeof(junk));
	for (size_t n = 0; n < sizeof(junk); n += 7)
		(void)sendto(fd, junk, n, 0, (struct sockaddr *)&f->udp_at, sizeof(f->udp_at));
	close(fd);
	assert_int_equal(ask(f, "web", DNS_A), DNS_NOERROR);
}

static void closes_with_questions_under_way(void **state)
{
	struct fixture *f = *state;
	uint8_t p[512];
	size_t n = make_query(p, "example.org", DNS_A);
	int fd = bound(SOCK_DGRAM, "127.0.0.1", 0, NULL);

	upstream(f, DNS_NOERROR);
	f->is_silent = true;
	for (int i = 0; i < 100; i++)
		(void)sendto(fd, p, n, 0, (struct sockaddr *)&f->udp_at, sizeof(f->udp_at));
	close(fd);
	for (int i = 0; i < 20; i++)
		uv_run(&f->loop, UV_RUN_NOWAIT);
	/* Sixty-four were forwarded, the others refused. tear_down() does the rest. */
	assert_true(f->asked > 0);
	assert_true(f->asked <= 64);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_names_of_its_networks),
		TEST(hides_names_of_other_networks),
		TEST(forwards_with_the_clients_id),
		TEST(fails_at_once_when_the_server_is_not_there),
		TEST(asks_a_silent_server_again_and_gives_up),
		TEST(sees_a_container_that_comes_and_goes),
		TEST(denies_declared_names_without_asking),
		TEST(asks_nobody_outside_for_an_internal_container),
		TEST(answers_over_tcp),
		TEST(survives_what_is_no_query),
		TEST(closes_with_questions_under_way),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
