#!/bin/bash
# up in the foreground: prefixes, ends, exit codes, Ctrl-C once and twice.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: att
services:
  one: {image: alpine, command: sh -c "echo out of one; echo err of one >&2; sleep 0.3; exit 3"}
  longer-name: {image: alpine, command: sh -c "for i in 1 2 3; do echo line $$i; sleep 0.1; done"}
Y
run compose up
succeeds "up ends when all have exited, status 0"
is "first line" "$(head -1 <<<"$OUT")" "Attaching to longer-name-1, one-1"
is "prefixes are as wide as the longest name" "$(grep -c '^one-1          | out of one$' <<<"$OUT")" 1
is "each line once" "$(grep -c '^longer-name-1  | line [123]$' <<<"$OUT")" 3
is "stderr goes to stderr" "$(grep -c '^one-1          | err of one$' <<<"$ERR")" 1
like "exit codes are told" "$OUT" 'one-1 exited with code 3'
run compose up --no-log-prefix
like "--no-log-prefix" "$OUT" '^line 1$'
run compose up --exit-code-from one
fails "--exit-code-from" 3
like "... says what it does" "$ERR" '^ Compose Stopping Aborting on container exit\.\.\.'
run compose up --abort-on-container-failure
fails "--abort-on-container-failure" 3
run compose up --attach one
unlike "--attach shows only those" "$OUT" 'line 1'
like "a terminal gets colours" "$(COMPOSE_MENU=false on_terminal compose up)" $'\x1b\\[3[36]mlonger-name-1  \\| \x1b\\[0mline 1'
compose down -t 0 2>/dev/null

compose_file <<'Y'
name: att
services:
  s: {image: alpine, command: sh -c "trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.1; done"}
  t: {image: alpine, command: sh -c "echo start; sleep 0.2; exit 1", restart: "on-failure:2"}
Y
compose up > "$WORK/o" 2> "$WORK/e" &
up=$!
eventually "it runs" grep -q '| hello' "$WORK/o"
eventually "a restart is told" grep -q 't-1 exited with code 1 (restarting)' "$WORK/o"
kill -INT $up
wait $up
is "Ctrl-C: status 130" "$?" 130
like "... the notice" "$(cat "$WORK/e")" '^ Compose Stopping Gracefully Stopping\.\.\. press Ctrl\+C again to force'
like "... last words are shown" "$(cat "$WORK/o")" '\| bye$'
like "... the stop is shown" "$(cat "$WORK/e")" '^ Container att-s-1 Stopped'
is "... nothing runs, nothing is removed" "$(compose ps -a --format '{{.Name}} {{.State}} {{.ExitCode}}')" "att-s-1 exited 0
att-t-1 exited 1"

compose down -t 0 2>/dev/null

compose_file <<'Y'
name: att
services:
  s: {image: alpine, command: sh -c "trap 'echo no' TERM; echo hello; while :; do sleep 0.1; done"}
Y
compose up > "$WORK/o" 2> "$WORK/e" &
up=$!
eventually "a stubborn one runs" grep -q '| hello' "$WORK/o"
began=$SECONDS
kill -INT $up
eventually "it does not want to stop" grep -q '| no' "$WORK/o"
kill -INT $up
wait $up
is "Ctrl-C twice: status 130" "$?" 130
ok "... at once" test $((SECONDS - began)) -lt 5
is "... killed" "$(compose ps -a --format '{{.State}} {{.ExitCode}}')" "exited 137"

compose up > "$WORK/o" 2> "$WORK/e" &
up=$!
eventually "once more" grep -q '| hello' "$WORK/o"
kill -TERM $up
kill -TERM $up
wait $up
is "SIGTERM is like Ctrl-C" "$?" 130
compose up > "$WORK/o" 2> "$WORK/e" &
up=$!
eventually "and again" grep -q '| hello' "$WORK/o"
kill -9 $up
is "a killed up leaves the container running" "$(compose ps --format '{{.State}}')" running
run compose down -t 0
succeeds "down"
finish
