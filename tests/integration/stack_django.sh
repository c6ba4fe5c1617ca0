#!/bin/bash
# The examples as they are: Django and PostgreSQL from Debian packages, database in a named volume and in a directory.
# Packages come by apt during the build, so this case stays in the network of the machine.
HOST_NETWORK=1
. "$(dirname "$0")/lib.sh"
command -v mmdebstrap >/dev/null || skip_case "needs mmdebstrap"
deadline=60
base=$FIXTURE/../debian.tar

[ -s "$base" ] || "$here/../../examples/base-image.sh" "$base.part" 2>"$WORK/err" && mv "$base.part" "$base" 2>/dev/null
[ -s "$base" ] || { cat "$WORK/err"; skip_case "the base image could not be made from the configured apt sources"; }
run compose image import "$base" debian:bookworm-slim
succeeds "the base image is imported"
cp -a "$here/../../examples/django-postgres" "$here/../../examples/django-postgres-bind" .
rm -rf django-postgres-bind/data
cd django-postgres || exit 1
cat > port.yaml <<'Y'
services: {web: {ports: !override ["18800:8000"]}}
Y
export COMPOSE_FILE=compose.yaml:port.yaml

page() { http 127.0.0.1 18800; }
shows() { page | grep -q -- "$1"; }
run compose build
succeeds "both images are built (apt-get inside, with names and a way out)"
[ "$RC" = 0 ] || finish
run compose up -d --wait
succeeds "up --wait"
eventually "the page shows a row of PostgreSQL" shows "Hello from a row in PostgreSQL"
is "the server runs unprivileged" "$(compose exec -T db sh -c 'stat -c %U /proc/1')" postgres
is "so does the site" "$(compose exec -T web sh -c 'stat -c %U /proc/1')" django
run compose exec -T db psql -U django -d guestbook -Atc "insert into guestbook_entry (text, written) values ('by psql', now()) returning text"
succeeds "exec psql"
eventually "the page shows the new row" shows "by psql"
sed -i 's/<h1>Guestbook/<h1>Edited/' site/guestbook/templates/index.html
eventually "an edit shows at once" shows "<h1>Edited"
run compose run --rm -T web python3 manage.py showmigrations
like "run --rm manage.py" "$OUT" '\[X\] 0001_initial'

kill -9 "$(init_pid "$(id_of web)")"
eventually "kill -9 of the site is repaired by its policy" shows "by psql"
ids=$(compose ps -q)
run compose up -d
is "a second up changes nothing" "$(compose ps -q)" "$ids"
kill -9 "$(supervisor_pid django-postgres)"
ok "kill -9 of the supervisor: the page is still there" shows "by psql"
is "... the containers are the same" "$(compose ps -q)" "$ids"

run compose down
succeeds "down"
run compose up -d --wait
eventually "the data survived down" shows "by psql"
unlike "PostgreSQL had shut down cleanly" "$(compose logs db)" "was not properly shut down"
run compose down -v
succeeds "down -v"
ok "... takes the data" test ! -e "$COMPOSE_ROOT/volumes/django-postgres_data"

cd ../django-postgres-bind && cp ../django-postgres/port.yaml .
run compose up -d --wait
succeeds "the second example"
eventually "its page" shows "Hello from a row in PostgreSQL"
ok "its data is in ./data" test -s data/PG_VERSION
is "the server runs unprivileged there as well" "$(compose exec -T db sh -c 'stat -c %U /proc/1')" postgres
run compose down -v
succeeds "down -v"
ok "leaves the directory" test -s data/PG_VERSION
finish
