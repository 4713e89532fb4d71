/* A library to be loaded before a program (LD_PRELOAD), which makes the n-th
 * allocation of the program itself fail; those of other libraries go through.
 * With what the C library allocates inside a call (fopen and its like), the
 * call fails. In the environment:
 *   ET_FAIL_NTH   which one, from 1; none by preset
 *   ET_FAIL_RANK  in which rank of mpirun's; all by preset
 *   ET_FAIL_LIST  a file to write to, at the end: one line for each place that
 *                 allocates, told by the stack of calls, with the number of the
 *                 first allocation there; and then how many there were
 */
#include "config.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACES (1 << 16)
#define DEPTH 24

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread int inside;
static int ready;
static long nth, count;
static int listing = -1;
static uintptr_t text_low, text_high;
static struct {
    uint64_t stack;
    long first;
} places[PLACES];

/* The first object is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        text_low = info->dlpi_addr + p->p_vaddr;
        text_high = text_low + p->p_memsz;
    }
    return 1;
}

static void begin(void)
{
    const char *n = getenv("ET_FAIL_NTH"), *rank = getenv("ET_FAIL_RANK");
    const char *mine = getenv("OMPI_COMM_WORLD_RANK");
    const char *list = getenv("ET_FAIL_LIST");
    ready = 1;
    unsetenv("LD_PRELOAD"); /* gnuplot is not what is tested */
    dl_iterate_phdr(find_program, NULL);
    if (!mine)
        mine = getenv("PMI_RANK");
    if (rank && mine && strcmp(rank, mine) != 0)
        return;
    nth = n ? strtol(n, NULL, 10) : 0;
    if (list)
        listing = open(list, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static void note_place(long number)
{
    void *calls[DEPTH];
    uint64_t stack = 0xcbf29ce484222325u;
    int n = backtrace(calls, DEPTH);
    for (int i = 0; i < n; i++) {
        /* Of the program alone, wherever it was loaded. */
        uintptr_t at = (uintptr_t)calls[i];
        if (at >= text_low && at < text_high)
            stack = (stack ^ (at - text_low)) * 0x100000001b3u;
    }
    for (uint64_t i = stack % PLACES;; i = (i + 1) % PLACES) {
        if (places[i].stack == stack)
            return;
        if (places[i].stack == 0) {
            places[i].stack = stack;
            places[i].first = number;
            return;
        }
    }
}

/* For a debugger: break here to see who asked. */
__attribute__((noinline)) static void failed_here(void)
{
    __asm__ volatile("");
    errno = ENOMEM;
}

/* Must the allocation for which `caller` asks fail? */
static int fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    int it = 0;
    if (inside)
        return 0;
    inside = 1;
    pthread_mutex_lock(&lock);
    if (!ready)
        begin();
    if (at >= text_low && at < text_high) {
        count++;
        it = count == nth;
        if (listing >= 0)
            note_place(count);
    }
    pthread_mutex_unlock(&lock);
    inside = 0;
    if (it)
        failed_here();
    return it;
}

__attribute__((destructor)) static void end(void)
{
    char line[40];
    inside = 1;
    for (int i = 0; listing >= 0 && i < PLACES; i++) {
        if (places[i].stack) {
            int n = snprintf(line, sizeof line, "%ld\n", places[i].first);
            if (write(listing, line, (size_t)n) != n)
                _exit(99);
        }
    }
    if (listing >= 0) {
        int n = snprintf(line, sizeof line, "all %ld\n", count);
        if (write(listing, line, (size_t)n) != n)
            _exit(99);
    }
}

/* The function of that name that the program would call otherwise. */
#define NEXT(name, type) ((type)dlsym(RTLD_NEXT, name))
#define CALLER __builtin_return_address(0)

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);

void *malloc(size_t n)
{
    return fails(CALLER) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails(CALLER) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return fails(CALLER) ? NULL : __libc_realloc(p, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
    if (fails(CALLER))
        return ENOMEM;
    *out = __libc_memalign(align, n);
    return *out ? 0 : ENOMEM;
}

static char *copy(const char *s, size_t n)
{
    char *p = __libc_malloc(n + 1);
    if (p) {
        memcpy(p, s, n);
        p[n] = '\0';
    }
    return p;
}

char *strdup(const char *s)
{
    return fails(CALLER) ? NULL : copy(s, strlen(s));
}

char *strndup(const char *s, size_t n)
{
    return fails(CALLER) ? NULL : copy(s, strnlen(s, n));
}

FILE *fopen(const char *path, const char *mode)
{
    return fails(CALLER) ? NULL
                         : NEXT("fopen", FILE * (*)(const char *,
                                                    const char *))(path, mode);
}

FILE *fdopen(int fd, const char *mode)
{
    return fails(CALLER)
               ? NULL
               : NEXT("fdopen", FILE * (*)(int, const char *))(fd, mode);
}

DIR *opendir(const char *path)
{
    return fails(CALLER) ? NULL
                         : NEXT("opendir", DIR * (*)(const char *))(path);
}

ssize_t getline(char **line, size_t *room, FILE *f)
{
    return fails(CALLER) ? -1
                         : NEXT("getline", ssize_t(*)(char **, size_t *,
                                                      FILE *))(line, room, f);
}

int vasprintf(char **out, const char *format, va_list args)
{
    return fails(CALLER)
               ? -1
               : NEXT("vasprintf", int (*)(char **, const char *, va_list))(
                     out, format, args);
}

int scandir(const char *path, struct dirent ***out,
            int (*choose)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **))
{
    return fails(CALLER)
               ? -1
               : NEXT("scandir", int (*)(const char *, struct dirent ***,
                                         int (*)(const struct dirent *),
                                         int (*)(const struct dirent **,
                                                 const struct dirent **)))(
                     path, out, choose, compare);
}
