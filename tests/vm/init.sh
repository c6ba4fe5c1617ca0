#!/bin/bash
# First process of the guest that boot.sh starts.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root COMPOSE_BIN=/mnt/bin
export COMPOSE_TEST_FIXTURES=/var/lib/fixtures CASE_DEADLINE=90
mount -o remount,rw / 2>/dev/null
mount -t proc proc /proc 2>/dev/null
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
echo "guest: Linux $(uname -r), cgroup controllers: $(cat /sys/fs/cgroup/cgroup.controllers)"
failed=0
while read -r name <&3; do
	echo "guest: case $name"
	bash "/mnt/tests/integration/$name.sh"
	case $? in
	0) echo "guest: $name holds" ;;
	77) echo "guest: $name skipped" ;;
	*) echo "guest: $name does not hold"; failed=1 ;;
	esac
done 3< /mnt/cases
[ $failed = 0 ] && echo "guest: all cases hold"
sync
echo o > /proc/sysrq-trigger
sleep 10
