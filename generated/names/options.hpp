// Written by gen/ from api/options.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include "api/options.hpp"
#include "base/names.hpp"

namespace hdb {

template <>
struct Names<Mode> {
  static constexpr EnumName<Mode> kAll[] = {
      {Mode::kReadWrite, "read-write"},
      {Mode::kReadOnly, "read-only"},
      {Mode::kPreferStandby, "prefer-standby"},
      {Mode::kAny, "any"},
  };
};

template <>
struct Names<IsolationLevel> {
  static constexpr EnumName<IsolationLevel> kAll[] = {
      {IsolationLevel::kReadCommitted, "read-committed"},
      {IsolationLevel::kRepeatableRead, "repeatable-read"},
      {IsolationLevel::kSerializable, "serializable"},
  };
};

template <>
struct Names<OnUnreplicated> {
  static constexpr EnumName<OnUnreplicated> kAll[] = {
      {OnUnreplicated::kReject, "reject"},
      {OnUnreplicated::kWarn, "warn"},
  };
};

template <>
struct Names<SslMode> {
  static constexpr EnumName<SslMode> kAll[] = {
      {SslMode::kDisable, "disable"},
      {SslMode::kAllow, "allow"},
      {SslMode::kPrefer, "prefer"},
      {SslMode::kRequire, "require"},
      {SslMode::kVerifyCa, "verify-ca"},
      {SslMode::kVerifyFull, "verify-full"},
  };
};

template <>
struct Names<SslNegotiation> {
  static constexpr EnumName<SslNegotiation> kAll[] = {
      {SslNegotiation::kPostgres, "postgres"},
      {SslNegotiation::kDirect, "direct"},
  };
};

template <>
struct Names<SslCertMode> {
  static constexpr EnumName<SslCertMode> kAll[] = {
      {SslCertMode::kDisable, "disable"},
      {SslCertMode::kAllow, "allow"},
      {SslCertMode::kRequire, "require"},
  };
};

template <>
struct Names<ChannelBinding> {
  static constexpr EnumName<ChannelBinding> kAll[] = {
      {ChannelBinding::kDisable, "disable"},
      {ChannelBinding::kPrefer, "prefer"},
      {ChannelBinding::kRequire, "require"},
  };
};

template <>
struct Names<TlsVersion> {
  static constexpr EnumName<TlsVersion> kAll[] = {
      {TlsVersion::kTls10, "TLSv1"},
      {TlsVersion::kTls11, "TLSv1.1"},
      {TlsVersion::kTls12, "TLSv1.2"},
      {TlsVersion::kTls13, "TLSv1.3"},
  };
};

}  // namespace hdb
