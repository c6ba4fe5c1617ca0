#!/bin/bash
# kill -9 of supervisor and guardian: the containers serve on, and every command works afterwards.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: keep
services:
  web:
    image: alpine
    command: sh -c "echo it works > /root/index.html; while :; do echo tick; sleep 0.2; done & exec httpd -f -p 80 -h /root"
    ports: ["18080:80"]
    restart: on-failure
  other: {image: alpine, command: sleep 1000}
Y
compose up -d 2>/dev/null
eventually "it serves" http 127.0.0.1 18080
ids=$(compose ps -q)
pid=$(init_pid "$(id_of web)")
started=$(awk '{ print $22 }' "/proc/$pid/stat")
same_process() { [ "$(awk '{ print $22 }' "/proc/$pid/stat" 2>/dev/null)" = "$started" ]; }

supervisor=$(supervisor_pid keep)
kill -9 "$supervisor"
is "killed supervisor: still serves" "$(http 127.0.0.1 18080)" "it works"
new_supervisor() { local s; s=$(supervisor_pid keep) && [ "$s" != "$supervisor" ] && [ -d "/proc/$s" ]; }
eventually "the guardian starts another" new_supervisor
is "ps shows the same containers" "$(compose ps -q)" "$ids"
ok "the process is the same" same_process
compose exec -T web nslookup other >/dev/null 2>&1
is "names still resolve" "$?" 0

supervisor=$(supervisor_pid keep)
guardian=$(parent_of "$supervisor")
kill -9 "$guardian"
eventually "killed guardian: gone" is_gone "$guardian"
# The new one cannot become the parent of what runs: it adopts it.
adopted() { pgrep -f "compose-shim guard --adopt.* supervise keep"; }
eventually "the supervisor has a guardian again" adopted
kill -9 "$(supervisor_pid keep)"
eventually "... which starts another" new_supervisor
kill -9 "$(supervisor_pid keep)" "$(adopted)"
is "killed both: still serves" "$(http 127.0.0.1 18080)" "it works"
is "ps works" "$(compose ps -q)" "$ids"
ok "the process is the same" same_process

lines=$(compose logs --no-log-prefix web | grep -c tick)
more_lines() { [ "$(compose logs --no-log-prefix web | grep -c tick)" -gt "$lines" ]; }
eventually "logs go on" more_lines
timeout 2 compose logs -f --tail 1 web > "$WORK/f" 2>/dev/null
ok "logs -f follows" test "$(grep -c tick "$WORK/f")" -ge 2

kill -9 "$pid"
restarted() { [ "$(compose ps --format '{{.State}}' web)" = running ] && http 127.0.0.1 18080 && ! same_process; }
eventually "the policy holds under the new supervisor" restarted
is "exec works" "$(compose exec -T other echo hi)" hi
compose stop -t 0 other 2>/dev/null
kill -9 "$(supervisor_pid keep)"
is "an exited container is exited afterwards" "$(compose ps -a --format '{{.State}}' other)" exited
run compose down -t 0
succeeds "down"
finish
