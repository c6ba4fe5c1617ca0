#!/bin/bash
# Named, anonymous and tmpfs mounts: what survives what.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: vols
services:
  a:
    image: alpine
    command: sleep 1000
    volumes:
      - data:/data
      - /anon
      - {type: tmpfs, target: /scratch, tmpfs: {size: 1m}}
      - {type: volume, source: seeded, target: /etc}
      - {type: volume, source: data, target: /readonly, read_only: true}
    tmpfs: /fast
  b: {image: alpine, command: sleep 1000, volumes: ["data:/shared", "v:/letter"]}
volumes:
  data: {labels: {purpose: test}}
  seeded:
  v:
Y
run compose up -d
succeeds "up"
compose exec -T a sh -c 'echo kept > /data/file; echo gone > /anon/file; echo x > /fast/f'
is "two services share a named volume" "$(compose exec -T b cat /shared/file)" kept
is "a new volume is filled from the image" "$(compose exec -T a head -1 /etc/passwd)" "root:x:0:0:root:/root:/bin/sh"
is "a volume of one letter is a volume" "$(compose exec -T b sh -c 'touch /letter/x; ls /letter')" x
run compose exec -T a touch /readonly/x
ok "a read-only mount refuses writes" test "$RC" != 0
like "tmpfs has its size" "$(compose exec -T a df -k /scratch)" '1024 '
like "the short tmpfs form is one as well" "$(compose exec -T a cat /proc/mounts)" '^tmpfs /fast tmpfs'
ok "the volume lies where it should" test -e "$COMPOSE_ROOT/volumes/vols_data/_data/file"

compose up -d --force-recreate -t 0 a 2>/dev/null
is "recreation keeps the anonymous volume" "$(compose exec -T a cat /anon/file)" gone
compose up -d -V -t 0 a 2>/dev/null
run compose exec -T a cat /anon/file
ok "-V makes a new one" test "$RC" != 0
run compose down -t 0
succeeds "down"
ok "a named volume survives down" test -e "$COMPOSE_ROOT/volumes/vols_data/_data/file"
compose up -d 2>/dev/null
is "... with its content" "$(compose exec -T a cat /data/file)" kept
run compose down -t 0 -v
succeeds "down -v"
ok "down -v takes named ones" test ! -e "$COMPOSE_ROOT/volumes/vols_data" -a ! -e "$COMPOSE_ROOT/volumes/vols_v"
# Anonymous ones of containers that went before (-V, down without -v) stay, as they do with Docker.
is "... and the anonymous one of that run" "$(ls "$COMPOSE_ROOT/volumes" | grep -c .)" 2
rm -rf "$COMPOSE_ROOT"/volumes/*

compose_file <<'Y'
name: vols
services:
  a: {image: alpine, command: sleep 1000, volumes: ["ext:/x"]}
volumes: {ext: {external: true, name: nowhere}}
Y
run compose up -d
fails "a missing external volume" 1
is "... is named" "$(tail -1 <<<"$ERR")" 'external volume "nowhere" not found'
compose down -t 0 2>/dev/null
finish
