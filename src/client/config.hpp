// config: URL, options and environment → one validated PoolConfig. Invalid settings are refused here, by
// name, before anything is opened.
// Thread: JS; pure except for the environment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/error.hpp"
#include "api/options.hpp"
#include "pool/pool_core.hpp"

namespace hdb {

Expected<PoolConfig> make_config(const std::optional<std::string>& url, PoolOptions options);

/// Parses a list of hosts without duplicates. `ports` for hosts without one: a single port for all, or one
/// each.
Expected<std::vector<HostAddress>> parse_hosts(const std::vector<std::string>& names,
                                               const std::vector<std::uint16_t>& default_ports);

/// `name`, `name:port`, `address`, `[ipv6]:port`, `ipv6`, `/directory`.
Expected<HostAddress> parse_host(const std::string& text, std::uint16_t default_port);

}  // namespace hdb
