/* Variables of launchers, a row each, and a walk through /proc. */
#include "config.h"
#include "harness/team/launcher.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "harness/system/files.h"

#define COMMAND 4096 /* bytes of a command line that are compared */
#define TOGETHER 2   /* seconds within which a launcher starts its ranks */

/* A size is the number of ranks; a rank from 0 means that there is one more at
 * least. Sizes are believed before ranks, and srun's tasks last: they stand
 * also where srun started another launcher's daemons. */
static const struct {
    enum { SIZE, RANK, TASKS } what;
    const char *variable, *name;
} rows[] = {
    {SIZE, "OMPI_COMM_WORLD_SIZE", "Open MPI's mpirun"},
    {SIZE, "MV2_COMM_WORLD_SIZE", "MVAPICH's mpirun"},
    {SIZE, "PMI_SIZE", "a launcher with PMI, as MPICH's mpirun,"},
    {SIZE, "MPI_LOCALNRANKS", "MPICH's mpirun"},
    {SIZE, "JSM_NAMESPACE_SIZE", "jsrun"},
    {SIZE, "FLUX_JOB_SIZE", "flux run"},
    {RANK, "PMIX_RANK", "a launcher with PMIx"},
    {RANK, "PMI_RANK", "a launcher with PMI"},
    {RANK, "PALS_RANKID", "Cray's launcher"},
    /* SLURM_NTASKS stands in a batch script too, where one process runs. */
    {TASKS, "SLURM_STEP_NUM_TASKS", "srun"}};

/* -1: it is not set, or no number. */
static int64_t number_of(const char *variable)
{
    const char *s = getenv(variable);
    int64_t n;
    return s && et_parse_int(s, &n) && n < INT_MAX ? n : -1;
}

void et_launcher_read(struct et_launcher *out)
{
    struct et_launcher l = {.ranks = 0};
    bool sized = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t n = number_of(rows[i].variable);
        if (rows[i].what == RANK && n >= 0)
            n++;
        if (n <= 0 || (rows[i].what == TASKS && (sized || n < 2)))
            continue;
        sized = sized || rows[i].what == SIZE;
        l.mpi = l.mpi || rows[i].what != TASKS;
        if (n <= l.ranks)
            continue;
        l.ranks = (int)n;
        l.name = rows[i].name;
        l.variable = rows[i].variable;
    }
    *out = l;
}

struct process {
    int parent;
    double started; /* s since the machine's start */
    char command[COMMAND];
    size_t n;
};

/* From stat(5): fields 4 and 22; the second, a name in brackets, may hold
 * anything. */
static bool read_process(const char *root, int pid, struct process *out)
{
    char line[1024], path[64];
    unsigned long long ticks;
    struct process p = {.n = 0};
    if (!et_file_line(line, sizeof line, root, "/proc/%d/stat", pid))
        return false;
    const char *rest = strrchr(line, ')');
    if (!rest ||
        sscanf(rest + 1,
               " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
               "%*d %*d %*d %*d %llu",
               &p.parent, &ticks) != 2)
        return false;
    p.started = (double)ticks / (double)sysconf(_SC_CLK_TCK);
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    FILE *f = et_file_open(root, path);
    if (f) {
        p.n = fread(p.command, 1, sizeof p.command, f);
        fclose(f);
    }
    *out = p;
    return p.n > 0;
}

static bool is_sibling(const struct process *a, const struct process *b)
{
    double apart = a->started - b->started;
    return a->parent == b->parent && a->n == b->n &&
           memcmp(a->command, b->command, a->n) == 0 && apart <= TOGETHER &&
           apart >= -TOGETHER;
}

int et_launcher_siblings(const char *root, int pid)
{
    struct process own, other;
    char path[PATH_MAX];
    int count = 0;
    snprintf(path, sizeof path, "%s/proc", root);
    if (!read_process(root, pid, &own))
        return 1;
    DIR *d = et_noted(opendir(path));
    for (struct dirent *e; d && (e = readdir(d));) {
        if (isdigit((unsigned char)e->d_name[0]) &&
            read_process(root, atoi(e->d_name), &other))
            count += is_sibling(&own, &other);
    }
    if (d)
        closedir(d);
    return count > 0 ? count : 1;
}
