// The platform packages: one of them at most is installed.
declare module 'hyperiondb-client-*';
