// What an addon has that brings its own libpq and OpenSSL: the names of both, and the way to the system's
// certificates.
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <openssl/x509.h>
#include <pg_config.h>
#include <stdio.h>

// Readable without loading the addon: scripts/gate.mjs looks for it. The versions are those of the very
// headers that the libraries came with.
const char hyperiondb_bundled[] = "hyperiondb-bundled libpq=" PG_VERSION " openssl=" OPENSSL_VERSION_STR ";";

// A process may end while a thread still computes a login: nothing is taken from under it.
__attribute__((constructor)) static void stay(void) { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); }

#if defined(_WIN32)
#include <windows.h>

// What OpenSSL keeps for a thread goes with the thread. Elsewhere it sees to that itself.
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  (void)self;
  (void)reserved;
  if (reason == DLL_THREAD_DETACH) OPENSSL_thread_stop();
  return TRUE;
}
#endif

// `sslrootcert=system` trusts what the system trusts, but OpenSSL has one place compiled in, and each
// distribution has another. These are all functions of its x509_def.c: the linker takes them and leaves that
// object out.
const char* X509_get_default_cert_dir_env(void) { return "SSL_CERT_DIR"; }
const char* X509_get_default_cert_file_env(void) { return "SSL_CERT_FILE"; }

#if defined(_WIN32)
// The certificates that Windows trusts, by OpenSSL's own reader of them. No file: on Windows anybody may make
// a folder on the current drive.
const char* X509_get_default_private_dir(void) { return ""; }
const char* X509_get_default_cert_area(void) { return ""; }
const char* X509_get_default_cert_dir(void) { return "org.openssl.winstore://"; }
const char* X509_get_default_cert_file(void) { return ""; }
#else
const char* X509_get_default_private_dir(void) { return "/etc/ssl/private"; }
const char* X509_get_default_cert_area(void) { return "/etc/ssl"; }
const char* X509_get_default_cert_dir(void) { return "/etc/ssl/certs"; }

const char* X509_get_default_cert_file(void) {
  static const char* const places[] = {
      "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Alpine, Arch
      "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL, Amazon Linux
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // newer ones of these
      "/etc/ssl/ca-bundle.pem",                             // SUSE
  };
  for (unsigned i = 0; i < sizeof places / sizeof *places; ++i) {
    FILE* file = fopen(places[i], "r");
    if (file != NULL) {
      fclose(file);
      return places[i];
    }
  }
  return "/etc/ssl/cert.pem";  // macOS, the BSDs
}
#endif
