// EnvData: the state of one JavaScript environment (the main thread, a worker, a second context).
// Thread: JS.  Owner: Node's instance data; a wrapped object keeps it too, because finalizers run in any
// order.
// Not here: what the functions of lib/ do (lib/native.js).
#pragma once

#include <napi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "node/env_mailbox.hpp"

namespace hdb::node {

/// The functions of lib/ that native code calls. Unless noted, they let no exception of the application
/// through.
enum class Hook : std::uint8_t {
  kMakeError,   // (kind, message, fields, causes, cause) → an Error
  kRowFactory,  // (fields, hints, array rows?, parsers id) → functions that build rows; see row_factory.cpp
  kStringify,  // (value) → JSON text, or null for nothing; throws what a getter or toJSON of the value throws
  kDeliver,    // (listener, ...arguments): calls the listener; what it throws becomes an uncaught exception
  kDrainLater,  // (): calls `drain` in the next iteration of the event loop
  kCount,
};
inline constexpr std::array<const char*, static_cast<std::size_t>(Hook::kCount)> kHookNames = {
    "makeError", "rowFactory", "stringify", "deliver", "drainLater"};

/// A C++ object behind a JavaScript one. The end of the environment drops what it holds; the finalizer drops
/// the rest.
class Wrapped {
 public:
  virtual ~Wrapped() = default;
  virtual void drop() = 0;

  Wrapped* previous = nullptr;  // in the list of its environment
  Wrapped* next = nullptr;
};

/// State that a part of the edge keeps per environment.
class PerEnv {
 public:
  virtual ~PerEnv() = default;
  virtual void close(napi_env env) = 0;
};

class EnvData : public std::enable_shared_from_this<EnvData> {
 public:
  /// Called when the addon is loaded. Registers the hook that runs at the end of the environment.
  static EnvData& create(Napi::Env env);
  static EnvData& of(napi_env env);
  ~EnvData();
  EnvData(const EnvData&) = delete;
  EnvData& operator=(const EnvData&) = delete;

  const std::shared_ptr<EnvMailbox>& mailbox() const { return mailbox_; }

  /// Drops everything that other threads work on, so its pools end here. Called before the process exits, and
  /// at the end of the environment.
  void shut_down();

  void set_hooks(Napi::Object hooks);
  /// The value of the hook's call; null if it failed, with the exception pending.
  napi_value call(Hook hook, std::size_t argc, const napi_value* argv) const;
  bool has_hooks() const { return hooks_ != nullptr; }

  void add(Wrapped& wrapped);
  void remove(Wrapped& wrapped);

  void set_constructor(const void* type, napi_value constructor);
  napi_value constructor(const void* type) const;

  /// Of KeptValue.
  std::uint32_t keep(napi_value value);
  napi_value kept(std::uint32_t id) const;
  void forget(std::uint32_t id);

  /// The object for which an instance is being made; without one the constructor refuses.
  std::unique_ptr<Wrapped> under_construction;
  /// Of rows_to_js.
  std::unique_ptr<PerEnv> row_factories;

 private:
  explicit EnvData(napi_env env);
  static void on_env_end(void* data);
  void close();

  napi_env env_;
  std::shared_ptr<EnvMailbox> mailbox_;
  napi_ref hooks_ = nullptr;  // an array in the order of Hook
  std::unordered_map<const void*, napi_ref> constructors_;
  std::unordered_map<std::uint32_t, napi_ref> kept_;
  std::uint32_t last_kept_ = 0;
  Wrapped* first_ = nullptr;
};

}  // namespace hdb::node
