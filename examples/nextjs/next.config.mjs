/* The client has a native part, which no bundler can take in: it is loaded from node_modules. */
export default {
  serverExternalPackages: ['hyperiondb-client'],
};
