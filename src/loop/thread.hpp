// Thread: a thread with a stack of known size. The defaults range from 8 MB (glibc) to 512 kB (macOS) and 128
// kB (musl), which is less than TLS, name resolution and our own calls may need together.
// Thread: any.
#pragma once

#include <thread>

#include "base/task.hpp"

namespace hdb {

class Thread {
 public:
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  /// False where the system has no thread left; then `work` was not run.
  [[nodiscard]] bool start(Task work);
  /// Starts a thread that nobody waits for.
  [[nodiscard]] static bool start_detached(Task work);
  void join();
  bool is_joinable() const { return is_joinable_; }
  bool is_current() const;

 private:
#if defined(_WIN32)
  std::thread handle_;  // stack size of the executable: 1 MB or more
#else
  std::thread::native_handle_type handle_{};
#endif
  bool is_joinable_ = false;
};

}  // namespace hdb
