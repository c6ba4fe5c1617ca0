/*
 * Normally an endpoint file appears or goes and only that one is read. The kernel reports a lost
 * event without a name: then everything is read again. When the network's directory cannot be
 * watched (no more inotify watches), dns_server_refresh() is what keeps the names current.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strv.h"
#include "compose/supervise/dns_internal.h"

enum { ENDPOINT_MAX = 1 << 20 };

static char *id_of(const char *file)
{
	return ends_with(file, ".json") && file[0] != '.' ? xstrndup(file, strlen(file) - 5) : NULL;
}

static void endpoint_read(struct dns_watch *w, const char *file)
{
	AUTO(mem) char *id = id_of(file), *path = NULL;
	AUTO(json) struct json *j = NULL;

	if (!id)
		return;
	path = xasprintf("%s/%s", w->dir, file);
	if (json_parse_file(AT_FDCWD, path, ENDPOINT_MAX, &j, NULL) < 0 ||
	    dns_net_put(w->net, id, j, w->s->boot_id, NULL) < 0)
		dns_net_del(w->net, id);
}

static void on_event(uv_fs_event_t *h, const char *file, int events, int status)
{
	struct dns_watch *w = h->data;

	(void)events;
	if (!w->users)
		return;
	/* The directory itself went, and the watch with it; a network of this name may come again. */
	if (access(w->dir, F_OK) < 0) {
		(void)uv_fs_event_stop(&w->event);
		w->is_watching = false;
		dns_net_clear(w->net);
		return;
	}
	if (status < 0 || !file)
		dns_watch_refresh(w);
	else
		endpoint_read(w, file);
}

static void watch_start(struct dns_watch *w)
{
	int r;

	if (w->is_watching)
		return;
	r = uv_fs_event_start(&w->event, on_event, w->dir, 0);
	w->is_watching = r == 0;
	if (r < 0 && r != UV_ENOENT)
		log_write(LOG_WARN, "watch %s: %s; names of other projects may be late", w->dir,
			  uv_strerror(r));
}

void dns_watch_refresh(struct dns_watch *w)
{
	AUTO(strv) struct strv files = STRV_INIT;

	/* First the watch: what changes while the files are read is reported afterwards. */
	watch_start(w);
	if (dir_list(AT_FDCWD, w->dir, &files, NULL) < 0)
		files.n = 0;
	dns_net_clear(w->net);
	for (size_t i = 0; i < files.n; i++)
		endpoint_read(w, files.v[i]);
}

void dns_watch_update(struct dns_watch *w, const char *id)
{
	AUTO(mem) char *file = xasprintf("%s.json", id);

	if (w->is_watching)
		endpoint_read(w, file);
	else
		dns_watch_refresh(w);
}

struct dns_watch *dns_watch_get(struct dns_server *s, const char *network)
{
	struct dns_watch *w = map_get(&s->watches, network);

	if (!w) {
		w = xcalloc(1, sizeof(*w));
		w->s = s;
		w->net = dns_net_new(network);
		w->dir = xasprintf("%s/networks/%s/endpoints", s->root, network);
		(void)uv_fs_event_init(s->loop, &w->event);
		w->event.data = w;
		dns_handle_opened(s);
		map_set(&s->watches, network, w);
	}
	w->users++;
	return w;
}

static void on_watch_closed(uv_handle_t *h)
{
	struct dns_watch *w = h->data;
	struct dns_server *s = w->s;

	dns_net_free(w->net);
	free(w->dir);
	free(w);
	dns_handle_closed(s);
}

void dns_watch_put(struct dns_watch *w)
{
	if (--w->users)
		return;
	map_del(&w->s->watches, dns_net_name(w->net));
	uv_close((uv_handle_t *)&w->event, on_watch_closed);
}
