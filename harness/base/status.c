/* Names and order of the statuses. */
#include "config.h"
#include "harness/base/status.h"

enum et_status et_status_worse(enum et_status a, enum et_status b)
{
    static const enum et_status order[] = {ET_OK,    ET_UNSURE, ET_MISSED,
                                           ET_INFRA, ET_WRONG,  ET_USAGE};
    int ia = 0, ib = 0;
    for (int i = 0; i < 6; i++) {
        if (order[i] == a)
            ia = i;
        if (order[i] == b)
            ib = i;
    }
    return ia > ib ? a : b;
}

const char *et_status_name(enum et_status s)
{
    switch (s) {
    case ET_OK:
        return "ok";
    case ET_MISSED:
        return "missed";
    case ET_USAGE:
        return "usage";
    case ET_WRONG:
        return "wrong";
    case ET_INFRA:
        return "infrastructure";
    case ET_UNSURE:
        return "inconclusive";
    }
    return "?";
}
