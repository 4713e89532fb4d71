/* CHECK for tests that run on several ranks: says what failed and leaves the
 * process at once, so that the launcher ends the others instead of letting
 * them wait in a collective call for ever.
 */
#ifndef ET_TESTS_MPI_CHECK_H
#define ET_TESTS_MPI_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__,         \
                    #condition);                                               \
            _Exit(1);                                                          \
        }                                                                      \
    } while (0)

#endif
