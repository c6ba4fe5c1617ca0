#!/bin/bash
# ps: table, JSON lines, templates, filters.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: demo
services:
  db: {image: alpine, command: sleep 1000, healthcheck: {test: "true", interval: 200ms}, volumes: [data:/data]}
  web: {image: alpine, command: sh -c "sleep 1000", ports: ["18080:80", "127.0.0.1:18443:443/tcp", "15353:53/udp"]}
  once: {image: alpine, command: sh -c "exit 3"}
volumes: {data: }
Y
compose up -d --quiet-pull 2>/dev/null
eventually "db becomes healthy" sh -c '[ "$(compose ps --format "{{.Health}}" db)" = healthy ]'
wait_until 10 sh -c '[ "$(compose ps -a --format "{{.State}}" once)" = exited ]'

run compose ps
succeeds "ps succeeds"
like "the header" "$(head -1 <<<"$OUT")" '^NAME +IMAGE +COMMAND +SERVICE +CREATED +STATUS +PORTS$'
like "a healthy container" "$OUT" '^demo-db-1 +alpine +"sleep 1000" +db +.* ago +Up .* \(healthy\) *$'
like "published ports, sorted" "$OUT" '^demo-web-1 +alpine +"sh -c .sleep 1000." +web .* 0\.0\.0\.0:15353->53/udp, (\[::\]:15353->53/udp, )?0\.0\.0\.0:18080->80/tcp, (\[::\]:18080->80/tcp, )?127\.0\.0\.1:18443->443/tcp$'
unlike "an exited container is left out" "$OUT" once
like "ps -a has it" "$(compose ps -a)" '^demo-once-1 .* Exited \(3\) .* ago *$'

run compose ps -a --format json
succeeds "ps --format json succeeds"
is "one object per line" "$(wc -l <<<"$OUT")" 3
ok "each is JSON with sorted keys" python3 -c '
import json, sys
for line in sys.argv[1].split("\n"):
    keys = list(json.loads(line))
    assert keys == sorted(keys), keys
' "$OUT"
json() { python3 -c 'import json,sys; print(json.loads([l for l in sys.argv[1].split("\n") if sys.argv[2] in l][0])[sys.argv[3]])' "$OUT" "$@"; }
is "State" "$(json '"demo-db-1"' State)" running
is "Health" "$(json '"demo-db-1"' Health)" healthy
is "Mounts" "$(json '"demo-db-1"' Mounts)" demo_data
is "LocalVolumes is a string" "$(json '"demo-db-1"' LocalVolumes)" 1
is "Networks" "$(json '"demo-db-1"' Networks)" demo_default
is "ID has 12 digits" "$(json '"demo-db-1"' ID | grep -Ec '^[0-9a-f]{12}$')" 1
is "ExitCode of the exited one" "$(json '"demo-once-1"' ExitCode)" 3
is "Publishers" "$(json '"demo-web-1"' Publishers | tr -d ' ' | head -c 72)" "[{'URL':'0.0.0.0','TargetPort':53,'PublishedPort':15353,'Protocol':'udp'"
like "HTML is escaped" "$OUT" '15353-\\u003e53/udp'
like "labels" "$(json '"demo-db-1"' Labels)" 'com\.docker\.compose\.project=demo'

is "a template" "$(compose ps --format '{{.Name}} {{.State}} {{.Publishers}}' web | sed 's/{:: [^}]*} //g')" \
	"demo-web-1 running [{0.0.0.0 53 15353 udp} {0.0.0.0 80 18080 tcp} {127.0.0.1 443 18443 tcp}]"
is "table with a template" "$(compose ps --format 'table {{.Service}}\t{{.State}}' db | tr -s ' ')" "SERVICE STATE
db running"
is "--status exited" "$(compose ps --status exited --format '{{.Name}}')" demo-once-1
is "--filter status=running --services" "$(compose ps --services --filter status=running)" "db
web"
like "an unknown status is an empty table" "$(compose ps --status nosuch)" '^NAME'
is "-q of a service" "$(compose ps -q db | grep -Ec '^[0-9a-f]{64}$')" 1
is "-q of one that does not run is empty" "$(compose ps -q once)" ""
run compose ps --filter nokey
fails "a filter without = is refused" 1
is "port" "$(compose port web 80)" 0.0.0.0:18080
is "port of udp" "$(compose port --protocol udp web 53)" 0.0.0.0:15353
run compose port web 99
fails "a port that is not there" 1
is "-p needs no file" "$(cd / && compose -p demo ps --format '{{.Name}}' | head -1)" demo-db-1
run compose down -t 0 -v
succeeds "down"
finish
