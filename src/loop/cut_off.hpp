// cut_off: nothing more leaves a socket, whoever still writes to it.
// Thread: any.
#pragma once

namespace hdb {

/// The descriptor stays its owner's, who closes it.
void cut_off(int socket);

}  // namespace hdb
