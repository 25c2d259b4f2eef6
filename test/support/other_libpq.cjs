const Module = require('node:module');
const os = require('node:os');
const path = require('node:path');
Module._extensions['.node'] = (module, file) =>
  process.dlopen(
    module,
    path.toNamespacedPath(file),
    os.constants.dlopen.RTLD_LAZY | os.constants.dlopen.RTLD_DEEPBIND,
  );
