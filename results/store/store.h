/* store: the sink that keeps a run on disk: run.json, records.jsonl,
 * ranks.bin, plan.ini. Each record is one line, written, flushed and fsynced
 * before the next case begins, and before it, in ranks.bin, the medians of its
 * ranks; a write that fails leaves both files cut back to the last whole
 * record.
 */
#ifndef ET_RESULTS_STORE_STORE_H
#define ET_RESULTS_STORE_STORE_H

#include <stdbool.h>

#include "harness/run/sink.h"

struct et_store;

/* A new run directory (made with its parents; one that holds anything is
 * ET_USAGE: two runs never share one), or with `resume` an existing one, its
 * torn last line cut off with a warning. Locked against a second writer. */
enum et_status et_store_open(const char *dir, bool resume,
                             struct et_store **out);
struct et_sink *et_store_sink(struct et_store *s);
void et_store_close(struct et_store *s);

#endif
