#include "loop/thread.hpp"

#include <memory>
#include <system_error>
#include <utility>

namespace hdb {

#if defined(_WIN32)

bool Thread::start(Task work) {
  try {
    handle_ = std::thread(std::move(work));
  } catch (const std::system_error&) {
    return false;
  }
  return is_joinable_ = true;
}

bool Thread::start_detached(Task work) {
  Thread thread;
  if (!thread.start(std::move(work))) return false;
  thread.handle_.detach();
  return true;
}

void Thread::join() {
  handle_.join();
  is_joinable_ = false;
}

bool Thread::is_current() const { return std::this_thread::get_id() == handle_.get_id(); }

#else

namespace {

constexpr std::size_t kStackSize = 2 << 20;  // of address space; only what is used takes memory

bool start_posix(pthread_t& handle, Task work, int detach_state) {
  auto owned = std::make_unique<Task>(std::move(work));
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, kStackSize);
  pthread_attr_setdetachstate(&attributes, detach_state);
  const int failed = pthread_create(
      &handle, &attributes,
      [](void* task) -> void* {
        (*std::unique_ptr<Task>(static_cast<Task*>(task)))();
        return nullptr;
      },
      owned.get());
  pthread_attr_destroy(&attributes);
  if (failed != 0) return false;
  static_cast<void>(owned.release());
  return true;
}

}  // namespace

bool Thread::start(Task work) {
  return is_joinable_ = start_posix(handle_, std::move(work), PTHREAD_CREATE_JOINABLE);
}

bool Thread::start_detached(Task work) {
  pthread_t handle;
  return start_posix(handle, std::move(work), PTHREAD_CREATE_DETACHED);
}

void Thread::join() {
  pthread_join(handle_, nullptr);
  is_joinable_ = false;
}

bool Thread::is_current() const { return pthread_equal(pthread_self(), handle_) != 0; }

#endif

}  // namespace hdb
