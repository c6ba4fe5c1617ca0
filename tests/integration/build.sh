#!/bin/bash
# build: instructions, cache, context, arguments, a failing step; up builds what is missing.
. "$(dirname "$0")/lib.sh"

mkdir -p app/sub
echo content > app/file
echo hidden > app/secret.txt
echo secret.txt > app/.dockerignore
echo deep > app/sub/deep
compose_file app/Dockerfile <<'D'
ARG BASE=alpine
FROM $BASE AS first
ARG WHO=nobody
ENV GREETING="hello $WHO" PATH=/usr/local/bin:/bin
LABEL maintainer="tests" "with blank"=yes
WORKDIR /app
COPY file sub ./
COPY . /all
RUN echo made by run > made && \
    addgroup -g 1000 app 2>/dev/null; echo 'app:x:1000:1000::/app:/bin/sh' >> /etc/passwd
FROM first
RUN echo "$GREETING" > greeting
VOLUME /data
EXPOSE 8080/tcp
USER 1000:1000
HEALTHCHECK --interval=100ms CMD test -e /app/made
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["cat greeting; exec sleep 1000"]
D
compose_file <<'Y'
name: bld
services:
  app: {build: {context: app, args: {WHO: world}}}
  plain: {image: alpine, command: sleep 1000}
Y
run compose build
succeeds "build succeeds"
like "steps go to stdout" "$OUT" '^#[0-9]+ \[.*\] RUN echo'
like "progress to stderr" "$ERR" '^ Image bld-app Built *$'
first_id=$(compose image ls -q | sort | head -20)
run compose build
succeeds "again"
like "... from the cache" "$OUT" '^#[0-9]+ CACHED'
is "... the same image" "$(compose image ls -q | sort | head -20)" "$first_id"

run compose up -d
succeeds "up"
eventually "its health check passes" sh -c '[ "$(compose ps --format "{{.Health}}" app)" = healthy ]'
is "ENV and ARG" "$(compose logs --no-log-prefix app)" "hello world"
is "COPY and .dockerignore" "$(compose exec -T app sh -c 'ls /app /all | tr "\n" " "')" "/all: Dockerfile file sub  /app: deep file greeting made "
is "USER" "$(compose exec -T app id -u)" 1000
is "WORKDIR" "$(compose exec -T app pwd)" /app
like "EXPOSE" "$(compose ps --format '{{.Ports}}' app)" '8080/tcp'
is "VOLUME is a mount" "$(compose exec -T app sh -c 'grep -c " /data " /proc/mounts')" 1

echo changed > app/file
run compose up -d --build
succeeds "up --build after a change"
like "... builds again" "$OUT" 'COPY file sub'
like "... recreates" "$ERR" '^ Container bld-app-1 Recreated *$'
is "... with the new content" "$(compose exec -T app cat /app/file)" changed
run compose up -d --build
like "up --build without a change keeps the container" "$ERR" '^ Container bld-app-1 Running *$'

cat > app/Dockerfile <<'D'
FROM alpine
RUN echo before
RUN echo to stderr >&2; exit 9
D
before=$(find "$COMPOSE_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l)
run compose build
fails "a failing step" 1
like "... its output" "$OUT" 'to stderr'
like "... its exit code" "$ERR" 'did not complete successfully: exit code: 9'
like "... its place" "$ERR" 'Dockerfile:3'
ok "... leaves at most the good step's layer" test "$(find "$COMPOSE_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l)" -le $((before + 1))
run compose up -d --build
fails "up --build with it" 1
like "... keeps the running container" "$(compose ps --format '{{.State}}' app)" running
printf 'FROM alpine\nNOSUCH x\n' > app/Dockerfile
run compose build
fails "an unknown instruction" 1
like "... with its place" "$OUT$ERR" 'Dockerfile:2'
printf 'FROM alpine\nCOPY absent /x\n' > app/Dockerfile
run compose build
fails "COPY of what is not there" 1
like "... is named" "$OUT$ERR" 'absent'
run compose down -t 0 -v
succeeds "down"
finish
