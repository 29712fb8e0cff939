/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-bler.h"

#include <math.h>

double
prose_bler(double sinr_db)
{
    return 0.5 * erfc((sinr_db - PROSE_BLER_MIDDLE_DB) / (PROSE_BLER_SPREAD_DB * sqrt(2)));
}

bool
prose_bler_is_decoded(double sinr_db, double draw)
{
    if (sinr_db <= PROSE_BLER_NEVER_DB)
        return false;
    return sinr_db >= PROSE_BLER_ALWAYS_DB || draw >= prose_bler(sinr_db);
}
