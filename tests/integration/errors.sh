#!/bin/bash
# What goes wrong says so once, with place and reason, and leaves nothing half made.
. "$(dirname "$0")/lib.sh"

run compose up -d
fails "no file" 1
is "... is said" "$(head -1 <<<"$ERR")" "no configuration file provided: not found"
run compose -f absent.yaml up -d
fails "a file that is not there" 1
is "... is named" "$ERR" "open $PWD/absent.yaml: no such file or directory"
run compose nosuchcommand
fails "an unknown command" 1
like "... is named" "$ERR" 'unknown docker command: "compose nosuchcommand"'
run compose up --nosuchflag
fails "an unknown flag" 1
is "... is named" "$ERR" "unknown flag: --nosuchflag"

compose_file <<'Y'
name: err
services:
  web: {image: alpine}
Y
for line in COMPOSE_ANSI=loud COMPOSE_PROGRESS=loud COMPOSE_PARALLEL_LIMIT=many; do
	echo "$line" > .env
	run compose ps
	fails "$line of .env counts" 1
	like "... and is named" "$ERR" "${line#*=}"
done
run env COMPOSE_PARALLEL_LIMIT=2 compose ps
succeeds "... unless the environment says otherwise"
run compose version
succeeds "... and only where there is a project"
rm .env

compose_file <<'Y'
name: err
services:
  web:
    image: alpine
    prots: ["80:80"]
Y
run compose up -d
fails "an unknown key" 1
like "... with file, line and column" "$ERR" 'compose\.yaml:5:5: '
like "... the line and a caret" "$ERR" '^ *\|? *\^'
like "... and the word that was meant" "$ERR" 'ports'
compose_file <<'Y'
name: err
services:
  web:
    image: alpine
    ports:
      - "80a0:80"
Y
run compose up -d
fails "a bad port" 1
like "... with its place" "$ERR" 'compose\.yaml:6:(9|10): '
like "... and its text" "$ERR" '80a0'
printf 'services:\n  web:\n    image: a\n   bad: [\n' > compose.yaml
run compose up -d
fails "broken YAML" 1
like "... with its place" "$ERR" 'compose\.yaml:4:'

compose_file <<'Y'
name: err
services:
  badimg: {image: "nosuchimage:nosuchtag", pull_policy: never, profiles: [i]}
  badcmd: {image: alpine, command: /nosuchprogram, profiles: [c]}
  badcwd: {image: alpine, command: sleep 1, working_dir: /etc/passwd, profiles: [w]}
  baduser: {image: alpine, command: sleep 1, user: nosuchuser, profiles: [u]}
  noexec: {image: alpine, command: /etc/passwd, profiles: [x]}
  badnet: {image: alpine, command: sleep 100, networks: [ext], profiles: [n]}
  fine: {image: alpine, command: sleep 100}
networks: {ext: {external: true}}
Y
# service, what the message must contain, state that `ps -a` shows afterwards
check() {
	run compose up -d "$1"
	fails "$1: up fails" 1
	like "$1: the reason" "$ERR" "$2"
	is "$1: what is left" "$(compose ps -a --format '{{.State}}' "$1" 2>/dev/null)" "$3"
	compose --profile '*' down -t 0 2>/dev/null
	# The supervisor takes the last of it with it when it ends, just after it has answered.
	eventually "$1: down takes it all" nothing_left find "$COMPOSE_ROOT/projects" "$COMPOSE_ROOT/networks" -mindepth 1 ! -name '*lock'
}
check badimg 'No such image: nosuchimage:nosuchtag' ""
check badcmd 'exec: "/nosuchprogram": (stat /nosuchprogram: )?(no such file or directory|executable file not found)' created
check badcwd '/etc/passwd.*(not a directory|Not a directory)' ''
check baduser 'unable to find user nosuchuser' created
check noexec 'exec: "/etc/passwd": permission denied' created
check badnet 'network ext declared as external, but could not be found' ""

compose up -d fine 2>/dev/null
compose_file <<'Y'
name: err
services:
  fine: {image: alpine, command: sleep 100}
  broken: {image: alpine, command: /nosuchprogram, depends_on: [fine]}
Y
id=$(id_of fine)
run compose up -d
fails "one of two fails" 1
is "... the other is untouched" "$(id_of fine)" "$id"
run compose down -t 0
succeeds "down"

# Containers are drafted while their network is made; without the network nothing of them may stay.
compose_file <<'Y'
name: err
services:
  a: {image: alpine, command: sleep 100, volumes: [/data]}
  b: {image: alpine, command: sleep 100, depends_on: [a]}
networks:
  default: {driver_opts: {com.docker.network.bridge.name: lo}}
Y
run compose up -d
fails "the network cannot be made: up fails" 1
like "... the reason" "$ERR" 'interface lo is not a bridge'
unlike "... containers are not spoken of" "$ERR" 'Container err-[ab]-1'
is "... there is none" "$(compose ps -aq 2>/dev/null)" ""
eventually "... nor anything else" nothing_left find "$COMPOSE_ROOT/projects" "$COMPOSE_ROOT/networks" \
	"$COMPOSE_ROOT/volumes" -mindepth 1 ! -name '*lock' ! -name project.json ! -name containers ! -name err
finish
