# tests/integration/lib.sh - what every case begins with: `. "$(dirname "$0")/lib.sh"`.
#
# Sourcing it starts the script again inside namespaces of its own (network, mount, pid, and cgroup where the
# hierarchy is version 1), with an empty state root, a private /run and /tmp, and the images of the fixture. A case
# then makes claims (`is`, `like`, `ok`) printed as TAP, and ends with `finish`, which claims that nothing is left:
# no process, mount, link, cgroup, nft object, socket or temporary file.
#
# COMPOSE_BIN   directory of the programs under test (ctest sets it)
# exit status   0 all claims hold, 1 some do not, 77 skipped
# KEEP=1        leaves the work directory for a look
# HOST_NETWORK  set by a case before sourcing: it stays in the network namespace of the machine

set -u -o pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case_name=$(basename "$0" .sh)
HOST_NETWORK=${HOST_NETWORK:+--mount} # a second --mount is harmless
: "${COMPOSE_BIN:=$here/../../build/dev/bin}"
COMPOSE_BIN=$(readlink -f "$COMPOSE_BIN")
deadline=${CASE_DEADLINE:-20} # seconds that `wait_until` grants unless told otherwise

skip_case() {
	echo "1..0 # SKIP $*"
	exit 77
}

# --- outside: fixture and namespaces ----------------------------------------------------------------------------

# An image root with busybox:latest (also tagged alpine:latest), made once per build of the image program.
make_fixture() {
	local dir=$1 tree name
	tree=$(mktemp -d)
	mkdir -p "$tree"/{bin,etc,proc,sys,dev,run,var,root,home} && install -d -m 1777 "$tree/tmp"
	install "$(command -v busybox)" "$tree/bin/busybox"
	for name in $("$tree/bin/busybox" --list); do
		[ "$name" = busybox ] || ln -s busybox "$tree/bin/$name"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n' > "$tree/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' > "$tree/etc/group"
	tar -C "$tree" --owner=0 --group=0 --numeric-owner -cf "$dir.tar" .
	rm -rf "$tree" "$dir"
	for name in busybox:latest alpine:latest; do
		COMPOSE_ROOT=$dir COMPOSE_RUN=$dir.run "$COMPOSE_BIN/compose" image import "$dir.tar" "$name" >/dev/null || return
	done
	rm -rf "$dir.tar" "$dir.run"
}

find_fixture() {
	local base stamp
	base=${COMPOSE_TEST_FIXTURES:-$COMPOSE_BIN/../test-fixtures}
	mkdir -p "$base"
	stamp=$(sha256sum "$COMPOSE_BIN/compose-image" "$here/lib.sh" | sha256sum | cut -c1-12)
	FIXTURE=$base/busybox-$stamp
	(
		flock 9
		[ -d "$FIXTURE" ] || { rm -rf "${base:?}"/busybox-*; make_fixture "$FIXTURE.part" && mv "$FIXTURE.part" "$FIXTURE"; }
	) 9>"$base/lock"
	[ -d "$FIXTURE" ] || { echo "Bail out! the busybox image could not be made"; exit 1; }
}

# On version 1 the case moves into a cgroup of its own in each hierarchy and sees that one as the root.
enter_cgroups() {
	local dir
	CASE_CGROUP=
	[ -e /sys/fs/cgroup/cgroup.controllers ] && return # one pure hierarchy: the runtime wants the real root
	CASE_CGROUP=compose-test-$$-$(date +%s)
	for dir in /sys/fs/cgroup/*/; do
		[ -w "$dir/cgroup.procs" ] || continue
		mkdir -p "$dir/$CASE_CGROUP" || continue
		if [ -e "$dir/cpuset.cpus" ]; then
			cat "$dir/cpuset.cpus" > "$dir/$CASE_CGROUP/cpuset.cpus"
			cat "$dir/cpuset.mems" > "$dir/$CASE_CGROUP/cpuset.mems"
			echo 1 > "$dir/$CASE_CGROUP/cgroup.clone_children"
		fi
		echo $$ > "$dir/$CASE_CGROUP/cgroup.procs"
	done
}

leave_cgroups() {
	local dir sub
	[ -n "$CASE_CGROUP" ] || return 0
	for dir in /sys/fs/cgroup/*/; do
		[ -d "$dir/$CASE_CGROUP" ] || continue
		echo $$ > "$dir/cgroup.procs"
		find "$dir/$CASE_CGROUP" -depth -type d | while read -r sub; do rmdir "$sub" 2>/dev/null; done
	done
}

if [ -z "${COMPOSE_TEST_INSIDE-}" ]; then
	[ "$(id -u)" = 0 ] || skip_case "needs root"
	[ -x "$COMPOSE_BIN/compose" ] || skip_case "no program at $COMPOSE_BIN/compose"
	command -v busybox >/dev/null || skip_case "needs busybox-static"
	find_fixture
	work=$(mktemp -d "${COMPOSE_TEST_TMP:-/var/tmp}/compose-test-$case_name.XXXXXX")
	enter_cgroups
	export COMPOSE_TEST_INSIDE=1 COMPOSE_BIN FIXTURE CASE_CGROUP WORK=$work
	unshare ${HOST_NETWORK:---net} --mount --pid --fork --kill-child --uts --ipc ${CASE_CGROUP:+--cgroup} \
		--propagation private --mount-proc bash "$0" "$@" </dev/null
	status=$?
	leave_cgroups
	[ -n "${KEEP-}" ] && echo "# kept $work" || rm -rf "$work"
	exit $status
fi

# --- inside: the place ------------------------------------------------------------------------------------------

remount_cgroups() {
	local dir name
	[ -n "$CASE_CGROUP" ] || return 0
	for dir in /sys/fs/cgroup/*/; do
		name=$(basename "$dir")
		[ -d "$dir/$CASE_CGROUP" ] && [ ! -L "${dir%/}" ] || continue
		umount -l "$dir"
		case $name in
		unified) mount -t cgroup2 cgroup2 "$dir" ;;
		systemd) mount -t cgroup -o none,name=systemd cgroup "$dir" ;;
		*) mount -t cgroup -o "$name" cgroup "$dir" ;;
		esac
	done
}

remount_cgroups
mount -t tmpfs -o mode=755 tmpfs /run
# Files at fixed places that a compose program might touch must be ours.
mkdir -p "$WORK/tmp" "$WORK/root" "$WORK/project" /run/compose
export TMPDIR=$WORK/tmp
case $COMPOSE_BIN/$here in */tmp/*) ;; *) mount --bind "$WORK/tmp" /tmp; TMPDIR=/tmp ;; esac # unless the programs are there
if [ -n "$HOST_NETWORK" ]; then cat /etc/resolv.conf; else echo '# no resolver'; fi > "$WORK/resolv.conf" 2>/dev/null
[ -e /etc/resolv.conf ] || { mkdir -p "$(dirname "$(readlink -m /etc/resolv.conf)")"; : > "$(readlink -m /etc/resolv.conf)"; }
mount --bind "$WORK/resolv.conf" "$(readlink -f /etc/resolv.conf)"
ip link set lo up

export COMPOSE_ROOT=$WORK/root COMPOSE_RUN=/run/compose PATH=$COMPOSE_BIN:/usr/sbin:/usr/bin:/sbin:/bin:$PATH HOME=$WORK TERM=xterm
unset COMPOSE_FILE COMPOSE_PROJECT_NAME COMPOSE_PROFILES COMPOSE_ENV_FILES NO_COLOR COMPOSE_PROGRESS COMPOSE_ANSI
cp -a "$FIXTURE/." "$COMPOSE_ROOT/"
cd "$WORK/project" || exit 1

mounts() { awk '{ print $5 }' /proc/self/mountinfo | sort; }
cgroups() { find /sys/fs/cgroup -type d -path '*compose*' ! -path '*/compose-test-*' 2>/dev/null | sort; }
links() { ip -o link | awk -F': ' '{ sub(/@.*/, "", $2); print $2 }' | sort; }
processes() { # everything in this pid namespace that is not this script
	local p
	for p in /proc/[0-9]*; do
		p=${p#/proc/}
		case " 1 $$ $BASHPID ${HELPERS-} " in *" $p "*) continue ;; esac
		[ "$(awk '{ print $4 }' "/proc/$p/stat" 2>/dev/null)" = "$BASHPID" ] && continue
		tr '\0' ' ' < "/proc/$p/cmdline" 2>/dev/null | grep . && echo "   ^ pid $p"
	done
}
HELPERS=

# --- claims ------------------------------------------------------------------------------------------------------

claims=0 failed=0

_pass() { claims=$((claims + 1)); echo "ok $claims - $1"; }
_fail() {
	claims=$((claims + 1)) failed=$((failed + 1))
	echo "not ok $claims - $1"
	shift
	printf '%s\n' "$@" | sed 's/^/#   /'
}

# ok CLAIM COMMAND... : the command succeeds
ok() {
	local claim=$1 out
	shift
	if out=$("$@" 2>&1); then _pass "$claim"; else _fail "$claim" "exit $? of: $*" "$out"; fi
}

# is CLAIM GOT WANT
is() { if [ "$2" = "$3" ]; then _pass "$1"; else _fail "$1" "got:  $2" "want: $3"; fi; }

# like CLAIM TEXT REGEX (extended; . does not match newline, ^ and $ match at lines)
like() { if grep -Eq -- "$3" <<<"$2"; then _pass "$1"; else _fail "$1" "got: $2" "want something like: $3"; fi; }
unlike() { if grep -Eq -- "$3" <<<"$2"; then _fail "$1" "got: $2" "want nothing like: $3"; else _pass "$1"; fi; }

note() { printf '# %s\n' "$*"; }

# run COMMAND... : sets OUT, ERR, RC
run() {
	"$@" >"$WORK/out" 2>"$WORK/err"
	RC=$?
	OUT=$(cat "$WORK/out")
	ERR=$(cat "$WORK/err")
}

# succeeds CLAIM / fails CLAIM CODE : about the last `run`
succeeds() { if [ "$RC" = 0 ]; then _pass "$1"; else _fail "$1" "exit $RC" "out: $OUT" "err: $ERR"; fi; }
fails() { if [ "$RC" = "$2" ]; then _pass "$1"; else _fail "$1" "exit $RC, want $2" "out: $OUT" "err: $ERR"; fi; }

# wait_until SECONDS COMMAND... : until the command succeeds; false when the time is over
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# eventually CLAIM COMMAND... : the claim holds within the deadline of the case
eventually() {
	local claim=$1
	shift
	if wait_until "$deadline" "$@"; then _pass "$claim"; else _fail "$claim" "not within $deadline s: $*" "$("$@" 2>&1)"; fi
}

# --- conveniences -------------------------------------------------------------------------------------------------

# compose_file [NAME] < text : writes compose.yaml (or NAME) of the case
compose_file() { cat > "${1:-compose.yaml}"; }

# state NAME : field of `ps -a` of one container
field() { compose ps -a --format "{{.Name}} {{.$2}}" | sed -n "s/^$1 //p"; }
id_of() { compose ps -aq "$@"; }
log_has() { compose logs --no-log-prefix "$1" 2>/dev/null | grep -q -- "$2"; }

# init_pid CONTAINER_ID : pid of the container's first process, as this namespace sees it
init_pid() { sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$COMPOSE_RUN/containers/$1/state.json" | head -1; }
supervisor_pid() { cat "$COMPOSE_RUN/projects/$1/supervisor.pid"; }
parent_of() { awk '{ print $4 }' "/proc/$1/stat"; }
is_gone() { [ ! -e "/proc/$1" ] || [ "$(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null)" = Z ]; }

# http HOST PORT [PATH] : body of a GET
http() { bash "$here/http_get.bash" "$@" 2>/dev/null; }

# on_terminal COMMAND... : runs it on a pseudo terminal of 100x30, prints what the terminal showed
on_terminal() { python3 "$here/terminal.py" "$@"; }

# uplink : a default route to a "world" at 198.51.100.1 (in a namespace of its own), the host being 198.51.100.2.
uplink() {
	unshare --net sleep infinity &
	WORLD=$!
	HELPERS="$HELPERS $WORLD"
	wait_until 5 test "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$WORLD/ns/net)"
	ip link add up0 type veth peer name world0 netns "$WORLD"
	ip addr add 198.51.100.2/24 dev up0
	ip link set up0 up
	world ip addr add 198.51.100.1/24 dev world0
	world ip link set world0 up
	world ip link set lo up
	ip route add default via 198.51.100.1
	links_before=$(links)
}
world() { nsenter --net="/proc/$WORLD/ns/net" -- "$@"; }

# world_service COMMAND... : runs it in the world until the case ends
world_service() {
	nsenter --net="/proc/$WORLD/ns/net" -- "$@" >/dev/null 2>&1 &
	HELPERS="$HELPERS $!"
}

# --- the end -------------------------------------------------------------------------------------------------------

nothing_left() { [ -z "$("$@")" ]; }
added() { comm -13 <(sort -u <<<"$1") <(sort -u <<<"$2"); } # in the machine's network others come and go
no_more_links() { [ -z "$(added "$links_before" "$(links)")" ]; }
no_more_mounts() { [ "$(mounts)" = "$mounts_before" ]; }
no_more_cgroups() { [ "$(cgroups)" = "$cgroups_before" ]; }
leftover_files() {
	find "$COMPOSE_RUN" ! -type d 2>/dev/null
	find "$COMPOSE_ROOT" ! -type d ! -path "$COMPOSE_ROOT/images/*" ! -path "$COMPOSE_ROOT/layers/*" \
		! -path "$COMPOSE_ROOT/seccomp/*" ! -path "$COMPOSE_ROOT/stubs/*" ! -path "$COMPOSE_ROOT/build/*" ! -name '*lock' 2>/dev/null
	find "$COMPOSE_ROOT/projects" "$COMPOSE_RUN/containers" -mindepth 1 2>/dev/null
	find "$WORK/tmp" -mindepth 1 2>/dev/null
	find "$COMPOSE_ROOT" \( -name '*.tmp' -o -name '.tmp*' -o -name '*.bad-*' \) 2>/dev/null
}
nft_objects() { nft list ruleset 2>/dev/null | grep -v '^#' | sed 's/counter packets [0-9]* bytes [0-9]*/counter/'; }

links_before=$(links) mounts_before=$(mounts) cgroups_before=$(cgroups) nft_before=$(nft_objects)
no_more_nft() { [ -z "$(added "$nft_before" "$(nft_objects)")" ]; }

_left() { # CLAIM CHECK LISTING...
	local claim=$1 check=$2
	shift 2
	# shellcheck disable=SC2086 # a command with its argument
	if wait_until 5 $check; then _pass "$claim"; else _fail "$claim" "$("$@")"; fi
}

# finish : claims that nothing is left, prints the plan, ends the case
finish() {
	cd "$WORK" || exit 1
	_left "leaves no process" "nothing_left processes" processes
	_left "leaves no link" no_more_links diff <(echo "$links_before") <(links)
	_left "leaves no nft object" no_more_nft nft_objects
	_left "leaves no mount" no_more_mounts diff <(echo "$mounts_before") <(mounts)
	_left "leaves no cgroup" no_more_cgroups diff <(echo "$cgroups_before") <(cgroups)
	_left "leaves no socket, state or temporary file" "nothing_left leftover_files" leftover_files
	echo "1..$claims"
	[ "$failed" = 0 ] || echo "# $failed of $claims claims do not hold"
	[ "$failed" = 0 ]
	exit
}
