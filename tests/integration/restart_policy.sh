#!/bin/bash
# Restart policies: who comes back, how often, after what delay.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: restart
services:
  no: {image: alpine, command: sh -c "echo run; exit 1"}
  twice: {image: alpine, command: sh -c "echo run; exit 1", restart: "on-failure:2"}
  clean: {image: alpine, command: sh -c "echo run; exit 0", restart: on-failure}
  always: {image: alpine, command: sh -c "echo run; exit 0", restart: always}
  long: {image: alpine, command: sleep 1000, restart: on-failure}
  unless: {image: alpine, command: sleep 1000, restart: unless-stopped}
Y
compose up -d 2>/dev/null
runs() { compose logs --no-log-prefix "$1" | grep -cx run; }
at_least() { [ "$(runs "$1")" -ge "$2" ]; }
eventually "on-failure:2 runs three times" at_least twice 3
eventually "always runs again after exit 0" at_least always 4
eventually "on-failure:2 gives up" sh -c '[ "$(compose ps -a --format "{{.State}}" twice)" = exited ]'
is "on-failure:2 ran three times and no more" "$(runs twice)" 3
is "no policy ran once" "$(runs no)" 1
is "on-failure does not repeat exit 0" "$(runs clean)" 1

# 100 ms, 200 ms, 400 ms between the runs.
gaps=$(compose logs -t --no-log-prefix always | head -4 | python3 -c '
import sys, datetime
t = [datetime.datetime.fromisoformat(l.split()[0][:26]) for l in sys.stdin]
print(*[round((b - a).total_seconds() * 1000) for a, b in zip(t, t[1:])])')
note "gaps between runs in ms: $gaps"
read -r a b c <<<"$gaps"
# The lower bounds are exact; the upper ones leave room for a start on a busy machine.
ok "the first delay is 100 ms" test "${a:-0}" -ge 100 -a "${a:-9999}" -le 1600
ok "the second 200 ms" test "${b:-0}" -ge 200 -a "${b:-9999}" -le 1700
ok "the third 400 ms" test "${c:-0}" -ge 400 -a "${c:-9999}" -le 1900

id=$(id_of long)
pid=$(init_pid "$id")
kill -9 "$pid"
back() { local p; p=$(init_pid "$id") && [ -n "$p" ] && [ "$p" != "$pid" ] && [ "$(compose ps --format '{{.State}}' long)" = running ]; }
eventually "kill -9 of the process is repaired" back
is "the container is the same" "$(id_of long)" "$id"
kill -9 "$(init_pid "$(id_of unless)")"
eventually "unless-stopped as well" sh -c '[ "$(compose ps --format "{{.State}}" unless)" = running ]'

compose stop -t 0 long unless 2>/dev/null
is "stop ends the policy" "$(compose ps -a --format '{{.State}}' long unless)" "exited
exited"
compose kill always 2>/dev/null
run compose restart -t 0 long
succeeds "restart starts a stopped one"
is "... it runs" "$(compose ps --format '{{.State}}' long)" running
run compose down -t 0
succeeds "down"
finish
