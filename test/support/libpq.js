'use strict';

const fs = require('node:fs');
require('../..');

/** Major version of the libpq that is loaded; one that is part of the addon is the newest. */
function libpqMajor() {
  const [, major] = /libpq\.so\.5\.(\d+)/.exec(fs.readFileSync('/proc/self/maps', 'latin1')) ?? [];
  return major === undefined ? Infinity : Number(major);
}

module.exports = { libpqMajor };
