// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
'use strict';

/** The values of each enum, the events of a pool, and the options that only lib/ may pass. */
module.exports = {
  HostRole: ["unknown", "primary", "standby", "fenced", "quarantined", "down"],
  Outcome: ["not-sent", "not-executed", "rolled-back", "committed-locally", "committed", "unknown"],
  Mode: ["read-write", "read-only", "prefer-standby", "any"],
  IsolationLevel: ["read-committed", "repeatable-read", "serializable"],
  OnUnreplicated: ["reject", "warn"],
  SslMode: ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
  SslNegotiation: ["postgres", "direct"],
  SslCertMode: ["disable", "allow", "require"],
  ChannelBinding: ["disable", "prefer", "require"],
  TlsVersion: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
  Int8Mode: ["bigint", "number", "string"],
  TimestampMode: ["iso", "date"],
  RowMode: ["object", "array"],
  InternalOptions: ["asksForPassword", "asksOnConnect", "defersBegin", "isTold", "onEnd", "onWait", "parsersId", "textTypes"],
  PoolEvents: ["primaryChanged", "fenced", "hostDown", "hostUp", "splitBrain", "hold", "drained", "sessionOpening", "sessionOpened", "sessionClosed", "leak"],
};
