#!/usr/bin/env node
'use strict';

require('../lib/cli/support/main').main(process.argv.slice(2));
