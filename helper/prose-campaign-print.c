/* SPDX-License-Identifier: GPL-2.0-only */
/* A campaign in words: what `check` and --dry-run say of it. */
#include "prose-campaign.h"

#include <math.h>

char *
prose_campaign_duration_print(double seconds)
{
    guint64 s = (guint64) ceil(MAX(seconds, 0));

    if (s < 120)
        return g_strdup_printf("%" G_GUINT64_FORMAT " s", s);
    if (s < 2 * 3600)
        return g_strdup_printf("%" G_GUINT64_FORMAT " min", (s + 59) / 60);
    return g_strdup_printf("%" G_GUINT64_FORMAT " h %" G_GUINT64_FORMAT " min", s / 3600, s % 3600 / 60);
}

char *
prose_campaign_explain(const ProseCampaign *c, double seconds_per_cost, guint workers)
{
    GString *text = g_string_new(NULL);
    double cost = 0, longest = 0, rate = seconds_per_cost > 0 ? seconds_per_cost : PROSE_CAMPAIGN_SECONDS_PER_COST;
    g_autofree char *least = NULL, *most = NULL;
    guint valid = 0;

    for (guint i = 0; i < c->points->len; i++) {
        const ProseCampaignPoint *point = c->points->pdata[i];

        if (point->invalid) {
            g_string_append_printf(text, "left out: %s: %s\n", point->label, point->invalid);
            continue;
        }
        g_string_append_printf(text, "point %u: %s\n", ++valid, point->label);
        cost += point->cost;
        longest = MAX(longest, point->cost);
    }
    g_string_append_printf(text, "\n%s: %u point%s, %u left out, seed %u, runs a point %u", c->scenario, valid, valid == 1 ? "" : "s",
                           c->points->len - valid, c->seed, c->first_runs);
    if (c->stop_metric)
        g_string_append_printf(text, " to %u, until half the 95 %% interval of %s is below %g %% of its mean", c->runs->len, c->stop_metric,
                               c->stop_share * 100);
    g_string_append_printf(text, "\n%u runs", valid * c->first_runs);
    if (c->runs->len > c->first_runs)
        g_string_append_printf(text, ", at most %u", valid * c->runs->len);
    least = prose_campaign_duration_print(MAX(cost * rate * c->first_runs / workers, longest * rate));
    most = prose_campaign_duration_print(MAX(cost * rate * c->runs->len / workers, longest * rate));
    g_string_append_printf(text, ", about %s%s%s with %u worker%s%s\n", least, c->runs->len > c->first_runs ? " to " : "",
                           c->runs->len > c->first_runs ? most : "", workers, workers == 1 ? "" : "s",
                           seconds_per_cost > 0 ? ", by what earlier runs took" : ", by a rule of thumb from UEs and simulated time");
    for (guint i = 0; i < c->warnings->len; i++)
        g_string_append_printf(text, "warning: %s\n", (const char *) c->warnings->pdata[i]);
    return g_string_free(text, FALSE);
}
