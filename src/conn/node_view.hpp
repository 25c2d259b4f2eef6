// NodeView: what one session knows of its node: the facts of its probe, and what each answer reports since.
// Thread: I/O only.  Owner: Connection.
// Not here: what all sessions know together (cluster/topology.hpp).
#pragma once

#include <string>
#include <utility>

#include "conn/fence.hpp"
#include "conn/host_facts.hpp"
#include "conn/probe.hpp"
#include "conn/request.hpp"
#include "pq/session.hpp"

namespace hdb {

class NodeView {
 public:
  /// `is_restricted`: the session sets default_transaction_read_only = on.
  explicit NodeView(bool is_restricted) : is_restricted_(is_restricted) {}

  const HostFacts& facts() const { return facts_; }
  NodeState state() const { return state_; }
  /// default_transaction_read_only is on for this session alone.
  bool is_read_only_itself() const { return !facts_.own_setting.empty(); }

  const std::string& probe() const { return facts_.unreadable.empty() ? probe_sql() : plain_probe_sql(); }
  Expected<HostFacts> read(const ResultSet& answer) const;
  /// The probe was refused. True: it asks for less from now on.
  bool ask_for_less(const Error& refusal);
  /// The probe was answered.
  void verified(HostFacts facts);
  /// What the parameters of a response say. `query`: what it answers; null: something else.
  void note(const pq::Session& session, const Query* query);
  /// An answer that was cut short did not come to what it says of the node.
  void ended() { state_ = NodeState::kUnreported; }

  /// The guard that goes with a COMMIT here.
  const std::string& commit_guard() const {
    return is_read_only_itself() ? own_guard() : hdb::commit_guard();
  }

 private:
  const bool is_restricted_;
  HostFacts facts_;
  NodeState state_ = NodeState::kUnreported;
  bool is_verified_ = false;
};

}  // namespace hdb
