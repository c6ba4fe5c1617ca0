#!/bin/bash
# up -d, a second up, stop, start, down: words, streams and exit codes of the plain transcript.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: shop
services:
  db:
    image: alpine
    command: sleep 1000
    volumes: [data:/data]
    healthcheck: {test: "true", interval: 500ms}
  web:
    image: alpine
    command: sleep 1000
    depends_on: {db: {condition: service_healthy}}
volumes: {data: }
Y

run compose up -d
succeeds "up -d succeeds"
is "up -d prints nothing on stdout" "$OUT" ""
for line in "Network shop_default Creating" "Network shop_default Created" "Volume shop_data Creating" "Volume shop_data Created" \
	"Container shop-db-1 Creating" "Container shop-db-1 Created" "Container shop-db-1 Starting" "Container shop-db-1 Started" \
	"Container shop-db-1 Waiting" "Container shop-db-1 Healthy" "Container shop-web-1 Started"; do
	is "progress says once: $line" "$(grep -c "^ $line *\$" <<<"$ERR")" 1
done
healthy=$(grep -n 'shop-db-1 Healthy' <<<"$ERR" | cut -d: -f1)
starting=$(grep -n 'shop-web-1 Starting' <<<"$ERR" | cut -d: -f1)
ok "web starts after db is healthy" test "${healthy:-99}" -lt "${starting:-0}"

ids=$(compose ps -q)
is "two ids of 64 digits" "$(grep -Ec '^[0-9a-f]{64}$' <<<"$ids")" 2
run compose up -d
succeeds "a second up succeeds"
like "it finds db running" "$ERR" '^ Container shop-db-1 Running *$'
like "it finds web running" "$ERR" '^ Container shop-web-1 Running *$'
unlike "it makes nothing" "$ERR" 'Creat|Starting|Recreate'
is "the containers are the same" "$(compose ps -q)" "$ids"

run compose ps --services
is "ps --services" "$OUT" "db
web"
run compose ps nosuch
fails "an unknown service is an error" 1
is "it is named" "$ERR" "no such service: nosuch"

run compose stop -t 0 web
succeeds "stop succeeds"
like "stop says so" "$ERR" '^ Container shop-web-1 Stopped *$'
like "a stopped container is not in ps" "$(compose ps --format '{{.Name}}')" '^shop-db-1$'
unlike "... web is not" "$(compose ps --format '{{.Name}}')" web
is "ps -a shows its exit code" "$(compose ps -a --format '{{.Name}} {{.State}} {{.ExitCode}}' web)" "shop-web-1 exited 137"
run compose start web
succeeds "start succeeds"
like "start waits for db" "$ERR" '^ Container shop-db-1 Healthy *$'
like "start says so" "$ERR" '^ Container shop-web-1 Started *$'
is "the container is the same" "$(compose ps -q)" "$ids"

run compose down -t 0
succeeds "down succeeds"
is "down prints nothing on stdout" "$OUT" ""
for line in "Container shop-web-1 Stopping" "Container shop-web-1 Stopped" "Container shop-web-1 Removing" "Container shop-web-1 Removed" \
	"Container shop-db-1 Removed" "Network shop_default Removing" "Network shop_default Removed"; do
	is "progress says once: $line" "$(grep -c "^ $line *\$" <<<"$ERR")" 1
done
unlike "the volume stays" "$ERR" Volume
run compose down
succeeds "down of nothing succeeds"
is "... and says nothing" "$OUT$ERR" ""
run compose down -v
succeeds "down -v succeeds"
like "the volume goes" "$ERR" '^ Volume shop_data Removed *$'
finish
