/* What every listed backend says of itself. */
#ifndef ET_TESTS_LISTED_H
#define ET_TESTS_LISTED_H

#include "harness/base/backend.h"

/* Prints what it is; false, with a reason, where it cannot be used. */
static inline bool is_here(const struct et_backend *b)
{
    char text[ET_ORIGIN_SIZE];
    const char *reason = et_backend_why_not(b);
    assert_true(!reason || *reason);
    print_message("[          ] %s: %s\n", b->name,
                  et_backend_describe(b, text, sizeof text));
    assert_true(*text);
    return !reason;
}

#endif
