#!/bin/bash
# run: one-off containers, their exit codes, names, streams and ends.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: run
services:
  db: {image: alpine, command: sleep 1000}
  app: {image: alpine, command: "echo default", depends_on: [db], ports: ["18081:80"], environment: {A: "1"}}
Y
run compose run --rm app
succeeds "run --rm"
is "stdout is the command's alone" "$OUT" default
like "the dependency starts" "$ERR" '^ Container run-db-1 Started *$'
like "the one-off is created" "$ERR" '^ Container run-app-run-[0-9a-f]{12} Created *$'
unlike "nothing is said of its start" "$ERR" 'run-app-run-[0-9a-f]+ Start'
unlike "--rm leaves nothing" "$(compose ps -a --format '{{.Name}}')" app-run

run compose run app sh -c 'echo $A; exit 5'
fails "the exit code is the command's" 5
is "its output" "$OUT" 1
like "without --rm it stays, exited" "$(compose ps -a --format '{{.Name}} {{.State}} {{.ExitCode}}')" '^run-app-run-[0-9a-f]{12} exited 5$'
run compose run --no-deps --rm -q -e A=2 -u nobody -w /tmp --name mine --entrypoint sh app -c 'id -un; pwd; echo $A'
succeeds "user, directory, environment, name, entrypoint"
is "... as asked for" "$OUT" "nobody
/tmp
2"
run compose run -d --service-ports app sleep 100
succeeds "run -d"
is "it prints the id" "$(grep -Ec '^[0-9a-f]{64}$' <<<"$OUT")" 1
like "--service-ports publishes" "$(compose ps -a --format '{{.Name}} {{.Ports}}')" 'run-app-run-[0-9a-f]{12} 0\.0\.0\.0:18081->80/tcp'
run compose run --rm -P app true
fails "the same port twice" 1
like "... is refused in the words scripts know" "$ERR" 'port is already allocated'
run compose run nosuch
fails "an unknown service" 1
is "... is named" "$ERR" "no such service: nosuch"
run compose run --rm app nosuchprogram
ok "a program that is not there fails" test "$RC" -ne 0
like "... and is named" "$ERR" 'exec: "nosuchprogram": executable file not found in \$PATH'

is "a pipe" "$(echo piped | compose run --rm -T app cat 2>/dev/null)" piped
is "a pipe without -T" "$(echo piped | compose run --rm app cat 2>/dev/null)" piped
is "clean stdout for \$(...)" "$(compose run --rm app echo word 2>/dev/null)" word
OUT=$(on_terminal compose run --rm app sh -c 'tty; stty size')
like "on a terminal it has one" "$OUT" '/dev/pts/0'
like "... of the outer size from the start" "$OUT" '^30 100'
compose run --rm app sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done' > "$WORK/o" 2>/dev/null &
runner=$!
eventually "a running one-off" grep -q ready "$WORK/o"
kill -TERM $runner
wait $runner
is "signals go to it, its code comes back" "$?" 9

compose run --rm -T --no-deps app echo one > "$WORK/1" 2>/dev/null &
first=$!
compose run --rm -T --no-deps app echo two > "$WORK/2" 2>/dev/null &
wait $first $!
is "two at once do not collide" "$(cat "$WORK/1" "$WORK/2")" "one
two"
run compose down -t 0
succeeds "down"
like "one-offs hold the network" "$ERR" 'Network run_default Resource is still in use'
run compose down -t 0 --remove-orphans
succeeds "down --remove-orphans"
like "... takes them" "$ERR" 'Container run-app-run-[0-9a-f]{12} Removed'
like "... and the network" "$ERR" 'Network run_default Removed'
finish
