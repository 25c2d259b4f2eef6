#include "loop/tcp_info.hpp"

#if defined(__linux__)

// glibc's own <netinet/tcp.h> has an older struct of the same name: this file includes nothing else.
#include <linux/tcp.h>
#include <sys/socket.h>

#include <cstddef>

namespace hdb {

namespace {

/// How much of `info` the system has filled.
socklen_t read_info(int socket, tcp_info& info) {
  socklen_t size = sizeof info;
  constexpr int kTcp = 6;  // IPPROTO_TCP
  return ::getsockopt(socket, kTcp, TCP_INFO, &info, &size) == 0 ? size : 0;
}

}  // namespace

std::uint64_t bytes_received(int socket) {
  tcp_info info{};
  if (read_info(socket, info) < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
    return 0;
  return info.tcpi_bytes_received;
}

bool is_unacknowledged(int socket) {
  tcp_info info{};
  return read_info(socket, info) > 0 && info.tcpi_unacked > 0 && info.tcpi_retransmits > 0;
}

}  // namespace hdb

#else

namespace hdb {

std::uint64_t bytes_received(int) { return 0; }
bool is_unacknowledged(int) { return false; }

}  // namespace hdb

#endif
