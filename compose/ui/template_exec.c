#include <errno.h>

#include "compose/ui/template_int.h"

enum { MAX_OUTPUT = 64 << 20 };

const struct json *run_own(struct run *r, struct json *j)
{
	ARRAY_RESERVE(r->made, r->n_made, r->cap_made);
	r->made[r->n_made++] = j;
	return j;
}

static void print_items(struct buf *out, const struct json *j)
{
	bool first = true;

	JSON_EACH (child, j) {
		if (!first)
			buf_addch(out, ' ');
		first = false;
		value_print(out, child);
	}
}

void value_print(struct buf *out, const struct json *j)
{
	switch (j ? json_type(j) : JSON_NULL) {
	case JSON_NULL:
		buf_addstr(out, "<nil>");
		break;
	case JSON_BOOL:
		buf_addstr(out, json_is_true(j) ? "true" : "false");
		break;
	case JSON_NUM:
		buf_addf(out, "%.15g", json_num(j, 0));
		break;
	case JSON_STR:
		buf_addstr(out, json_text(j));
		break;
	case JSON_ARR:
		buf_addch(out, '[');
		print_items(out, j);
		buf_addch(out, ']');
		break;
	case JSON_OBJ:
		buf_addch(out, '{');
		print_items(out, j);
		buf_addch(out, '}');
		break;
	}
}

bool value_is_true(const struct json *j)
{
	switch (j ? json_type(j) : JSON_NULL) {
	case JSON_NULL:
		return false;
	case JSON_BOOL:
		return json_is_true(j);
	case JSON_NUM:
		return json_num(j, 0) != 0;
	case JSON_STR:
		return *json_text(j) != '\0';
	default:
		return json_len(j) > 0;
	}
}

static int run_error(struct run *r, const char *fmt, const char *arg)
{
	AUTO(mem) char *what = NULL;

	what = xasprintf("%s%s", fmt, arg);
	return err_set(r->e, EINVAL, "template parsing error: template: :1: executing \"\": %s", what);
}

static int eval(struct run *r, const struct tnode *n, const struct json *dot,
		const struct json **ret);

/* The word a column of labels is headed by: "com.docker.compose.one-off" gives "one off". */
static const struct json *label_header(struct run *r, const char *key)
{
	const char *dot = strrchr(key, '.');
	char *text = xstrdup(dot ? dot + 1 : key);
	struct json *j;

	for (char *p = text; *p; p++)
		if (*p == '-' || *p == '_')
			*p = ' ';
	j = json_new_str(text);
	free(text);
	return run_own(r, j);
}

static int eval_label(struct run *r, const struct tnode *n, const struct json *dot,
		      const struct json **ret)
{
	const struct json *key = NULL;
	const char *value;
	int rc = eval(r, n->args, dot, &key);

	if (rc < 0)
		return rc;
	if (!json_is(key, JSON_STR))
		return run_error(r, "wrong type of argument for .Label", "");
	if (r->data->header) {
		*ret = label_header(r, json_text(key));
		return 0;
	}
	value = json_str(r->data->labels, json_text(key), "");
	*ret = run_own(r, json_new_str(value));
	return 0;
}

static int walk(struct run *r, const struct json *v, const struct strv *path, const struct json **ret)
{
	for (size_t i = 0; i < path->n; i++) {
		const struct json *next = json_get(v, path->v[i]);

		if (!next && v == r->data->root)
			return run_error(r, "can't evaluate field ", path->v[i]);
		v = next;
	}
	*ret = v;
	return 0;
}

static int eval_field(struct run *r, const struct tnode *n, const struct json *dot,
		      const struct json **ret)
{
	if (n->args && n->path.n == 1 && streq(n->path.v[0], "Label"))
		return eval_label(r, n, dot, ret);
	if (n->args)
		return run_error(r, "field is not a method but has arguments: ",
				 n->path.n ? n->path.v[n->path.n - 1] : ".");
	return walk(r, dot, &n->path, ret);
}

static int eval_variable(struct run *r, const struct tnode *n, const struct json **ret)
{
	if (!*n->text)
		return walk(r, r->data->root, &n->path, ret);
	for (size_t i = r->n_vars; i-- > 0;)
		if (streq(r->vars[i].name, n->text))
			return walk(r, r->vars[i].value, &n->path, ret);
	return run_error(r, "undefined variable $", n->text);
}

static int eval_function(struct run *r, const struct tnode *n, const struct json *dot,
			 const struct json **ret)
{
	const struct json *args[32];
	size_t n_args = 0;

	if (!template_has_function(n->text))
		return err_set(r->e, EINVAL,
			       "template parsing error: template: :1: function \"%s\" not defined",
			       n->text);
	for (const struct tnode *a = n->args; a; a = a->next) {
		int rc;

		if (n_args == ARRAY_LEN(args))
			return run_error(r, "too many arguments for ", n->text);
		rc = eval(r, a, dot, &args[n_args++]);
		if (rc < 0)
			return rc;
	}
	return template_call(r, n->text, args, n_args, ret);
}

static int eval(struct run *r, const struct tnode *n, const struct json *dot,
		const struct json **ret)
{
	int rc;

	*ret = NULL;
	switch (n->kind) {
	case T_PIPE:
		rc = eval(r, n->args, dot, ret);
		return rc < 0 ? rc : walk(r, *ret, &n->path, ret);
	case T_FIELD:
		return eval_field(r, n, dot, ret);
	case T_VARIABLE:
		return eval_variable(r, n, ret);
	case T_FUNCTION:
		return eval_function(r, n, dot, ret);
	case T_STRING:
		*ret = run_own(r, json_new_str(n->text));
		return 0;
	case T_NUMBER:
		*ret = run_own(r, json_new_num(n->number));
		return 0;
	case T_BOOL:
		*ret = run_own(r, json_new_bool(n->number != 0));
		return 0;
	default:
		return 0;
	}
}

static void var_set(struct run *r, const char *name, const struct json *value)
{
	for (size_t i = r->n_vars; i-- > 0;) {
		if (streq(r->vars[i].name, name)) {
			r->vars[i].value = value;
			return;
		}
	}
	ARRAY_RESERVE(r->vars, r->n_vars, r->cap_vars);
	r->vars[r->n_vars++] = (struct variable){ name, value };
}

static int exec_list(struct run *r, const struct tnode *n, const struct json *dot);

static int exec_range(struct run *r, const struct tnode *n, const struct json *list)
{
	int rc = 0, i = 0;

	JSON_EACH (child, list) {
		const struct json *key = json_key(child) ? json_new_str(json_key(child))
							  : json_new_int(i);

		run_own(r, (struct json *)key);
		if (n->path.n == 2)
			var_set(r, n->path.v[0], key);
		if (n->path.n)
			var_set(r, n->path.v[n->path.n - 1], child);
		rc = exec_list(r, n->body, child);
		if (rc < 0)
			return rc;
		i++;
	}
	return rc;
}

static int exec_branch(struct run *r, const struct tnode *n, const struct json *dot)
{
	const struct json *v;
	int rc = eval(r, n->args, dot, &v);

	if (rc < 0)
		return rc;
	if (!value_is_true(v))
		return exec_list(r, n->other, dot);
	if (n->kind == T_RANGE && json_len(v) > 0)
		return exec_range(r, n, v);
	if (n->kind == T_RANGE)
		return run_error(r, "range can't iterate over a scalar", "");
	if (n->path.n)
		var_set(r, n->path.v[0], v);
	return exec_list(r, n->body, n->kind == T_WITH ? v : dot);
}

static int exec_action(struct run *r, const struct tnode *n, const struct json *dot)
{
	const struct json *v;
	int rc = eval(r, n->args, dot, &v);

	if (rc < 0)
		return rc;
	if (n->path.n)
		var_set(r, n->path.v[0], v);
	else if (v || n->args->args->kind != T_FIELD)
		value_print(r->out, v);
	else
		buf_addstr(r->out, "<no value>");
	return 0;
}

static int exec_list(struct run *r, const struct tnode *n, const struct json *dot)
{
	int rc = 0;

	for (; n && rc == 0; n = n->next) {
		if (r->out->n > MAX_OUTPUT)
			return run_error(r, "output is too long", "");
		if (n->kind == T_TEXT)
			buf_addstr(r->out, n->text);
		else if (n->kind == T_ACTION)
			rc = exec_action(r, n, dot);
		else
			rc = exec_branch(r, n, dot);
	}
	return rc;
}

int template_exec(const struct template *t, const struct template_data *data, struct buf *out,
		  struct err **e)
{
	struct run r = { .data = data, .out = out, .e = e };
	int rc = exec_list(&r, t->list, data->root);

	for (size_t i = 0; i < r.n_made; i++)
		json_free(r.made[i]);
	free(r.made);
	free(r.vars);
	return rc;
}
