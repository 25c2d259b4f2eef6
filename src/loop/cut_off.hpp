// cut_off: shuts a socket down for writing, so that nothing that is still buffered can leave.
// Thread: any.
#pragma once

namespace hdb {

/// The owner still has to close the descriptor.
void cut_off(int socket);

}  // namespace hdb
