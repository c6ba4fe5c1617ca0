/*
 * compose/ui/template.h - the part of Go templates that --format needs, over JSON data.
 *
 * {{.Field.Sub}} {{$}} {{json .}} {{.Label "k"}} {{range .X}}..{{else}}..{{end}} {{if}} {{else if}}
 * {{with}} {{index}} {{len}} {{printf}} {{print}} {{println}} {{eq ne lt le gt ge}} {{and or not}}
 * {{$x := ...}}, pipes, parentheses, {{- trimming -}}, comments, and docker's json split join title
 * lower upper pad truncate. A "\t" or "\n" of two characters outside actions becomes the real one.
 *
 * Owns:    the template is the caller's, template_free(); data is borrowed.
 * Units:   none.
 * Errors:  -EINVAL with "template parsing error: ...".
 * Thread:  any one thread at a time.
 * Source:  Go text/template; cli reference section 8.
 */
#ifndef COMPOSE_UI_TEMPLATE_H
#define COMPOSE_UI_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

struct template;

struct template_data {
	const struct json *root;
	const struct json *labels; /* answers .Label "k"; may be NULL */
	bool header; /* fields are column titles: json, upper... leave them as they are */
};

int template_parse(const char *text, struct template **ret, struct err **e);
void template_free(struct template *t);
static inline void template_autop(struct template **t)
{
	template_free(*t);
}
/* Appends; a field the data does not have is an error, as it is for Go structs. */
int template_exec(const struct template *t, const struct template_data *data, struct buf *out,
		  struct err **e);

#endif
