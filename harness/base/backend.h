/* backend: what every implementation of an operation says of itself, what can
 * be done with a setup of it, and how it is found. An operation's table (struct
 * et_gemm_backend, ...) has it as its first member, `base`; what the operation
 * alone needs follows. Knows no operation.
 *
 * The files that Makefile.am lists for an operation become its list, by two
 * lines: ET_BACKENDS_OF(gemm) in its header and ET_BACKENDS(gemm,
 * ET_LIST_GEMM) in one of its files. A file's table is then named
 * et_gemm_<stem>.
 */
#ifndef ET_BASE_BACKEND_H
#define ET_BASE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/space.h"
#include "harness/base/status.h"

struct et_backend {
    /* One that is there to check the others, not to be fast, is named
     * "reference" or "...-reference"; etalon's own fast one "native" or
     * "...-native" (et_backend_is_named). */
    const char *name, *summary;
    /* Why it is not in this build ("not built in (configure --with-x)"); NULL
     * where it is. Where it is not, the table needs no more than these. */
    const char *absent;
    /* The backend of another operation that does its work, as a gemm does
     * im2col's; NULL: none. What is not said here is as that one says. */
    const struct et_backend *over;
    /* NULL, or why it cannot be used in this process (no such unit in the
     * processor, no launcher, no device). Member NULL: it always can. */
    const char *(*why_not)(void);
    /* First use of a library, with so many threads: in a child process, where
     * it may crash, and only if why_not has nothing against it there. False: it
     * fails. Member NULL: it cannot crash. */
    bool (*attempt)(int threads);
    /* Another backend of the same operation that is the same library in this
     * process, so that one of them is enough; NULL: none. Member NULL: none. */
    const struct et_backend *(*twin)(void);
    /* Writes into text[n] what a user should know of this library on this
     * machine (that it chose kernels for an older processor), with the remedy;
     * "": nothing. Asked of where it can be used. Member NULL: "". */
    void (*caution)(char *text, size_t n);
    /* Writes library and version into text[n], or "": etalon's own. Asked of
     * where it can be used, by several threads at once. Member NULL: "". */
    void (*origin)(char *text, size_t n);
    const struct et_space *space; /* of its operands; NULL: the host */

    /* With a setup, which the operation's `create` made. An operation whose
     * work is not n times the same leaves run out. */
    /* Enqueues iterations first to first + n - 1, one after the other; may
     * return before they are done. Which iteration it is says where its inputs
     * begin (turn.h), if the problem has them move. Never prints or allocates.
     */
    enum et_status (*run)(void *setup, uint64_t first, uint64_t n);
    /* Returns when all that was enqueued is done, with its first error. Member
     * NULL: run does not return before. */
    enum et_status (*wait)(void *setup);
    /* Seconds that the device itself took for all that the last wait waited
     * for. Member NULL: the host's clock sees it all. */
    double (*elapsed)(void *setup);
    /* Brings elements [first, first + n) of the result to `output`, in host
     * memory. Member NULL: they stand where create was told, in `space`. */
    enum et_status (*fetch)(void *setup, void *output, int64_t first,
                            int64_t n);
    void (*destroy)(void *setup);
};

/* The whole table of one that is not in this build. */
#define ET_BACKEND_ABSENT(its_name, does, why)                                 \
    {                                                                          \
        .base = {.name = its_name, .summary = does, .absent = why }            \
    }

/* Long enough for what any origin says. */
#define ET_ORIGIN_SIZE 512

/* Of `v` those are in the list for which `serves` is true; member NULL: all.
 * So files that serve several operations may stand in one list of the build,
 * and each operation has its own. To be walked by et_backend_at. */
struct et_backends {
    const struct et_backend *const *v;
    size_t n;
    bool (*serves)(const struct et_backend *b);
};

/* The compute ceiling whose operands come from the first cache. */
#define ET_BACKEND_FED "fed"
/* Is it the word, or does it end in '-' and the word? */
bool et_backend_is_named(const char *backend, const char *word);
/* NULL past the end; NULL for an unknown name. */
const struct et_backend *et_backend_at(const struct et_backends *list,
                                       size_t i);
const struct et_backend *et_backend_find(const struct et_backends *list,
                                         const char *name);
/* NULL where it can be used. b = NULL: "there is no such backend". */
const char *et_backend_why_not(const struct et_backend *b);
/* text; NULL for etalon's own, and where it cannot be used. */
const char *et_backend_origin(const struct et_backend *b, char *text, size_t n);
/* As the member; text is "" where it cannot be used. */
void et_backend_caution(const struct et_backend *b, char *text, size_t n);
/* Another backend of the list that is the same library and can be used; NULL:
 * none. */
const struct et_backend *et_backend_twin(const struct et_backends *list,
                                         const struct et_backend *b);
/* For people: its origin, "etalon's own" or "not here: why". Returns text. */
const char *et_backend_describe(const struct et_backend *b, char *text,
                                size_t n);

/* Tries those of a list that have an `attempt`, and breaks those that fail. To
 * be called as et_trial is. */
void et_backends_try(const struct et_backends *list, int threads);
/* From then on it cannot be used in this process, for this reason; so for what
 * stands over it. Before there are other threads. */
void et_backend_break(const struct et_backend *b, enum et_status status,
                      const char *why);
/* ET_OK, or the status that it was broken with; *why, unless why is NULL, gets
 * the reason. */
enum et_status et_backend_broken(const struct et_backend *b, const char **why);

enum et_status et_backend_wait(const struct et_backend *b, void *setup);
/* Elements [first, first + n) of the result to the host's copy of where create
 * was told to leave it. */
enum et_status et_backend_fetch(const struct et_backend *b, void *setup,
                                const struct et_buffer *result, size_t first,
                                size_t n);

/* In the operation's header, after its struct et_<op>_backend: the list, and
 * at and find that give the operation's own type. */
#define ET_BACKENDS_OF(op)                                                     \
    extern const struct et_backends et_##op##_backends;                        \
    static inline const struct et_##op##_backend *et_##op##_backend_at(        \
        size_t i)                                                              \
    {                                                                          \
        return (const void *)et_backend_at(&et_##op##_backends, i);            \
    }                                                                          \
    static inline const struct et_##op##_backend *et_##op##_backend_find(      \
        const char *name)                                                      \
    {                                                                          \
        return (const void *)et_backend_find(&et_##op##_backends, name);       \
    }

/* In one file of the operation. LIST: of lists.h, X(op, stem) a file. */
#define ET_BACKENDS(op, LIST)                                                  \
    LIST(ET_BACKENDS_EXTERN)                                                   \
    static const struct et_backend *const op##_rows[] = {                      \
        LIST(ET_BACKENDS_ROW)};                                                \
    const struct et_backends et_##op##_backends = {                            \
        .v = op##_rows, .n = sizeof op##_rows / sizeof op##_rows[0]}
#define ET_BACKENDS_EXTERN(op, stem)                                           \
    extern const struct et_##op##_backend et_##op##_##stem;
#define ET_BACKENDS_ROW(op, stem) &et_##op##_##stem.base,

#endif
