/* The order of the statuses. */
#include "config.h"
#include "harness/base/status.h"

static const enum et_status order[] = {ET_OK,    ET_UNSURE, ET_MISSED,
                                       ET_INFRA, ET_WRONG,  ET_USAGE};

int et_status_gravity(enum et_status s)
{
    int i = 0;
    while (order[i] != s)
        i++;
    return i;
}

enum et_status et_status_of_gravity(int gravity)
{
    return order[gravity];
}

enum et_status et_status_worse(enum et_status a, enum et_status b)
{
    return et_status_gravity(a) > et_status_gravity(b) ? a : b;
}
