// Preloaded: lets one allocation of libpq fail, or one call of it. Which one stands in the file that TORTURE names, which
// is shared with the test: { fail_at, counted }, for allocations and then for calls; fail_at 0 lets all succeed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
  _Atomic uint32_t fail_at;
  _Atomic uint32_t counted;
} Counter;
static Counter none[2];
static Counter* counters = none;  // allocations, calls
static void* libpq;
static uintptr_t from, to;  // its code

static int find(struct dl_phdr_info* info, size_t size, void* unused) {
  (void)size;
  (void)unused;
  if (strstr(info->dlpi_name, "/libpq.so") == NULL) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)* part = &info->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
    from = info->dlpi_addr + part->p_vaddr;
    to = from + part->p_memsz;
  }
  return 1;
}

__attribute__((constructor)) static void begin(void) {
  const char* name = getenv("TORTURE");
  const int file = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
  libpq = dlopen("libpq.so.5", RTLD_LAZY);
  if (file < 0 || libpq == NULL) return;
  void* shared = mmap(NULL, 2 * sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  dl_iterate_phdr(find, NULL);
  if (shared != MAP_FAILED) counters = shared;
}

static int fails(Counter* counter) {
  const uint32_t fail_at = counter->fail_at;
  return fail_at != 0 && ++counter->counted == fail_at;
}

#define IS_LIBPQS ((uintptr_t)__builtin_return_address(0) - from < to - from)
#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) *(void**)&real = dlsym(libpq, #name)

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);

void* malloc(size_t size) {
  if (IS_LIBPQS && fails(&counters[0])) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  if (IS_LIBPQS && fails(&counters[0])) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  if (IS_LIBPQS && fails(&counters[0])) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_realloc(old, size);
}
char* strdup(const char* text) {
  if (IS_LIBPQS && fails(&counters[0])) {
    errno = ENOMEM;
    return NULL;
  }
  const size_t size = strlen(text) + 1;
  char* copy = __libc_malloc(size);
  return copy == NULL ? NULL : memcpy(copy, text, size);
}

// ---- calls: what libpq answers when it cannot

typedef struct PGconn PGconn;
typedef struct PGcancel PGcancel;
typedef unsigned Oid;

#define CALL(result, name, failure, parameters, arguments) \
  result name parameters { \
    REAL(name); \
    return fails(&counters[1]) ? failure : real arguments; \
  }

CALL(PGconn*, PQconnectStartParams, NULL, (const char* const* k, const char* const* v, int e), (k, v, e))
CALL(int, PQconnectPoll, 0, (PGconn * c), (c))
CALL(int, PQsetnonblocking, -1, (PGconn * c, int on), (c, on))
CALL(int, PQenterPipelineMode, 0, (PGconn * c), (c))
CALL(int, PQsendPrepare, 0, (PGconn * c, const char* n, const char* q, int p, const Oid* t), (c, n, q, p, t))
CALL(int, PQsendDescribePrepared, 0, (PGconn * c, const char* n), (c, n))
CALL(int, PQsendQueryPrepared, 0,
     (PGconn * c, const char* n, int p, const char* const* v, const int* l, const int* f, int r), (c, n, p, v, l, f, r))
CALL(int, PQsendQueryParams, 0,
     (PGconn * c, const char* q, int p, const Oid* t, const char* const* v, const int* l, const int* f, int r),
     (c, q, p, t, v, l, f, r))
CALL(int, PQpipelineSync, 0, (PGconn * c), (c))
CALL(int, PQflush, -1, (PGconn * c), (c))
CALL(int, PQconsumeInput, 0, (PGconn * c), (c))
CALL(PGcancel*, PQgetCancel, NULL, (PGconn * c), (c))
CALL(int, PQcancel, 0, (PGcancel * c, char* text, int size), (c, text, size))
CALL(void*, PQconninfoParse, NULL, (const char* text, char** error), (text, error))
CALL(void*, PQconndefaults, NULL, (void), ())
