/* variables: what may be kept is listed, and nothing else is: no name that only
 * looks like one of a library, and none that may hold a secret.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/variables.h"

TEST(names)
{
    static const char *const steering[] = {
        "OMP_NUM_THREADS", "GOMP_STACKSIZE",    "BLIS_ARCH_TYPE",
        "BLIS_IC_NT",      "OPENBLAS_CORETYPE", "GOTO_NUM_THREADS",
        "MKL_NUM_THREADS", "KMP_AFFINITY"};
    static const char *const kept[] = {
        "OMPI_MCA_btl", "OMPI_MCA_coll_tuned_use_dynamic_rules",
        "UCX_TLS",      "UCX_IB_TRAFFIC_CLASS",
        "FI_PROVIDER",  "SLURM_JOB_NODELIST",
        "LD_PRELOAD",   "I_MPI_PIN_DOMAIN"};
    static const char *const hidden[] = {"OMP_ETALON_TEST",
                                         "BLIS_X",
                                         "OPENBLAS_LICENSE",
                                         "MKL_X",
                                         "XOMP_NUM_THREADS",
                                         "OMP_NUM_THREADS2",
                                         "omp_num_threads",
                                         "OMPI_MCA_orte_hnp_uri",
                                         "OMPI_MCA_btl_tcp_token",
                                         "UCX_IB_AUTH",
                                         "FI_TCP_PASSWORD",
                                         "SLURM_JWT",
                                         "SLURM_JOB_USER",
                                         "SLURM_CPU_BIND_KEY",
                                         "MPICH_OFI_KEY",
                                         "I_MPI_HYDRA_ENV",
                                         "HOME",
                                         "AWS_SECRET_ACCESS_KEY",
                                         "http_proxy",
                                         ""};
    for (size_t i = 0; i < sizeof steering / sizeof *steering; i++) {
        assert_true(et_variable_steers(steering[i]));
        assert_true(et_variable_is_kept(steering[i]));
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (!et_variable_is_kept(kept[i]))
            fail_msg("%s is not kept", kept[i]);
        assert_false(et_variable_steers(kept[i]));
    }
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        if (et_variable_is_kept(hidden[i]) || et_variable_steers(hidden[i]))
            fail_msg("%s is kept", hidden[i]);
    }
}

TEST(walk)
{
    char name[16], value[12];
    int found = 0;
    setenv("ETALON_A", "x://me:hush@h/aaaaaaaaaaaaaaaaaaaaaaa", 1);
    setenv("ETALON_B", "", 1);
    for (size_t i = 0;
         et_variable_next(&i, name, sizeof name, value, sizeof value);) {
        assert_null(strstr(value, "hush"));
        if (strcmp(name, "ETALON_A") == 0) {
            assert_int_equal(strncmp(value, "x://", 4), 0);
            found++;
        }
        found += strcmp(name, "ETALON_B") == 0 && !*value;
    }
    assert_int_equal(found, 2);
}

TEST_MAIN(names, walk)
