#!/bin/bash
# config --resolve-image-digests of images that are not here: asked from a real registry, and from one that wants tokens.
. "$(dirname "$0")/lib.sh"
command -v docker-registry > /dev/null || skip_case "docker-registry is not installed"
peer=$here/registry_peer.py
export HOME=$WORK/home
mkdir "$HOME"

cat > "$WORK/registry.yml" <<Y
version: 0.1
log: {accesslog: {disabled: true}, level: error}
storage: {filesystem: {rootdirectory: $WORK/registry}}
http: {addr: "127.0.0.1:5000"}
Y
docker-registry serve "$WORK/registry.yml" > "$WORK/registry.log" 2>&1 &
registry=$!
answers() { http 127.0.0.1 5000 v2/ > /dev/null; }
eventually "the registry answers" answers
digest=$(python3 "$peer" push http://127.0.0.1:5000 team/app 1)

compose_file <<'Y'
name: pins
services:
  there: {image: "localhost:5000/team/app:1"}
  here: {image: alpine}
  pinned: {image: "localhost:5000/team/app@sha256:1111111111111111111111111111111111111111111111111111111111111111"}
Y
run compose config --resolve-image-digests
succeeds "a registry is asked"
like "what it has" "$OUT" "localhost:5000/team/app:1@$digest"
like "what is here is taken from here" "$OUT" "image: alpine:latest@sha256:"
like "what is pinned stays" "$OUT" "app@sha256:1111111111111111111111111111111111111111111111111111111111111111"
run compose config --lock-image-digests
like "a lock file" "$OUT" "localhost:5000/team/app:1@$digest"

compose_file <<'Y'
name: pins
services:
  there: {image: "localhost:5000/team/app:none"}
Y
run compose config --resolve-image-digests
fails "a tag that is not there" 1
like "says so" "$ERR" "localhost:5000/team/app:none: not found in the registry"
is "and nothing else" "$OUT" ""
kill "$registry"
wait "$registry" 2> /dev/null
run compose config --resolve-image-digests
fails "no registry" 1
like "says which" "$ERR" "ask the registry localhost:5000: "

python3 "$peer" serve "$WORK/port" &
guarded=$!
knows_port() { [ -s "$WORK/port" ]; }
eventually "the guarded registry is up" knows_port
port=$(cat "$WORK/port")
compose_file <<Y
name: pins
services:
  there: {image: "127.0.0.1:$port/team/app:1"}
Y
run compose config --resolve-image-digests
fails "no credentials" 1
like "says who refuses" "$ERR" "127.0.0.1:$port/team/app: http://127.0.0.1:$port/token answered 401"
mkdir "$HOME/.docker"
printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}}}' "$port" "$(printf ann:secret | base64)" > "$HOME/.docker/config.json"
run compose config --resolve-image-digests
succeeds "with credentials"
like "the digest is that of the manifest" "$OUT" "127.0.0.1:$port/team/app:1@$digest"
like "the token was asked for this repository alone" "$(cat "$WORK/port.log")" \
	"/token\?scope=repository%3Ateam%2Fapp%3Apull&service=here%2C%20and%20%22there%22 Basic "
is "the credentials went nowhere else" "$(grep -c "Basic" "$WORK/port.log")" "$(grep -c "/token" "$WORK/port.log" | awk '{ print $1 - 1 }')"
sed -i 's|team/app|broken|' compose.yaml
run compose config --resolve-image-digests
fails "an error of the registry" 1
like "is told" "$ERR" "the registry 127.0.0.1:$port answered 500"

# A name that begins like a loopback address is another host's: never by plain HTTP.
printf '127.0.0.1 127.example.org\n' > "$WORK/hosts"
mount --bind "$WORK/hosts" /etc/hosts
asked=$(wc -l < "$WORK/port.log")
sed -i 's|127.0.0.1:|127.example.org:|' compose.yaml
run compose config --resolve-image-digests
fails "no TLS where it has to be" 1
is "nothing was asked" "$(wc -l < "$WORK/port.log")" "$asked"
umount /etc/hosts
sed -i 's|127.example.org:|127.0.0.1:|' compose.yaml

printf '{"auths":{"127.0.0.1:%s":{"auth":"not base64"}}}' "$port" > "$HOME/.docker/config.json"
run compose config --resolve-image-digests
fails "credentials that cannot be sent" 1
like "are named" "$ERR" "the credentials for 127.0.0.1:$port in $HOME/.docker/config.json are not base64"
echo '{"auths": ' > "$HOME/.docker/config.json"
run compose config --resolve-image-digests
fails "a file of credentials that cannot be read" 1
like "is named" "$ERR" "$HOME/.docker/config.json"
kill "$guarded"
wait "$guarded" 2> /dev/null
finish
