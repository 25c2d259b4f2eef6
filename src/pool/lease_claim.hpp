// LeaseClaim: somebody who wants a session for himself.
// Thread: I/O only.  Owner: as every claim's.
#pragma once

#include <memory>
#include <utility>

#include "pool/claim.hpp"
#include "pool/host_pool.hpp"
#include "pool/retry.hpp"

namespace hdb {

class LeaseClaim final : public Claim {
 public:
  LeaseClaim(Mode wanted, TimePoint acquire_by, TimePoint call_by, CancelToken cancel,
             Callback<std::string, double> told, Leaseholder& holder)
      : Claim(wanted, acquire_by, call_by, std::move(cancel), std::move(told)), holder_(holder) {
    holder.claim_ = this;
  }

  void serve(std::unique_ptr<Claim> self, PooledSession& session) override {
    Leaseholder& holder = holder_;
    holder.claim_ = nullptr;
    holder.session_ = &session;
    session.holder = &holder;
    session.connection().pin();
    self.reset();
    holder.on_leased(session.connection());
  }
  void fail(Error error) override {
    error.retryable = is_retryable(error);
    error.causes.insert(error.causes.end(), causes.begin(), causes.end());
    holder_.claim_ = nullptr;
    holder_.on_refused(std::move(error));
  }

 private:
  Leaseholder& holder_;
};

}  // namespace hdb
