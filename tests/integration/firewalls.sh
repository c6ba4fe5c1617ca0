#!/bin/bash
# Firewalls of others that drop what is forwarded: legacy iptables as well as nf_tables, there before us or started
# later, and rules flushed under a running project.
. "$(dirname "$0")/lib.sh"
command -v iptables-legacy >/dev/null || skip_case "iptables-legacy is not installed"
iptables-legacy -S >/dev/null 2>&1 || skip_case "this kernel has no legacy iptables"
uplink

legacy() { iptables-legacy-save -t filter | grep -v '^[#:]'; }
from_world() { [ "$(world bash "$here/http_get.bash" 198.51.100.2 18080 2>/dev/null)" = "it works" ]; }

compose_file <<'Y'
name: fire
services:
  web:
    image: alpine
    command: sh -c "echo it works > /root/index.html; exec httpd -f -p 80 -h /root"
    ports: ["18080:80"]
Y

iptables-legacy -P FORWARD DROP
iptables-legacy -N DOCKER-USER
iptables-legacy -A FORWARD -j DOCKER-USER
iptables-legacy -A FORWARD -o docker0 -j ACCEPT
iptables-legacy -A DOCKER-USER -s 203.0.113.9 -j DROP
iptables-legacy -A DOCKER-USER -j RETURN
legacy_before=$(legacy)

run compose up -d
succeeds "up beside a legacy firewall"
eventually "the world gets through" from_world
is "our rules stand behind the user's" "$(legacy | grep -n 'cb+' | cut -d: -f1 | tr '\n' ' ')" \
	"$(($(legacy | grep -n 203.0.113.9 | cut -d: -f1) + 1)) $(($(legacy | grep -n 203.0.113.9 | cut -d: -f1) + 2)) "

nft flush ruleset
eventually "flushed rules come back by themselves" from_world

nft -f - <<'N'
table ip filter {
	chain DOCKER-USER {
		return
	}
	chain FORWARD {
		type filter hook forward priority 0; policy drop;
		jump DOCKER-USER
	}
}
N
like "a firewall that is started later is passed, too" \
	"$(wait_until 20 sh -c 'nft list chain ip filter DOCKER-USER | grep -q compose'; nft list chain ip filter DOCKER-USER)" \
	'oifname "cb\*" accept'
eventually "... the world still gets through" from_world

run compose down -t 0
succeeds "down"
is "the legacy rules are as they were" "$(legacy)" "$legacy_before"
ok "nothing of ours is in the other firewall" sh -c '! nft list ruleset | grep -q compose'
nft delete table ip filter
finish
