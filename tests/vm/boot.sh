#!/bin/bash
# Boots Debian's own kernel in a virtual machine, where cgroup version 2 is the only hierarchy and every kernel
# module still has to be loaded, and runs integration cases there.
#
#   boot.sh [CASE...]     exit 0 all hold, 1 some do not, 77 skipped
#
# COMPOSE_BIN  directory of the programs under test. The root file system of the guest is made once and kept in
# the fixtures beside it; the programs and the cases come in on a second disk, made at each run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${COMPOSE_BIN:=$here/../../build/dev/bin}"
COMPOSE_BIN=$(readlink -f "$COMPOSE_BIN")
fixtures=${COMPOSE_TEST_FIXTURES:-$COMPOSE_BIN/../test-fixtures}
cases=("$@")
[ $# -gt 0 ] || cases=(up_down exec volumes ports kill_keepers)

skip() { echo "1..0 # SKIP $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root"
[ -x "$COMPOSE_BIN/compose" ] || skip "no program at $COMPOSE_BIN/compose"
for tool in qemu-system-x86_64 mmdebstrap mke2fs depmod; do
	PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || skip "needs $tool"
done
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$fixtures"
fixtures=$(readlink -f "$fixtures")
work=$(mktemp -d "${COMPOSE_TEST_TMP:-/var/tmp}/compose-vm.XXXXXX")
trap 'rm -rf "$work"' EXIT

# mke2fs_from DIRECTORY FILE SIZE
mke2fs_from() { mke2fs -q -t ext4 -F -O ^has_journal -d "$1" "$2" "$3" >/dev/null; }

make_guest() {
	local packages=bash,kmod,busybox-static,iproute2,nftables,iptables,util-linux,procps,python3-minimal,libpython3-stdlib
	local kernel tree=$work/tree
	packages+=,libyaml-0-2,libuv1,libcjson1,libseccomp2,libnl-3-200,libnl-route-3-200,libnftables1,libarchive13,libssl3
	kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p')
	"$here/../../examples/base-image.sh" "$work/base.tar" "$packages"
	mkdir -p "$tree/mnt"
	tar -C "$tree" -xf "$work/base.tar"
	(cd "$work" && apt-get -qq download "$kernel" && dpkg-deb -x "$kernel"_*.deb "$work/kernel")
	cp -a "$work/kernel/lib/modules" "$tree/usr/lib/"
	depmod -b "$tree" "$(ls "$tree/usr/lib/modules")"
	ln -sf /mnt/tests/vm/init.sh "$tree/vm-init"
	make_initramfs "$tree/usr/lib/modules" "$tree/bin/busybox"
	cp "$work/kernel"/boot/vmlinuz-* "$fixtures/vm-kernel"
	mke2fs_from "$tree" "$work/root.ext4" 1500M
	mv "$work/root.ext4" "$fixtures/vm-root.ext4"
	rm -rf "$tree" "$work/kernel" "$work"/*.deb "$work/base.tar"
}

# What it takes to reach the disk: busybox, the virtio modules, and ten lines.
make_initramfs() { # MODULES BUSYBOX
	local dir=$work/initramfs release
	release=$(ls "$1")
	mkdir -p "$dir"/{bin,dev,proc,root} "$dir/lib/modules/$release"
	cp "$2" "$dir/bin/busybox"
	find "$1" -name 'virtio*.ko' -exec cp {} "$dir/lib/modules/$release/" \;
	depmod -b "$dir" "$release"
	cat > "$dir/init" <<-'I'
		#!/bin/busybox sh
		/bin/busybox mount -t proc proc /proc
		/bin/busybox mount -t devtmpfs dev /dev
		/bin/busybox modprobe virtio_pci
		/bin/busybox modprobe virtio_blk
		/bin/busybox mount -t ext4 /dev/vda /root
		/bin/busybox mount -t ext4 -o ro /dev/vdb /root/mnt
		exec /bin/busybox switch_root /root /vm-init
	I
	chmod +x "$dir/init"
	(cd "$dir" && find . | busybox cpio -o -H newc 2>/dev/null) > "$fixtures/vm-initramfs"
}

if [ ! -s "$fixtures/vm-root.ext4" ] && ! make_guest >"$work/log" 2>&1; then
	cat "$work/log"
	skip "the guest could not be made from the configured apt sources"
fi

mkdir -p "$work/disk/bin" "$work/disk/tests"
for program in compose compose-shim compose-runtime compose-net compose-image docker-compose; do
	[ ! -e "$COMPOSE_BIN/$program" ] || cp -a "$COMPOSE_BIN/$program" "$work/disk/bin/"
done
strip --strip-debug "$work"/disk/bin/compose* 2>/dev/null || true
cp -a "$here/../integration" "$here" "$work/disk/tests/"
printf '%s\n' "${cases[@]}" > "$work/disk/cases"
mke2fs_from "$work/disk" "$work/disk.ext4" 64M

# In software: KVM inside another machine may start and then hang.
timeout 800 qemu-system-x86_64 -machine q35 -accel tcg -cpu max -smp 2 -m 1500 -nic none -nographic -no-reboot \
	-kernel "$fixtures/vm-kernel" -initrd "$fixtures/vm-initramfs" -append "console=ttyS0 quiet panic=-1" \
	-drive "file=$fixtures/vm-root.ext4,if=virtio,format=raw,snapshot=on" \
	-drive "file=$work/disk.ext4,if=virtio,format=raw,readonly=on" </dev/null 2>&1 | tr -d '\r' | tee "$work/console"
grep -qx 'guest: all cases hold' "$work/console"
