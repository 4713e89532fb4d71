/* identity: what tells a run from every other, and that all its ranks run one
 * and the same program.
 */
#ifndef ET_APP_IDENTITY_H
#define ET_APP_IDENTITY_H

#include "harness/team/team.h"
#include "results/store/sha256.h"

#define ET_RUN_ID 32 /* digits of a run's id */

/* 128 bits from the system's random source. */
enum et_status et_identity_draw(char id[ET_RUN_ID + 1]);

/* The digest of the program that runs; "" where it cannot be read. */
void et_identity_program(char binary[ET_SHA256_HEX + 1]);

/* Collective. The digest of the program that every rank runs; "" where it
 * cannot be read, and then the ranks agree on version, commit, compiler and
 * flags alone. ET_INFRA where a rank runs another build than rank 0, which
 * names those ranks. */
enum et_status et_identity_agree(struct et_team *team,
                                 char binary[ET_SHA256_HEX + 1]);

#endif
