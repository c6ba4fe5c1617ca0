#!/bin/bash
# Supervisor, guardian and command line killed at random moments: the next up is always right, nothing hangs or stays.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: storm
services:
  db: {image: alpine, command: sleep 1000, volumes: ["d:/d"], healthcheck: {test: "true", interval: 200ms}}
  web:
    image: alpine
    command: sleep 1000
    depends_on: {db: {condition: service_healthy, restart: true}}
    restart: always
  w: {image: alpine, command: sleep 1000, scale: 2}
volumes: {d: }
Y
seed=${SIM_SEED:-$RANDOM}
echo "# seed $seed"
ok "every round ends as the file says" python3 "$here/kill_storm.py" "$seed" "${STORM_ROUNDS:-10}"
run compose down -v -t 0
succeeds "down"
finish
