// bytes_received: how much has come in on a TCP connection.
// Thread: any.
#pragma once

#include <cstdint>

namespace hdb {

/// Since the connection was opened; 0 where the system does not tell (Unix sockets, other systems than
/// Linux).
std::uint64_t bytes_received(int socket);

}  // namespace hdb
