export const statements = [
  'create table ledger_audit (id uuid primary key, account int4 references ledger_accounts, note text)',
  'create index on ledger_audit (account)',
];
