#include "base/test.h"

#include "compose/ui/template.h"

static struct json *data(const char *text)
{
	struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, NULL), 0);
	return j;
}

/* The output, or the error in brackets. */
static char *run(const char *text, const char *json, bool header)
{
	AUTO(json) struct json *root = data(json);
	AUTO(template) struct template *t = NULL;
	AUTO(err) struct err *e = NULL;
	struct buf out = BUF_INIT;
	const struct template_data d = { .root = root, .labels = json_get(root, "labels"),
					 .header = header };

	if (template_parse(text, &t, &e) < 0 || template_exec(t, &d, &out, &e) < 0) {
		buf_done(&out);
		return xasprintf("[%s]", err_text(e));
	}
	return buf_take(&out);
}

struct sample {
	const char *text, *json, *want;
};

static void check(const struct sample *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(mem) char *got = run(v[i].text, v[i].json, false);

		assert_string_equal(got, v[i].want);
	}
}

static void fields_and_text(void **state)
{
	static const struct sample v[] = {
		{ "{{.Name}} {{ .State }}", "{\"Name\":\"a\",\"State\":\"running\"}", "a running" },
		{ "x\\ty\\n", "{}", "x\ty\n" },
		{ "{{.A.B}}", "{\"A\":{\"B\":7}}", "7" },
		{ "{{.}}", "{\"A\":\"x\",\"B\":1}", "{x 1}" },
		{ "{{/* nothing */}}a", "{}", "a" },
		{ "a {{- .N -}} b", "{\"N\":\"n\"}", "anb" },
	};

	(void)state;
	check(v, ARRAY_LEN(v));
}

static void publishers_print_as_go_structs(void **state)
{
	static const struct sample v[] = {
		{ "{{.P}}", "{\"P\":[{\"URL\":\"0.0.0.0\",\"T\":80,\"P\":8080,\"Pr\":\"tcp\"},"
			    "{\"URL\":\"::\",\"T\":80,\"P\":8080,\"Pr\":\"tcp\"}]}",
		  "[{0.0.0.0 80 8080 tcp} {:: 80 8080 tcp}]" },
		{ "{{.P}}", "{\"P\":[]}", "[]" },
		{ "{{range .P}}{{.URL}};{{end}}", "{\"P\":[{\"URL\":\"a\"},{\"URL\":\"b\"}]}", "a;b;" },
		{ "{{range $i, $p := .P}}{{$i}}={{$p}} {{end}}", "{\"P\":[\"x\",\"y\"]}", "0=x 1=y " },
		{ "{{range .P}}x{{else}}none{{end}}", "{\"P\":[]}", "none" },
	};

	(void)state;
	check(v, ARRAY_LEN(v));
}

static void conditions(void **state)
{
	static const struct sample v[] = {
		{ "{{if .H}}yes{{else}}no{{end}}", "{\"H\":\"\"}", "no" },
		{ "{{if eq .S \"a\" \"b\"}}ab{{else if eq .S \"c\"}}c{{else}}?{{end}}", "{\"S\":\"c\"}", "c" },
		{ "{{if and .A (not .B)}}x{{end}}", "{\"A\":1,\"B\":false}", "x" },
		{ "{{or .A .B}}", "{\"A\":\"\",\"B\":\"b\"}", "b" },
		{ "{{if gt .N 2}}many{{end}}", "{\"N\":3}", "many" },
		{ "{{with .A}}{{.B}}{{end}}", "{\"A\":{\"B\":\"in\"}}", "in" },
		{ "{{ne .A \"x\"}}", "{\"A\":\"y\"}", "true" },
	};

	(void)state;
	check(v, ARRAY_LEN(v));
}

static void functions_and_pipes(void **state)
{
	static const struct sample v[] = {
		{ "{{json .}}", "{\"A\":\"<x>\",\"B\":[1,true,null]}",
		  "{\"A\":\"\\u003cx\\u003e\",\"B\":[1,true,null]}" },
		{ "{{.N | upper | printf \"%-4s|\"}}", "{\"N\":\"ab\"}", "AB  |" },
		{ "{{join (split .N \",\") \"+\"}}", "{\"N\":\"a,b\"}", "a+b" },
		{ "{{len .L}} {{index .L 1}} {{index .M \"k\"}}", "{\"L\":[\"x\",\"y\"],\"M\":{\"k\":\"v\"}}",
		  "2 y v" },
		{ "{{title .N}}{{lower \"AB\"}}{{pad .N 1 2}}|{{truncate .N 1}}", "{\"N\":\"ab\"}",
		  "Abab ab  |a" },
		{ "{{printf \"%s %d %q %5.1f%%\" .N 3 .N 2}}", "{\"N\":\"n\"}", "n 3 \"n\"     2%" },
		{ "{{println .N}}", "{\"N\":\"n\"}", "n\n" },
		{ "{{$x := .N}}{{$x}}", "{\"N\":\"n\"}", "n" },
		{ "{{.Label \"com.x\"}}", "{\"labels\":{\"com.x\":\"v\"}}", "v" },
		{ "{{.Label \"none\"}}", "{\"labels\":{}}", "" },
	};

	(void)state;
	check(v, ARRAY_LEN(v));
}

static void mistakes_are_told(void **state)
{
	static const char *const bad[] = { "{{", "{{.A", "{{end}}", "{{if .A}}x", "{{nosuch .A}}",
					   "{{.Nope}}", "{{\"open}}", "{{(.A}}", "{{else}}", "{{|}}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(mem) char *got = run(bad[i], "{\"A\":1}", false);

		assert_memory_equal(got, "[template parsing error: ", 25);
	}
}

static void a_header_shows_titles(void **state)
{
	AUTO(mem) char *got = run("{{.Name}}\t{{json .Ports}}\t{{.Label \"com.x.one-off\"}}",
				  "{\"Name\":\"NAME\",\"Ports\":\"PORTS\"}", true);

	(void)state;
	assert_string_equal(got, "NAME\tPORTS\tone off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_and_text),
		cmocka_unit_test(publishers_print_as_go_structs),
		cmocka_unit_test(conditions),
		cmocka_unit_test(functions_and_pipes),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(a_header_shows_titles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
