// AsioLoop: Loop over standalone Asio (epoll, kqueue, IOCP), with its own thread.
// Thread: constructed and stopped from outside; everything else is the I/O thread's.
#pragma once

#include <memory>

#include "loop/loop.hpp"

namespace hdb {

class AsioLoop final : public Loop {
 public:
  AsioLoop();
  ~AsioLoop() override;

  /// Starts the thread; false where the system has none left.
  [[nodiscard]] bool start();
  /// Runs `last` on the loop, then ends the thread and waits for it. Helper threads that are stuck in
  /// a blocking call are left behind: they hold nothing of the loop.
  void stop(Task last);

  /// Is this the loop's own thread?
  bool is_own_thread() const;

  TimePoint now() override;
  TimerQueue& timers() override;
  std::unique_ptr<SocketWatch> watch(int socket, std::function<void(bool, bool)> on_ready) override;
  void defer(Task task) override;
  void resolve(std::string name, std::function<void(Resolved)> done) override;
  void offload(Task work, Task done) override;
  void post(Task task) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hdb
