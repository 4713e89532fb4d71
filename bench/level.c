/* Sizes of working sets, and their memory. */
#include "config.h"
#include "bench/level.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "harness/system/cgroup.h"
#include "harness/system/files.h"

#define TIMES_LAST 4        /* STREAM's rule */
#define OF_FREE 4           /* a quarter of what is free, at most */
#define UNKNOWN_LAST 0x1p28 /* taken for a last level that is not told */
#define HUGE_PAGE ((size_t)1 << 21)
#define THP "/sys/kernel/mm/transparent_hugepage/enabled"

static const struct et_backend native = {.name = "native",
                                         .summary = "this build's own loops"};
static const struct et_backend *const backends[] = {&native};
const struct et_backends et_level_backends = {.v = backends, .n = 1};

enum et_status et_level_check(const struct et_level_params *p,
                              const char *where)
{
    if (p->level == ET_LEVEL_BYTES && p->bytes == 0)
        return et_error(ET_USAGE, "%s: bytes: level = bytes needs a size",
                        where);
    if (p->level != ET_LEVEL_BYTES && p->bytes != 0)
        return et_error(ET_USAGE, "%s: bytes: only level = bytes takes a size",
                        where);
    return ET_OK;
}

const char *et_level_why_not(const struct et_level_params *p)
{
    static const char *const none[] = {
        "the system tells no size of an L1 data cache",
        "the system tells no size of an L2 cache",
        "there is no L3 cache, or the system does not tell its size"};
    struct et_caches c;
    int i = p->level == ET_LEVEL_L1   ? 0
            : p->level == ET_LEVEL_L2 ? 1
            : p->level == ET_LEVEL_L3 ? 2
                                      : -1;
    if (i < 0)
        return NULL;
    et_caches_read("", &c);
    return c.level[i].size > 0 ? NULL : none[i];
}

/* The part of a core's own cache that falls to a thread: the hardware threads
 * that share it over those of a core, which are those that share L1. */
static int64_t part(const struct et_caches *c, int i)
{
    int64_t smt = c->level[0].threads, sharers = c->level[i].threads;
    int64_t cores = sharers > smt ? sharers / smt : 1;
    return c->level[i].size > 0 ? c->level[i].size / cores : ET_ABSENT_INT;
}

int64_t et_level_l2(void)
{
    struct et_caches c;
    et_caches_read("", &c);
    int64_t l2 = part(&c, 1);
    return l2 > 0 ? l2 : 0;
}

/* `ranks` share the node. */
static void share_caches(const struct et_caches *c, int ranks, int threads,
                         struct et_level_set *out)
{
    const struct et_cache *l3 = &c->level[2];
    for (int i = 0; i < 2; i++) {
        int64_t one = part(c, i);
        out->share[i] = one > 0 ? one * threads : ET_ABSENT_INT;
    }
    out->share[2] = ET_ABSENT_INT;
    if (l3->size > 0) {
        int64_t caches = l3->reached < threads ? l3->reached : threads;
        int64_t most = l3->size * caches;
        int64_t mine = l3->size * l3->all / ranks;
        out->share[2] = mine < most ? mine : most;
    }
}

/* Of the node's last level, all of them together; 0: not known. */
static double last_level(const struct et_caches *c)
{
    for (int i = 2; i >= 0; i--) {
        if (c->level[i].size > 0)
            return (double)c->level[i].size * (double)c->level[i].all;
    }
    return 0;
}

/* What this rank would take; `ranks` share the node. */
static double wanted(const struct et_level_params *p, int ranks, int threads,
                     struct et_level_set *out)
{
    struct et_caches c;
    et_caches_read("", &c);
    share_caches(&c, ranks, threads, out);
    const int64_t *s = out->share;
    double last = last_level(&c);
    switch (p->level) {
    case ET_LEVEL_L1:
        return s[0] > 0 ? (double)s[0] / 2 : 0;
    case ET_LEVEL_L2:
        return s[1] > 0 ? (double)s[1] / 2 : 0;
    case ET_LEVEL_L3:
        return s[2] > 0 ? (double)s[2] / 2 + (s[1] > 0 ? (double)s[1] : 0) : 0;
    case ET_LEVEL_MEMORY:
        out->unknown = last == 0;
        return TIMES_LAST * (last > 0 ? last : UNKNOWN_LAST) / ranks;
    default:
        return (double)p->bytes;
    }
}

/* A rank's part of a quarter of what is free; nothing told, no cap. */
static double cap(int ranks)
{
    double available = (double)et_memory_available();
    return available > 0 ? available / OF_FREE / ranks : INFINITY;
}

double et_level_estimate(const struct et_level_params *p, int ranks,
                         int threads)
{
    struct et_level_set s = {0};
    double bytes = wanted(p, ranks, threads, &s);
    return p->level == ET_LEVEL_MEMORY ? fmin(bytes, cap(ranks)) : bytes;
}

enum et_status et_level_resolve(const struct et_level_params *p,
                                struct et_team *team, int threads,
                                struct et_level_set *out)
{
    struct et_level_set s = {0};
    double v = wanted(p, team->local_size, threads, &s);
    /* The smallest and the largest of all ranks', the least cap. */
    double least[2] = {v, cap(team->local_size)}, most = v;
    enum et_status status = et_team_reduce(team, ET_MIN, least, 2);
    if (status == ET_OK)
        status = et_team_reduce(team, ET_MAX, &most, 1);
    if (status != ET_OK)
        return status;
    if (least[0] <= 0)
        return et_error(ET_INFRA, "a node does not tell the caches' sizes");
    s.wanted = p->level == ET_LEVEL_MEMORY ? most : least[0];
    s.capped = p->level == ET_LEVEL_MEMORY && least[1] < most;
    s.bytes = (int64_t)(s.capped ? least[1] : s.wanted);
    *out = s;
    return ET_OK;
}

const char *et_level_holds(const struct et_level_set *s, int64_t bytes)
{
    static const char *const names[] = {"L1", "L2", "L3"};
    int64_t room = 0;
    for (int i = 0; i < 3; i++) {
        /* L3 may keep only what L2 has dropped. */
        room = s->share[i] > 0 ? s->share[i] + (i == 2 ? room : 0) : room;
        if (bytes <= room)
            return names[i];
    }
    return "memory";
}

enum et_status et_level_reserve(size_t bytes, int pages,
                                struct et_level_memory *out)
{
    /* Whole huge pages, whatever mmap gives: even a small set lies in one. */
    size_t border = pages == ET_PAGES_HUGE ? HUGE_PAGE : 0;
    size_t mapped = bytes + 2 * border;
    void *p = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return et_error(ET_INFRA, "no memory for a working set of %zu bytes",
                        bytes);
#ifdef MADV_HUGEPAGE
    /* Not granted is told by the facts, not here. */
    if (pages == ET_PAGES_HUGE)
        madvise(p, mapped, MADV_HUGEPAGE);
#endif
    char *data = p;
    if (border)
        data += (border - (uintptr_t)p % border) % border;
    *out = (struct et_level_memory){data, p, mapped};
    return ET_OK;
}

void et_level_release(struct et_level_memory *m)
{
    if (m->base)
        munmap(m->base, m->mapped);
    *m = (struct et_level_memory){0};
}

/* The share of the mapping that lies in huge pages; negative: not told. */
static double huge_share(const struct et_level_memory *m)
{
    char line[512];
    double huge = 0, resident = 0;
    unsigned long from, to, first = (unsigned long)m->base;
    bool inside = false, told = false;
    FILE *f = et_file_open("", "/proc/self/smaps");
    while (f && fgets(line, sizeof line, f)) {
        double kib;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = from < first + m->mapped && to > first;
        else if (inside && sscanf(line, "Rss: %lf", &kib) == 1)
            resident += kib;
        else if (inside && sscanf(line, "AnonHugePages: %lf", &kib) == 1)
            huge += kib, told = true;
    }
    if (f)
        fclose(f);
    return told && resident > 0 ? huge / resident : -1;
}

static bool put_bytes(struct et_pairs *out, const char *key, int64_t bytes)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)bytes);
    return et_pairs_set(out, key, text, true);
}

void et_level_rule(const struct et_level_params *p,
                   const struct et_level_set *s, char text[160])
{
    char size[ET_TEXT_NUMBER];
    static const char *const rules[] = {
        "4 times the node's last-level cache, a rank's share of it",
        "half of a rank's share of L3, and its threads' L2",
        "half of L2 for each thread", "half of L1 for each thread",
        "as the plan says"};
    const char *rule = s->unknown
                           ? "1 GiB on a node: the last level is not told"
                           : rules[p->level];
    if (s->capped)
        snprintf(text, 160,
                 "%s, would be %s: capped at a quarter of the "
                 "free memory",
                 rule, et_print_si(size, s->wanted, "B"));
    else
        snprintf(text, 160, "%s", rule);
}

enum et_status et_level_facts(const struct et_level_params *p,
                              const struct et_level_set *s, int64_t bytes,
                              const struct et_level_memory *m,
                              struct et_pairs *out)
{
    static const char *const keys[] = {"l1_share", "l2_share", "l3_share"};
    char text[160], policy[64];
    double huge = huge_share(m);
    et_level_rule(p, s, text);
    bool ok = put_bytes(out, "working_set", bytes) &&
              et_pairs_set(out, "fits_in", et_level_holds(s, bytes), false) &&
              et_pairs_set(out, "working_set_rule", text, false);
    for (int i = 0; ok && i < 3; i++) {
        if (s->share[i] > 0)
            ok = put_bytes(out, keys[i], s->share[i]);
    }
    if (ok && et_file_line(policy, sizeof policy, "", THP))
        ok = et_pairs_set(out, "huge_page_policy", policy, false);
    snprintf(text, sizeof text, "%.4f", huge);
    if (ok && huge >= 0)
        ok = et_pairs_set(out, "huge_page_share", text, true);
    return ok ? ET_OK : et_error(ET_INFRA, "no memory");
}
