/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the campaign share: prose-campaign (the file), -points (its combinations), -sweep (values, names, conditions). */
#ifndef PROSE_CAMPAIGN_INTERNAL_H
#define PROSE_CAMPAIGN_INTERNAL_H

#include "prose-campaign.h"

/* Makes and checks every point. What is wrong with the campaign is added to @mistakes, what is wrong with a scenario to @said, a line each. */
void campaign_make_points(ProseCampaign *campaign, ProseMistakes *mistakes, GString *said);
void campaign_point_free(gpointer data);

#endif
