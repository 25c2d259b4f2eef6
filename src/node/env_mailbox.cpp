#include "node/env_mailbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.hpp"
#include "base/turn.hpp"

namespace hdb::node {

namespace {

constexpr milliseconds kTurn{2};   // then the event loop runs; the garbage collector adds to it
constexpr milliseconds kSlice{1};  // of one long job, while others wait
// Node calls a thread-safe function up to 1000 times in a row while it is woken from its own callback. Turns
// that follow each other so closely are one burst, and a burst is bounded like a turn.
constexpr std::chrono::microseconds kSameBurst{200};

}  // namespace

std::shared_ptr<EnvMailbox> EnvMailbox::create(Napi::Env env, void (*ask_again)(Napi::Env)) {
  std::shared_ptr<EnvMailbox> mailbox(new EnvMailbox());
  mailbox->ask_again_ = ask_again;
  // Node may call on_wake once more while it tears the function down, so the function keeps the mailbox.
  auto* kept = new std::shared_ptr<EnvMailbox>(mailbox);
  const auto forget = [](napi_env, void*, void* context) {
    delete static_cast<std::shared_ptr<EnvMailbox>*>(context);
  };
  const Napi::String name = Napi::String::New(env, "hyperiondb-client");
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, name, 0, 1, nullptr, forget, kept, &EnvMailbox::on_wake, &mailbox->wake_);
  if (status != napi_ok) {
    delete kept;
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, mailbox->wake_);
  return mailbox;
}

class EnvMailbox::TurnBatch final : public Turn::Batch {
 public:
  explicit TurnBatch(std::shared_ptr<EnvMailbox> mailbox)
      : Batch(mailbox.get()), mailbox_(std::move(mailbox)) {}
  void add(std::unique_ptr<Job> job) { jobs_.push_back(std::move(job)); }
  void deliver() override { mailbox_->post_all(std::move(jobs_)); }

 private:
  std::shared_ptr<EnvMailbox> mailbox_;
  std::vector<std::unique_ptr<Job>> jobs_;
};

void EnvMailbox::post(std::unique_ptr<Job> job) {
  if (Turn* turn = Turn::current()) {
    turn->batch_for<TurnBatch>(this, [this] { return std::make_unique<TurnBatch>(shared_from_this()); })
        .add(std::move(job));
    return;
  }
  std::vector<std::unique_ptr<Job>> jobs;
  jobs.push_back(std::move(job));
  post_all(std::move(jobs));
}

void EnvMailbox::post_all(std::vector<std::unique_ptr<Job>> jobs) {
  const std::lock_guard lock(mutex_);
  if (wake_ == nullptr)
    return;  // the jobs are destroyed after the lock: they may hold completions of their own
  if (inbox_.empty()) {
    inbox_.swap(jobs);
  } else {
    std::move(jobs.begin(), jobs.end(), std::back_inserter(inbox_));
  }
  if (wake_pending_) return;
  // Under the lock, so that close() cannot take the function away meanwhile.
  wake_pending_ = napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking) == napi_ok;
}

void EnvMailbox::on_wake(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment is going down
  const std::shared_ptr<EnvMailbox> self = *static_cast<std::shared_ptr<EnvMailbox>*>(context);
  self->drain(env, false);
}

void EnvMailbox::drain(Napi::Env env, bool new_iteration) {
  if (new_iteration) asked_again_ = false;
  if (draining_ || asked_again_) return;
  draining_ = true;
  const TimePoint began = SteadyClock::now();
  if (new_iteration || began - turn_ended_ > kSameBurst) burst_began_ = began;
  const TimePoint until = burst_began_ + kTurn;
  {
    const std::lock_guard lock(mutex_);
    for (auto& job : inbox_) ready_.push_back(std::move(job));
    inbox_.clear();
    wake_pending_ = false;
  }
  TimePoint now = began;
  bool first = true;  // a turn does at least one thing, however late it came
  while (!ready_.empty() && (first || now < until)) {
    std::unique_ptr<Job> job = std::move(ready_.front());
    ready_.pop_front();
    if (!job->run(env, now + kSlice)) unfinished_.push_back(std::move(job));
    first = false;
    now = SteadyClock::now();
  }
  while (ready_.empty() && !unfinished_.empty() && (first || now < until)) {
    std::unique_ptr<Job> job = std::move(unfinished_.front());
    unfinished_.pop_front();
    if (!job->run(env, unfinished_.empty() ? until : now + kSlice)) unfinished_.push_back(std::move(job));
    first = false;
    now = SteadyClock::now();
  }
  turn_ended_ = now;
  draining_ = false;
  if (ready_.empty() && unfinished_.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    wake_pending_ = true;
  }
  asked_again_ = true;
  ask_again_(env);
}

void EnvMailbox::operation_begins(Napi::Env env) {
  if (pending_operations_++ == 0 && wake_ != nullptr) napi_ref_threadsafe_function(env, wake_);
}

void EnvMailbox::operation_ends(Napi::Env env) {
  HDB_DCHECK(pending_operations_ > 0);
  if (--pending_operations_ == 0 && wake_ != nullptr) napi_unref_threadsafe_function(env, wake_);
}

void EnvMailbox::close() {
  std::vector<std::unique_ptr<Job>> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (wake_ == nullptr) return;
    dropped.swap(inbox_);
    napi_release_threadsafe_function(wake_, napi_tsfn_release);
    wake_ = nullptr;
  }
  ready_.clear();
  unfinished_.clear();
}

}  // namespace hdb::node
