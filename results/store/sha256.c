/* Digests by libcrypto. */
#include "config.h"
#include "results/store/sha256.h"

#include <errno.h>
#include <unistd.h>

#include <openssl/evp.h>

void et_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

/* fd < 0: of the data alone. */
static bool digest(int fd, const void *data, size_t size,
                   char hex[ET_SHA256_HEX + 1])
{
    unsigned char block[65536], md[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    ssize_t n = 0;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 &&
              (!size || EVP_DigestUpdate(c, data, size) == 1);
    while (ok && fd >= 0 && (n = read(fd, block, sizeof block)) > 0)
        ok = EVP_DigestUpdate(c, block, (size_t)n) == 1;
    int error = n < 0 ? errno : 0;
    ok = ok && n == 0 && EVP_DigestFinal_ex(c, md, &length) == 1 &&
         length * 2 == ET_SHA256_HEX;
    EVP_MD_CTX_free(c);
    if (ok)
        et_hex(md, length, hex);
    errno = error;
    return ok;
}

bool et_sha256_file(int fd, char hex[ET_SHA256_HEX + 1])
{
    return digest(fd, NULL, 0, hex);
}

bool et_sha256_bytes(const void *data, size_t n, char hex[ET_SHA256_HEX + 1])
{
    return digest(-1, data, n, hex);
}
