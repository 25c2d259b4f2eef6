#include "conn/pipeline.hpp"

#include <algorithm>

namespace hdb {

namespace {

/// A session that has been silent for so long takes nothing more behind what it runs: what usually is fast
/// may be slow for once.
constexpr milliseconds kPatience{5};

}  // namespace

std::deque<std::unique_ptr<Flight>> Pipeline::close() {
  session_ = nullptr;
  told_ = 0;
  loop_.wait_strategy().lost(queue_.size());
  return std::exchange(queue_, {});
}

void Pipeline::push(std::unique_ptr<Flight> flight) {
  Request* const request = flight->request.get();
  // Without its Sync the server cannot have committed anything of it.
  if (!session_->send_sync() && request != nullptr) request->came_to(Phase::kQueued);
  const Query* const query = request != nullptr ? request->query() : nullptr;
  const StatementInfo* const info = query != nullptr ? query->info.get() : nullptr;
  const bool is_execution = flight->stage == Flight::Stage::kExecute;
  flight->is_exclusive = info == nullptr || !is_execution || !info->pace.is_fast() || info->kind.may_commit;
  exclusive_ += flight->is_exclusive ? 1 : 0;
  flight->sent_at = loop_.now();
  // A first execution tells more of the server's caches than of the text.
  flight->is_telling = queue_.empty() && is_execution && !flight->is_first_here;
  const bool is_common =
      (queue_.empty() || info == common_text_) && info != nullptr && !request->may_be_given_up();
  common_text_ = is_common ? info : nullptr;
  loop_.wait_strategy().sent(flight->sent_at);
  queue_.push_back(std::move(flight));
}

std::unique_ptr<Flight> Pipeline::take_front() {
  std::unique_ptr<Flight> flight = std::move(queue_.front());
  queue_.pop_front();
  exclusive_ -= flight->is_exclusive ? 1 : 0;
  told_ -= flight->is_told() ? 1 : 0;
  const Duration took = heard_at_ - flight->sent_at;
  loop_.wait_strategy().answered(heard_at_, took);
  round_trip_ = std::min(round_trip_, took);
  return flight;
}

void Pipeline::isolate(Flight& flight) {
  if (!std::exchange(flight.is_exclusive, true)) ++exclusive_;
}

bool Pipeline::takes_more(TimePoint now) const {
  return !queue_.empty() && now - heard_at_ <= kPatience && exclusive_ == 0;
}

std::unique_ptr<Request> Pipeline::take_told(Flight& flight) {
  ++told_;
  return std::move(flight.request);
}

void Pipeline::flush() {
  flush_wanted_ = false;
  if (session_ == nullptr) return;
  session_->flush();
  note_what_left();
}

void Pipeline::note_what_left() {
  const pq::Flushed flushed = session_->flushed();
  if (flushed == pq::Flushed::kNothing) return;
  bool is_kept = flushed == pq::Flushed::kPartly;
  for (auto at = queue_.rbegin(); at != queue_.rend(); ++at) {
    Request* const request = (*at)->request.get();
    const Phase phase = request != nullptr ? request->phase() : Phase::kQueued;
    if (phase == Phase::kDispatched) return;
    if (phase == Phase::kSent && !is_kept) request->came_to(Phase::kDispatched);
    is_kept = false;
  }
}

void Pipeline::note_answered(Flight& flight) {
  Request* const request = flight.request.get();
  if (request != nullptr && request->phase() == Phase::kSent) request->came_to(Phase::kDispatched);
}

}  // namespace hdb
