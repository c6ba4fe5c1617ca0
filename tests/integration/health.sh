#!/bin/bash
# Health checks and the conditions of depends_on.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: health
services:
  db: {image: alpine, command: sh -c "sleep 0.5; touch /ready; sleep 1000", healthcheck: {test: "test -e /ready", interval: 100ms, retries: 50}}
  migrate: {image: alpine, command: sh -c "echo migrated", depends_on: {db: {condition: service_healthy}}}
  web: {image: alpine, command: sleep 1000, depends_on: {migrate: {condition: service_completed_successfully}}}
  unhealthy: {image: alpine, command: sleep 100, healthcheck: {test: "false", interval: 100ms, retries: 2}, profiles: [h]}
  needs: {image: alpine, command: sleep 100, depends_on: {unhealthy: {condition: service_healthy}}, profiles: [h]}
  dead: {image: alpine, command: "false", profiles: [d]}
  needsdead: {image: alpine, command: sleep 100, depends_on: {dead: {condition: service_completed_successfully}}, profiles: [d]}
  optional: {image: alpine, command: sleep 100, depends_on: {dead: {condition: service_completed_successfully, required: false}}, profiles: [d]}
  unchecked: {image: alpine, command: sleep 100, profiles: [u]}
  needsunchecked: {image: alpine, command: sleep 100, depends_on: {unchecked: {condition: service_healthy}}, profiles: [u]}
  flips: {image: alpine, command: sleep 100, healthcheck: {test: ["CMD", "test", "!", "-e", "/bad"], interval: 100ms, retries: 2}, profiles: [f]}
Y
run compose up -d
succeeds "up through two conditions"
is "migrate ended before web started" "$(compose ps -a --format '{{.Name}} {{.State}}' migrate web)" "health-migrate-1 exited
health-web-1 running"
like "the wait for completion is shown" "$ERR" '^ Container health-migrate-1 Exited *$'
is "health is shown" "$(compose ps --format '{{.Health}}' db)" healthy

run compose up -d needs
fails "an unhealthy dependency fails up" 1
like "... is shown at the container" "$ERR" '^ Container health-unhealthy-1 Error dependency unhealthy failed to start *$'
is "... and named last" "$(tail -1 <<<"$ERR")" "dependency failed to start: container health-unhealthy-1 is unhealthy"
is "the dependent stays created" "$(compose ps -a --format '{{.State}}' needs)" created
like "the dependency keeps running" "$(compose ps -a --format '{{.Status}}' unhealthy)" '^Up .*\(unhealthy\)$'

run compose up -d needsdead
fails "a failed one-shot fails up" 1
is "... with its exit code" "$(tail -1 <<<"$ERR")" "service \"dead\" didn't complete successfully: exit 1"
run compose up -d optional
succeeds "a dependency that is not required only warns"
run compose up -d needsunchecked
fails "service_healthy without a check" 1
like "... is said" "$ERR" 'has no healthcheck configured'

run compose up -d --wait flips
succeeds "--wait returns when healthy"
is "... and it is" "$(compose ps --format '{{.Health}}' flips)" healthy
compose exec -T flips touch /bad
eventually "a container becomes unhealthy" sh -c '[ "$(compose ps --format "{{.Health}}" flips)" = unhealthy ]'
compose exec -T flips rm /bad
eventually "... and healthy again" sh -c '[ "$(compose ps --format "{{.Health}}" flips)" = healthy ]'
run compose up -d --wait --wait-timeout 1 unhealthy
fails "--wait on an unhealthy service" 1
run compose --profile '*' down -t 0
succeeds "down"
finish
