#!/bin/bash
# kill -9 of the command line in the middle of up: the next up completes, the next down removes all.
. "$(dirname "$0")/lib.sh"

{
	echo "name: cli"
	echo "services:"
	for i in 1 2 3 4 5; do
		echo "  s$i: {image: alpine, command: sleep 1000, volumes: [\"v$i:/v\"]}"
	done
	echo "  last: {image: alpine, command: sleep 1000, depends_on: {s1: {condition: service_healthy}}}"
	echo "volumes: {v1: , v2: , v3: , v4: , v5: }"
} > compose.yaml
sed -i 's/s1: {image: alpine,/s1: {image: alpine, healthcheck: {test: "true", interval: 100ms},/' compose.yaml

for ms in 1 5 10 20 40 80 160; do
	compose up -d >/dev/null 2>&1 &
	cli=$!
	python3 -c "import time; time.sleep($ms / 1000)"
	kill -9 $cli 2>/dev/null
	wait $cli 2>/dev/null
	run compose up -d
	succeeds "killed after $ms ms: the next up succeeds"
	is "... everything runs" "$(compose ps --format '{{.Service}} {{.State}}' | sort | tr '\n' ' ')" \
		"last running s1 running s2 running s3 running s4 running s5 running "
	compose down -t 0 >/dev/null 2>&1 &
	cli=$!
	python3 -c "import time; time.sleep($ms / 1000)"
	kill -9 $cli 2>/dev/null
	wait $cli 2>/dev/null
	run compose down -t 0 -v
	succeeds "... and the next down"
done
ok "no project is left" test -z "$(ls "$COMPOSE_ROOT/projects" 2>/dev/null)"
finish
