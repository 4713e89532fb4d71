/* Every rank's own median as CSV, one line a pass and rank, out of ranks.bin.
 * Knows a run directory and nothing of a document.
 */
#include "config.h"
#include "results/format/doc.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/base/regular.h"
#include "harness/base/hosts.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/record/ranks.h"

/* A host's name for each of its ranks; the file is in order of rank. */
static void put_block(FILE *to, const struct et_record *r,
                      const struct et_run_placement *where,
                      const struct et_ranks *block)
{
    const struct et_run_group *g = where ? where->groups.v : NULL;
    size_t groups = where ? where->groups.n : 0, group = 0;
    int64_t node = 0, rank = 0; /* of the group; of the node */
    char host[256] = "", number[ET_TEXT_NUMBER];
    for (size_t i = 0; i < block->medians.n; i++) {
        if (group < groups && rank == 0 &&
            (!g[group].hosts ||
             !et_hosts_at(g[group].hosts, (size_t)node, host, sizeof host)))
            *host = '\0';
        et_csv_put(to, r->result.id);
        fprintf(to, ",%lld,%zu,", (long long)r->result.pass, i);
        et_csv_put(to, group < groups ? host : "");
        fprintf(to, ",%s,%.0f\r\n",
                isfinite(block->medians.v[i])
                    ? et_print_real(number, block->medians.v[i])
                    : "",
                block->last.v[i]);
        if (group < groups && ++rank >= g[group].ranks) {
            rank = 0;
            if (++node >= g[group].nodes) {
                node = 0;
                group++;
            }
        }
    }
}

static enum et_status write_ranks(const struct et_doc *doc,
                                  const struct et_run *run, const char *dir,
                                  FILE *to)
{
    struct et_text path = {0};
    struct et_ranks block;
    enum et_ranks_found found;
    enum et_status s = ET_OK;
    (void)doc;
    et_text_add(&path, "%s/" ET_RANKS_FILE, dir);
    char why[ET_REGULAR_WHY] = "out of memory";
    struct et_ranks_reader reader = {
        path.failed ? NULL : et_regular_read(path.s, why), 0};
    if (!reader.file) {
        s = et_error(errno == ENOENT ? ET_USAGE : ET_INFRA, "%s: %s",
                     et_text_str(&path), why);
        et_text_free(&path);
        return s;
    }
    fputs("case,pass,rank,host,median_s,last\r\n", to);
    size_t at = 0; /* records and blocks are in order of line */
    while ((found = et_ranks_next(&reader, &block)) == ET_RANKS_BLOCK) {
        while (at < run->n && run->records[at].line < block.record)
            at++;
        const struct et_record *r = &run->records[at];
        if (at < run->n && r->line == block.record)
            put_block(to, r, et_run_placed(run, r), &block);
        et_ranks_free(&block);
    }
    fclose(reader.file);
    if (found == ET_RANKS_TORN)
        et_warn("%s: %s", path.s, et_ranks_say(found));
    else if (found != ET_RANKS_END)
        s = et_error(ET_INFRA, "%s: %s after byte %ld", path.s,
                     et_ranks_say(found), reader.whole);
    et_text_free(&path);
    return s;
}

const struct et_out et_out_ranks = {
    .name = "ranks",
    .suffix = "csv",
    .summary = "every rank's own median, as CSV, one line a pass and rank",
    .records_only = true,
    .write = write_ranks};
