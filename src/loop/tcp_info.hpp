// tcp_info: what the system knows of a TCP connection. Only Linux tells; not of Unix sockets.
// Thread: any.
#pragma once

#include <cstdint>

namespace hdb {

/// Since the connection was opened; 0 where the system does not tell.
std::uint64_t bytes_received(int socket);
/// Has the peer's system not acknowledged what was sent, though it was sent again? False where the system
/// does not tell. However long a statement runs, it has been acknowledged.
bool is_unacknowledged(int socket);

}  // namespace hdb
