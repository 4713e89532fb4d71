/* A status is an exit code: the one enum that functions return and that the
 * program exits with. Knows nothing; never counts anything.
 */
#ifndef ET_BASE_STATUS_H
#define ET_BASE_STATUS_H

enum et_status {
    ET_OK = 0,     /* done; every check passed */
    ET_MISSED = 1, /* a threshold or a baseline was missed */
    ET_USAGE = 2,  /* the user's words or files cannot be used */
    ET_WRONG = 3,  /* numerics or contents are wrong */
    ET_INFRA = 4,  /* a node, a library or the disk failed */
    ET_UNSURE = 5  /* inconclusive: the data does not decide it */
};

/* The graver of two, for a run of several parts. From light to grave:
 * ok, inconclusive, missed, infrastructure, wrong, usage. */
enum et_status et_status_worse(enum et_status a, enum et_status b);
/* The place in that order, from 0, and the status at a place: so that ranks can
 * agree on the gravest by a maximum. */
int et_status_gravity(enum et_status s);
enum et_status et_status_of_gravity(int gravity);

#endif
