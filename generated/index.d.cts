// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
export * from './index.js';
