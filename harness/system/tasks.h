/* The threads of this process and their CPU time, for whoever counts threads;
 * and what a counter source needs besides: something for each default event to
 * count, and why the kernel may refuse. Knows no event by name and no library.
 */
#ifndef ET_SYSTEM_TASKS_H
#define ET_SYSTEM_TASKS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"

struct et_tasks {
    int *tid;
    size_t n;
};

/* The threads that /proc/self/task lists now; *out is freed by the next. */
enum et_status et_tasks_list(struct et_tasks *out);
void et_tasks_free(struct et_tasks *t);
/* false where the thread has ended. */
bool et_task_alive(int tid);
int et_task_self(void);
/* CPU time that it has used, s; false where it has ended. */
bool et_task_cpu(int tid, double *seconds);
/* The same of all threads of the process, ended ones among them. What runs on
 * another core is as old as its last et_task_cpu, or a tick of the kernel. */
double et_tasks_cpu(void);
/* Does it neither run nor wait for a core? true where it has ended. */
bool et_task_sleeps(int tid);

/* Arithmetic, a fresh page and a short sleep: cycles, instructions,
 * floating-point operations, a page fault and a context switch happen. */
void et_tasks_exercise(void);

/* Room for n more file descriptors, the soft limit raised where needed. */
bool et_tasks_files(size_t n);

/* Why counting is refused here, as far as the kernel shows it: no PMU, or
 * the value of perf_event_paranoid. True where that says it all. */
bool et_tasks_hint(bool hardware, char *buf, size_t n);

#endif
