export const statements = [
  `create table ledger_accounts (
     id int4 generated always as identity primary key,
     owner text not null unique,
     balance int8 not null default 0
   )`,
  `insert into ledger_accounts (owner) values ('house')`,
];
