#!/bin/bash
# Builds compose, makes a Debian base image and brings up examples/django-postgres on this machine.
# Needs Debian 12 and root. Run again, it finds everything done and only shows the page.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. cmake/packages.sh

base=debian:bookworm-slim
url=http://localhost:8000/
compose=$PWD/build/release/bin/compose
stack=examples/django-postgres

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '== %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

make_base_image() {
	local tar
	tar=$(mktemp --suffix=.tar)
	examples/base-image.sh "$tar"
	"$compose" image import "$tar" "$base" >/dev/null
	rm "$tar"
}

has_image() { "$compose" image ls | grep -Eq "^${base/:/[: ]+}([[:space:]]|\$)"; }

get_page() {
	local line page=
	exec 3<>/dev/tcp/127.0.0.1/8000 || return
	printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
	while IFS= read -r -t 10 line <&3; do page+=$line$'\n'; done
	exec 3>&-
	printf '%s' "$page"
}

wait_for_page() {
	local deadline=$((SECONDS + 60))
	until page=$(get_page 2>/dev/null) && [[ $page == *"Rendered by Django from PostgreSQL"* ]]; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.2
	done
}

[ "$(id -u)" = 0 ] || die "run me as root: sudo $0"
say "1. packages that are needed to build"
# shellcheck disable=SC2086 # lists of words
need_packages $packages_build $packages_demo
say "2. build into build/release"
build_preset release
say "3. base image $base"
has_image || make_base_image
say "4. compose up in $stack"
"$compose" --project-directory "$stack" -f "$stack/compose.yaml" up -d --wait
say "5. the page"
if ! wait_for_page; then
	"$compose" -f "$stack/compose.yaml" logs --tail 20 >&2
	die "no page at $url within a minute; the last lines of the logs are above"
fi
sed -n 's/<[^>]*>/ /g; /Hello\|Rendered/p' <<<"$page"
cat <<T

It runs: $url

Look further:
    cd $stack
    alias compose="sudo $compose"
    compose ps
    compose logs -f web
    compose exec db psql -U django guestbook -c 'select * from guestbook_entry'
    \$EDITOR site/guestbook/views.py     the page changes as soon as you save
    compose down                        stops it; the database stays in its volume ("down -v" removes that, too)
T
