// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
// The same exports for import; one module behind both, so that instanceof works across them.
import cjs from '../lib/index.js';

export const {
  Door,
  HyperionError,
  ServerError,
} = cjs;
