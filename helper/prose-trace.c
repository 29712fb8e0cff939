/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-trace-internal.h"

#include "prose-error.h"
#include "prose-json.h"
#include "prose-output.h"

#include <string.h>

struct ProseTrace {
    const ProseScenario *scenario;
    uint64_t wants;
    bool *only;                    /* (owned) (nullable): by UE index */
    FILE *csv, *lines;
    int name_width;                /* of the longest name in readable lines */
    GString *row;                  /* kept, so that a row costs no allocation */
    bool has_failed;
    void (*failed)(void *user);
    void *user;
};

/* ---- what is wanted ---- */

static uint64_t
types_of(const char *word)
{
    ProseEventType type;
    uint64_t types = 0;

    if (strcmp(word, "all") == 0)
        return PROSE_EVENTS_ALL;
    if (prose_event_type_from_name(&type, word) == PROSE_OK)
        return PROSE_EVENT_BIT(type);
    for (type = 0; type < PROSE_EVENT_N_TYPES; type++) {
        if (strcmp(prose_event_describe(type)->group, word) == 0)
            types |= PROSE_EVENT_BIT(type);
    }
    return types;
}

/* Each group once, in the order of the events. */
static char *
list_groups(void)
{
    GString *list = g_string_new("all");
    const char *last = "";

    for (ProseEventType type = 0; type < PROSE_EVENT_N_TYPES; type++) {
        const char *group = prose_event_describe(type)->group;
        g_autofree char *entry = g_strdup_printf(", %s", group);

        if (strcmp(group, last) != 0 && !strstr(list->str, entry))
            g_string_append(list, entry);
        last = group;
    }
    return g_string_free(list, FALSE);
}

static bool
parse_list(ProseTrace *trace, const char *list, GError **error)
{
    /* An empty list has one empty word, which is a mistake like any other. */
    g_auto(GStrv) words = g_strsplit(*list ? list : " ", ",", -1);

    for (char **word = words; *word; word++) {
        uint64_t types = types_of(g_strstrip(*word));

        if (!types) {
            g_autofree char *groups = list_groups();

            g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE,
                        "--trace: \"%s\" is neither an event nor a group; groups are %s; `prose-sim describe events` "
                        "lists the events", *word, groups);
            return false;
        }
        trace->wants |= types;
    }
    return true;
}

static bool
parse_only(ProseTrace *trace, const char *only, GError **error)
{
    g_autoptr(GArray) ues = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autofree char *wrong = NULL;

    if (!prose_scenario_select_ues(trace->scenario, only, ues, &wrong)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "--trace-only: %s", wrong);
        return false;
    }
    trace->only = g_new0(bool, trace->scenario->ues->len + 1);
    for (unsigned i = 0; i < ues->len; i++)
        trace->only[g_array_index(ues, unsigned, i)] = true;
    return true;
}

static int
name_width(const ProseScenario *scenario)
{
    size_t width = 0;

    for (unsigned i = 0; i < scenario->ues->len; i++) {
        const ProseScenarioUe *ue = g_ptr_array_index(scenario->ues, i);

        width = MAX(width, strlen(ue->name));
    }
    for (unsigned i = 0; i < scenario->pkmfs->len; i++) {
        const ProseScenarioPkmf *pkmf = g_ptr_array_index(scenario->pkmfs, i);

        width = MAX(width, strlen("pkmf ") + strlen(pkmf->name));
    }
    for (unsigned i = 0; i < scenario->functions->len; i++) {
        const ProseScenarioFunction *function = g_ptr_array_index(scenario->functions, i);

        width = MAX(width, strlen("prose-function ") + strlen(function->name));
    }
    return (int) width;
}

ProseTrace *
prose_trace_new(const ProseScenario *scenario, const char *list, const char *only, GError **error)
{
    g_autoptr(ProseTrace) trace = g_new0(ProseTrace, 1);

    trace->scenario = scenario;
    trace->row = g_string_sized_new(256);
    trace->name_width = name_width(scenario);
    if (!parse_list(trace, list, error) || (only && !parse_only(trace, only, error)))
        return NULL;
    return g_steal_pointer(&trace);
}

static void
flush_row(ProseTrace *trace)
{
    if (trace->has_failed || fwrite(trace->row->str, 1, trace->row->len, trace->csv) == trace->row->len)
        return;
    trace->has_failed = true;
    if (trace->failed)
        trace->failed(trace->user);
}

void
prose_trace_start(ProseTrace *trace, FILE *csv, FILE *lines, void (*failed)(void *user), void *user)
{
    trace->csv = csv;
    trace->lines = lines;
    trace->failed = failed;
    trace->user = user;
    if (csv) {
        g_string_assign(trace->row, PROSE_TRACE_COLUMNS "\n");
        flush_row(trace);
    }
}

ProseTrace *
prose_trace_free(ProseTrace *trace)
{
    if (trace) {
        g_free(trace->only);
        g_string_free(trace->row, TRUE);
        g_free(trace);
    }
    return NULL;
}

/* ---- rows ---- */

/* Name of the discovery, else its scope as text; "" without one. */
static const char *
discovery_of(const ProseTrace *trace, const ProseEvent *event, const ProseEventAbout *about,
             char text[PROSE_KEY_SCOPE_TEXT_MAX])
{
    const ProseScenarioDiscovery *d;

    if (about->discovery < 0)
        return event->has_scope ? prose_key_scope_print(text, event->scope) : "";
    d = g_ptr_array_index(trace->scenario->discoveries, about->discovery);
    return d->name;
}

static void
put_text(GString *row, const char *text)
{
    g_string_append_c(row, ',');
    if (!text)
        return;
    if (!strpbrk(text, ",\"\n\r")) {
        g_string_append(row, text);
        return;
    }
    g_string_append_c(row, '"');
    for (; *text; text++)
        g_string_append(row, *text == '"' ? "\"\"" : (char[]) { *text, '\0' });
    g_string_append_c(row, '"');
}

static void
put_double(GString *row, bool has, const char *format, double value)
{
    char text[PROSE_DOUBLE_TEXT_MAX];

    g_string_append_c(row, ',');
    if (has)
        g_string_append(row, format ? g_ascii_formatd(text, sizeof text, format, value)
                                    : prose_double_print(text, value));
}

static void
put_int(GString *row, bool has, int64_t value)
{
    g_string_append_c(row, ',');
    if (has)
        g_string_append_printf(row, "%" G_GINT64_FORMAT, value);
}

static void
write_row(ProseTrace *trace, const ProseEvent *event, const ProseEventAbout *about)
{
    char scope[PROSE_KEY_SCOPE_TEXT_MAX];
    GString *row = trace->row;

    g_string_printf(row, "%" G_GUINT64_FORMAT, event->time_ns);
    put_text(row, event->entity);
    put_text(row, prose_event_name(event->type));
    put_text(row, event->cause);
    put_text(row, discovery_of(trace, event, about, scope));
    put_int(row, event->key_id != PROSE_KEY_ID_NONE, event->key_id);
    put_int(row, event->valid_from != 0, event->valid_from);
    put_int(row, event->has_slot, event->slot_counter);
    put_double(row, event->has_offset, "%.9f", event->clock_offset_s);
    put_text(row, event->peer);
    put_int(row, event->resource >= 0, event->resource);
    put_double(row, event->has_power, "%.3f", event->rx_power_dbm);
    put_text(row, event->time_source);
    put_double(row, event->has_value, NULL, event->value);
    g_string_append_c(row, '\n');
    flush_row(trace);
}

/* ---- readable lines ---- */

static void
write_line(ProseTrace *trace, const ProseEvent *event, const ProseEventAbout *about)
{
    GString *line = trace->row;

    g_string_printf(line, "%10.3f s  %-*s  ", (double) event->time_ns / 1e9, trace->name_width, event->entity);
    prose_trace_put_words(line, trace->scenario, event, about);
    g_string_append_c(line, '\n');
    fwrite(line->str, 1, line->len, trace->lines);
}

static void
read_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    ProseTrace *trace = user;

    int whose = about->ue >= 0 ? about->ue : about->peer;

    if (trace->only && (whose < 0 || !trace->only[whose]))
        return;
    if (trace->csv)
        write_row(trace, event, about);
    if (trace->lines)
        write_line(trace, event, about);
}

ProseEventReader
prose_trace_reader(ProseTrace *trace)
{
    return (ProseEventReader) { .wants = trace->wants, .read = read_cb, .user = trace };
}
