/* session: what `run` and `info` both say of this build and machine. */
#ifndef ET_APP_SESSION_H
#define ET_APP_SESSION_H

#include "harness/case/case.h"
#include "harness/run/sink.h"

/* Version, commit, compiler, flags, and every library and backend: its
 * version, or the reason why it is not to be had. */
enum et_status et_describe_build(struct et_run_info *info);

/* What a reader should know of the libraries that the cases use, and of what
 * control groups allow each kind of node. */
enum et_status et_describe_cautions(const struct et_cases *cases,
                                    struct et_run_info *info);

#endif
