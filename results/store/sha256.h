/* sha256: SHA-256 of a file or of a text, as sha256sum(1) prints it. */
#ifndef ET_RESULTS_STORE_SHA256_H
#define ET_RESULTS_STORE_SHA256_H

#include <stdbool.h>
#include <stddef.h>

#define ET_SHA256_HEX 64

/* False, with errno (0: libcrypto refuses), where it cannot be had. */
bool et_sha256_file(int fd, char hex[ET_SHA256_HEX + 1]);
bool et_sha256_bytes(const void *data, size_t n, char hex[ET_SHA256_HEX + 1]);
/* n bytes as 2 n digits and a NUL. */
void et_hex(const unsigned char *bytes, size_t n, char *out);

#endif
