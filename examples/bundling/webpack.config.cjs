// webpack --config webpack.config.cjs: the client stays outside, in node_modules, with its native part.
'use strict';

const path = require('node:path');

module.exports = {
  mode: 'production',
  target: 'node20',
  entry: './app.mjs',
  experiments: { outputModule: true },
  output: { path: path.join(__dirname, 'dist'), filename: 'webpack.mjs', module: true },
  externals: { 'hyperiondb-client': 'module hyperiondb-client' },
};
