#include "image/reference.h"

#include <ctype.h>
#include <errno.h>

#include "base/buf.h"

enum { PATH_MAX_LEN = 255, TAG_MAX_LEN = 128 };

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

bool text_is_hex(const char *s, size_t n)
{
	size_t len = strspn(s, "0123456789abcdef");

	return s[len] == '\0' && (n ? len == n : len > 0);
}

bool digest_is_valid(const char *s)
{
	if (starts_with(s, "sha256:"))
		return text_is_hex(s + 7, 64);
	return starts_with(s, "sha512:") && text_is_hex(s + 7, 128);
}

/* Length of one separator of a path component: one '.', one or two '_', any run of '-'. */
static size_t separator_len(const char *p)
{
	size_t n = strspn(p, "-");

	if (n || *p == '.')
		return n ? n : 1;
	n = strspn(p, "_");
	return n <= 2 ? n : 0;
}

static bool component_is_valid(struct str c)
{
	AUTO(mem) char *s = str_dup(c);
	const char *p = s;

	for (;;) {
		const char *word = p;
		size_t sep;

		while (is_lower_alnum(*p))
			p++;
		if (p == word)
			return false;
		if (*p == '\0')
			return true;
		sep = separator_len(p);
		if (!sep)
			return false;
		p += sep;
	}
}

static bool path_is_valid(const char *path)
{
	struct str rest = str_of(path);

	do {
		if (!component_is_valid(str_cut(&rest, '/')))
			return false;
	} while (rest.p);
	return true;
}

static bool label_is_valid(struct str l)
{
	if (!l.n || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!is_alnum(l.p[i]) && l.p[i] != '-')
			return false;
	return true;
}

static bool port_is_valid(const char *p)
{
	size_t n = strspn(p, "0123456789");

	return n && p[n] == '\0';
}

static bool domain_is_valid(const char *domain)
{
	struct str rest = str_of(domain);
	const char *end, *colon;

	if (*domain == '[') {
		end = strchr(domain, ']');
		if (!end ||
		    strspn(domain + 1, "0123456789abcdefABCDEF:") != (size_t)(end - domain - 1))
			return false;
		return end[1] == '\0' || (end[1] == ':' && port_is_valid(end + 2));
	}
	colon = strchr(domain, ':');
	if (colon) {
		if (!port_is_valid(colon + 1))
			return false;
		rest.n = (size_t)(colon - domain);
	}
	do {
		if (!label_is_valid(str_cut(&rest, '.')))
			return false;
	} while (rest.p);
	return true;
}

static bool tag_is_valid(const char *t)
{
	size_t n = strlen(t);

	if (!n || n > TAG_MAX_LEN || !(is_alnum(*t) || *t == '_'))
		return false;
	for (; *t; t++)
		if (!is_alnum(*t) && !strchr("_.-", *t))
			return false;
	return true;
}

static bool left_part_is_domain(struct str left)
{
	if (str_eq(left, "localhost"))
		return true;
	for (size_t i = 0; i < left.n; i++)
		if (left.p[i] == '.' || left.p[i] == ':' || isupper((unsigned char)left.p[i]))
			return true;
	return false;
}

/* Cuts s into domain and the rest (path, tag, digest), with what Docker Hub implies filled in. */
static void split_domain(const char *s, char **ret_domain, char **ret_rest)
{
	const char *slash = strchr(s, '/');
	struct str left = { s, slash ? (size_t)(slash - s) : 0 };

	if (slash && left_part_is_domain(left)) {
		*ret_domain = str_dup(left);
		*ret_rest = xstrdup(slash + 1);
	} else {
		*ret_domain = xstrdup("docker.io");
		*ret_rest = xstrdup(s);
	}
	if (streq(*ret_domain, "index.docker.io")) {
		free(*ret_domain);
		*ret_domain = xstrdup("docker.io");
	}
	if (streq(*ret_domain, "docker.io") && !strchr(*ret_rest, '/')) {
		char *full = xasprintf("library/%s", *ret_rest);

		free(*ret_rest);
		*ret_rest = full;
	}
}

/* Cuts "path[:tag][@digest]" in place. */
static void split_rest(char *rest, char **ret_tag, char **ret_digest)
{
	char *at = strchr(rest, '@');
	char *colon;

	*ret_tag = *ret_digest = NULL;
	if (at) {
		*at = '\0';
		*ret_digest = at + 1;
	}
	colon = strchr(rest, ':');
	if (colon) {
		*colon = '\0';
		*ret_tag = colon + 1;
	}
}

static int check_path(const char *domain, const char *path, struct err **e)
{
	for (const char *p = path; *p; p++)
		if (isupper((unsigned char)*p))
			return err_set(e, EINVAL,
				       "invalid reference format: repository name (%s) must be "
				       "lowercase",
				       path);
	if (!path_is_valid(path) || !domain_is_valid(domain))
		return err_set(e, EINVAL, "invalid reference format");
	if (strlen(path) > PATH_MAX_LEN)
		return err_set(e, EINVAL, "repository name must not be more than %d characters",
			       PATH_MAX_LEN);
	return 0;
}

static int check_digest(const char *digest, struct err **e)
{
	const char *colon = strchr(digest, ':');

	if (digest_is_valid(digest))
		return 0;
	if (colon && !starts_with(digest, "sha256:") && !starts_with(digest, "sha512:") &&
	    strlen(colon + 1) >= 32 && text_is_hex(colon + 1, 0))
		return err_set(e, EINVAL, "unsupported digest algorithm");
	return err_set(e, EINVAL, "invalid reference format");
}

int reference_parse(const char *s, struct reference *ret, struct err **e)
{
	AUTO(mem) char *domain = NULL, *rest = NULL;
	char *tag, *digest;
	int r;

	if (text_is_hex(s, 64))
		return err_set(e, EINVAL,
			       "invalid repository name (%s), cannot specify 64-byte hexadecimal "
			       "strings",
			       s);
	split_domain(s, &domain, &rest);
	split_rest(rest, &tag, &digest);
	r = check_path(domain, rest, e);
	if (r < 0)
		return r;
	if (tag && !tag_is_valid(tag))
		return err_set(e, EINVAL, "invalid reference format");
	if (digest) {
		r = check_digest(digest, e);
		if (r < 0)
			return r;
	}
	*ret = (struct reference){
		.domain = TAKE_PTR(domain),
		.path = xstrdup(rest),
		.tag = tag      ? xstrdup(tag)
		       : digest ? NULL
				: xstrdup("latest"),
		.digest = xstrdup(digest),
	};
	return 0;
}

void reference_done(struct reference *r)
{
	free(r->domain);
	free(r->path);
	free(r->tag);
	free(r->digest);
	*r = (struct reference)REFERENCE_INIT;
}

static char *add_tag_and_digest(const struct reference *r, char *name)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, name);
	free(name);
	if (r->tag)
		buf_addf(&b, ":%s", r->tag);
	if (r->digest)
		buf_addf(&b, "@%s", r->digest);
	return buf_take(&b);
}

char *reference_format(const struct reference *r)
{
	return add_tag_and_digest(r, xasprintf("%s/%s", r->domain, r->path));
}

char *reference_format_repository(const struct reference *r)
{
	const char *slash = strchr(r->path, '/');

	/* "docker.io/a.b/c" without its domain would be something else. */
	if (!streq(r->domain, "docker.io") ||
	    (slash && left_part_is_domain((struct str){ r->path, (size_t)(slash - r->path) })))
		return xasprintf("%s/%s", r->domain, r->path);
	if (starts_with(r->path, "library/") && !strchr(r->path + 8, '/'))
		return xstrdup(r->path + 8);
	return xstrdup(r->path);
}

char *reference_format_familiar(const struct reference *r)
{
	return add_tag_and_digest(r, reference_format_repository(r));
}

char *reference_canonical(const char *s, struct err **e)
{
	AUTO(reference) struct reference r = REFERENCE_INIT;

	if (reference_parse(s, &r, e) < 0)
		return NULL;
	return reference_format(&r);
}

char *reference_familiar(const char *canonical)
{
	AUTO(reference) struct reference r = REFERENCE_INIT;

	if (reference_parse(canonical, &r, NULL) < 0)
		return xstrdup(canonical);
	return reference_format_familiar(&r);
}
