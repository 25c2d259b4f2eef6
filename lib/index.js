// What the package exports; nothing else is public.
'use strict';

const { classes } = require('./errors.js');
const { createPool } = require('./create.js');
const { Pool } = require('./pool.js');
const { quoteIdentifier } = require('./sql/names.js');
const { sql } = require('./sql/sql.js');
const { Transaction } = require('./transaction.js');

module.exports = { createPool, quoteIdentifier, sql, Pool, Transaction, ...classes };
