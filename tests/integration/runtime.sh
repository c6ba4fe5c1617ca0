#!/bin/bash
# compose-runtime by hand: the life of a bundle, exit codes, refusals, nothing left behind.
. "$(dirname "$0")/lib.sh"

rt() { "$COMPOSE_BIN/compose-runtime" --root "$WORK/state" --seccomp-cache "$WORK/seccomp" "$@"; }
mkdir -p "$WORK/b/rootfs"/{bin,proc,sys,dev,etc,tmp}
install "$(command -v busybox)" "$WORK/b/rootfs/bin/busybox"
for name in sh cat echo id sleep ls touch true hostname; do ln -s busybox "$WORK/b/rootfs/bin/$name"; done
printf 'root:x:0:0::/root:/bin/sh\njoe:x:1000:1000::/home/joe:/bin/sh\n' > "$WORK/b/rootfs/etc/passwd"
cd "$WORK/b"

# bundle JQ-FILTER: config.json is the example of `spec` without a terminal, changed by the filter
bundle() {
	rm -f config.json
	rt spec
	jq ".process.terminal = false | del(.process.rlimits) | $1" config.json > c && mv c config.json
}

bundle '.process.args = ["sh", "-c", "hostname; id -u; exit 9"]'
run rt run t1
fails "run gives the program's exit code" 9
is "... and its output" "$OUT" "compose
0"
run rt state t1
fails "run deletes at the end" 1

bundle '.process.args = ["sleep", "1000"] | .annotations["compose.seccomp"] = "default"'
rt create t2 > /dev/null 2>&1 < /dev/null
is "created, not started" "$(rt state t2 | jq -r .status)" created
run rt create t2
fails "a name is taken once" 1
like "... and says so" "$ERR" 'already exists'
ok "start" rt start t2
is "running" "$(rt state t2 | jq -r .status)" running
run rt start t2
fails "started once" 1
run rt exec t2 sh -c 'cat; exit 5' < /dev/null
fails "exec gives the exit code" 5
is "exec reads standard input" "$(echo in | rt exec t2 cat)" in
is "exec as a user of the image" "$(rt exec -u joe t2 id -u)" 1000
run rt exec t2 nosuch
fails "not found is 127" 127
like "... with the words scripts look for" "$ERR" 'exec: "nosuch": executable file not found in \$PATH'
run rt exec t2 /etc
fails "a directory is 126" 126
is "the filter is on" "$(rt exec t2 sh -c 'grep Seccomp: /proc/self/status 2>/dev/null || cat /proc/self/status' | sed -n 's/^Seccomp:[^0-9]*//p')" 2
ok "pause" rt pause t2
is "paused" "$(rt state t2 | jq -r .status)" paused
run rt exec t2 true
fails "no exec while paused" 128
ok "resume" rt resume t2
run rt delete t2
fails "delete refuses what runs" 1
ok "kill" rt kill t2 KILL
eventually "stopped" sh -c "'$COMPOSE_BIN/compose-runtime' --root '$WORK/state' state t2 | jq -e '.status == \"stopped\"'"
ok "delete" rt delete t2
is "no state is left" "$(ls -A "$WORK/state")" ""

mkdir -p "$WORK/host"
ln -sfn "$WORK/host" rootfs/link
bundle '.process.args = ["true"] | .mounts += [{destination: "/proc/self/attr", type: "tmpfs", source: "tmpfs"}]'
run rt run t3
fails "nothing is mounted inside /proc" 1
bundle '.process.args = ["true"] | .mounts += [{destination: "/link/x", type: "tmpfs", source: "tmpfs"}]'
run rt run t4
is "a link in the root leads nowhere outside" "$(ls -A "$WORK/host")" ""
bundle '.process.args = ["true"] | .process.cwd = "/proc/self/fd/5"'
run rt run t5
fails "a working directory outside is refused" 1
bundle '.process.args = ["true"] | .linux.sysctl = {"kernel.core_pattern": "|/x"}'
run rt run t6
fails "a sysctl of the host is refused" 1
is "failed creations leave no state" "$(ls -A "$WORK/state")" ""
cd /

finish
