'use strict';

require('./check.cjs')(require('hyperiondb-client'));
