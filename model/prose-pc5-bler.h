/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often one copy of a discovery message is lost at a given SINR: 232 bits and a CRC of 24, QPSK, in the 2 PRB of PSDCH.
 *
 * A normal distribution in dB, fitted to the link-level points of NISTIR 8157 (PSDCH, AWGN, one antenna, first transmission;
 * 2500 blocks a point), which it meets within 1.7 % of BLER, 0.7 % root mean square. Copies are decided one by one: nothing of a
 * copy that was lost helps the next.
 */
#ifndef PROSE_PC5_BLER_H
#define PROSE_PC5_BLER_H

#include <stdbool.h>

#define PROSE_BLER_MIDDLE_DB 1.063         /* half of the blocks are lost */
#define PROSE_BLER_SPREAD_DB 0.494         /* standard deviation */
/* One in a thousand is decoded: as far as a message reaches. */
#define PROSE_BLER_EDGE_DB (PROSE_BLER_MIDDLE_DB - 3.09 * PROSE_BLER_SPREAD_DB)
/* Beyond, 1 block in 10^9 is decoded, or lost: taken for none. */
#define PROSE_BLER_NEVER_DB (PROSE_BLER_MIDDLE_DB - 6 * PROSE_BLER_SPREAD_DB)
#define PROSE_BLER_ALWAYS_DB (PROSE_BLER_MIDDLE_DB + 6 * PROSE_BLER_SPREAD_DB)

/* Returns: share of blocks lost at @sinr_db; from 1 to 0, falling. */
double prose_bler(double sinr_db);
/* @draw: uniform in [0, 1), one for this copy at this receiver. More SINR never loses what less had decoded. */
bool prose_bler_is_decoded(double sinr_db, double draw);

#endif
