// Preloaded: the process takes its time between its last exit handler and its end, so that a thread that is still there
// comes across everything that the handlers have freed.
#include <unistd.h>

__attribute__((destructor)) static void linger(void) { usleep(500 * 1000); }
