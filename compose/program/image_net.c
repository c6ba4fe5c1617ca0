#include "compose/program/image_net.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "compose/program/image_spawn.h"
#include "compose/supervise/place.h"

enum { PACKET_MAX = 256 << 10, FDS_MAX = 64, WORKER_FD = 3 };

/* The network of builds that name none; it is there as long as one uses it. */
static const char own_network[] = "compose_build";
static const char own_project[] = "compose_build";

static int start_worker(struct image_net *n, struct err **e)
{
	AUTO(mem) char *program = place_program("compose-net");
	char *const argv[] = { (char *)"compose-net", NULL };
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "make a socket pair");
	r = image_spawn(program, argv, (int[]){ -1, -1, STDERR_FILENO, pair[1] }, WORKER_FD + 1,
			&n->worker, e);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	n->sock = pair[0];
	return 0;
}

static int receive(struct image_net *n, struct json **ret, int *fds, size_t *n_fds, struct err **e)
{
	AUTO(mem) char *packet = xmalloc(PACKET_MAX);
	ssize_t got = sock_recv(n->sock, packet, PACKET_MAX, fds, FDS_MAX, n_fds);

	if (got <= 0)
		return err_set(e, EPIPE, "the network worker ended unexpectedly");
	return json_parse(packet, (size_t)got, ret, e);
}

/* Takes request. The first descriptor of the reply goes to *ret_fd (may be NULL), the rest is
 * closed. */
static int call(struct image_net *n, struct json *request, struct json **ret, int *ret_fd,
		struct err **e)
{
	AUTO(json) struct json *req = request, *reply = NULL;
	AUTO(mem) char *text = NULL;
	int fds[FDS_MAX], r;
	size_t n_fds = 0;

	json_set_int(req, "id", ++n->next_id);
	text = json_print(req, false);
	r = sock_send(n->sock, text, strlen(text), NULL, 0);
	if (r < 0)
		return err_sys(e, -r, "ask the network worker");
	r = receive(n, &reply, fds, &n_fds, e);
	if (r < 0)
		return r;
	for (size_t i = ret_fd && n_fds ? 1 : 0; i < n_fds; i++)
		close(fds[i]);
	if (ret_fd)
		*ret_fd = n_fds ? fds[0] : -1;
	if (!json_bool(reply, "ok", false))
		return err_make(e, (int)json_int(reply, "errno", EIO),
				json_str(reply, "error", "network worker failed"),
				json_str(reply, "hint", NULL));
	if (ret)
		*ret = TAKE_PTR(reply);
	return 0;
}

static struct json *request_new(const char *op)
{
	struct json *j = json_new_obj();

	json_set_str(j, "op", op);
	return j;
}

/* What builds that died left behind. */
static int sweep(struct image_net *n, const struct strv *alive, struct err **e)
{
	struct json *j = request_new("sweep"), *ids;

	json_set_str(j, "project", own_project);
	ids = json_set(j, "alive", json_new_arr());
	for (size_t i = 0; i < alive->n; i++)
		json_push_str(ids, alive->v[i]);
	return call(n, j, NULL, NULL, e);
}

static int create_network(struct image_net *n, struct err **e)
{
	struct json *j = request_new("network_create");

	json_set_str(j, "name", own_network);
	json_set_str(j, "key", "build");
	json_set_str(j, "project", own_project);
	json_set_str(j, "driver", "bridge");
	n->is_own_network = true;
	return call(n, j, NULL, NULL, e);
}

static int attach(struct image_net *n, const char *network, struct err **e)
{
	struct json *j = request_new("attach"), *c, *ep;
	AUTO(json) struct json *reply = NULL;
	int r;

	c = json_set(j, "container", json_new_obj());
	json_set_str(c, "id", n->id);
	json_set_str(c, "name", n->id);
	json_set_str(c, "project", own_project);
	json_set_str(c, "service", "build");
	ep = json_push(json_set(j, "endpoints", json_new_arr()), json_new_obj());
	json_set_str(ep, "network", network);
	json_set(j, "ports", json_new_arr());
	json_set_bool(j, "dns", false);
	r = call(n, j, &reply, &n->netns, e);
	if (r < 0)
		return r;
	if (n->netns < 0)
		return err_set(e, EPROTO, "the network worker sent no namespace");
	n->gateway = xstrdup(json_str(json_at(json_get(reply, "endpoints"), 0), "gateway", NULL));
	return 0;
}

int image_net_open(struct image_net *n, const char *id, const char *network,
		   const struct strv *alive, struct err **e)
{
	bool is_default = streq(network, "default");
	int r;

	n->id = id;
	r = start_worker(n, e);
	if (r == 0)
		r = sweep(n, alive, e);
	if (r == 0 && is_default)
		r = create_network(n, e);
	if (r == 0)
		r = attach(n, is_default ? own_network : network, e);
	return r < 0 ? err_wrap(e, "build network") : 0;
}

void image_net_close(struct image_net *n)
{
	struct json *j;

	if (n->netns >= 0) {
		j = request_new("detach");
		json_set_str(j, "container", n->id);
		(void)call(n, j, NULL, NULL, NULL);
	}
	/* Refused while another build uses it. */
	if (n->sock >= 0 && n->is_own_network) {
		j = request_new("network_remove");
		json_set_str(j, "name", own_network);
		(void)call(n, j, NULL, NULL, NULL);
	}
	fd_close(&n->netns);
	fd_close(&n->sock);
	if (n->worker > 0)
		(void)image_wait(n->worker);
	free(n->gateway);
	*n = (struct image_net)IMAGE_NET_INIT;
}
