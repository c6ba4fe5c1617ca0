#!/bin/bash
# What a container can see and do unless its file asks for more: Docker's defaults.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: conf
services:
  a: {image: alpine, command: sleep 1000}
  user: {image: alpine, command: sleep 1000, user: "1000:1000"}
  more:
    image: alpine
    command: sleep 1000
    cap_add: [SYS_ADMIN]
    cap_drop: [CHOWN]
    security_opt: ["no-new-privileges:true"]
    read_only: true
    hostname: h
    sysctls: {net.ipv4.ip_unprivileged_port_start: "0"}
    ulimits: {nofile: {soft: 1000, hard: 2000}}
    mem_limit: 64m
    pids_limit: 50
    shm_size: 1m
    init: true
  privileged: {image: alpine, command: sleep 1000, privileged: true}
Y
compose up -d 2>"$WORK/err" || cat "$WORK/err"
in_a() { compose exec -T a "$@"; }
status() { compose exec -T "$1" sed -n "s/^$2:[[:space:]]*//p" /proc/1/status; }

is "bounding capabilities are Docker's fourteen" "$(status a CapBnd)" 00000000a80425fb
is "effective ones of root as well" "$(status a CapEff)" 00000000a80425fb
is "inheritable ones are empty" "$(status a CapInh)" 0000000000000000
is "a user has no effective ones" "$(status user CapEff)" 0000000000000000
is "exec gets the same" "$(in_a sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)" 00000000a80425fb
is "a seccomp filter is on" "$(status a Seccomp)" 2
is "in exec as well" "$(in_a sed -n 's/^Seccomp:[[:space:]]*//p' /proc/self/status)" 2
is "cap_add and cap_drop" "$(status more CapBnd)" 00000000a82425fa
is "no-new-privileges" "$(status more NoNewPrivs)" 1
is "privileged has no filter" "$(status privileged Seccomp)" 0

is "pid 1 has descriptors 0, 1 and 2 only" "$(in_a ls /proc/1/fd | tr '\n' ' ')" "0 1 2 "
is "exec has those (and the one ls opens)" "$(in_a sh -c 'ls /proc/$$/fd' | tr '\n' ' ')" "0 1 2 3 "
is "it sees its own processes only" "$(in_a sh -c 'ls -d /proc/[0-9]* | wc -l' | awk '{ print ($1 <= 4) }')" 1
for path in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/latency_stats; do
	is "$path is masked" "$(in_a sh -c "[ ! -e $path ] || cat $path 2>/dev/null | wc -c")" "$(in_a sh -c "[ ! -e $path ] || echo 0")"
done
for path in /proc/acpi /proc/scsi /sys/firmware; do
	is "$path is masked" "$(in_a sh -c "ls $path 2>/dev/null | wc -l")" 0
done
for path in /proc/sys/kernel/printk /proc/sysrq-trigger /proc/irq; do
	run compose exec -T a sh -c "[ ! -e $path ] || ! touch -c $path 2>/dev/null && ! (: > $path/x) 2>/dev/null && ! echo 1 2>/dev/null > $path"
	ok "$path cannot be written" test "$RC" = 0
done
run compose exec -T a mount -t tmpfs x /mnt
ok "mount is refused" test "$RC" != 0
run compose exec -T a unshare -U true
ok "unshare of a user namespace is refused" test "$RC" != 0
run compose exec -T a sh -c 'cat /dev/vda || cat /dev/sda'
ok "no disk of the host is there" test "$RC" != 0
is "devices" "$(in_a sh -c 'cd /dev; ls | sort | tr "\n" " "')" "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero " 
unlike "the host's mounts are not seen" "$(in_a cat /proc/mounts)" "$WORK/project|/var/tmp/[^ ]* /(run|project)"
is "the cgroup is not writable" "$(in_a sh -c 'mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x 2>/dev/null; echo $?')" 1

run compose exec -T more touch /x
ok "read_only" test "$RC" != 0
is "hostname" "$(compose exec -T more hostname)" h
is "sysctls" "$(compose exec -T more cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 0
is "ulimits" "$(compose exec -T more sh -c 'ulimit -Sn; ulimit -Hn' | tr '\n' ' ')" "1000 2000 "
is "shm_size" "$(compose exec -T more df -k /dev/shm | awk 'END { print $2 }')" 1024
is "mem_limit" "$(compose exec -T more sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max')" 67108864
is "pids_limit" "$(compose exec -T more sh -c 'cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max')" 50
unlike "init: pid 1 is not the command" "$(compose exec -T more cat /proc/1/cmdline | tr '\0' ' ')" '^sleep'
run compose down -t 0
succeeds "down"
finish
