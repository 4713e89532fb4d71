/* sink: where results go. The harness's only door to what comes after; the
 * store implements it, and so does a test. Only rank 0 has one.
 */
#ifndef ET_RUN_SINK_H
#define ET_RUN_SINK_H

#include "harness/base/field.h"
#include "harness/case/result.h"
#include "harness/system/environment.h"

/* A bench of the run, for those who read its records: as in struct et_bench,
 * the role by its name. */
struct et_run_bench {
    char *name, *title, *merit, *role, *sizes;
};

/* Nodes in a row that are alike, as a team has them. */
struct et_run_group {
    char *hosts;   /* as harness/base/hosts.h: "n[0001-9472]" */
    int64_t nodes; /* how many they are */
    int64_t ranks; /* of the team, on each */
    int64_t cores; /* that these may use together; absent: not known */
    char *binding; /* hardware threads that the first of them may use */
    double quota;  /* cores' worth of time for all of these; NAN: no quota */
};
/* Where the ranks of a team run. */
struct et_run_placement {
    int64_t ranks;         /* of the team */
    struct et_list groups; /* of et_run_group, in order of rank */
};
/* A kind of node: nodes whose environment is the same but for what a name and
 * a moment make of it. */
struct et_run_kind {
    int64_t nodes;
    struct et_environment environment; /* of the first of them */
};

/* What is known when a run begins. */
struct et_run_info {
    char *id;            /* of this run alone; random */
    char *plan_digest;   /* SHA-256 of the plan's text */
    char *binary_digest; /* SHA-256 of the program that ran; NULL: unknown */
    char *version;       /* of etalon */
    char *commit;        /* git commit of the build, "-dirty" if so */
    char *compiler, *flags;
    struct et_strings command;         /* argv */
    struct et_pairs config;            /* every option, as in force */
    struct et_pairs libraries;         /* name and version of what is linked */
    struct et_strings cautions;        /* what lowers or blurs its figures */
    struct et_list benches;            /* of et_run_bench */
    struct et_environment environment; /* of rank 0's node */
    int64_t alike;            /* nodes of its kind, itself among them */
    struct et_list kinds;     /* of et_run_kind: the others */
    struct et_list placement; /* of et_run_placement: each size of team */
    int64_t ranks, nodes;
    char *transport;
    char *clock;
    bool clock_fake;
    double clock_resolution, clock_overhead; /* s */
    char *busy;      /* other work before the first case; NULL: none seen */
    int64_t cases;   /* that the plan has */
    char *started;   /* UTC date */
    char *plan_file; /* path as given; NULL: the built-in plan */
    char *plan_text; /* the plan as run */
};
extern const struct et_field et_run_info_rows[]; /* all but plan_text */
extern const struct et_field et_run_placement_rows[];

/* Sets info->benches from the build's. ET_INFRA on no memory, logged. */
struct et_benches;
enum et_status et_run_info_benches(struct et_run_info *info,
                                   const struct et_benches *list);

struct et_sink {
    enum et_status (*begin)(struct et_sink *s, const struct et_run_info *info);
    /* Must have the result safe on disk when it returns. */
    enum et_status (*put)(struct et_sink *s, const struct et_result *result);
    /* outcome: how the run ended ("complete", "interrupted", "failed");
     * reason: of the others, or NULL. The last call counts. */
    enum et_status (*end)(struct et_sink *s, const char *outcome,
                          const char *reason, const char *finished);
};

#endif
