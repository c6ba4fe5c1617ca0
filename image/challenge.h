/*
 * image/challenge.h - what a registry answers to a request without the right to be answered.
 *
 * Owns:    challenge_done() frees the members.
 * Units:   none.
 * Errors:  -EINVAL for a header that is none, -ENOTSUP for one without a scheme we know.
 * Thread:  any.
 * Source:  RFC 9110 11.6.1 WWW-Authenticate; distribution specification, token authentication.
 */
#ifndef IMAGE_CHALLENGE_H
#define IMAGE_CHALLENGE_H

struct challenge {
	enum { CHALLENGE_BASIC, CHALLENGE_BEARER } scheme;
	char *realm, *service, *scope; /* NULL where it does not say */
};
#define CHALLENGE_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}

/* The first of the header's challenges that is Bearer or Basic. */
int challenge_parse(const char *header, struct challenge *ret);
void challenge_done(struct challenge *c);
static inline void challenge_autop(struct challenge *c)
{
	challenge_done(c);
}

#endif
