'use strict';

/** What the load needs in the database; the superuser runs it. */
const SCHEMA = [
  'create table ledger (id bigint not null, kind text not null)',
  'create table keyed (id bigint primary key, kind text not null)',
  'create table side (id bigserial, v real)',
  `create function chaos_raise(code text) returns int language plpgsql as
    $$ begin raise exception 'raised' using errcode = code; end $$`,
  `create function chaos_write(id bigint) returns bigint language sql as
    $$ insert into ledger values ($1, 'function') returning id $$`,
  'grant all on all tables in schema public to app',
  'grant usage on all sequences in schema public to app',
  'alter table side owner to app',
  'grant create on schema public to app',
  'create role report login',
  'alter role report set default_transaction_read_only = on',
  'grant select on all tables in schema public to report',
];

/** What `chaos_raise` raises, as an ERROR: the session lives on. */
const RAISED = [
  '08001',
  '08006',
  '22012',
  '53100',
  '57P01',
  '57P02',
  '58030',
  '58P01',
  'P0001',
  'XX000',
  'XX001',
];

module.exports = { SCHEMA, RAISED };
