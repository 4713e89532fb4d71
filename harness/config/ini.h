/* ini: reads an INI file entry by entry through inih and knows, for every
 * error, the file and the line. Plans and contracts are read with it.
 */
#ifndef ET_CONFIG_INI_H
#define ET_CONFIG_INI_H

#include "harness/base/status.h"

struct et_ini_entry {
    const char *file;    /* as the user named it */
    int line;            /* from 1 */
    const char *section; /* "" before the first */
    const char *key;     /* NULL: the section begins here */
    const char *value;   /* trimmed; continued lines joined by a blank */
    const char *where;   /* "file:line", for messages */
};

/* No plan and no contract has more bytes. */
#define ET_INI_MOST (4 << 20)

/* Anything but ET_OK ends the reading and is returned. */
typedef enum et_status (*et_ini_fn)(void *user, const struct et_ini_entry *e);

/* ET_USAGE, logged, for a file that is missing, no regular file, binary (a NUL
 * byte), too large, or not INI. */
enum et_status et_ini_file(const char *path, et_ini_fn fn, void *user);
/* The same from text; `name` stands for the file in messages. */
enum et_status et_ini_text(const char *name, const char *text, et_ini_fn fn,
                           void *user);

/* The whole of a text file, with the same refusals; *out is allocated. */
enum et_status et_ini_slurp(const char *path, char **out);

#endif
