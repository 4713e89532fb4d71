/* regular: regular files, read without waiting and written without following a
 * link. What is not a regular file is refused; what is written is new, and
 * takes the place of an older one of its name when it is whole. Knows nothing
 * of what is in them.
 */
#ifndef ET_BASE_REGULAR_H
#define ET_BASE_REGULAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/text.h"

/* Where a function below fails it leaves errno and these words for a person:
 * "No such file or directory", "is a FIFO, not a file". */
#define ET_REGULAR_WHY 96

/* A regular file for reading; never waits, as a FIFO would. flags: O_NOFOLLOW
 * or 0. -1 where there is none. */
int et_regular_open(const char *path, int flags, char why[ET_REGULAR_WHY]);
/* The same as a stream; NULL. */
FILE *et_regular_read(const char *path, char why[ET_REGULAR_WHY]);
/* The whole of it added to `out`, of at most `most` bytes. */
bool et_regular_slurp(const char *path, size_t most, struct et_text *out,
                      char why[ET_REGULAR_WHY]);

/* The next line, with its '\n', added to `out`; of one that is not whole a part
 * may be. */
enum et_line_read {
    ET_LINE_WHOLE,
    ET_LINE_END,   /* there is none */
    ET_LINE_TORN,  /* the file ends before the line does */
    ET_LINE_LONG,  /* longer than `most`, and not read on */
    ET_LINE_FAILED /* errno */
};
enum et_line_read et_regular_line(FILE *f, size_t most, struct et_text *out);

/* A directory, for the functions below. -1. */
int et_directory_open(const char *path, char why[ET_REGULAR_WHY]);

/* A file that is not there yet, for reading and writing; flags: O_APPEND or 0.
 * -1. */
int et_regular_create(int dir, const char *name, int flags,
                      char why[ET_REGULAR_WHY]);
/* One that is there, to be read and appended to: no link, and no file that has
 * another name too. -1. */
int et_regular_append(int dir, const char *name, char why[ET_REGULAR_WHY]);

/* n bytes; false with errno. */
bool et_regular_write(int fd, const void *data, size_t n);

/* A file of n bytes, in the place of what has its name now: that or this is
 * there, and whole, whatever happens on the way. */
bool et_regular_put(int dir, const char *name, const char *text, size_t n,
                    char why[ET_REGULAR_WHY]);

/* The same for what is printed: `to` goes to another name until et_regular_end,
 * which follows whatever happened. good: takes the name, once it is on the
 * disk; else (errno says why) it is gone, and what was there stays. */
struct et_new_file {
    FILE *to;
    int dir; /* borrowed */
    char name[256], temporary[256 + 8];
};
bool et_regular_begin(struct et_new_file *f, int dir, const char *name,
                      char why[ET_REGULAR_WHY]);
bool et_regular_end(struct et_new_file *f, bool good, char why[ET_REGULAR_WHY]);

#endif
