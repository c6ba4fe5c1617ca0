/*
 * compose-net: the network worker.
 *
 * Normally it is started a little ahead of the first request and uses the time to load what that will
 * need. It reads requests from descriptor 3 one after the other, answers each, and ends when the
 * other side closes. It holds no truth: killed between two instructions it leaves files and kernel
 * objects from which the next one goes on.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/fdio.h"
#include "net/worker.h"

enum { SOCKET = 3, REQUEST_MAX = 256 << 10, REPLY_ROOM = 4 << 20 };

static const char *root_dir(int argc, char **argv)
{
	const char *env = getenv("COMPOSE_ROOT");

	if (argc == 3 && streq(argv[1], "--root"))
		return argv[2];
	return env && *env ? env : "/var/lib/compose";
}

static void parse_error(struct reply *r, const struct err *why)
{
	*r = (struct reply){ .body = json_new_obj() };
	json_set_int(r->body, "id", 0);
	json_set_str(r->body, "error", err_text(why));
	json_set_int(r->body, "errno", EINVAL);
}

static int answer(struct worker *w, const char *text, size_t n)
{
	AUTO(json) struct json *request = NULL;
	AUTO(err) struct err *why = NULL;
	AUTO(mem) char *out = NULL;
	struct reply r;
	int sent;

	if (json_parse(text, n, &request, &why) < 0)
		parse_error(&r, why);
	else
		worker_handle(w, request, &r);
	out = json_print(r.body, false);
	sent = sock_send(SOCKET, out, strlen(out), r.fds, r.n_fds);
	reply_done(&r);
	return sent;
}

static bool is_waiting_for_work(void)
{
	struct pollfd p = { .fd = SOCKET, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static int serve(struct worker *w)
{
	AUTO(mem) char *room = xmalloc(REQUEST_MAX);
	int bytes = REPLY_ROOM;

	/* A network with a thousand endpoints is one long packet. */
	(void)setsockopt(SOCKET, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	if (is_waiting_for_work())
		nft_warm(w->nft, w->store);
	for (;;) {
		ssize_t n = sock_recv(SOCKET, room, REQUEST_MAX, NULL, 0, NULL);

		if (n == 0 || n == -ECONNRESET)
			return 0;
		if (n < 0 || answer(w, room, (size_t)n) < 0)
			return 1;
	}
}

int main(int argc, char **argv)
{
	AUTO(err) struct err *why = NULL;
	struct worker w;
	int r;

	if (fd_set_cloexec(SOCKET, true) < 0) {
		fprintf(stderr, "compose-net: started by compose, with a socket on descriptor 3\n");
		return 2;
	}
	if (worker_open(root_dir(argc, argv), &w, &why) < 0) {
		fprintf(stderr, "compose-net: %s\n", err_text(why));
		return 1;
	}
	r = serve(&w);
	worker_close(&w);
	return r;
}
