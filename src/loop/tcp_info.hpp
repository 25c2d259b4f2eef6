// tcp_info: what the kernel knows about a TCP connection. Linux only, and not for Unix sockets.
// Thread: any.
#pragma once

#include <cstdint>

namespace hdb {

/// Bytes received since the connection was opened; 0 where unknown.
std::uint64_t bytes_received(int socket);
/// True if sent data was retransmitted and is still not acknowledged; false where unknown. A long statement
/// does not matter: its request has been acknowledged.
bool is_unacknowledged(int socket);

}  // namespace hdb
