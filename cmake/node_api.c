// The functions of Node-API on Windows, found in the program that loads us. An import would name node.exe,
// and Electron, Bun and single-executable applications are called something else.
#include <windows.h>

#define F(name)                      \
  void* hdb_##name;                  \
  __asm__(".globl " #name "\n" #name \
          ":\n"                      \
          "jmp *hdb_" #name "(%rip)\n");
#include "node_api.inc"  // F(…) for each function that the oldest Node has
#undef F

__attribute__((constructor)) static void find(void) {
  const HMODULE program = GetModuleHandleW(NULL);
#define F(name) hdb_##name = (void*)GetProcAddress(program, #name);
#include "node_api.inc"
#undef F
}
