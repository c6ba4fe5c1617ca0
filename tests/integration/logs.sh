#!/bin/bash
# logs: prefixes, tail, follow, time stamps, and output that outlives its container's run.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: logs
services:
  one: {image: alpine, command: sh -c "echo out of one; echo err of one >&2; printf 'no newline'"}
  two:
    image: alpine
    command: sh -c "for i in 1 2 3 4 5; do echo two $$i; done"
    deploy: {replicas: 2}
  slow: {image: alpine, profiles: [slow], command: sh -c "echo first; until test -e /go; do sleep 0.1; done; echo last"}
Y
compose up -d 2>/dev/null
eventually "everything exits" sh -c '[ "$(compose ps -q)" = "" ]'

run compose logs
succeeds "logs of exited containers"
is "stderr stays empty" "$ERR" ""
is "a line of stdout, with the prefix" "$(grep -c '^one-1  | out of one$' <<<"$OUT")" 1
is "a line of stderr is on stdout" "$(grep -c '^one-1  | err of one$' <<<"$OUT")" 1
is "a last line without newline is printed" "$(grep -c '^one-1  | no newline$' <<<"$OUT")" 1
is "each replica has its lines" "$(grep -c '^two-[12]  | two [1-5]$' <<<"$OUT")" 10
is "--no-log-prefix" "$(compose logs --no-log-prefix one | sort)" "err of one
no newline
out of one"
is "--tail counts per container" "$(compose logs --tail 1 two | sort)" "two-1  | two 5
two-2  | two 5"
is "--tail 0 prints nothing" "$(compose logs --tail 0)" ""
is "--index" "$(compose logs --index 2 --tail 1 two)" "two-2  | two 5"
like "-t puts nanoseconds after the prefix" "$(compose logs -t --tail 1 --index 1 two)" \
	'^two-1  \| 20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z two 5$'
is "--until long ago prints nothing" "$(compose logs --until 2000-01-01T00:00:00Z)" ""
is "--since a minute prints all" "$(compose logs --since 1m two | wc -l)" 10
run compose logs nosuch
fails "an unknown service" 1
is "... is named" "$ERR" "no such service: nosuch"
run timeout 5 compose logs -f --tail 1 two
succeeds "logs -f ends when nothing runs"

compose --profile slow up -d slow 2>/dev/null
compose logs -f --no-log-prefix slow > "$WORK/follow" 2>&1 &
follower=$!
eventually "logs -f shows the first line" grep -qx first "$WORK/follow"
ok "it still follows" test -d "/proc/$follower"
compose exec -T slow touch /go
eventually "logs -f shows a later line" grep -qx last "$WORK/follow"
wait $follower
is "logs -f ends with the container, status 0" "$?" 0
like "it says how the container ended" "$(cat "$WORK/follow")" 'slow-1 exited with code 0'

like "on a terminal the prefix is coloured" "$(on_terminal compose logs --tail 1 one)" $'\x1b\\[36mone-1  \\| \x1b\\[0m'
unlike "--no-color" "$(on_terminal compose logs --no-color --tail 1 one)" $'\x1b\\[36m'
run compose --profile slow down -t 0
succeeds "down"
finish
