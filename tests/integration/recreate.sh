#!/bin/bash
# What changes what: recreation, scale, orphans, --no-start, environment from .env.
. "$(dirname "$0")/lib.sh"

write() { # COMMAND-OF-A
	compose_file <<Y
name: re
services:
  a: {image: alpine, command: $1, environment: {V: "\${V:-unset}"}}
  b: {image: alpine, command: sleep 1000, depends_on: {a: {condition: service_started, restart: true}}}
  c: {image: alpine, command: sleep 1000}
Y
}
write "sleep 1000"
run compose up -d --no-start
succeeds "--no-start"
is "... makes without starting" "$(compose ps -a --format '{{.State}}' | sort -u)" created
compose up -d 2>/dev/null
a=$(id_of a) b=$(id_of b) c=$(id_of c)
write "sleep 2000"
run compose up -d -t 0
succeeds "up after a change"
like "... recreates that service" "$ERR" '^ Container re-a-1 Recreated *$'
ok "... with a new id" test "$(id_of a)" != "$a"
is "... and leaves the others" "$(id_of c)" "$c"
is "the number stays" "$(compose ps --format '{{.Name}}' a)" re-a-1
echo V=1 > .env
run compose up -d -t 0
like ".env is part of the change test" "$ERR" '^ Container re-a-1 Recreated *$'
is "... and arrives" "$(compose exec -T a sh -c 'echo $V')" 1
run compose up -d --force-recreate --no-deps -t 0 c
like "--force-recreate" "$ERR" '^ Container re-c-1 Recreated *$'
unlike "--no-deps" "$ERR" 're-a-1'
write "sleep 3000"
a=$(id_of a)
compose up -d --no-recreate 2>/dev/null
is "--no-recreate keeps" "$(id_of a)" "$a"

run compose up -d --scale c=3 -t 0 c
succeeds "--scale"
is "... three of them" "$(compose ps --format '{{.Name}}' c)" "re-c-1
re-c-2
re-c-3"
compose up -d --scale c=1 -t 0 c 2>/dev/null
is "... and one again" "$(compose ps -a --format '{{.Name}}' c)" re-c-1

compose_file <<'Y'
name: re
services:
  a: {image: alpine, command: sleep 3000, environment: {V: "1"}}
Y
run compose up -d -t 0
like "orphans are named" "$ERR" 'level=warning msg="Found orphan containers \(re-b-1, re-c-1\) for this project'
run compose up -d -t 0 --remove-orphans
is "--remove-orphans" "$(compose ps -a --format '{{.Name}}')" re-a-1

run compose restart -t 0
succeeds "restart"
like "... says so" "$ERR" '^ Container re-a-1 Started *$'
run compose kill
succeeds "kill"
like "... says so" "$ERR" '^ Container re-a-1 Killed *$'
is "... 137" "$(compose ps -a --format '{{.State}} {{.ExitCode}}')" "exited 137"
run compose kill
succeeds "kill of nothing"
is "... says so" "$ERR" "No container to kill"
run compose kill nosuch
fails "an unknown service" 1
run compose --dry-run down
succeeds "--dry-run"
ok "... changes nothing" test -n "$(compose ps -aq)"
run compose --progress json down -t 0
succeeds "--progress json"
is "... objects with keys in order" "$(grep -m1 'Removed' <<<"$ERR")" '{"id":"Container re-a-1","status":"Done","text":"Removed"}'
run compose --progress nosuch ps
fails "an unknown --progress" 1
finish
