/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-run.h"

#include "prose-json.h"
#include "prose-radio.h"
#include "prose-results.h"
#include "prose-summary.h"
#include "prose-trace.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#define PROGRESS_STEPS 200
#define PROGRESS_EVERY_US 100000

typedef struct Run Run;

typedef struct Scheduled {
    Run *run;
    const ProseScenarioEvent *spec;
    Ns3cEvent *event;
} Scheduled;

struct Run {
    const ProseScenario *scenario;
    const ProseRunOptions *options;
    ProseRunHooks hooks;
    ProseOutput *output;                   /* (nullable) */
    ProseStream *stream;
    ProseSummary *summary;
    ProseTrace *trace;                     /* (nullable) */
    FILE *csv, *keys;                      /* (nullable) */
    Ns3cPcap *pcap;                        /* (nullable) */
    ProseSecretPool *secrets;
    ProseTopology *topology;
    ProseCoverage *coverage;
    ProseRadio *radio;                     /* (nullable): nobody uses PC5 */
    GArray *scheduled;                     /* of Scheduled; never moved once filled */
    Ns3cEvent *warm_up;
    uint64_t *octets_before;               /* (owned): up and down of each UE when the warm-up ended */
    ProsePkmfLoad *loads_before;           /* (owned) */
    Ns3cTimer *progress;
    Ns3cTimer *points;                     /* (nullable): no time series is wanted */
    uint64_t n_points;                     /* the next one's number, from 1 */
    Ns3cTimer *periods;                    /* (nullable): as this */
    uint64_t period;                       /* of the pool, under way */
    int64_t shown_us, started_us;
    const char *stopped_by;                /* (nullable): the duration */
    uint64_t end_ns;                       /* simulated time at which it was over */
    int csv_errno, keys_errno, pcap_errno; /* of the first write that failed */
};

void
prose_run_result_clear(ProseRunResult *result)
{
    g_clear_pointer(&result->json, g_free);
    g_clear_pointer(&result->text, g_free);
}

static uint64_t
duration_ns(const Run *run)
{
    return prose_ns_from_s(run->scenario->duration_s);
}

/* ---- callbacks ---- */

/* Where a file cannot be written there is no use in going on; the run ends, and closing the file tells why. */
static void
csv_failed_cb(void *user)
{
    ((Run *) user)->csv_errno = errno ? errno : EIO;
    ns3c_sim_stop();
}

static void
all_discovered_cb(void *user)
{
    ((Run *) user)->stopped_by = "all-discovered";
    ns3c_sim_stop();
}

static void
pcap_failed_cb(void *user)
{
    ((Run *) user)->pcap_errno = errno ? errno : EIO;
    ns3c_sim_stop();
}

static void
key_log_cb(void *user, const char *line)
{
    Run *run = user;

    if (!run->keys_errno && fprintf(run->keys, "%s\n", line) < 0) {
        run->keys_errno = errno ? errno : EIO;
        ns3c_sim_stop();
    }
}

static void
waited_cb(void *user, unsigned pkmf, uint64_t wait_ns)
{
    prose_summary_add_wait(((Run *) user)->summary, pkmf, wait_ns, ns3c_sim_now());
}

/* Before the PKMF hears of it, and replaces keys for the others. */
static void
tell_summary(Run *run, const ProseScenarioEvent *spec)
{
    if (spec->action != PROSE_ACTION_START && spec->action != PROSE_ACTION_STOP)
        return;
    for (unsigned i = 0; i < spec->ues->len; i++) {
        for (unsigned d = 0; d < spec->discoveries->len; d++)
            prose_summary_set_active(run->summary, g_array_index(spec->ues, unsigned, i), g_array_index(spec->discoveries, unsigned, d),
                                     spec->action == PROSE_ACTION_START, ns3c_sim_now());
    }
}

static void
scheduled_cb(void *user)
{
    const Scheduled *scheduled = user;

    tell_summary(scheduled->run, scheduled->spec);
    if (scheduled->spec->action == PROSE_ACTION_COVERAGE || scheduled->spec->action == PROSE_ACTION_SET_CLOCK)
        prose_coverage_act(scheduled->run->coverage, scheduled->spec);
    else
        prose_topology_act(scheduled->run->topology, scheduled->spec);
    for (unsigned i = 0; scheduled->spec->action == PROSE_ACTION_POWER && scheduled->spec->on && i < scheduled->spec->ues->len; i++)
        prose_coverage_register(scheduled->run->coverage, g_array_index(scheduled->spec->ues, unsigned, i));
}

static void
warm_up_cb(void *user)
{
    Run *run = user;

    for (unsigned i = 0; i < run->scenario->ues->len; i++)
        prose_topology_octets(run->topology, i, &run->octets_before[2 * i], &run->octets_before[2 * i + 1]);
    for (unsigned p = 0; p < run->scenario->pkmfs->len; p++)
        prose_pkmf_load(prose_topology_pkmf(run->topology, p), &run->loads_before[p]);
}

static void
show_progress(Run *run, uint64_t now_ns)
{
    char bar[41];
    double part = (double) now_ns / (double) duration_ns(run);
    unsigned full = (unsigned) (part * (sizeof bar - 1));

    memset(bar, ' ', sizeof bar - 1);
    memset(bar, '#', MIN(full, sizeof bar - 1));
    bar[sizeof bar - 1] = '\0';
    fprintf(stderr, "\r[%s] %3.0f %%  %.0f of %.0f s", bar, part * 100, (double) now_ns / 1e9, run->scenario->duration_s);
    fflush(stderr);
}

static uint64_t
next_point_ns(const Run *run)
{
    return prose_ns_from_s(run->scenario->warm_up_s + (double) run->n_points * run->scenario->output.step_s);
}

/* The last instant before: whatever comes at the point itself comes after it. */
static void
set_points(Run *run)
{
    ns3c_timer_set(run->points, MAX(next_point_ns(run) - 1, ns3c_sim_now()));
}

static void
flush_radio(Run *run)
{
    if (run->radio)
        prose_radio_flush(run->radio);
}

/* Time passes for series where no event comes. */
static void
points_cb(void *user)
{
    Run *run = user;

    flush_radio(run);
    prose_summary_pass(run->summary, next_point_ns(run));
    run->n_points++;
    set_points(run);
}

/* The last instant of a period: nothing of it is still on the air. */
static void
set_period_end(Run *run)
{
    const ProseScenarioPool *pool = g_ptr_array_index(run->scenario->pools, 0);

    ns3c_timer_set(run->periods, (run->period + 1) * pool->pool.period_ms * PROSE_NS_PER_MS - 1);
}

static void
end_period(Run *run)
{
    const ProseScenarioPool *pool = g_ptr_array_index(run->scenario->pools, 0);

    flush_radio(run);
    prose_summary_end_period(run->summary, run->period, run->period * pool->pool.period_ms * PROSE_NS_PER_MS);
    run->period++;
}

static void
period_ended_cb(void *user)
{
    Run *run = user;

    end_period(run);
    set_period_end(run);
}

/* The bar moves at most ten times a wall-clock second; results never depend on it. */
static void
progress_cb(void *user)
{
    Run *run = user;
    int64_t now_us = g_get_monotonic_time();

    if (now_us - run->shown_us >= PROGRESS_EVERY_US) {
        show_progress(run, ns3c_sim_now());
        run->shown_us = now_us;
    }
    ns3c_timer_set(run->progress, ns3c_sim_now() + MAX(duration_ns(run) / PROGRESS_STEPS, 1));
}

/* ---- building ---- */

static bool
open_files(Run *run, GError **error)
{
    const ProseRunOptions *options = run->options;
    g_autofree char *settings = NULL;

    if (!options->directory)
        return true;
    /* First of all: a directory that cannot be written shows before anything is simulated. */
    settings = prose_scenario_print(run->scenario);
    run->output = prose_output_open(options->directory, options->force, options->is_default_directory ? settings : NULL, error);
    if (!run->output)
        return false;
    if (!prose_output_write(run->output, "settings.ini", settings, error))
        return false;
    if (run->trace && !(run->csv = prose_output_begin(run->output, "events.csv", error)))
        return false;
    if (options->pcap) {
        g_autofree char *path = prose_output_part(run->output, "pc5.pcap");

        if (!(run->keys = prose_output_begin(run->output, "tls-keys.txt", error)))
            return false;
        run->pcap = ns3c_pcap_new(path, PROSE_PCAP_LINK_PC5, run->scenario->utc_start_s);
        if (!run->pcap)
            return prose_output_set_errno(error, path);
    }
    return true;
}

static bool
uses_pc5(const ProseScenario *scenario)
{
    for (unsigned i = 0; i < scenario->ues->len; i++) {
        const ProseScenarioUe *ue = g_ptr_array_index(scenario->ues, i);

        for (unsigned d = 0; d < scenario->discoveries->len; d++) {
            if (ue->roles[d] & (PROSE_ROLES_SENDING | PROSE_ROLES_RECEIVING))
                return true;
        }
    }
    return false;
}

static bool
build(Run *run, GError **error)
{
    ProseTopologyConfig topology = {
        .scenario = run->scenario, .stream = run->stream, .secrets = run->secrets,
        .captures = run->pcap ? run->output : NULL,
        .key_log = run->keys ? key_log_cb : NULL, .key_log_user = run,
        .cleartext = run->hooks.cleartext, .tap = run->hooks.tap, .tap_user = run->hooks.user,
        .drawn = run->hooks.drawn, .drawn_user = run->hooks.user,
        .waited = waited_cb, .waited_user = run,
    };
    ProseRadioConfig radio = {
        .scenario = run->scenario, .stream = run->stream, .pcap = run->pcap, .secrets = run->secrets, .summary = run->summary,
        .tamper = run->hooks.tamper, .tamper_user = run->hooks.user,
        .pcap_failed = pcap_failed_cb, .pcap_failed_user = run,
    };

    run->topology = prose_topology_new(&topology, error);
    if (!run->topology)
        return false;
    for (unsigned i = 0; i < run->scenario->ues->len; i++)
        prose_summary_set_power_on(run->summary, i, prose_topology_power_on_ns(run->topology, i));
    run->coverage = prose_coverage_new(run->scenario, run->topology, run->stream);
    radio.topology = run->topology;
    radio.coverage = run->coverage;
    if (uses_pc5(run->scenario)) {
        run->radio = prose_radio_new(&radio, error);
        if (!run->radio)
            return false;
    }
    return true;
}

static void
schedule(Run *run)
{
    const GPtrArray *events = run->scenario->events;

    g_array_set_size(run->scheduled, events->len);
    for (unsigned i = 0; i < events->len; i++) {
        Scheduled *scheduled = &g_array_index(run->scheduled, Scheduled, i);

        /* In the order of the array, which is that of time and file: ns-3 keeps it among equal times. */
        scheduled->run = run;
        scheduled->spec = g_ptr_array_index(events, i);
        scheduled->event = ns3c_event_new(prose_ns_from_s(scheduled->spec->at_s), scheduled_cb, scheduled);
    }
    run->octets_before = g_new0(uint64_t, 2 * run->scenario->ues->len);
    run->loads_before = g_new0(ProsePkmfLoad, run->scenario->pkmfs->len);
    if (run->scenario->warm_up_s > 0)
        run->warm_up = ns3c_event_new(prose_ns_from_s(run->scenario->warm_up_s), warm_up_cb, run);
    if (run->scenario->output.series) {
        run->n_points = 1;
        run->points = ns3c_timer_new(points_cb, run);
        set_points(run);
    }
    if (run->radio && prose_summary_wants_periods(run->summary)) {
        run->periods = ns3c_timer_new(period_ended_cb, run);
        set_period_end(run);
    }
    if (run->options->progress) {
        run->progress = ns3c_timer_new(progress_cb, run);
        ns3c_timer_set(run->progress, ns3c_sim_now());
    }
}

/* ---- finishing ---- */

/* What no event carries: octets and work, without those of the warm-up. */
static void
sum_up(Run *run)
{
    for (unsigned i = 0; i < run->scenario->ues->len; i++) {
        uint64_t up, down;

        prose_topology_octets(run->topology, i, &up, &down);
        prose_summary_add_octets(run->summary, i, up - run->octets_before[2 * i], down - run->octets_before[2 * i + 1]);
    }
    for (unsigned p = 0; p < run->scenario->pkmfs->len; p++) {
        const ProsePkmfLoad *before = &run->loads_before[p];
        ProsePkmfLoad load;

        prose_pkmf_load(prose_topology_pkmf(run->topology, p), &load);
        for (unsigned op = 0; op < PROSE_PKMF_N_OPS; op++)
            load.jobs[op] -= before->jobs[op];
        load.busy_ns -= before->busy_ns;
        prose_summary_set_load(run->summary, p, &load);
    }
    if (run->periods)
        end_period(run);
    prose_summary_finish(run->summary, run->end_ns);
}

/* What gives this run again; nothing of where it was written or what was traced, so that results compare equal. */
static char *
command_of(const Run *run)
{
    g_autofree char *file = g_path_get_basename(run->scenario->path);
    GString *command = g_string_new("prose-sim run ");

    g_string_append(command, file);
    for (size_t i = 0; i < run->options->n_overrides; i++) {
        const char *text = run->options->overrides[i].text;
        g_autofree char *quoted = NULL;

        if (g_str_has_prefix(text, "simulation.seed=") || g_str_has_prefix(text, "simulation.run="))
            continue;
        quoted = g_shell_quote(text);
        g_string_append_printf(command, " -s %s", quoted);
    }
    g_string_append_printf(command, " --seed %u --run %" G_GUINT64_FORMAT, run->scenario->seed, run->scenario->run);
    return g_string_free(command, FALSE);
}

static ProseResultsPerf
perf_of(const Run *run, uint64_t n_events)
{
    int64_t took_us = g_get_monotonic_time() - run->started_us;
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (ProseResultsPerf) {
        .wall_s = (double) took_us / 1e6,
        .cpu_s = (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                 + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
        .events = n_events, .peak_kib = (uint64_t) usage.ru_maxrss, .started_utc_s = (g_get_real_time() - took_us) / G_USEC_PER_SEC,
    };
}

static char *
perf_to_json(const ProseResultsPerf *perf)
{
    g_autoptr(ProseJson) json = prose_json_new();

    prose_json_begin_object(json, NULL);
    prose_json_double(json, "wall_s", perf->wall_s);
    prose_json_double(json, "cpu_s", perf->cpu_s);
    prose_json_uint(json, "events", perf->events);
    prose_json_uint(json, "peak_kib", perf->peak_kib);
    prose_json_end(json);
    return prose_json_text(json);
}

static bool
write_database(Run *run, const ProseSummaryMeta *meta, const ProseResultsPerf *perf, GError **error)
{
    g_autofree char *part = prose_output_part(run->output, PROSE_RESULTS_FILE);
    ProseResultsRun results = {
        .scenario = run->scenario, .rows = prose_summary_rows(run->summary), .version = meta->version, .ns3_version = meta->ns3_version, .command = meta->command,
        .sim_end_s = (double) run->end_ns / 1e9, .stopped_by = meta->stopped_by, .perf = *perf,
    };

    return prose_results_write(part, &results, error) && prose_output_complete(run->output, PROSE_RESULTS_FILE, error);
}

static bool
close_pcap(Run *run, GError **error)
{
    g_autofree char *path = prose_output_part(run->output, "pc5.pcap");

    if (ns3c_pcap_close(g_steal_pointer(&run->pcap)) != NS3C_OK && !run->pcap_errno)
        run->pcap_errno = errno ? errno : EIO;
    if (!run->pcap_errno)
        return prose_output_complete(run->output, "pc5.pcap", error);
    errno = run->pcap_errno;
    return prose_output_set_errno(error, path);
}

/* Closes and names what grew during the run. Every file is tried, so that nothing written is lost; the first error counts. */
static bool
close_files(Run *run, GError **error)
{
    GError *first = NULL;

    prose_topology_end_captures(run->topology, &first);
    /* The trace is whole once the endpoints have wiped. */
    run->topology = prose_topology_free(run->topology);
    if (run->csv)
        prose_output_end(run->output, "events.csv", g_steal_pointer(&run->csv), run->csv_errno, first ? NULL : &first);
    if (run->keys)
        prose_output_end(run->output, "tls-keys.txt", g_steal_pointer(&run->keys), run->keys_errno, first ? NULL : &first);
    if (run->pcap)
        close_pcap(run, first ? NULL : &first);
    if (first)
        g_propagate_error(error, first);
    return !first;
}

static bool
write_results(Run *run, uint64_t n_events, ProseRunResult *ret, GError **error)
{
    g_autofree char *command = command_of(run);
    ProseResultsPerf took = perf_of(run, n_events);
    g_autofree char *perf = perf_to_json(&took);
    ProseSummaryMeta meta = { .version = PROSE_VERSION, .ns3_version = ns3c_version(), .command = command,
                              .stopped_by = run->stopped_by ? run->stopped_by : "duration" };
    ProseRunResult result = { .json = prose_summary_to_json(run->summary, &meta), .text = prose_summary_to_text(run->summary),
                              .keys_locked = prose_secret_pool_is_locked(run->secrets) };

    if (run->output && (!prose_output_write(run->output, "perf.json", perf, error)
                        || !write_database(run, &meta, &took, error)
                        || !prose_output_write(run->output, "summary.json", result.json, error))) {
        prose_run_result_clear(&result);
        return false;
    }
    *ret = result;
    return true;
}

/* ---- the run ---- */

static bool
simulate(Run *run, ProseRunResult *ret, GError **error)
{
    uint64_t n_events;

    if (!build(run, error))
        return false;
    schedule(run);
    if (run->hooks.ready)
        run->hooks.ready(run->hooks.user, run->topology);
    ns3c_sim_run(duration_ns(run));
    if (run->radio)
        prose_radio_flush(run->radio);
    run->end_ns = run->stopped_by ? ns3c_sim_now() : duration_ns(run);
    n_events = ns3c_sim_event_count();
    if (run->options->progress) {
        show_progress(run, ns3c_sim_now());
        fputc('\n', stderr);
    }
    sum_up(run);
    if (run->hooks.measured)
        run->hooks.measured(run->hooks.user, prose_summary_rows(run->summary));
    if (run->hooks.finished)
        run->hooks.finished(run->hooks.user, run->topology);
    run->radio = prose_radio_free(run->radio);
    run->coverage = prose_coverage_free(run->coverage);
    return close_files(run, error) && write_results(run, n_events, ret, error);
}

static void
run_clear(Run *run)
{
    for (unsigned i = 0; i < run->scheduled->len; i++)
        ns3c_event_free(g_array_index(run->scheduled, Scheduled, i).event);
    g_array_unref(run->scheduled);
    ns3c_event_free(run->warm_up);
    ns3c_timer_free(run->progress);
    ns3c_timer_free(run->points);
    ns3c_timer_free(run->periods);
    prose_radio_free(run->radio);
    prose_coverage_free(run->coverage);
    prose_topology_free(run->topology);
    if (run->pcap)
        ns3c_pcap_close(run->pcap);
    ns3c_sim_destroy();
    if (run->csv)
        fclose(run->csv);
    if (run->keys)
        fclose(run->keys);
    prose_secret_pool_free(run->secrets);
    prose_trace_free(run->trace);
    prose_summary_free(run->summary);
    prose_stream_free(run->stream);
    prose_output_free(run->output);
    g_free(run->octets_before);
    g_free(run->loads_before);
}

bool
prose_run(const ProseScenario *scenario, const ProseRunOptions *options, const ProseRunHooks *hooks, ProseRunResult *ret, GError **error)
{
    Run run = { .scenario = scenario, .options = options, .started_us = g_get_monotonic_time() };
    ProseEventReader reader;
    bool done = false;

    if (hooks)
        run.hooks = *hooks;
    if (ns3c_sim_init(scenario->seed, scenario->run) != NS3C_OK) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "[simulation] seed = %u: ns-3 takes 1 to 4294944442", scenario->seed);
        return false;
    }
    run.scheduled = g_array_new(FALSE, TRUE, sizeof(Scheduled));
    run.stream = prose_stream_new(scenario);
    run.summary = prose_summary_new(scenario);
    if (scenario->stops_when_all_discovered)
        prose_summary_set_all_discovered_cb(run.summary, all_discovered_cb, &run);
    reader = prose_summary_reader(run.summary);
    prose_stream_add_reader(run.stream, &reader);
    prose_summary_set_stream(run.summary, run.stream);
    run.secrets = prose_secret_pool_new();
    if (!run.secrets) {
        g_set_error_literal(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "libsodium cannot start");
        goto out;
    }
    if (options->trace && !(run.trace = prose_trace_new(scenario, options->trace, options->trace_only, error)))
        goto out;
    if (!open_files(&run, error))
        goto out;
    if (run.trace) {
        prose_trace_start(run.trace, run.csv, options->lines ? stdout : NULL, csv_failed_cb, &run);
        reader = prose_trace_reader(run.trace);
        prose_stream_add_reader(run.stream, &reader);
    }
    if (run.hooks.reader_wants) {
        reader = (ProseEventReader) { .wants = run.hooks.reader_wants, .read = run.hooks.read, .user = run.hooks.user };
        prose_stream_add_reader(run.stream, &reader);
    }
    done = simulate(&run, ret, error);
out:
    run_clear(&run);
    return done;
}
