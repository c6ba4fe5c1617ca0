#!/bin/bash
# Bind mounts: host files seen, edited and written; missing sources; configs and secrets.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: binds
services:
  a:
    image: alpine
    command: sleep 1000
    volumes:
      - ./src:/src
      - ./src:/ro:ro
      - ./made/by/compose:/made
      - ./single:/etc/single
    configs: [greeting]
    secrets: [key]
  missing:
    image: alpine
    command: sleep 1000
    profiles: [m]
    volumes: [{type: bind, source: ./absent, target: /x, bind: {create_host_path: false}}]
configs: {greeting: {content: "hello from ${WHO:-compose}\n"}}
secrets: {key: {file: ./key}}
Y
mkdir src && echo one > src/file && echo alone > single && echo s3cret > key
run compose up -d
succeeds "up"
is "a host file is seen" "$(compose exec -T a cat /src/file)" one
echo two > src/file
is "an edit on the host is seen at once" "$(compose exec -T a cat /src/file)" two
compose exec -T a sh -c 'echo three > /src/written'
is "a write inside is on the host" "$(cat src/written)" three
run compose exec -T a touch /ro/x
ok ":ro refuses writes" test "$RC" != 0
is "a single file" "$(compose exec -T a cat /etc/single)" alone
ok "a missing source is made" test -d made/by/compose
is "config" "$(compose exec -T a cat /greeting)" "hello from compose"
is "secret" "$(compose exec -T a cat /run/secrets/key)" s3cret

run compose up -d missing
fails "a missing source with create_host_path: false" 1
like "... is named" "$ERR" "bind source path does not exist: $PWD/absent"
ok "... and not made" test ! -e absent
run compose --profile '*' down -t 0 -v
succeeds "down"
ok "host files stay" test -e src/written -a -e key -a -e single
finish
