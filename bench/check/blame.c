/* The words travel as numbers in a sum to which one rank alone adds, so that
 * a team needs no call of its own for it. */
#include "config.h"
#include "bench/check/blame.h"

#include <stdio.h>
#include <string.h>

enum et_status et_blame(struct et_team *team, const char *mine,
                        char out[ET_BLAME])
{
    double lowest = *mine ? team->rank : team->size, letters[ET_BLAME] = {0};
    char said[ET_BLAME] = "";

    enum et_status status = et_team_reduce(team, ET_MIN, &lowest, 1);
    if (status)
        return status;
    if (lowest == team->rank) {
        /* What does not fit is cut off. */
        int n = snprintf(said, sizeof said, "rank %d: ", team->rank);
        snprintf(said + n, sizeof said - (size_t)n, "%s", mine);
    }
    for (size_t i = 0; i < sizeof said && said[i]; i++)
        letters[i] = (unsigned char)said[i];
    status = et_team_reduce(team, ET_SUM, letters, ET_BLAME);
    for (size_t i = 0; !status && i < ET_BLAME; i++)
        out[i] = (char)(unsigned char)letters[i];
    return status;
}
