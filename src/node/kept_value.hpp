// KeptValue: a JavaScript value that native code needs later. Its reference ends with the environment at the
// latest.
// Thread: made and read on JS; may be destroyed on any.
#pragma once

#include <napi.h>

#include <memory>

#include "node/env_data.hpp"

namespace hdb::node {

class KeptValue {
 public:
  KeptValue(Napi::Env env, napi_value value);
  ~KeptValue();
  KeptValue(const KeptValue&) = delete;
  KeptValue& operator=(const KeptValue&) = delete;

  /// Null if the environment could not keep it.
  napi_value value(Napi::Env env) const;
  const std::shared_ptr<EnvMailbox>& mailbox() const { return mailbox_; }

 private:
  std::shared_ptr<EnvMailbox> mailbox_;  // brings the end to the environment's thread
  std::uint32_t id_ = 0;                 // in the table of the environment
};

}  // namespace hdb::node
