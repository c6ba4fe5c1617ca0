#!/bin/bash
# Published ports: from outside, from the host, on loopback only, taken ones; beside a firewall like Docker's.
. "$(dirname "$0")/lib.sh"
uplink

# What Docker's daemon leaves on a host: forwarding is dropped unless a rule of its own allows it.
if [ "${FIREWALL-docker}" = docker ]; then
	iptables -P FORWARD DROP
	iptables -N DOCKER-USER
	iptables -A FORWARD -j DOCKER-USER
	iptables -A DOCKER-USER -j RETURN
fi
nft_before=$(nft_objects)
firewall=$(nft_objects)

compose_file <<'Y'
name: ports
services:
  web:
    image: alpine
    command: sh -c "echo it works > /root/index.html; exec httpd -f -p 80 -h /root"
    ports: ["18080:80", "127.0.0.1:18081:80", "80"]
  udp:
    image: alpine
    command: sh -c "while :; do echo pong | nc -u -l -p 53 -w 1; done"
    ports: ["15353:53/udp"]
Y
run compose up -d
succeeds "up"
eventually "from the host by its address" http 198.51.100.2 18080
is "... the page" "$(http 198.51.100.2 18080)" "it works"
is "from the host by localhost" "$(http 127.0.0.1 18080)" "it works"
is "from outside" "$(world bash "$here/http_get.bash" 198.51.100.2 18080)" "it works"
is "on loopback only: from the host" "$(http 127.0.0.1 18081)" "it works"
run world bash "$here/http_get.bash" 198.51.100.2 18081
ok "on loopback only: not from outside" test "$RC" != 0
world ip route add 127.0.0.2 dev world0 2>/dev/null
run world bash "$here/http_get.bash" 127.0.0.2 18081
ok "... not even by a route to 127.0.0.0/8" test "$RC" != 0
chosen=$(compose port web 80 --index 1 >/dev/null; compose ps --format '{{.Publishers}}' web | grep -o '0\.0\.0\.0 80 [0-9]*' | grep -v 18080 | awk '{print $3}')
is "a port is chosen where none is given" "$(http 127.0.0.1 "${chosen:-1}")" "it works"
is "a container reaches the outside" "$(compose exec -T web ping -c 1 -W 2 198.51.100.1 >/dev/null && echo yes)" yes
is "a container reaches a published port by the host's address" "$(compose exec -T web wget -q -O - http://198.51.100.2:18080/)" "it works"

cat > second.yaml <<'Y'
name: second
services:
  web: {image: alpine, command: sleep 1000, ports: ["18080:80"]}
Y
run compose -f second.yaml up -d
fails "a port that another project has" 1
like "... is refused in the words scripts know" "$ERR" 'port is already allocated'
like "... and the holder is named" "$ERR" 'ports-web-1'
compose -f second.yaml down -t 0 2>/dev/null
python3 - <<'P' &
import socket, time
s = socket.socket(); s.bind(("0.0.0.0", 18099)); s.listen(); time.sleep(60)
P
holder=$!
HELPERS="$HELPERS $holder"
wait_until 30 sh -c 'grep -qi ":46B3 " /proc/net/tcp'
sed -i s/18080/18099/ second.yaml
run compose -f second.yaml up -d
fails "a port that some program has" 1
like "... that program is named" "$ERR" "python3|pid $holder|address already in use"
is "the container of the failed start stays created" "$(compose -f second.yaml ps -a --format '{{.State}}')" created
compose -f second.yaml down -t 0 2>/dev/null
kill $holder
is "the first project is untouched" "$(http 127.0.0.1 18080)" "it works"

run compose down -t 0
succeeds "down"
run http 127.0.0.1 18080
ok "the port is free again" test "$RC" != 0
if [ -n "$firewall" ]; then is "the firewall of others is as it was" "$(nft_objects)" "$firewall"; fi
nft_before=$(nft_objects)
finish
