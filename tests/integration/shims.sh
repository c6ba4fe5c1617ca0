#!/bin/bash
# Who makes shims, what becomes of a container whose shim is killed, and a supervisor that has no guardian.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: shims
services:
  a:
    image: alpine
    command: sh -c "trap 'exit 3' TERM; while :; do sleep 0.05; done"
  b: {image: alpine, command: sleep 1000}
Y
shim_of() { pgrep -f "compose-shim run --id ${1:0:20}"; }
compose up -d 2>/dev/null
guardian=$(parent_of "$(supervisor_pid shims)")
shim=$(shim_of "$(id_of b)")
is "the guardian is the shim's parent" "$(parent_of "$shim")" "$guardian"
is "ps(1) knows it by name" "$(cat "/proc/$shim/comm")" compose-shim
is "the init is the shim's child" "$(parent_of "$(init_pid "$(id_of b)")")" "$shim"
sockets() { find "/proc/$1/fd" -lname 'socket:*' | wc -l; }
is "the container inherits no socket" "$(sockets "$(init_pid "$(id_of b)")")" 0

pid=$(init_pid "$(id_of a)")
shim=$(shim_of "$(id_of a)")
kill -9 "$shim"
eventually "a killed shim is gone" is_gone "$shim"
ok "its container runs on" test -d "/proc/$pid"
is "and is listed as running" "$(compose ps --format '{{.State}}' a)" running
kill -TERM "$pid"
exit_code() { compose ps -a --format '{{.ExitCode}}' a; }
with_code() { [ "$(exit_code)" = "$1" ]; }
eventually "its exit code is known all the same" with_code 3
compose start a 2>/dev/null
eventually "it starts again" test -n "$(shim_of "$(id_of a)")"
supervisor=$(supervisor_pid shims)
kill -9 "$supervisor"
another() { local s; s=$(supervisor_pid shims) && [ "$s" != "$supervisor" ] && [ -d "/proc/$s" ]; }
eventually "a killed supervisor is followed by another" another
compose up -d --force-recreate -t 0 b 2>/dev/null
is "whose shims the guardian makes, too" "$(parent_of "$(shim_of "$(id_of b)")")" "$guardian"

# Killed while it makes its container: the start fails, and what was made so far goes.
compose stop -t 0 b 2>/dev/null
b=$(id_of b)
fifo=$COMPOSE_RUN/containers/$b/exec.fifo # there from the beginning of the making to the start
kill_next_shim() { # the guardian's latest child; without a process of our own, to be in time
	local child
	compose up -d b 2>"$WORK/err" &
	while [ -d "/proc/$!" ] && [ ! -p "$fifo" ]; do :; done
	read -r -a child < "/proc/$guardian/task/$guardian/children" # one line without an end
	kill -9 "${child[-1]}" 2>/dev/null
	wait $!
}
for ((i = 0; i < 50; i++)); do
	kill_next_shim
	grep -q "the shim died" "$WORK/err" && break
	compose stop -t 0 b 2>/dev/null
done
ok "a shim is killed before it has started its container" grep -q "the shim died" "$WORK/err"
is "nothing of what it made is left" "$(ls "${fifo%/*}" 2>/dev/null; pgrep -f "compose-shim run --id ${b:0:20}"; cgroups | grep "$b")" ""
run compose up -d b
succeeds "the next start"
compose down -t 0 2>/dev/null

# No guardian, nobody takes orders: the supervisor starts the program.
eventually "the supervisor has ended" is_gone "$guardian"
mkdir -p "$COMPOSE_RUN/projects/shims"
"$COMPOSE_BIN/compose" supervise shims 2>/dev/null 3> >(cat >/dev/null) & # it waits for whoever made the pipe
listens() { [ -S "$COMPOSE_RUN/projects/shims/control.sock" ]; }
eventually "a supervisor without guardian listens" listens
run compose up -d
succeeds "up under it"
is "it is the shim's parent" "$(parent_of "$(shim_of "$(id_of b)")")" "$(supervisor_pid shims)"
is "its containers work" "$(compose exec -T b echo hi)" hi
run compose down -t 0
succeeds "down"
finish
