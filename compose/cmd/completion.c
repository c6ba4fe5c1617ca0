#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "compose/cmd/cmd.h"

/* All three ask `compose __complete` and take the words in front of the tabulator. */
static const char bash_script[] =
	"_compose_complete() {\n"
	"\tlocal line directive words=(\"${COMP_WORDS[@]:1:COMP_CWORD}\")\n"
	"\t[ \"${COMP_WORDS[0]##*/}\" = docker ] && words=(\"${words[@]:1}\")\n"
	"\tCOMPREPLY=()\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tcase $line in\n"
	"\t\t:*) directive=${line#:} ;;\n"
	"\t\t*) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
	"\t\tesac\n"
	"\tdone < <(compose __complete \"${words[@]}\" 2>/dev/null)\n"
	"\tcase $directive in\n"
	"\t0) COMPREPLY+=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")) ;;\n"
	"\t16) COMPREPLY+=($(compgen -d -- \"${COMP_WORDS[COMP_CWORD]}\")) ;;\n"
	"\tesac\n"
	"\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	"}\n"
	"complete -F _compose_complete compose docker-compose\n";

static const char zsh_script[] =
	"#compdef compose docker-compose\n"
	"_compose() {\n"
	"\tlocal line directive\n"
	"\tlocal -a found\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tcase $line in\n"
	"\t\t:*) directive=${line#:} ;;\n"
	"\t\t*$'\\t'*) found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
	"\t\t*) found+=(\"${line//:/\\\\:}\") ;;\n"
	"\t\tesac\n"
	"\tdone < <(compose __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
	"\t_describe compose found\n"
	"\tcase $directive in\n"
	"\t0) _files ;;\n"
	"\t16) _files -/ ;;\n"
	"\tesac\n"
	"}\n"
	"compdef _compose compose docker-compose\n";

static const char fish_script[] =
	"function __compose_complete\n"
	"\tset -l words (commandline -opc) (commandline -ct)\n"
	"\tfor line in (compose __complete $words[2..-1] 2>/dev/null)\n"
	"\t\tswitch $line\n"
	"\t\tcase ':0'\n"
	"\t\t\t__fish_complete_path (commandline -ct)\n"
	"\t\tcase ':16'\n"
	"\t\t\t__fish_complete_directories (commandline -ct)\n"
	"\t\tcase ':*'\n"
	"\t\tcase '*'\n"
	"\t\t\techo $line\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"complete -c compose -f -a '(__compose_complete)'\n"
	"complete -c docker-compose -f -a '(__compose_complete)'\n";

static int completion_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	static const struct {
		const char *shell, *script;
	} scripts[] = {
		{ "bash", bash_script },
		{ "fish", fish_script },
		{ "zsh", zsh_script },
	};

	(void)cli;
	(void)opts;
	(void)n;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		if (!streq(args[0], scripts[i].shell))
			continue;
		fputs(scripts[i].script, stdout);
		return 0;
	}
	return err_set(e, EINVAL, "no completion for the shell \"%s\": expected bash, fish or zsh",
		       args[0]);
}

const struct cmd cmd_completion = {
	.name = "completion",
	.args = "bash|fish|zsh",
	.summary = "Print the completion script of a shell",
	.min_args = 1,
	.max_args = 1,
	.hidden = true,
	.run = completion_run,
};
