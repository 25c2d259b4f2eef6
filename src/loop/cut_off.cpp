#include "loop/cut_off.hpp"

#if defined(_WIN32)
#include <winsock2.h>
#else
#include <sys/socket.h>
#endif

namespace hdb {

void cut_off(int socket) {
#if defined(_WIN32)
  ::shutdown(static_cast<SOCKET>(socket), SD_BOTH);
#else
  ::shutdown(socket, SHUT_RDWR);
#endif
}

}  // namespace hdb
