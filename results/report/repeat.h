/* report_repeat: the launches of a run set against each other, in words and as
 * a table; for the report, and for the selftest that makes such launches.
 */
#ifndef ET_RESULTS_REPORT_REPEAT_H
#define ET_RESULTS_REPORT_REPEAT_H

#include "results/format/doc.h"
#include "results/reading/repeat.h"

/* "31 of 34 (91 %)"; "none". Returns text. */
const char *et_repeat_say(struct et_repeat_count c, char *text, size_t n);
/* A paragraph and a row for each bench. There must be an interval. */
void et_repeat_put(struct et_doc *doc, const struct et_repeat *r);

#endif
