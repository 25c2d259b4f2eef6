// UsageError: what is wrong with a command line.
'use strict';

/** The command line is wrong: shown without a stack, with exit code 2. */
class UsageError extends Error {}

module.exports = { UsageError };
