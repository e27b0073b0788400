#!/bin/sh
# Makes the database litellm_template in the image's cluster. Each migration runs by itself and outside of a transaction,
# because some create an index concurrently.
set -eu
cluster=/usr/local/share/postgresql/cluster
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
run() { as_postgres psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username=postgres --dbname="$1"; }

as_postgres pg_ctl --pgdata="$cluster" -w start -o "-c listen_addresses='' -c fsync=off" >/dev/null
echo 'CREATE DATABASE litellm_template' | run postgres
export PGOPTIONS='-c client_min_messages=warning'
for migration in /usr/local/share/litellm/migrations/*/migration.sql; do
  run litellm_template < "$migration" >/dev/null || { echo "$migration failed" >&2; exit 1; }
done
echo 'SELECT count(*) || $$ tables of LiteLLM$$ FROM pg_tables WHERE schemaname = $$public$$' | run litellm_template
as_postgres pg_ctl --pgdata="$cluster" -m fast -w stop >/dev/null
rm -f "$cluster/postmaster.opts"
