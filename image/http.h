/*
 * image/http.h - one request over HTTP; the only door to libcurl.
 *
 * Owns:    http_answer_done() frees what an answer holds; http_close() the connection.
 * Units:   bytes, HTTP status codes.
 * Errors:  -EIO with the reason when there was no answer; any status is an answer.
 * Thread:  one per connection; blocks, at most half a minute without a byte.
 * Source:  RFC 9110; libcurl-easy(3). Redirects are followed, without credentials to another host.
 */
#ifndef IMAGE_HTTP_H
#define IMAGE_HTTP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct http;

struct http_answer {
	long status;
	char *digest;    /* Docker-Content-Digest, NULL without */
	char *challenge; /* WWW-Authenticate, all of them, NULL without */
	struct buf body; /* at most 4 MiB, else there is no answer */
};
void http_answer_done(struct http_answer *a);
static inline void http_answer_autop(struct http_answer *a)
{
	http_answer_done(a);
}

/* NULL when libcurl cannot be started. */
struct http *http_open(void);
void http_close(struct http *h);
static inline void http_autop(struct http **h)
{
	http_close(*h);
}

struct http_request {
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated; NULL entries end the list */
	bool head;                  /* HEAD, else GET */
	bool plain;                 /* http is allowed, here and in redirects */
};
/* *ret is emptied first. */
int http_perform(struct http *h, const struct http_request *q, struct http_answer *ret,
		 struct err **e);

/* Everything but unreserved characters as %XX, for free(3); RFC 3986 2.3. */
char *http_escape(const char *text);

#endif
