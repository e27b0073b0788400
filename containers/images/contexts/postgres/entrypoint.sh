#!/bin/sh
# Supports the same settings as the official image's entry point: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB,
# POSTGRES_HOST_AUTH_METHOD, the *_FILE form of each, and /docker-entrypoint-initdb.d on the first start only.
set -eu

from_file() { # NAME: sets it from the file in NAME_FILE, the form for mounted secrets
  eval "file=\${$1_FILE:-}"
  [ -z "$file" ] || export "$1=$(cat "$file")"
}

as_postgres() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi
}

create_cluster() {
  if [ -z "${POSTGRES_INITDB_ARGS:-}" ]; then
    as_postgres cp -a /usr/local/share/postgresql/cluster/. "$PGDATA"
  else
    # shellcheck disable=SC2086 # the variable is a list of arguments
    as_postgres initdb --no-sync --username=postgres --auth=trust --pgdata="$PGDATA" $POSTGRES_INITDB_ARGS
  fi
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
}

run_sql() { # DATABASE [psql arguments]
  database=$1
  shift
  as_postgres psql -v ON_ERROR_STOP=1 --no-psqlrc --username="$POSTGRES_USER" --dbname="$database" "$@"
}

# The first superuser owns everything in the cluster. A role cannot rename itself, so another one does.
name_superuser() {
  [ "$POSTGRES_USER" != postgres ] || return 0
  as_postgres psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username=postgres --dbname=postgres -v user="$POSTGRES_USER" <<'SQL'
CREATE ROLE renaming SUPERUSER LOGIN;
\connect - renaming
ALTER ROLE postgres RENAME TO :"user";
\connect - :user
DROP ROLE renaming;
SQL
}

set_up() {
  # Only on the socket: no client may connect before the database is set up.
  as_postgres pg_ctl --pgdata="$PGDATA" -w start -o "-c listen_addresses='' -c fsync=off" >/dev/null
  name_superuser
  run_sql postgres -v user="$POSTGRES_USER" -v password="${POSTGRES_PASSWORD:-}" -v db="$POSTGRES_DB" --quiet <<'SQL'
SELECT format('ALTER ROLE %I PASSWORD %L', :'user', :'password') WHERE :'password' <> '' \gexec
SELECT format('CREATE DATABASE %I', :'db') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db') \gexec
SQL
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
      *.sql) echo "$0: running $script"; run_sql "$POSTGRES_DB" --file="$script" ;;
      *.sql.gz) echo "$0: running $script"; gunzip -c "$script" | run_sql "$POSTGRES_DB" ;;
      *.sh) echo "$0: running $script"; as_postgres sh "$script" ;;
      *"/*") ;;
      *) echo "$0: ignoring $script" ;;
    esac
  done
  as_postgres pg_ctl --pgdata="$PGDATA" -m fast -w stop >/dev/null
}

case "${1-}" in
  -*) set -- postgres "$@" ;;
esac
[ "${1-}" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file "$name"; done
  POSTGRES_USER=${POSTGRES_USER:-postgres}
  POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    echo "Error: Database is uninitialized and superuser password is not specified." >&2
    echo "       Set POSTGRES_PASSWORD to a non-empty value, or POSTGRES_HOST_AUTH_METHOD=trust." >&2
    exit 1
  fi
  create_cluster
  set_up
fi

[ "$(id -u)" != 0 ] || exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
exec "$@"
