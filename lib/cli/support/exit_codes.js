// How `status` and `doctor` end. 1 is an error of the program, 2 a wrong command line.
'use strict';

const EXIT = { well: 0, impaired: 3, down: 4 };

const EXIT_HELP = `Exit codes: 0 all is well; 3 it works, but not all is well; 4 it does not work; 1 error; 2 wrong command line.`;

module.exports = { EXIT, EXIT_HELP };
