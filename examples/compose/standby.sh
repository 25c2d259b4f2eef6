#!/bin/bash
# Copies the first node, unless that was done before, and becomes its standby.
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  chown postgres "$PGDATA"
  until PGPASSWORD=secret gosu postgres pg_basebackup -h node1 -U replicator -D "$PGDATA" -X stream -R; do
    sleep 1
  done
  chmod 700 "$PGDATA"
fi
exec gosu postgres postgres
