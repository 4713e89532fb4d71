/* bench: what is measured, as a const descriptor. The harness drives it and
 * knows nothing of what it does: prepare, verify, calibrate, time `run`,
 * verify again, release. One file each in bench/.
 */
#ifndef ET_CASE_BENCH_H
#define ET_CASE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/backend.h"
#include "harness/base/field.h"
#include "harness/base/status.h"
#include "harness/case/result.h"
#include "harness/team/team.h"

/* What a case is run with, besides its own parameters. */
struct et_setting {
    struct et_team *team; /* the case's team; this rank belongs to it */
    const char *backend;
    int threads;   /* threads this rank's kernel should use */
    uint64_t seed; /* of this pass, from the run's; the same on all ranks */
    const char *scratch; /* directory for files of I/O cases */
    const char *tag;     /* unique per run: for names of scratch files; begins
                          * with rank 0's owner (harness/system/scratch.h) */
    bool settled; /* an earlier visit of this process has measured this case and
                   * found it right: what would only be found so again, of the
                   * same code, may be left out */
};

/* What a case needs, before it is prepared: on one rank. */
struct et_need {
    double memory; /* bytes on a rank */
    double disk;   /* bytes in the scratch directory, whole team */
    double flop;   /* of one iteration, whole team; for the estimate */
    double bytes;  /* moved in one iteration, whole team */
};

/* One iteration's work, whole team. A kind that does not occur is 0. */
struct et_work {
    double flop;            /* floating-point operations, by `convention` */
    double bytes;           /* payload: algbw's and bandwidth's numerator */
    double bus_bytes;       /* busbw's numerator (collectives), else 0; NAN: a
                             * collective of one rank, which uses no bus */
    double messages;        /* messages sent, whole team; NAN: of a collective
                             * that does not say how many */
    double traffic;         /* bytes between cores and memory: at least, or as
                             * the convention says; 0: not counted */
    double accesses;        /* loads of one rank, each needing the one before;
                             * 0: it is not that kind of work */
    const char *convention; /* how they are counted; static text */
};

/* error <= bound is what passed means. */
struct et_verification {
    enum et_check status;
    double error, bound; /* in the unit that `method` names */
    /* An output that is off by more than this is always found, in the unit of
     * the output; 0: every difference is. */
    double certain;
    /* Share of the bound that rounding of this precision uses at most: who uses
     * more has computed with fewer bits. 0 or NAN: no precision to tell by. */
    double usual;
    char method[160]; /* "Freivalds, 2 vectors, max |r|/bound per row" */
    char note[160];   /* where it failed first; "" if it did not */
};

/* What a run left, as bytes: a digest of it tells nodes apart. */
struct et_output {
    const void *data;
    size_t bytes;
    bool alike; /* the same inputs on every rank, so the same bytes */
};

/* Faults to plant in what the last run left, to see that `verify` finds them
 * (etalon selftest). `at` is random: the place is it modulo what there is. */
enum et_fault_kind {
    ET_FAULT_FLIP,  /* bit `bit` of an output's element, from the lowest */
    ET_FAULT_RANK,  /* a rank's contribution is missing, or there twice */
    ET_FAULT_STALE, /* a part is what the iteration before had left */
    ET_FAULT_SWAP   /* two blocks have changed places */
};
struct et_fault {
    enum et_fault_kind kind;
    uint64_t at;
    int bit;
};

/* What bounds a case: another case, of the same team, whose rate none can
 * exceed. `unit`: the rate is its FLOP or its bytes a second. */
struct et_ceiling_case {
    const char *what;  /* "compute", "memory" */
    enum et_role role; /* of its bench; the build's first with that role */
    const char *backend;
    bool flop;        /* its rate counts flop; else bytes */
    char params[160]; /* "dtype=fp32", a case's id has them so */
};

struct et_bench {
    const char *name, *summary;

    /* What a report needs to know of it; run.json keeps it, so that a build
     * without this bench can report it too. */
    const char *title; /* "matrix products": what its cases are, plural */
    const char *merit; /* the metric that it is judged by: "flops" */
    enum et_role role;
    const char *sizes; /* how a case's sizes are written, a parameter in each
                        * pair of braces: "{m}x{n}x{k}"; NULL: as bytes */

    const struct et_field *params; /* rows of its parameter struct */
    size_t params_size;
    const char *shape_key;    /* plan key of sizes: "shapes" or "sizes" */
    const char *const *shape; /* parameters that AxBxC fills, in order */
    size_t shape_least;       /* how many of them a size must give */
    const char *shape_preset; /* the sizes when the plan names none */
    const char *shape_help;
    bool once;   /* every sample is one iteration, `before` called before it */
    bool serial; /* the kernel keeps one thread of a rank busy, never more */

    const struct et_backends *backends;

    /* Validate the parameters as a whole. ET_USAGE is logged with `where`.
     * Member NULL: whatever the rows allow is right. */
    enum et_status (*check)(const void *params, const char *where);
    /* ranks: the team's size. Pure; overflow gives INFINITY. */
    void (*need)(const void *params, int ranks, int threads,
                 struct et_need *out);
    /* NULL, or why this backend does not do this problem on this team
     * ("unsupported", not an error). Member NULL: it does all. */
    const char *(*unsupported)(const void *params, const char *backend,
                               int ranks);

    size_t state_size; /* zeroed before prepare; release gets it always */
    enum et_status (*prepare)(void *state, const struct et_setting *setting,
                              const void *params);
    /* Untimed, collective, before every sample: new data, where it is due; or
     * NULL. */
    enum et_status (*before)(void *state);
    /* The timed call: `iterations` times the work, complete on return. */
    enum et_status (*run)(void *state, uint64_t iterations);
    /* The next run has the inputs that the first one had, unless `before` comes
     * between. Local. Member NULL: each run has. */
    void (*rewind)(void *state);
    /* Check what the last run left. Collective; the same answer on all. */
    enum et_status (*verify)(void *state, struct et_verification *out);
    /* Untimed, local, after every sample: looks at a part of what it left. A
     * fault is remembered until `verify`, which then fails. Or NULL. */
    void (*glance)(void *state);
    /* Untimed, local, after some of the samples: looks at all that it left, as
     * a glance. Or NULL. */
    void (*inspect)(void *state);
    void (*work)(const void *state, struct et_work *out);
    /* The same from what a record has: for those who hold it to its parameters,
     * on any machine. False, or member NULL: these do not tell it. */
    bool (*work_of)(const void *params, const char *backend, int ranks,
                    int threads, const struct et_pairs *facts,
                    struct et_work *out);
    /* What the last run left, until the next verify; or NULL. Local. */
    void (*output)(const void *state, struct et_output *out);
    /* Plants a fault in it. *size: how far the worst element is off then, in
     * the unit of `certain`; INFINITY where nothing may differ or it is no
     * number any more; 0: this fault changes nothing here; NAN: it cannot be
     * planted here. Local; NULL: none can. */
    enum et_status (*damage)(void *state, const struct et_fault *fault,
                             double *size);
    /* The i-th case that bounds this one on so many ranks of so many threads;
     * false: there are no more. Local: it may ask this rank's processor; NULL:
     * nothing does. */
    bool (*ceiling)(const void *params, int ranks, int threads, size_t i,
                    struct et_ceiling_case *out);
    /* Seconds that the device itself took for an iteration of the last run; 0:
     * it tells none. Local. Member NULL: none does. */
    double (*elapsed)(const void *state);
    /* Facts to keep with the record, added to `out`; or NULL. Collective. */
    enum et_status (*facts)(void *state, struct et_pairs *out);
    void (*release)(void *state);
};

/* The beginning of a bench's table: its four names, and what each file in
 * bench/ calls the same: the rows, `params` and `state`, and functions that no
 * bench lacks. */
#define ET_BENCH(its_name, in_words, plural, judged_by)                        \
    .name = its_name, .summary = in_words, .title = plural,                    \
    .merit = judged_by, .params = rows, .params_size = sizeof(struct params),  \
    .need = need, .unsupported = unsupported,                                  \
    .state_size = sizeof(struct state), .prepare = prepare, .verify = verify
/* The rest of these, where no others serve. */
#define ET_BENCH_RUN .run = run, .work = work, .release = release
/* How its plan gives sizes: the key, how many parameters a size must give,
 * sizes if none are given, and the help. */
#define ET_BENCH_SHAPES(key, least, preset, help)                              \
    .shape = shape, .shape_key = key, .shape_least = least,                    \
    .shape_preset = preset, .shape_help = help

/* The build's list of benches, in order; NULL past the end. Defined where the
 * list is known (app/list.c), so the harness needs no name. */
struct et_benches {
    const struct et_bench *const *v;
    size_t n;
};
const struct et_bench *et_bench_find(const struct et_benches *list,
                                     const char *name);
/* The first with this role; NULL: none has it. */
const struct et_bench *et_bench_of_role(const struct et_benches *list,
                                        enum et_role role);
/* Why the bench's backend of this name cannot be used here; NULL: it can. */
const char *et_bench_why_not(const struct et_bench *b, const char *backend);
/* Its hook's answer; NULL where it has none. */
const char *et_bench_unsupported(const struct et_bench *b, const void *params,
                                 const char *backend, int ranks);
/* Is a backend of this name a reference? */
bool et_bench_is_reference(const char *backend);

#endif
