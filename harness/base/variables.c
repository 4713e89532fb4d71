/* The allow-list. Names, and patterns only where all names of a kind are one
 * program's own parameters of tuning. */
#include "config.h"
#include "harness/base/variables.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/text.h"

extern char **environ;

/* OpenMP and libraries of mathematics. */
static const char *const steering[] = {"OMP_AFFINITY_FORMAT",
                                       "OMP_CANCELLATION",
                                       "OMP_DEFAULT_DEVICE",
                                       "OMP_DISPLAY_AFFINITY",
                                       "OMP_DISPLAY_ENV",
                                       "OMP_DYNAMIC",
                                       "OMP_MAX_ACTIVE_LEVELS",
                                       "OMP_NESTED",
                                       "OMP_NUM_TEAMS",
                                       "OMP_NUM_THREADS",
                                       "OMP_PLACES",
                                       "OMP_PROC_BIND",
                                       "OMP_SCHEDULE",
                                       "OMP_STACKSIZE",
                                       "OMP_TARGET_OFFLOAD",
                                       "OMP_TEAMS_THREAD_LIMIT",
                                       "OMP_THREAD_LIMIT",
                                       "OMP_WAIT_POLICY",
                                       "GOMP_CPU_AFFINITY",
                                       "GOMP_DEBUG",
                                       "GOMP_SPINCOUNT",
                                       "GOMP_STACKSIZE",
                                       "KMP_AFFINITY",
                                       "KMP_ALL_THREADS",
                                       "KMP_BLOCKTIME",
                                       "KMP_DYNAMIC_MODE",
                                       "KMP_HW_SUBSET",
                                       "KMP_LIBRARY",
                                       "KMP_SETTINGS",
                                       "KMP_STACKSIZE",
                                       "KMP_TOPOLOGY_METHOD",
                                       "BLIS_ARCH_DEBUG",
                                       "BLIS_ARCH_TYPE",
                                       "BLIS_MODEL_TYPE",
                                       "BLIS_NUM_THREADS",
                                       "BLIS_PACK_A",
                                       "BLIS_PACK_B",
                                       "BLIS_THREAD_IMPL",
                                       "BLIS_JC_NT",
                                       "BLIS_PC_NT",
                                       "BLIS_IC_NT",
                                       "BLIS_JR_NT",
                                       "BLIS_IR_NT",
                                       "OPENBLAS_BLOCK_FACTOR",
                                       "OPENBLAS_CORETYPE",
                                       "OPENBLAS_DEFAULT_NUM_THREADS",
                                       "OPENBLAS_MAIN_FREE",
                                       "OPENBLAS_NUM_THREADS",
                                       "OPENBLAS_THREAD_TIMEOUT",
                                       "OPENBLAS_VERBOSE",
                                       "GOTO_NUM_THREADS",
                                       "GOTOBLAS_MAIN_FREE",
                                       "MKL_CBWR",
                                       "MKL_DEBUG_CPU_TYPE",
                                       "MKL_DISABLE_FAST_MM",
                                       "MKL_DOMAIN_NUM_THREADS",
                                       "MKL_DYNAMIC",
                                       "MKL_ENABLE_INSTRUCTIONS",
                                       "MKL_FAST_MEMORY_LIMIT",
                                       "MKL_INTERFACE_LAYER",
                                       "MKL_NUM_STRIPES",
                                       "MKL_NUM_THREADS",
                                       "MKL_THREADING_LAYER",
                                       "MKL_VERBOSE",
                                       "ARMPL_NUM_THREADS"};

/* Memory, loader, launchers, networks. */
static const char *const others[] = {"MALLOC_ARENA_MAX",
                                     "MALLOC_MMAP_MAX_",
                                     "MALLOC_MMAP_THRESHOLD_",
                                     "MALLOC_PERTURB_",
                                     "MALLOC_TOP_PAD_",
                                     "MALLOC_TRIM_THRESHOLD_",
                                     "MALLOC_CONF",
                                     "GLIBC_TUNABLES",
                                     "LD_PRELOAD",
                                     "LD_BIND_NOW",
                                     "OMPI_COMM_WORLD_SIZE",
                                     "OMPI_MCA_btl",
                                     "OMPI_MCA_btl_*",
                                     "OMPI_MCA_pml",
                                     "OMPI_MCA_pml_*",
                                     "OMPI_MCA_mtl",
                                     "OMPI_MCA_mtl_*",
                                     "OMPI_MCA_coll",
                                     "OMPI_MCA_coll_*",
                                     "OMPI_MCA_osc",
                                     "OMPI_MCA_osc_*",
                                     "OMPI_MCA_io",
                                     "OMPI_MCA_io_*",
                                     "OMPI_MCA_fs",
                                     "OMPI_MCA_fs_*",
                                     "OMPI_MCA_fcoll",
                                     "OMPI_MCA_fcoll_*",
                                     "OMPI_MCA_mpi_*",
                                     "OMPI_MCA_rmaps_*",
                                     "OMPI_MCA_hwloc_*",
                                     "PRTE_MCA_rmaps_*",
                                     "PRTE_MCA_hwloc_*",
                                     "MPIR_CVAR_*",
                                     "MPICH_ALL*",
                                     "MPICH_ASYNC_*",
                                     "MPICH_BCAST_*",
                                     "MPICH_COLL_*",
                                     "MPICH_CH4_*",
                                     "MPICH_GPU_*",
                                     "MPICH_INTERFACE_HOSTNAME",
                                     "MPICH_MAX_THREAD_SAFETY",
                                     "MPICH_MPIIO_*",
                                     "MPICH_NEMESIS_*",
                                     "MPICH_OFI_*",
                                     "MPICH_RANK_REORDER_METHOD",
                                     "MPICH_SHARED_MEM_*",
                                     "MPICH_SMP_*",
                                     "MPICH_UCX_*",
                                     "I_MPI_ADJUST_*",
                                     "I_MPI_ASYNC_*",
                                     "I_MPI_DEBUG",
                                     "I_MPI_EAGER_*",
                                     "I_MPI_FABRICS",
                                     "I_MPI_INTRANODE_*",
                                     "I_MPI_OFI_*",
                                     "I_MPI_PIN",
                                     "I_MPI_PIN_*",
                                     "I_MPI_PLATFORM",
                                     "I_MPI_SHM",
                                     "I_MPI_SHM_*",
                                     "I_MPI_THREAD_*",
                                     "I_MPI_WAIT_MODE",
                                     "UCX_CMA_*",
                                     "UCX_DC_*",
                                     "UCX_IB_*",
                                     "UCX_KNEM_*",
                                     "UCX_LOG_LEVEL",
                                     "UCX_MAX_*",
                                     "UCX_MEMTYPE_CACHE",
                                     "UCX_MM_*",
                                     "UCX_NET_DEVICES",
                                     "UCX_POSIX_*",
                                     "UCX_PROTO_*",
                                     "UCX_RC_*",
                                     "UCX_RNDV_*",
                                     "UCX_SHM_*",
                                     "UCX_SYSV_*",
                                     "UCX_TCP_*",
                                     "UCX_TLS",
                                     "UCX_UD_*",
                                     "UCX_UNIFIED_MODE",
                                     "UCX_XPMEM_*",
                                     "UCX_ZCOPY_THRESH",
                                     "FI_CXI_*",
                                     "FI_EFA_*",
                                     "FI_LOG_LEVEL",
                                     "FI_MR_CACHE_*",
                                     "FI_OFI_RXM_*",
                                     "FI_OPX_*",
                                     "FI_PROVIDER",
                                     "FI_PSM2_*",
                                     "FI_PSM3_*",
                                     "FI_SHM_*",
                                     "FI_TCP_*",
                                     "FI_UNIVERSE_SIZE",
                                     "FI_VERBS_*",
                                     "PSM2_*",
                                     "SLURM_CLUSTER_NAME",
                                     "SLURM_JOB_ID",
                                     "SLURM_JOB_NODELIST",
                                     "SLURM_JOB_NUM_NODES",
                                     "SLURM_JOB_PARTITION",
                                     "SLURM_NTASKS",
                                     "SLURM_NTASKS_PER_*",
                                     "SLURM_TASKS_PER_NODE",
                                     "SLURM_CPUS_ON_NODE",
                                     "SLURM_CPUS_PER_TASK",
                                     "SLURM_CPU_BIND",
                                     "SLURM_CPU_BIND_TYPE",
                                     "SLURM_CPU_FREQ_REQ",
                                     "SLURM_MEM_BIND",
                                     "SLURM_MEM_BIND_TYPE",
                                     "SLURM_DISTRIBUTION",
                                     "SLURM_HINT",
                                     "SLURM_THREADS_PER_CORE"};

/* Never kept, whatever pattern they follow, in capitals or not. */
static const char *const secret[] = {"*TOKEN*", "*SECRET*", "*PASS*", "*PSWD*",
                                     "*PWD*",   "*KEY*",    "*JWT*",  "*AUTH*",
                                     "*CRED*",  "*COOKIE*", "*URI*",  "*URL*"};

static bool matches(const char *name, const char *const *patterns, size_t n,
                    int flags)
{
    for (size_t i = 0; i < n; i++) {
        if (fnmatch(patterns[i], name, flags) == 0)
            return true;
    }
    return false;
}

#define MATCHES(name, list, flags)                                             \
    matches(name, list, sizeof(list) / sizeof *(list), flags)

bool et_variable_steers(const char *name)
{
    return MATCHES(name, steering, 0);
}

bool et_variable_is_kept(const char *name)
{
    return et_variable_steers(name) ||
           (MATCHES(name, others, 0) && !MATCHES(name, secret, FNM_CASEFOLD));
}

bool et_variable_next(size_t *i, char *name, size_t name_size, char *value,
                      size_t value_size)
{
    if (!environ || !environ[*i])
        return false;
    const char *v = environ[(*i)++];
    size_t n = strcspn(v, "=");
    snprintf(name, name_size, "%.*s", (int)n, v);
    /* The whole of it first: where it is cut, half a URL may be left. */
    char *whole = et_strdup(v[n] ? v + n + 1 : "");
    if (whole)
        et_text_redact(whole);
    snprintf(value, value_size, "%s", whole ? whole : "");
    free(whole);
    return true;
}
