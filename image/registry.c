#include "image/registry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "image/challenge.h"
#include "image/digest.h"
#include "image/http.h"

enum { CREDENTIALS_MAX = 1 << 20 };

#define INDEX_TYPES                                                                                \
	"application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "    \
	"application/vnd.docker.distribution.manifest.list.v2+json, "                              \
	"application/vnd.docker.distribution.manifest.v2+json"

struct asking {
	struct http *http;
	const struct reference *ref;
	const char *host, *scheme;
	char *basic; /* credentials in base64, or NULL */
	char *authorization;
};

static bool is_plain(const struct asking *a)
{
	return streq(a->scheme, "http");
}

static int request(const struct asking *a, const char *url, bool head, const char *const *headers,
		   struct http_answer *ret, struct err **e)
{
	int r = http_perform(a->http,
			     &(struct http_request){ .url = url,
						     .headers = headers,
						     .head = head,
						     .plain = is_plain(a) },
			     ret, e);

	return r < 0 ? err_wrap(e, "ask the registry %s", a->host) : 0;
}

/* ---- the right to ask ---- */

static char *credentials_path(void)
{
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME");

	if (dir && *dir)
		return xasprintf("%s/config.json", dir);
	return home && *home ? xasprintf("%s/.docker/config.json", home) : NULL;
}

static bool is_header_safe(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s >= 127)
			return false;
	return true;
}

/* A file that is missing is no error, one that cannot be read is. */
static int read_credentials(struct asking *a, struct err **e)
{
	bool is_hub = streq(a->ref->domain, "docker.io");
	AUTO(mem) char *path = credentials_path();
	AUTO(json) struct json *file = NULL;
	AUTO(err) struct err *why = NULL;
	const char *basic;
	int r = path ? json_parse_file(AT_FDCWD, path, CREDENTIALS_MAX, &file, &why) : 0;

	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		if (e)
			*e = TAKE_PTR(why);
		return err_wrap(e, "read the registry credentials in %s", path);
	}
	basic = json_str(json_path(file, "auths",
				   is_hub ? "https://index.docker.io/v1/" : a->ref->domain, NULL),
			 "auth", NULL);
	if (!basic || !*basic)
		return 0;
	if (!is_header_safe(basic))
		return err_set(e, EINVAL, "the credentials for %s in %s are not base64", a->host,
			       path);
	a->basic = xstrdup(basic);
	return 0;
}

static char *token_url(const struct asking *a, const struct challenge *c)
{
	AUTO(mem) char *scope = xasprintf("repository:%s:pull", a->ref->path);
	AUTO(mem) char *what = http_escape(scope);
	AUTO(mem) char *whom = c->service ? http_escape(c->service) : NULL;

	return xasprintf("%s%cscope=%s%s%s", c->realm, strchr(c->realm, '?') ? '&' : '?', what,
			 whom ? "&service=" : "", whom ? whom : "");
}

static int fetch_token(struct asking *a, const struct challenge *c, struct err **e)
{
	AUTO(mem) char *url = token_url(a, c);
	AUTO(mem) char *basic = a->basic ? xasprintf("Authorization: Basic %s", a->basic) : NULL;
	const char *const headers[] = { basic, NULL };
	AUTO(http_answer) struct http_answer answer = { 0 };
	AUTO(json) struct json *reply = NULL;
	const char *token;
	int r;

	if (!starts_with(c->realm, "https://") &&
	    !(is_plain(a) && starts_with(c->realm, "http://")))
		return err_set(e, EACCES, "registry %s wants tokens from %s, which is not https",
			       a->host, c->realm);
	r = request(a, url, /* head= */ false, headers, &answer, e);
	if (r < 0)
		return r;
	if (answer.status != 200)
		return err_set(e, EACCES, "get a token for %s/%s: %s answered %ld", a->ref->domain,
			       a->ref->path, c->realm, answer.status);
	r = json_parse(buf_str(&answer.body), answer.body.n, &reply, e);
	if (r < 0)
		return err_wrap(e, "read the token of %s", c->realm);
	token = json_str(reply, "access_token", json_str(reply, "token", NULL));
	if (!token || !*token || !is_header_safe(token))
		return err_set(e, EACCES, "%s returned no token", c->realm);
	a->authorization = xasprintf("Authorization: Bearer %s", token);
	return 0;
}

static int authorize(struct asking *a, const char *header, struct err **e)
{
	AUTO(challenge) struct challenge c = CHALLENGE_INIT;

	if (!header || challenge_parse(header, &c) < 0)
		return err_set(e, EACCES, "registry %s asks for an authentication that is not known",
			       a->host);
	if (c.scheme == CHALLENGE_BEARER)
		return fetch_token(a, &c, e);
	if (a->basic)
		a->authorization = xasprintf("Authorization: Basic %s", a->basic);
	return 0;
}

/* ---- manifests ---- */

static int ask(struct asking *a, bool head, struct http_answer *ret, struct err **e)
{
	AUTO(mem)
	char *url = xasprintf("%s://%s/v2/%s/manifests/%s", a->scheme, a->host, a->ref->path,
			      a->ref->digest ? a->ref->digest : a->ref->tag);
	const char *headers[] = { "Accept: " INDEX_TYPES, a->authorization, NULL };
	int r = request(a, url, head, headers, ret, e);

	if (r < 0 || ret->status != 401 || a->authorization)
		return r;
	r = authorize(a, ret->challenge, e);
	if (r < 0 || !a->authorization)
		return r;
	headers[1] = a->authorization;
	return request(a, url, head, headers, ret, e);
}

/* "localhost" or an address; a name that only begins like one, "127.example.org", is somebody else's. */
static bool is_loopback(const char *host)
{
	bool is_v6 = starts_with(host, "[::1]");
	AUTO(mem) char *bare = xstrndup(host, is_v6 ? 5 : strcspn(host, ":"));
	struct in_addr v4;

	if (inet_pton(AF_INET, bare, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return streq(bare, "localhost") || (is_v6 && (!host[5] || host[5] == ':'));
}

/* By which scheme, and the first answer. */
static int open_talk(struct asking *a, struct http_answer *ret, struct err **e)
{
	AUTO(err) struct err *first = NULL;
	int r;

	a->scheme = "https";
	r = ask(a, /* head= */ true, ret, &first);
	if (r == -EIO && is_loopback(a->host) && !ret->status) {
		a->scheme = "http";
		return ask(a, true, ret, e);
	}
	if (r < 0 && e)
		*e = TAKE_PTR(first);
	return r;
}

static int judge(const struct asking *a, const struct http_answer *answer, struct err **e)
{
	AUTO(mem) char *name = reference_format(a->ref);

	switch (answer->status) {
	case 200:
		return 0;
	case 404:
		return err_set(e, ENOENT, "%s: not found in the registry", name);
	case 401:
	case 403:
		err_set(e, EACCES, "%s: the registry %s denies access, or there is no such repository",
			name, a->host);
		err_hint(e, "credentials are read from \"auths\" in ~/.docker/config.json");
		return -EACCES;
	default:
		return err_set(e, EIO, "%s: the registry %s answered %ld", name, a->host,
			       answer->status);
	}
}

static int digest_from(struct asking *a, struct http_answer *answer, char **ret, struct err **e)
{
	char own[DIGEST_TEXT_SIZE];
	int r;

	if (answer->digest && digest_is_valid(answer->digest)) {
		*ret = TAKE_PTR(answer->digest);
		return 0;
	}
	r = ask(a, /* head= */ false, answer, e);
	if (r == 0)
		r = judge(a, answer, e);
	if (r < 0)
		return r;
	digest_of(answer->body.p, answer->body.n, own);
	*ret = xstrdup(own);
	return 0;
}

int registry_digest(const struct reference *ref, char **ret, struct err **e)
{
	AUTO(http) struct http *http = http_open();
	struct asking a = { .http = http,
			    .ref = ref,
			    .host = streq(ref->domain, "docker.io") ? "registry-1.docker.io" :
								      ref->domain };
	AUTO(http_answer) struct http_answer answer = { 0 };
	int r;

	if (!http)
		return err_set(e, EIO, "start libcurl");
	r = read_credentials(&a, e);
	if (r == 0)
		r = open_talk(&a, &answer, e);
	if (r == 0)
		r = judge(&a, &answer, e);
	if (r == 0)
		r = digest_from(&a, &answer, ret, e);
	free(a.basic);
	free(a.authorization);
	return r;
}
