#include "image/mode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_octal(const char *text, mode_t *ret)
{
	size_t n = strspn(text, "01234567");

	if (!n || text[n] || n > 5)
		return false;
	*ret = (mode_t)strtoul(text, NULL, 8);
	return *ret <= 07777;
}

/* Bits of one class (shift 6 user, 3 group, 0 others) spread over the classes in who. */
static mode_t spread(mode_t bits, unsigned who)
{
	mode_t out = 0;

	if (who & 4)
		out |= bits << 6;
	if (who & 2)
		out |= bits << 3;
	if (who & 1)
		out |= bits;
	return out;
}

static const char *parse_who(const char *p, unsigned *who)
{
	*who = 0;
	for (; *p && strchr("ugoa", *p); p++)
		*who |= *p == 'u' ? 4 : *p == 'g' ? 2 : *p == 'o' ? 1 : 7;
	if (!*who)
		*who = 7;
	return p;
}

/* The permissions behind an operator, as mode bits for who. */
static const char *parse_perms(const char *p, unsigned who, mode_t mode, bool is_dir, mode_t *ret)
{
	*ret = 0;
	if (*p && strchr("ugo", *p)) {
		unsigned shift = *p == 'u' ? 6 : *p == 'g' ? 3 : 0;

		*ret = spread((mode >> shift) & 7, who);
		return p + 1;
	}
	for (; *p && strchr("rwxXst", *p); p++) {
		if (*p == 'r')
			*ret |= spread(4, who);
		else if (*p == 'w')
			*ret |= spread(2, who);
		else if (*p == 'x' || (*p == 'X' && (is_dir || mode & 0111)))
			*ret |= spread(1, who);
		else if (*p == 's')
			*ret |= (who & 4 ? 04000 : 0) | (who & 2 ? 02000 : 0);
		else if (*p == 't')
			*ret |= 01000;
	}
	return p;
}

static mode_t class_mask(unsigned who)
{
	return spread(7, who) | (who & 4 ? 04000 : 0) | (who & 2 ? 02000 : 0);
}

static bool apply_symbolic(const char *p, mode_t *mode, bool is_dir)
{
	for (;;) {
		unsigned who;
		bool any = false;

		p = parse_who(p, &who);
		while (*p && strchr("+-=", *p)) {
			char op = *p++;
			mode_t bits;

			p = parse_perms(p, who, *mode, is_dir, &bits);
			if (op == '+')
				*mode |= bits;
			else if (op == '-')
				*mode &= ~bits;
			else
				*mode = (*mode & ~class_mask(who)) | bits;
			any = true;
		}
		if (!any)
			return false;
		if (!*p)
			return true;
		if (*p++ != ',')
			return false;
	}
}

int mode_check(const char *text, struct err **e)
{
	mode_t mode = 0;

	if (parse_octal(text, &mode) || apply_symbolic(text, &mode, false))
		return 0;
	return err_set(e, EINVAL,
		       "invalid chmod parameter: '%s'. it should be octal string and between 0 and "
		       "07777",
		       text);
}

mode_t mode_apply(const char *text, mode_t mode, bool is_dir)
{
	mode_t out = mode & 07777;

	if (parse_octal(text, &out))
		return out;
	(void)apply_symbolic(text, &out, is_dir);
	return out & 07777;
}
