// Task: a move-only function without arguments; what a mailbox carries. A small one needs no memory of its
// own.
// Thread: moves from the one that made it to the one that runs it.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace hdb {

class Task {
 public:
  Task() = default;
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Task>) Task(F&& f) {  // NOLINT: implicit by design
    using Held = std::remove_cvref_t<F>;
    if constexpr (fits<Held>) {
      new (&place_) Held(std::forward<F>(f));
      kind_ = &Inside<Held>::kKind;
    } else {
      *reinterpret_cast<Held**>(&place_) = new Held(std::forward<F>(f));
      kind_ = &Outside<Held>::kKind;
    }
  }
  Task(Task&& other) noexcept { take(other); }
  Task& operator=(Task&& other) noexcept {
    if (this == &other) return *this;
    clear();
    take(other);
    return *this;
  }
  ~Task() { clear(); }

  explicit operator bool() const { return kind_ != nullptr; }
  void operator()() { kind_->run(&place_); }

 private:
  static constexpr std::size_t kRoom = 48;
  struct Kind {
    void (*run)(void*);
    void (*move)(void* from, void* to);  // leaves nothing at `from`
    void (*destroy)(void*);
  };
  template <class F>
  static constexpr bool fits =
      sizeof(F) <= kRoom &&
      alignof(F) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<F>;
  template <class F>
  struct Inside {
    static void run(void* at) { (*static_cast<F*>(at))(); }
    static void move(void* from, void* to) {
      new (to) F(std::move(*static_cast<F*>(from)));
      static_cast<F*>(from)->~F();
    }
    static void destroy(void* at) { static_cast<F*>(at)->~F(); }
    static constexpr Kind kKind{run, move, destroy};
  };
  template <class F>
  struct Outside {
    static void run(void* at) { (**static_cast<F**>(at))(); }
    static void move(void* from, void* to) { *static_cast<F**>(to) = *static_cast<F**>(from); }
    static void destroy(void* at) { delete *static_cast<F**>(at); }
    static constexpr Kind kKind{run, move, destroy};
  };

  void take(Task& other) {
    kind_ = std::exchange(other.kind_, nullptr);
    if (kind_ != nullptr) kind_->move(&other.place_, &place_);
  }
  void clear() {
    if (const Kind* kind = std::exchange(kind_, nullptr)) kind->destroy(&place_);
  }

  const Kind* kind_ = nullptr;
  alignas(std::max_align_t) std::byte place_[kRoom];
};

}  // namespace hdb
