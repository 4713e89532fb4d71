/* The lowest rank that found a fault tells the others. */
#include "config.h"
#include "bench/check/blame.h"

#include <stdio.h>

enum et_status et_blame(struct et_team *team, const char *mine,
                        char out[ET_BLAME])
{
    char said[ET_BLAME] = "";
    int rank = -1;
    enum et_status status = et_team_lowest(team, *mine != '\0', &rank);
    if (status == ET_OK && rank == team->rank) {
        /* What does not fit is cut off. */
        int n = snprintf(said, sizeof said, "rank %d: ", rank);
        snprintf(said + n, sizeof said - (size_t)n, "%s", mine);
    }
    if (status == ET_OK && rank >= 0)
        status = et_team_broadcast(team, rank, said, sizeof said);
    if (status == ET_OK)
        snprintf(out, ET_BLAME, "%s", said);
    return status;
}
