// Pool::Impl: what a handle needs to reach its pool on the I/O thread, and what it may read without that.
// Thread: JS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "api/pool.hpp"
#include "client/engine.hpp"

namespace hdb {

struct Pool::Impl {
  std::shared_ptr<Engine> engine;
  PoolId id = 0;
  PoolOptions options;
  std::string database;
  std::uint16_t default_port = 5432;
  bool is_ended = false;
  std::shared_ptr<PoolGauges> gauges = std::make_shared<PoolGauges>();

  /// Runs `task(pool)` on the I/O thread.
  template <class F>
  void post(F&& task) const {
    engine->post([id = id, task = std::forward<F>(task)](Engine::Io& io) mutable { task(io.pool(id)); });
  }
  /// Calls a function of the pool there.
  template <auto Method, class... Args>
  void post_to(Args&&... args) const {
    engine->post([id = id, ... args = std::forward<Args>(args)](Engine::Io& io) mutable {
      (io.pool(id).*Method)(std::move(args)...);
    });
  }
};

}  // namespace hdb
