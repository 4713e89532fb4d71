/* etalon judge: a run against a contract, as a verdict and an exit code. */
#include "config.h"

#include <stddef.h>
#include <sys/stat.h>

#include "app/command.h"
#include "app/evidence.h"
#include "harness/base/log.h"
#include "results/verdict/judge.h"
#include "results/report/report.h"
#include "results/store/manifest.h"

#define LINE(cause, verdict, record) #verdict ": it " record "\n"

static const struct et_manual manual = {
    .summary = "Check a run against a contract: pass, fail or inconclusive",
    .help =
        "A contract is an INI file. [contract] may be left out; every other "
        "section is a clause:\n\n"
        "  [contract]\n"
        "  name = node acceptance\n"
        "  peak = fp64: 64 GFLOP/s, fp32: 128 GFLOP/s   ; of one core\n"
        "  [gemm fp32]\n"
        "  where = bench=gemm dtype=fp32 ranks=*        ; words of a record\n"
        "  metric = flops             ; or one of `etalon list metrics`\n"
        "  at_least = 85 % of peak    ; or 150 GFLOP/s, or at_most = 20 us\n"
        "  take = every               ; the preset; best: one record suffices\n"
        "  allow_oversubscribed = no  ; the preset; yes: judge those too\n\n"
        "Of each record that a clause picks the first of these that applies "
        "decides:\n\n" ET_JUDGE_CAUSES(
            LINE) "\nThe worst of the records decides on the clause; with "
                  "`take = best` the best one. Missing data is inconclusive, "
                  "and so is a run that was cut short before anything signed "
                  "for it. Exit code 0, 1 or 5; 4 if the run directory differs "
                  "from its manifest, as `etalon verify` checks.",
    .examples = "  etalon judge contract.ini night-1\n",
};

/* The verdict is not to take the contract's place. */
static enum et_status check_out(const char *out, const char *contract)
{
    struct stat a, b;
    if (out && stat(out, &a) == 0 && stat(contract, &b) == 0 &&
        a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return et_error(ET_USAGE, "--out: %s is the contract itself", out);
    return ET_OK;
}

static enum et_status judge(void *options, const struct et_call *call)
{
    const struct et_to_options *o = options;
    struct et_run run;
    struct et_judgement judgement = {0};
    struct et_doc doc = {0};
    /* No verdict on what is not what the run left. */
    enum et_status s = check_out(o->to.out, call->words.v[0]);
    if (s == ET_OK)
        s = et_evidence_load(call->words.v[1], &run);
    bool unsure = s == ET_UNSURE;
    if (s != ET_OK && !unsure)
        return s;
    s = et_judge(call->words.v[0], &run, &judgement);
    if (s == ET_OK && unsure)
        s = et_judgement_take_back(
            &judgement, et_manifest_exists(call->words.v[1])
                            ? "its plan cannot be used here, so cases of it "
                              "may be missing"
                            : "the run or its report was cut short, and "
                              "nothing signs for its records");
    if (s == ET_OK)
        s = et_report_judgement(&judgement, &run, &doc);
    if (s == ET_OK)
        s = et_doc_print(&doc, NULL, call->words.v[1], o->to.format, o->to.out);
    if (s == ET_OK)
        s = et_judgement_status(&judgement);
    et_doc_free(&doc);
    et_judgement_free(&judgement);
    et_run_free(&run);
    return s;
}

const struct et_command et_command_judge =
    ET_COMMAND(judge, "CONTRACT DIR", et_to_options, et_to_options);
