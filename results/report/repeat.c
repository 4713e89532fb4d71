/* Measured again: how many intervals of one launch contain what the other
 * launches of the run measured. Knows the counts; works out none.
 */
#include "config.h"
#include "results/report/repeat.h"

#include "harness/stat/passes.h"
#include "results/report/parts.h"

const char *et_repeat_say(struct et_repeat_count c, char *text, size_t n)
{
    if (c.intervals == 0)
        snprintf(text, n, "none");
    else
        snprintf(text, n, "%zu of %zu (%s)", c.held, c.intervals,
                 et_say_percent((double)c.held / (double)c.intervals).s);
    return text;
}

static void put_row(struct et_block *b, const char *name,
                    const struct et_repeat_bench *r)
{
    char text[96];
    et_block_cell(b, "%s", name);
    et_block_cell(b, "%s", et_repeat_say(r->all, text, sizeof text));
    et_block_cell(b, "%s", et_repeat_say(r->converged, text, sizeof text));
    et_block_cell(b, "%s", et_say_percent(r->apart).s);
}

void et_repeat_put(struct et_doc *doc, const struct et_repeat *r)
{
    static const char *const columns[] = {
        "Bench", "Contained it", "Of the converged", "Launches apart", NULL};
    struct et_repeat_count all = et_repeat_sum(r, false);
    const struct et_repeat_bench *v = r->benches.v;
    char text[96];
    et_doc_paragraph(
        doc,
        "Measured again, by %zu launches: %s intervals of one launch contained "
        "the median of what the other launches measured. An interval claims "
        "95 %%, and only for the time in which it was measured. Where launches "
        "differ no more than the passes of one launch do, close to 95 %% "
        "contain it (of two launches with six passes each, 90 %%). If it is "
        "less here, the result of another run lies outside an interval more "
        "often than 5 %% suggests.",
        r->launches, et_repeat_say(all, text, sizeof text));
    struct et_block *b = et_doc_table(doc, "lrrr", columns);
    for (size_t i = 0; b && i < r->benches.n; i++)
        put_row(b, v[i].name, &v[i]);
    et_block_note(b,
                  "Launches apart: of the case with the largest distance, "
                  "the largest median of a launch less the smallest, as a "
                  "share of the smallest. A launch counts with at least %d "
                  "passes of a case, and so do the others together.",
                  ET_PASSES_LEAST);
}

bool et_report_repeat(struct et_report *w)
{
    const struct et_repeat *r = &w->run->repeat;
    if (w->run->n == 0)
        return true;
    et_doc_heading(w->doc, 2, "Measured again");
    if (r->benches.n > 0)
        et_repeat_put(w->doc, r);
    else
        et_doc_paragraph(
            w->doc,
            "How often another launch of this plan would give a result within "
            "these intervals is not known: that takes two launches with at "
            "least %d passes of a case each. `etalon run --launches 3` makes "
            "so many, `etalon run --again DIR` adds one to a run, and `etalon "
            "selftest --part repeat` tries it on this machine.",
            ET_PASSES_LEAST);
    return true;
}
