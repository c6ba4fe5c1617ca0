#!/bin/bash
# docker-compose as a symlink: the old program's first flags, and everything else.
. "$(dirname "$0")/lib.sh"

ok "the build makes it a symlink" test -L "$COMPOSE_BIN/docker-compose"
mkdir elsewhere && ln -s "$COMPOSE_BIN/compose" elsewhere/docker-compose
old=$PWD/elsewhere/docker-compose
like "version" "$("$old" version)" '^Docker Compose version v[0-9]'
like "-v" "$("$old" -v)" '[0-9]+\.[0-9]+'
like "--short is a number from 2 up" "$("$old" version --short)" '^([2-9]|[1-9][0-9]+)\.[0-9]+\.[0-9]+'
is "the same as compose" "$("$old" version --short)" "$(compose version --short)"
compose_file <<'Y'
services:
  a: {image: alpine, command: sleep 1000}
Y
run "$old" --log-level ERROR up -d
succeeds "up, after a flag of the docker program"
like "the project is named like the directory" "$("$old" ps --format '{{.Name}}')" '^project-a-1$'
is "compose sees the same" "$(compose ps -q)" "$("$old" ps -q)"
run "$old" down -t 0
succeeds "down"
finish
