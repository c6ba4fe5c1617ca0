#!/bin/bash
# exec: exit codes, pipes, terminal, user, working directory, environment.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: exec
services:
  a: {image: alpine, command: sleep 1000, environment: {A: "1"}, deploy: {replicas: 2}}
Y
compose up -d 2>/dev/null

run compose exec a sh -c 'echo out; echo err >&2; exit 7'
fails "the exit code is the command's" 7
is "stdout" "$OUT" out
is "stderr" "$ERR" err
run compose exec -T -e B=2 -w /tmp -u 1000:1000 a sh -c 'echo $A $B; pwd; id'
succeeds "user, directory and environment"
is "... as asked for" "$OUT" "1 2
/tmp
uid=1000 gid=1000 groups=1000"
is "--index takes the replica" "$(compose exec -T --index 2 a hostname)" "$(compose ps --format '{{.Name}} {{.ID}}' | sed -n 's/^exec-a-2 //p')"
run compose exec --index 9 a hostname
fails "a replica that is not there" 1
is "... is named" "$ERR" 'service "a" is not running container #9'
run compose exec a nosuchprogram
fails "not found is 127" 127
like "... with the words scripts look for" "$ERR" 'exec: "nosuchprogram": executable file not found in \$PATH'
is "... and nothing on stdout" "$OUT" ""
run compose exec a /etc
fails "a directory is 126" 126
like "... permission denied" "$ERR" 'exec: "/etc": .*permission denied'
run compose exec nosuch true
fails "an unknown service" 1
like "... is named" "$ERR" 'nosuch'
run compose exec a sh -c 'kill -9 $$'
fails "killed by a signal is 128 + signal" 137

is "a pipe in" "$(echo piped | compose exec -T a cat)" piped
is "without -T as well" "$(echo piped | compose exec a cat)" piped
head -c 3000000 /dev/urandom > "$WORK/blob"
is "3 MB of bytes pass unchanged" "$(compose exec -T a cat < "$WORK/blob" | sha256sum)" "$(sha256sum < "$WORK/blob")"
ok "closed stdin hangs nothing" sh -c 'timeout 10 compose exec -T a true <&-'
ok "a reader that leaves early hangs nothing" sh -c 'timeout 10 compose exec -T a yes | head -1'
run compose exec -d a sh -c 'touch /made'
succeeds "-d returns"
eventually "... and the command runs" compose exec -T a test -e /made

run on_terminal compose exec a sh -c 'tty; stty size; echo $TERM; exit 5'
fails "on a terminal, the exit code" 5
like "there is a terminal" "$OUT" '^/dev/pts/0'
like "of the outer size" "$OUT" '^30 100'
like "TERM is set" "$OUT" '^xterm'
OUT=$(TERMINAL_WAIT_FOR=ready TERMINAL_SIZE="40 120" TERMINAL_TYPE='\n' on_terminal compose exec a sh -c 'echo ready; read x; stty size')
like "a new size is forwarded" "$OUT" '^40 120'
OUT=$(TERMINAL_WAIT_FOR=ready TERMINAL_TYPE='\x03' on_terminal compose exec a sh -c 'trap "echo caught" INT; echo ready; sleep 5 & wait')
like "Ctrl-C goes to the command inside" "$OUT" caught

compose stop -t 0 2>/dev/null
run compose exec a true
fails "a stopped service" 1
is "... is said to be so" "$ERR" 'service "a" is not running'
run compose down -t 0
succeeds "down"
finish
