'use strict';

/* Preloaded into a process whose clock is to be an hour ahead of everybody else's. */

const now = Date.now;
Date.now = () => now() + 3_600_000;
