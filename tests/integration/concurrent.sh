#!/bin/bash
# Several commands at once on one project end as some order of them would.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: conc
services:
  a: {image: alpine, command: sleep 1000, deploy: {replicas: 3}}
  b: {image: alpine, command: sleep 1000, depends_on: [a]}
Y
for i in 1 2 3 4; do compose up -d >/dev/null 2>"$WORK/e$i" & jobs_[i]=$!; done
all=0
for i in 1 2 3 4; do wait "${jobs_[i]}" || { all=1; note "up $i: $(tail -2 "$WORK/e$i")"; }; done
is "four ups at once succeed" $all 0
is "... and make one stack" "$(compose ps -a --format '{{.Name}} {{.State}}')" "conc-a-1 running
conc-a-2 running
conc-a-3 running
conc-b-1 running"
for i in 1 2 3 4 5 6; do compose exec -T b sh -c "echo $i" > "$WORK/x$i" 2>&1 & jobs_[i]=$!; done
compose up -d --force-recreate -t 0 a >/dev/null 2>&1 &
recreate=$!
for i in 1 2 3 4 5 6; do wait "${jobs_[i]}"; done
is "execs during an up" "$(cat "$WORK"/x? | sort | tr '\n' ' ')" "1 2 3 4 5 6 "
wait $recreate
is "... which succeeds" $? 0

compose -p other up -d >/dev/null 2>&1 &
one=$!
compose up -d --scale a=5 >/dev/null 2>&1 &
two=$!
wait $one; first=$?
wait $two; second=$?
is "two projects at once" "$first $second" "0 0"
is "... on different networks" "$(cat "$COMPOSE_ROOT"/networks/*/network.json | grep -o '"subnet":[[:space:]]*"[^"]*"' | sort -u | wc -l)" 2
compose down -t 0 >/dev/null 2>&1 &
one=$!
compose up -d >/dev/null 2>&1 &
two=$!
compose -p other down -t 0 >/dev/null 2>&1
wait $one $two
run compose up -d
succeeds "after a down and an up at once, up succeeds"
run compose down -t 0
succeeds "down"
for i in 1 2 3; do compose down -t 0 >/dev/null 2>&1 & jobs_[i]=$!; done
all=0
for i in 1 2 3; do wait "${jobs_[i]}" || all=1; done
is "three downs of nothing" $all 0
finish
