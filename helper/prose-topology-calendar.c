/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to the access of a UE at times that its scenario gives or draws, without anybody's doing. */
#include "prose-topology-internal.h"

#include "prose-quantity.h"

typedef enum CalendarKind { OFF_NETWORK, ON_NETWORK, OUTAGE, OUTAGE_OVER, RELEASE } CalendarKind;

typedef struct CalendarEntry {
    uint64_t at_ns;
    CalendarKind kind;
} CalendarEntry;

static void
add(UeHost *host, double at_s, CalendarKind kind)
{
    CalendarEntry entry = { prose_ns_from_s(at_s), kind };

    if (!host->net->calendar)
        host->net->calendar = g_array_new(FALSE, FALSE, sizeof entry);
    g_array_append_val(host->net->calendar, entry);
}

/* One that lasts to the end of the run is never over. */
static void
add_intervals(UeHost *host, const GArray *intervals, CalendarKind begin, CalendarKind end)
{
    for (guint i = 0; i < intervals->len; i++) {
        const ProseInterval *interval = &g_array_index(intervals, ProseInterval, i);

        add(host, interval->start_s, begin);
        if (interval->end_s < host->topology->scenario->duration_s)
            add(host, interval->end_s, end);
    }
}

static void
add_activities(UeHost *host, const GArray *activities, ProseDrawPurpose purpose, CalendarKind begin, CalendarKind end)
{
    const ProseScenario *scenario = host->topology->scenario;
    const ProseActivityDraws draws = { &host->topology->policy_key, purpose, host->spec->index };
    g_autoptr(GArray) intervals = prose_activities_draw(activities, scenario->utc_start_s, scenario->duration_s, &draws);

    add_intervals(host, intervals, begin, end);
}

static void
add_releases(UeHost *host, const GArray *instants)
{
    const ProseScenario *scenario = host->topology->scenario;
    const ProseActivityDraws draws = { &host->topology->policy_key, PROSE_DRAW_PDN_RELEASE, host->spec->index };
    g_autoptr(GArray) at_s = prose_instants_draw(instants, scenario->utc_start_s, scenario->duration_s, &draws);

    for (guint i = 0; i < at_s->len; i++)
        add(host, g_array_index(at_s, double, i), RELEASE);
}

static void
happen(UeHost *host, CalendarKind kind)
{
    switch (kind) {
    case OFF_NETWORK:
    case ON_NETWORK:
        prose_topology_set_access_loss(host->topology, host->spec->index, PROSE_ACCESS_LOSS_OFF_NETWORK, kind == OFF_NETWORK);
        break;
    case OUTAGE:
    case OUTAGE_OVER:
        host->net->n_outages = kind == OUTAGE ? host->net->n_outages + 1 : host->net->n_outages - 1;
        ns3c_port_set_blocked(host->net->port, host->net->n_outages > 0);
        break;
    case RELEASE:
        ue_host_release(host);
        break;
    }
}

static void
calendar_cb(void *user)
{
    UeHost *host = user;
    const CalendarEntry *entry = &g_array_index(host->net->calendar, CalendarEntry, host->net->next_entry);
    uint64_t now_ns = ns3c_sim_now();

    ue_host_before(host);
    for (; host->net->next_entry < host->net->calendar->len && entry->at_ns <= now_ns; entry++, host->net->next_entry++)
        happen(host, entry->kind);
    if (host->net->next_entry < host->net->calendar->len)
        ns3c_timer_set(host->net->calendar_timer, entry->at_ns);
}

static int
entry_compare(gconstpointer a, gconstpointer b)
{
    const CalendarEntry *x = a, *y = b;

    return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns ? 1 : (int) x->kind - (int) y->kind;
}

void
calendar_start(UeHost *host)
{
    const ProseScenarioUe *spec = host->spec;

    add_activities(host, spec->off_network, PROSE_DRAW_OFF_NETWORK, OFF_NETWORK, ON_NETWORK);
    add_activities(host, spec->pdn_outage, PROSE_DRAW_PDN_OUTAGE, OUTAGE, OUTAGE_OVER);
    add_intervals(host, spec->pdn->outages, OUTAGE, OUTAGE_OVER);
    add_releases(host, spec->pdn->releases);
    if (!host->net->calendar)
        return;
    g_array_sort(host->net->calendar, entry_compare);
    host->net->calendar_timer = ns3c_timer_new(calendar_cb, host);
    calendar_cb(host);                     /* what holds from the start on holds before power on */
}
