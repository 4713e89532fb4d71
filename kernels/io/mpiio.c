/* I/O through MPI-IO: a shared file collectively (write_at_all, read_at_all),
 * a file per rank on its own. Needs a team with a communicator.
 */
#include "config.h"
#include "kernels/io/io.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/team/transport.h"

#define SUMMARY "MPI-IO: a shared file collectively, others alone"

#if HAVE_MPI
#include <mpi.h>

static const char *unsupported(const struct et_io *p)
{
    if (p->direct)
        return "MPI-IO has no portable way to ask for O_DIRECT";
    if (p->block > INT_MAX)
        return "MPI-IO counts a block's bytes in an int";
    return et_team_mpi_idle();
}

static enum et_status create(const struct et_io *p, struct et_team *team,
                             const char *path, void **setup)
{
    if (!team->native)
        return et_error(ET_INFRA, "io mpiio: team %s has no communicator",
                        team->ops->name);
    struct et_io_setup *q;
    enum et_status s = et_io_setup(p, team, path, &q);
    if (s == ET_OK)
        *setup = q;
    return s;
}

static enum et_status check(const struct et_io_setup *q, int code,
                            const char *call)
{
    char what[1024];
    if (code == MPI_SUCCESS)
        return ET_OK;
    snprintf(what, sizeof what, "%s: %s", q->path, call);
    return et_team_mpi_check(code, what);
}

/* n bytes; data is not written to when `writes`. */
static enum et_status move(const struct et_io_setup *q, MPI_File file,
                           bool writes, char *data, int64_t at, int n)
{
    int done = 0, code;
    MPI_Offset where = q->first + at;
    MPI_Status got;
    const char *call = writes ? "MPI_File_write_at" : "MPI_File_read_at";

    if (writes && q->p.shared)
        code = MPI_File_write_at_all(file, where, data + at, n, MPI_BYTE, &got);
    else if (writes)
        code = MPI_File_write_at(file, where, data + at, n, MPI_BYTE, &got);
    else if (q->p.shared)
        code = MPI_File_read_at_all(file, where, data + at, n, MPI_BYTE, &got);
    else
        code = MPI_File_read_at(file, where, data + at, n, MPI_BYTE, &got);
    enum et_status s = check(q, code, call);
    if (s)
        return s;
    if (MPI_Get_count(&got, MPI_BYTE, &done) != MPI_SUCCESS || done != n)
        return et_error(ET_INFRA, "%s: %s moved %d of %d bytes at %lld%s",
                        q->path, call, done, n, (long long)where,
                        writes ? " (is the disk full?)" : "");
    return ET_OK;
}

/* Open MPI's collective read beyond the end counts bytes it never read. */
static enum et_status check_end(const struct et_io_setup *q, MPI_File file)
{
    MPI_Offset size = 0;
    enum et_status s =
        check(q, MPI_File_get_size(file, &size), "MPI_File_get_size");
    if (!s && size < q->first + q->p.bytes)
        s = et_error(
            ET_INFRA, "%s: ends at byte %lld, before the %lld that are due",
            q->path, (long long)size, (long long)(q->first + q->p.bytes));
    return s;
}

static enum et_status move_all(const struct et_io_setup *q, bool writes,
                               char *data)
{
    MPI_Comm comm = q->p.shared ? *(MPI_Comm *)q->team->native : MPI_COMM_SELF;
    MPI_File file;
    enum et_status s =
        check(q,
              MPI_File_open(comm, q->path,
                            writes ? MPI_MODE_WRONLY | MPI_MODE_CREATE
                                   : MPI_MODE_RDONLY,
                            MPI_INFO_NULL, &file),
              "MPI_File_open");
    if (s)
        return s;
    if (!writes)
        s = check_end(q, file);
    /* A rank that failed still joins the others' calls, which are collective,
     * but moves nothing more. */
    for (int64_t at = 0; at < q->p.bytes; at += q->p.block) {
        int64_t n = q->p.bytes - at < q->p.block ? q->p.bytes - at : q->p.block;
        enum et_status here = move(q, file, writes, data, at, s ? 0 : (int)n);
        s = s ? s : here;
    }
    if (writes && q->p.sync) {
        enum et_status here = check(q, MPI_File_sync(file), "MPI_File_sync");
        s = s ? s : here;
    }
    enum et_status here = check(q, MPI_File_close(&file), "MPI_File_close");
    return s ? s : here;
}

static enum et_status write_file(void *setup, const void *data)
{
    /* MPI 2 had no const here, and move() only reads it when writing. */
    return move_all(setup, true, (char *)(uintptr_t)data);
}

static enum et_status read_file(void *setup, void *data)
{
    return move_all(setup, false, data);
}

static void origin(char *text, size_t n)
{
    const char *version = et_team_mpi_version();
    snprintf(text, n, "%s", version ? version : "an MPI of unknown version");
}

const struct et_io_backend et_io_mpiio = {.base = {.name = "mpiio",
                                                   .summary = SUMMARY,
                                                   .origin = origin,
                                                   .destroy = et_io_setup_free},
                                          .unsupported = unsupported,
                                          .create = create,
                                          .write = write_file,
                                          .read = read_file};

#else

const struct et_io_backend et_io_mpiio =
    ET_BACKEND_ABSENT("mpiio", SUMMARY, "not built in (configure --with-mpi)");

#endif
