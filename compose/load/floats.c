#include "compose/load/floats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double float32_shortest(double v)
{
	char text[FLOAT_TEXT_MAX];

	for (int digits = 1; digits <= 9; digits++) {
		if (snprintf(text, sizeof(text), "%.*g", digits, (double)(float)v) < 0)
			break;
		if (strtof(text, NULL) == (float)v)
			break;
	}
	return strtod(text, NULL);
}

/* The shortest "d.ddde+XX" that reads back as v. */
static void shortest_exponent_form(double v, char text[FLOAT_TEXT_MAX])
{
	for (int digits = 0; digits <= 17; digits++) {
		if (snprintf(text, FLOAT_TEXT_MAX, "%.*e", digits, v) < 0)
			return;
		if (strtod(text, NULL) == v)
			return;
	}
}

/* Writes without exponent: as many digits behind the point as the shortest form has. */
static void format_plain(double v, const char *shortest, int exponent, char *ret)
{
	const char *point = strchr(shortest, '.');
	int behind = point ? (int)strcspn(point + 1, "e") : 0;
	int digits = behind - exponent;

	if (snprintf(ret, FLOAT_TEXT_MAX, "%.*f", digits > 0 ? digits : 0, v) < 0)
		ret[0] = 0;
}

static int exponent_of(const char *text)
{
	return (int)strtol(strchr(text, 'e') + 1, NULL, 10);
}

void float_format_yaml(double v, char ret[FLOAT_TEXT_MAX])
{
	char shortest[FLOAT_TEXT_MAX];
	int exponent;

	if (!isfinite(v)) {
		const char *word = isnan(v) ? ".nan" : v < 0 ? "-.inf" : ".inf";

		memcpy(ret, word, strlen(word) + 1);
		return;
	}
	shortest_exponent_form(v, shortest);
	exponent = exponent_of(shortest);
	if (exponent < -4 || exponent >= 6)
		memcpy(ret, shortest, sizeof(shortest));
	else
		format_plain(v, shortest, exponent, ret);
}

void float_format_json(double v, char ret[FLOAT_TEXT_MAX])
{
	char shortest[FLOAT_TEXT_MAX];

	if (!isfinite(v)) {
		memcpy(ret, "null", sizeof("null")); /* JSON has no word for it */
		return;
	}
	shortest_exponent_form(v, shortest);
	if (v == 0 || (fabs(v) >= 1e-6 && fabs(v) < 1e21)) {
		format_plain(v, shortest, exponent_of(shortest), ret);
		return;
	}
	/* e-09 is written e-9 there. */
	if (strstr(shortest, "e-0"))
		memmove(strstr(shortest, "e-0") + 2, strstr(shortest, "e-0") + 3,
			strlen(strstr(shortest, "e-0") + 3) + 1);
	memcpy(ret, shortest, sizeof(shortest));
}
