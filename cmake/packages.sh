# Debian packages by purpose, and the function that installs what is missing. Sourced by
# examples/demo.sh and tests/run.sh; costs one dpkg-query when everything is there.

packages_build="gcc libc6-dev cmake ninja-build pkg-config libyaml-dev libuv1-dev libcjson-dev
	libseccomp-dev libnl-3-dev libnl-route-3-dev libarchive-dev libssl-dev
	libcurl4-openssl-dev ca-certificates"
packages_demo="mmdebstrap"
packages_tests="libcmocka-dev libnftables-dev busybox-static python3 python3-yaml iproute2 nftables iptables
	util-linux procps mmdebstrap docker-registry"
packages_vm="qemu-system-x86 kmod e2fsprogs binutils"

need_packages() {
	local p missing=()
	for p in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update </dev/null
	apt-get -qq -y --no-install-recommends install "${missing[@]}" </dev/null >/dev/null
}

# Build as whoever owns the checkout, so that `sudo` leaves no files of root's in it.
as_owner() {
	local owner
	owner=$(stat -c %U .)
	if [ "$(id -u)" != 0 ] || [ "$owner" = root ] || { [ -e build ] && [ "$(stat -c %U build)" = root ]; }; then
		"$@"
	else
		runuser -u "$owner" -- "$@"
	fi
}

# build_preset NAME [TARGET...]: configure when needed, build; quiet unless it fails.
build_preset() {
	local preset=$1 log
	shift
	log=$(mktemp)
	if { [ -e "build/$preset/build.ninja" ] || as_owner cmake --preset "$preset"; } >"$log" 2>&1 &&
		as_owner cmake --build "build/$preset" --target "${@:-all}" >>"$log" 2>&1; then
		rm -f "$log"
	else
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
}
