#!/bin/bash
# Runs once, when the first node makes its database: the others may copy it and stream from it.
set -e
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
create role replicator login replication password 'secret';
create table visits (id int8 generated always as identity, at timestamptz default now());
SQL
echo 'host replication replicator all scram-sha-256' >>"$PGDATA/pg_hba.conf"
