// Slab: memory for small results, one allocation for many of them. What is taken from it lives as long as
// anybody holds its owner.
// Thread: I/O only; what was taken may be read, and let go of, on any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace hdb::pq {

class Slab {
 public:
  struct Piece {
    void* data;
    std::shared_ptr<const void> owner;
  };
  static constexpr std::size_t kLargest = 2048;

  /// At most kLargest bytes, aligned for any type.
  Piece take(std::size_t size) {
    const std::size_t units = (size + sizeof(Unit) - 1) / sizeof(Unit);
    if (units > left_) {
      block_ = std::make_shared_for_overwrite<Unit[]>(kUnits);
      left_ = kUnits;
    }
    Unit* data = block_.get() + (kUnits - left_);
    left_ -= units;
    return {data, block_};
  }

 private:
  using Unit = std::max_align_t;
  static constexpr std::size_t kUnits = std::size_t{32} * 1024 / sizeof(Unit);
  std::shared_ptr<Unit[]> block_;
  std::size_t left_ = 0;  // units
};

}  // namespace hdb::pq
