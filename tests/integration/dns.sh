#!/bin/bash
# Names between services, replicas, aliases and networks; forwarding to the resolver of the host.
. "$(dirname "$0")/lib.sh"
uplink
world_service /usr/bin/python3 "$here/world_dns.py" 198.51.100.1 www.example.org=198.51.100.7
printf 'nameserver 198.51.100.1\n' > "$WORK/resolv.conf"

compose_file <<'Y'
name: dns
services:
  a: {image: alpine, command: sleep 1000, networks: [front, back]}
  b: {image: alpine, command: sleep 1000, networks: {back: {aliases: [database]}}, deploy: {replicas: 3}}
  c: {image: alpine, command: sleep 1000, networks: [front], container_name: named, hostname: special}
  d: {image: alpine, command: sleep 1000, networks: [back], extra_hosts: ["fixed:192.0.2.9"]}
networks: {front: , back: {internal: true}}
Y
run compose up -d
succeeds "up"
lookup() { compose exec -T "$1" nslookup "$2" 2>&1 | sed -n '/^Name/,$s/^Address[^:]*: *\([0-9.]*\).*/\1/p' | sort -u; }
address() { compose exec -T --index "${2:-1}" "$1" ip -4 -o addr show "${3:-eth0}" | sed 's/.*inet \([0-9.]*\).*/\1/'; }

is "the resolver is 127.0.0.11" "$(compose exec -T a grep nameserver /etc/resolv.conf)" "nameserver 127.0.0.11"
is "a service name gives every replica" "$(lookup a b)" "$(for i in 1 2 3; do address b $i; done | sort)"
is "a container name gives that one" "$(lookup a dns-b-2)" "$(address b 2)"
is "an alias" "$(lookup a database | wc -l)" 3
is "container_name" "$(lookup a named)" "$(address c)"
is "a name on another network is unknown" "$(lookup c b)" ""
is "hostname is the container's own" "$(compose exec -T c hostname)" special
like "its own name is in hosts" "$(compose exec -T c cat /etc/hosts)" "$(address c).*special"
like "extra_hosts" "$(compose exec -T d cat /etc/hosts)" '192\.0\.2\.9[[:space:]]+fixed'
ok "one service reaches another by name" compose exec -T a ping -c 1 -W 2 b
is "a name of the outside is forwarded" "$(lookup a www.example.org)" 198.51.100.7
run compose exec -T a nslookup nosuch.example.org
like "an unknown name is NXDOMAIN" "$OUT$ERR" 'NXDOMAIN|can.t (find|resolve)'
ok "the outside is reached" compose exec -T a ping -c 1 -W 2 198.51.100.1
run compose exec -T d ping -c 1 -W 1 198.51.100.1
ok "... but not from an internal network" test "$RC" != 0

gone=$(address b 3)
compose up -d --scale b=2 -t 0 2>/dev/null
unlike "a removed replica is forgotten" "$(lookup a b)" "^$gone\$"
compose stop -t 0 b 2>/dev/null
is "a stopped service has no address" "$(lookup a b)" ""
run compose down -t 0
succeeds "down"
finish
