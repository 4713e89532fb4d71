/* Short texts out of /proc and /sys, below a root: "" for this machine, a
 * folder for a captured one. What is read is cleaned, so that nothing in it
 * can drive a terminal or break a record. Knows no fact by name.
 */
#ifndef ET_SYSTEM_FILES_H
#define ET_SYSTEM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The first line, trimmed and cleaned, cut at n-1 characters. false, with
 * errno, and buf untouched, where it cannot be read; ENODATA for an empty
 * one. */
bool et_file_line(char *buf, size_t n, const char *root, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
/* A whole decimal number; false where there is none. */
bool et_file_int(int64_t *out, const char *root, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool et_file_exists(const char *root, const char *path);
/* NULL, with errno, where it cannot be opened. */
FILE *et_file_open(const char *root, const char *path);

/* Every byte that is not printable ASCII becomes '?', in place. */
char *et_clean(char *s);

#endif
