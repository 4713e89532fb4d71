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

enum et_store_start {
    ET_STORE_NEW,    /* a run directory of its own */
    ET_STORE_RESUME, /* go on with what an interrupted run lacks */
    ET_STORE_AGAIN   /* one more launch of the whole plan */
};
/* A new run directory (made with its parents; one that holds anything is
 * ET_USAGE: two runs never share one), or an existing one, its torn last line
 * cut off with a warning. Locked against a second writer. */
enum et_status et_store_open(const char *dir, enum et_store_start start,
                             struct et_store **out);
/* In the place of its writer, whose process is no more: what has no end yet can
 * be ended. NULL, in silence, where its writer lives, it has an end, it cannot
 * be reached from this node, or its file system has no locks. */
struct et_store *et_store_take_over(const char *dir);
struct et_sink *et_store_sink(struct et_store *s);
void et_store_close(struct et_store *s);

#endif
