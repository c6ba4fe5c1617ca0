#include "image/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { BODY_MAX = 4 << 20 };
#define REDIRECTS_MAX	  5L
#define CONNECT_TIMEOUT_S 10L
#define SILENCE_MAX_S	  30L

struct http {
	CURL *curl;
};

struct http *http_open(void)
{
	struct http *h;
	CURL *curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;

	if (!curl)
		return NULL;
	h = xcalloc(1, sizeof(*h));
	h->curl = curl;
	return h;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	curl_global_cleanup();
	free(h);
}

void http_answer_done(struct http_answer *a)
{
	free(a->digest);
	free(a->challenge);
	buf_done(&a->body);
	*a = (struct http_answer){ 0 };
}

static void keep_header(struct str line, const char *name, char **to)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n) != 0)
		return;
	free(*to);
	*to = str_dup(str_trim((struct str){ line.p + n + 1, line.n - n - 1 }));
}

/* Several headers are one with commas: RFC 9110 5.3. */
static void add_challenge(struct str line, struct http_answer *a)
{
	AUTO(mem) char *more = NULL;
	char *all;

	keep_header(line, "www-authenticate", &more);
	if (!more)
		return;
	all = xasprintf("%s%s%s", a->challenge ? a->challenge : "", a->challenge ? ", " : "", more);
	free(a->challenge);
	a->challenge = all;
}

static size_t on_header(char *p, size_t one, size_t n, void *ctx)
{
	struct http_answer *a = ctx;
	struct str line = { p, n };

	(void)one;
	/* The status line: what a redirect said does not count. */
	if (n > 5 && memcmp(p, "HTTP/", 5) == 0)
		http_answer_done(a);
	keep_header(line, "docker-content-digest", &a->digest);
	add_challenge(line, a);
	return n;
}

static size_t on_body(char *p, size_t one, size_t n, void *ctx)
{
	struct http_answer *a = ctx;

	(void)one;
	if (a->body.n + n > BODY_MAX)
		return CURL_WRITEFUNC_ERROR;
	buf_add(&a->body, p, n);
	return n;
}

static void prepare(CURL *c, const struct http_request *q, struct http_answer *ret, char *why)
{
	const char *allowed = q->plain ? "http,https" : "https";

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, q->url);
	curl_easy_setopt(c, CURLOPT_NOBODY, q->head ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, allowed);
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, allowed);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, SILENCE_MAX_S);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "compose");
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, ret);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, ret);
}

int http_perform(struct http *h, const struct http_request *q, struct http_answer *ret,
		 struct err **e)
{
	struct curl_slist *list = NULL;
	char why[CURL_ERROR_SIZE] = "";
	CURLcode code;

	http_answer_done(ret);
	prepare(h->curl, q, ret, why);
	for (const char *const *line = q->headers; *line; line++)
		list = curl_slist_append(list, *line);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, list);
	code = curl_easy_perform(h->curl);
	curl_slist_free_all(list);
	if (code != CURLE_OK)
		return err_set(e, EIO, "%s", *why ? why : curl_easy_strerror(code));
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	return 0;
}

char *http_escape(const char *text)
{
	struct buf b = BUF_INIT;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			buf_addch(&b, *text);
		else if ((c >= '0' && c <= '9') || strchr("-._~", c))
			buf_addch(&b, *text);
		else
			buf_addf(&b, "%%%02X", c);
	}
	return buf_take(&b);
}
