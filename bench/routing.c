/* Rows of groups: where the shares of all before a group end, rounded as one
 * random number says.
 */
#include "config.h"
#include "bench/routing.h"

#include <math.h>

#include "harness/base/random.h"

/* 1 to groups, in random order. */
static void shuffle(int64_t groups, uint64_t stream, int64_t *place)
{
    for (int64_t g = 0; g < groups; g++)
        place[g] = g + 1;
    for (int64_t g = groups - 1; g > 0; g--) {
        int64_t other =
            (int64_t)(et_random_u64(stream, (uint64_t)g) % (uint64_t)(g + 1));
        int64_t was = place[g];
        place[g] = place[other];
        place[other] = was;
    }
}

void et_routing(int64_t m, int64_t groups, double skew, uint64_t seed,
                int64_t *first)
{
    uint64_t stream = et_random_stream(seed, 0);
    int64_t place[ET_ROUTING_MOST];
    double all = 0, before = 0, offset = (et_random_unit(stream, 0) + 1) / 2;
    shuffle(groups, stream, place);
    for (int64_t g = 0; g < groups; g++)
        all += pow((double)place[g], -skew);
    for (int64_t g = 0; g < groups; g++) {
        first[g] = (int64_t)floor(before / all * (double)m + offset);
        before += pow((double)place[g], -skew);
    }
    first[groups] = m;
}

int64_t et_routing_used(const int64_t *first, int64_t groups)
{
    int64_t n = 0;
    for (int64_t g = 0; g < groups; g++)
        n += first[g + 1] > first[g];
    return n;
}

int64_t et_routing_largest(const int64_t *first, int64_t groups)
{
    int64_t most = 0;
    for (int64_t g = 0; g < groups; g++)
        most = first[g + 1] - first[g] > most ? first[g + 1] - first[g] : most;
    return most;
}
