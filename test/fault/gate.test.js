'use strict';

// The tool that these tests are made with is tested first.
require('../support/gate.test.js');
