/* variables: which variables of the environment a run may keep and a message
 * may name, and how their values are shown. An allow-list: a name that is not
 * in it may hold anything, so it stays where it is. Knows names; keeps nothing.
 */
#ifndef ET_BASE_VARIABLES_H
#define ET_BASE_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

/* May it be kept? */
bool et_variable_is_kept(const char *name);
/* Is it one of those that steer OpenMP or a library of mathematics, and so may
 * make one crash? */
bool et_variable_steers(const char *name);

/* Walks the environment: copies name and value of the variable at place *i,
 * from 0 on, cut to their sizes, and steps on. The value is without secrets
 * (et_text_redact). false: there are no more. */
bool et_variable_next(size_t *i, char *name, size_t name_size, char *value,
                      size_t value_size);

#endif
