// EnvMailbox: the only way from another thread to the JavaScript of one environment.
// Thread: `post` from any; everything else on the environment's own JS thread.  Owner: shared by EnvData and
// by whatever may still have something to deliver; closed, and from then on silent, before the environment
// ends. One wake-up serves all tasks that came in meanwhile. A turn ends after a few milliseconds, so that a
// large result never keeps the event loop busy: what is left goes on in the loop's next iteration, small
// tasks first.
#pragma once

#include <napi.h>

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.hpp"

namespace hdb::node {

class EnvMailbox : public std::enable_shared_from_this<EnvMailbox> {
 public:
  /// A task for the environment.
  class Job {
   public:
    virtual ~Job() = default;
    /// False: not finished, call again in a later turn. A long job watches the clock and stops after `until`.
    /// The handle scope is the turn's, so a job that makes many values opens its own.
    virtual bool run(Napi::Env env, TimePoint until) = 0;
  };

  /// `ask_again` makes lib/ call `drain` in the next iteration of the event loop.
  static std::shared_ptr<EnvMailbox> create(Napi::Env env, void (*ask_again)(Napi::Env));
  ~EnvMailbox() = default;
  EnvMailbox(const EnvMailbox&) = delete;
  EnvMailbox& operator=(const EnvMailbox&) = delete;

  /// Posts a job: at the end of the turn, if the thread is in one. After `close` the job is dropped on the
  /// calling thread.
  void post(std::unique_ptr<Job> job);

  /// Runs the jobs in order, for a few milliseconds.
  void drain(Napi::Env env, bool new_iteration);

  /// The process stays alive while operations are pending.
  void operation_begins(Napi::Env env);
  void operation_ends(Napi::Env env);

  /// Drops everything. From then on no other thread touches the environment.
  void close();

 private:
  class TurnBatch;
  EnvMailbox() = default;
  void post_all(std::vector<std::unique_ptr<Job>> jobs);
  static void on_wake(napi_env env, napi_value, void* context, void*);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Job>> inbox_;  // guarded by mutex_
  napi_threadsafe_function wake_ = nullptr;  // guarded by mutex_; null once closed
  bool wake_pending_ = false;                // guarded by mutex_; a turn is coming, no need to wake again

  std::deque<std::unique_ptr<Job>> ready_;  // JS thread only, as all below
  std::deque<std::unique_ptr<Job>> unfinished_;
  void (*ask_again_)(Napi::Env) = nullptr;
  bool asked_again_ = false;
  bool draining_ = false;
  std::size_t pending_operations_ = 0;
  TimePoint burst_began_{};  // of turns without an iteration of the event loop in between
  TimePoint turn_ended_{};
};

}  // namespace hdb::node
