#!/bin/bash
# Progress and prompts on a terminal.
. "$(dirname "$0")/lib.sh"

compose_file <<'Y'
name: tty
services:
  db: {image: alpine, command: sleep 1000, healthcheck: {test: "true", interval: 300ms}}
  web: {image: alpine, command: sleep 1000, depends_on: {db: {condition: service_healthy}}}
Y
run on_terminal compose up -d
succeeds "up -d"
like "a header counts" "$OUT" '\[\+\] up 3/3'
like "a line per object, green when done" "$OUT" $' \x1b\\[32m✔\x1b\\[0m Network tty_default +\x1b\\[32mCreated\x1b\\[0m +\x1b\\[34m[0-9]+\\.[0-9]s\x1b\\[0m'
like "... healthy" "$OUT" $'Container tty-db-1 +\x1b\\[32mHealthy\x1b\\[0m'
like "... started" "$OUT" $'Container tty-web-1 +\x1b\\[32mStarted\x1b\\[0m'
is "every frame hides and shows the cursor" "$(grep -o $'\x1b\\[?25l' <<<"$OUT" | wc -l)" "$(grep -o $'\x1b\\[?25h' <<<"$OUT" | wc -l)"
OUT=$(NO_COLOR=1 on_terminal compose up -d)
unlike "NO_COLOR" "$OUT" $'\x1b\\[3[0-9]m'
OUT=$(on_terminal compose --ansi never up -d)
unlike "--ansi never has no escapes" "$OUT" $'\x1b'
like "... but plain lines" "$OUT" '^ Container tty-db-1 Running'

compose stop -t 0 2>/dev/null
OUT=$(TERMINAL_WAIT_FOR='?' TERMINAL_TYPE='n\r' on_terminal compose rm)
like "rm asks" "$OUT" 'Going to remove tty-db-1, tty-web-1'
is "... and n keeps them" "$(compose ps -aq | wc -l)" 2
OUT=$(TERMINAL_WAIT_FOR='?' TERMINAL_TYPE='y\r' on_terminal compose rm)
is "... y removes them" "$(compose ps -aq | wc -l)" 0

OUT=$(COMPOSE_MENU=false TERMINAL_WAIT_FOR='Attaching' TERMINAL_TYPE='\x03' on_terminal compose up)
RC=$?
is "Ctrl-C in an attached up: 130" $RC 130
like "... the notice" "$OUT" 'Gracefully Stopping\.\.\. press Ctrl\+C again to force'
run compose down -t 0
succeeds "down"
finish
