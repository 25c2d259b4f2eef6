'use strict';

/** As `topology()` and events name a node. @param {{ host: string, port: number }} node */
const address = (node) => `${node.host}:${node.port}`;

module.exports = { address };
