#include "loop/bytes_received.hpp"

#if defined(__linux__)

// glibc's own <netinet/tcp.h> has an older struct of the same name: this file includes nothing else.
#include <linux/tcp.h>
#include <sys/socket.h>

#include <cstddef>

namespace hdb {

std::uint64_t bytes_received(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  constexpr int kTcp = 6;  // IPPROTO_TCP
  if (::getsockopt(socket, kTcp, TCP_INFO, &info, &size) != 0) return 0;
  if (size < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) return 0;
  return info.tcpi_bytes_received;
}

}  // namespace hdb

#else

namespace hdb {

std::uint64_t bytes_received(int) { return 0; }

}  // namespace hdb

#endif
