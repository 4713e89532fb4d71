/* A random id, and the program's digest held against rank 0's. */
#include "config.h"
#include "app/identity.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "build.h"
#include "harness/base/log.h"
#include "harness/base/text.h"

#define NAMED 8 /* ranks that the error names */

static const char build[] = PACKAGE_VERSION
    " " ET_BUILD_COMMIT ", " ET_BUILD_COMPILER ", " ET_BUILD_FLAGS;

/* What a rank shows of its program. */
struct shown {
    char binary[ET_SHA256_HEX + 1];
    char build[ET_SHA256_HEX + 1];
};

enum et_status et_identity_draw(char id[ET_RUN_ID + 1])
{
    unsigned char bytes[ET_RUN_ID / 2];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return et_error(ET_INFRA, "the system gives no random bytes for the "
                                  "run's id");
    et_hex(bytes, sizeof bytes, id);
    return ET_OK;
}

void et_identity_program(char binary[ET_SHA256_HEX + 1])
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !et_sha256_file(fd, binary))
        *binary = '\0';
    if (fd >= 0)
        close(fd);
}

static void show(struct shown *out)
{
    *out = (struct shown){"", ""};
    et_identity_program(out->binary);
    et_sha256_bytes(build, sizeof build, out->build);
}

/* Rank 0 says who they are: the first NAMED of them in turn tell all. */
static enum et_status name_others(struct et_team *team, bool differs,
                                  double count)
{
    struct et_text names = {0};
    enum et_status s = ET_OK;
    for (int i = 0; s == ET_OK && i < NAMED && i < (int)count; i++) {
        char line[256], host[64] = "?";
        int who;
        s = et_team_lowest(team, differs, &who);
        gethostname(host, sizeof host - 1);
        snprintf(line, sizeof line, "rank %d on %s (%s %s)", team->rank, host,
                 PACKAGE_VERSION, ET_BUILD_COMMIT);
        if (s == ET_OK)
            s = et_team_broadcast(team, who, line, sizeof line);
        differs = differs && team->rank != who;
        et_text_add(&names, "%s%s", i ? ", " : "", line);
    }
    if (s == ET_OK && team->rank == 0)
        s = et_error(ET_INFRA,
                     "%.0f of %d ranks run another build of etalon than rank 0 "
                     "(%s %s): %s%s; start the same program on every node",
                     count, team->size, PACKAGE_VERSION, ET_BUILD_COMMIT,
                     et_text_str(&names), count > NAMED ? ", ..." : "");
    et_text_free(&names);
    return s == ET_OK ? ET_INFRA : s;
}

enum et_status et_identity_agree(struct et_team *team,
                                 char binary[ET_SHA256_HEX + 1])
{
    struct shown mine, root;
    show(&mine);
    root = mine;
    enum et_status s = et_team_broadcast(team, 0, &root, sizeof root);
    if (s != ET_OK)
        return s;
    bool differs = memcmp(&mine, &root, sizeof root) != 0;
    double count = differs;
    s = et_team_reduce(team, ET_SUM, &count, 1);
    if (s != ET_OK)
        return s;
    if (count > 0)
        return name_others(team, differs, count);
    memcpy(binary, root.binary, sizeof root.binary);
    return ET_OK;
}
