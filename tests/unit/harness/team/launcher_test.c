/* launcher: what each launcher's variables tell, and which processes of a node
 * one that sets none has started together.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdbool.h>
#include <stdlib.h>

#include "harness/team/launcher.h"
#include "tests/unit/launchers.h"
#include "tests/unit/tree.h"

/* What the variables tell: `set` is "NAME=VALUE NAME=VALUE". */
static struct et_launcher told(const char *set)
{
    struct et_launcher l;
    char copy[200];
    forget_launchers();
    snprintf(copy, sizeof copy, "%s", set);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " ")) {
        char *equals = strchr(w, '=');
        *equals = '\0';
        setenv(w, equals + 1, 1);
    }
    et_launcher_read(&l);
    forget_launchers();
    return l;
}

TEST(variables)
{
    static const struct {
        const char *set, *variable;
        int ranks;
        bool mpi;
    } rows[] = {
        {"", NULL, 0, false},
        {"OMPI_COMM_WORLD_SIZE=4", "OMPI_COMM_WORLD_SIZE", 4, true},
        {"OMPI_COMM_WORLD_SIZE=1", "OMPI_COMM_WORLD_SIZE", 1, true},
        {"PMI_RANK=0 PMI_SIZE=3", "PMI_SIZE", 3, true},
        /* A third rank means three at least. */
        {"PMIX_RANK=2", "PMIX_RANK", 3, true},
        {"PALS_RANKID=0", "PALS_RANKID", 1, true},
        {"FLUX_JOB_SIZE=8", "FLUX_JOB_SIZE", 8, true},
        {"OMPI_COMM_WORLD_SIZE= PMI_RANK=x", NULL, 0, false},
        {"OMPI_COMM_WORLD_SIZE=-3", NULL, 0, false},
        {"OMPI_COMM_WORLD_SIZE=99999999999999999999", NULL, 0, false},
        /* A batch script's are no launcher's. */
        {"SLURM_PROCID=0 SLURM_NTASKS=4", NULL, 0, false},
        {"SLURM_STEP_NUM_TASKS=4", "SLURM_STEP_NUM_TASKS", 4, false},
        {"SLURM_STEP_NUM_TASKS=1", NULL, 0, false},
        {"SLURM_STEP_NUM_TASKS=4 PMIX_RANK=0", "SLURM_STEP_NUM_TASKS", 4, true},
        /* srun started the daemons of mpirun, not this rank. */
        {"SLURM_STEP_NUM_TASKS=4 OMPI_COMM_WORLD_SIZE=1",
         "OMPI_COMM_WORLD_SIZE", 1, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct et_launcher l = told(rows[i].set);
        assert_int_equal(l.ranks, rows[i].ranks);
        assert_int_equal(l.mpi, rows[i].mpi);
        assert_true((l.name != NULL) == (rows[i].ranks > 0));
        if (rows[i].variable)
            assert_string_equal(l.variable, rows[i].variable);
    }
}

static void add(const char *root, int pid, int parent, double started,
                const char *command)
{
    char path[64], text[200];
    FILE *f;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    snprintf(text, sizeof text,
             "%d (a) b (c) S %d 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 %.0f 0 0\n",
             pid, parent, started * (double)sysconf(_SC_CLK_TCK));
    tree_write(root, path, text);
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    f = tree_create(root, path);
    assert_non_null(f);
    fwrite(command, 1, strlen(command) + 1, f);
    fclose(f);
}

TEST(siblings)
{
    char root[] = "/tmp/etalon-launcher-XXXXXX";
    assert_non_null(mkdtemp(root));
    assert_int_equal(et_launcher_siblings(root, 10), 1); /* no /proc */
    add(root, 10, 5, 1000, "etalon");
    add(root, 20, 5, 1000, "another");
    add(root, 30, 6, 1000, "etalon"); /* another parent's */
    add(root, 40, 5, 1003, "etalon"); /* later */
    add(root, 50, 5, 990, "etalon");  /* before */
    add(root, 60, 5, 1000, "etalon run");
    add(root, 10000, 10, 1000, "etalon"); /* its own child */
    tree_write(root, "/proc/70/stat", "70 (etalon) Z 5");
    tree_write(root, "/proc/loadavg", "1");
    assert_int_equal(et_launcher_siblings(root, 10), 1);
    assert_int_equal(et_launcher_siblings(root, 11), 1);
    add(root, 12, 5, 1001, "etalon");
    add(root, 9, 5, 999, "etalon");
    assert_int_equal(et_launcher_siblings(root, 10), 3);
    assert_int_equal(et_launcher_siblings(root, 30), 1);
    tree_remove(root);
    assert_int_equal(et_launcher_siblings("", (int)getpid()), 1);
}

TEST_MAIN(variables, siblings)
