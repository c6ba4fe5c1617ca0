#!/bin/bash
# What a successor makes of the records it finds: one that cannot be read, one that was never finished.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: rec
services:
  web: {image: alpine, command: sleep 1000}
  other: {image: alpine, command: sleep 1000, volumes: [/data]}
Y
compose up -d 2>/dev/null
containers=$COMPOSE_ROOT/projects/rec/containers
ids=$(compose ps -q)
pid=$(init_pid "$(id_of web)")
old=$(supervisor_pid rec)
another() { local s; s=$(supervisor_pid rec) && [ "$s" != "$old" ] && [ -d "/proc/$s" ]; }
succeed_supervisor() {
	old=$(supervisor_pid rec)
	kill -9 "$old"
	eventually "another supervisor" another
}
is "the record at creation is kept apart" "$(stat -c %h "$containers/rec-web-1/origin.json")" 1

printf '{"id": ' > "$containers/rec-web-1/container.json"
succeed_supervisor
is "unreadable record: the containers are all there" "$(compose ps -q)" "$ids"
ok "the process is the same" test -d "/proc/$pid"
is "the record is kept for people" "$(cat "$containers/rec-web-1/container.json.bad-1")" '{"id": '
ok "and there is one again" python3 -m json.tool "$containers/rec-web-1/container.json"
succeed_supervisor
is "so does the next one find it" "$(compose ps -q)" "$ids"
rm "$containers/rec-web-1/container.json.bad-1"

# Killed while it was being made: everything but the record. Its volume is its own.
id=$(id_of other)
ghost=$(printf 'f%.0s' {1..64})
cp -a "$containers/rec-other-1" "$containers/rec-ghost-1"
rm "$containers/rec-ghost-1/container.json"
volume=$(ls "$COMPOSE_ROOT/volumes")
cp -a "$COMPOSE_ROOT/volumes/$volume" "$COMPOSE_ROOT/volumes/$ghost"
mv "$COMPOSE_ROOT/volumes/$ghost/refs/$id" "$COMPOSE_ROOT/volumes/$ghost/refs/$ghost"
sed -i "s/$volume/$ghost/g; s/$id/$ghost/g" "$COMPOSE_ROOT/volumes/$ghost/volume.json"
sed -i "s/$volume/$ghost/g; s/$id/$ghost/g; s/rec-other-1/rec-ghost-1/g" "$containers/rec-ghost-1/origin.json"
succeed_supervisor
half_made_is_gone() { [ ! -e "$containers/rec-ghost-1" ]; }
eventually "half made: undone" half_made_is_gone
ok "with its volume" test ! -e "$COMPOSE_ROOT/volumes/$ghost"
ok "and with no other" test -d "$COMPOSE_ROOT/volumes/$volume"
is "the others stay" "$(compose ps -q)" "$ids"

# Neither record can be read: what the container wrote is nobody's to overwrite or to remove.
mkdir -p "$containers/rec-third-1/upper"
touch "$containers/rec-third-1/upper/precious"
echo bad | tee "$containers/rec-third-1/origin.json" > "$containers/rec-third-1/container.json"
cat >> compose.yaml <<'Y'
  third: {image: alpine, command: sleep 1000}
Y
run compose up -d
fails "a directory in the way" 1
like "is named" "$ERR" "create $containers/rec-third-1: File exists"
ok "and left as it is" test -e "$containers/rec-third-1/upper/precious"
rm -r "$containers/rec-third-1"

run compose down -v -t 0
succeeds "down"
finish
