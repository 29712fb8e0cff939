/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of one scenario, from nodes to files. A process may make any number of them, one after the other.
 */
#ifndef PROSE_RUN_H
#define PROSE_RUN_H

#include "prose-output.h"
#include "prose-rollover.h"
#include "prose-topology.h"

/* What an embedding program or a test may put into a run; all optional, all off in prose_run_main(). */
typedef struct ProseRunHooks {
    void *user;                            /* of all of them */
    /* Everything is built, nothing has run. */
    void (*ready)(void *user, ProseTopology *topology);
    /* The run is over, the endpoints are still there. */
    void (*finished)(void *user, ProseTopology *topology);
    /* The run is over and summed up: its tables. */
    void (*measured)(void *user, const ProseRows *rows);
    /* Another reader of the event stream; 0 in reader_wants: none. */
    void (*read)(void *user, const ProseEvent *event, const ProseEventAbout *about);
    uint64_t reader_wants;
    /* Every packet of every access link, as Ns3cTap. */
    bool (*tap)(void *user, bool uplink, uint8_t *packet, size_t len);
    /* May change what @receiver hears of @sender on PC5. */
    void (*tamper)(void *user, unsigned sender, unsigned receiver, uint8_t octets[PROSE_PC5_LEN]);
    /* Octets that an endpoint draws: identifiers, keys, nonces. */
    void (*drawn)(void *user, const char *entity, const uint8_t *octets, size_t len);
    /* TLS off: the control run of secret searches (rules C4). No scenario and no option can ask for it. */
    bool cleartext;
} ProseRunHooks;

typedef struct ProseRunOptions {
    const ProseOverride *overrides;        /* as they were given to the scenario, for the command in summary.json */
    size_t n_overrides;
    const char *directory;                 /* (nullable): no files are written */
    bool is_default_directory;             /* nobody named it: the same run may write it again without force */
    bool force;
    const char *trace;                     /* (nullable): LIST of --trace */
    const char *trace_only;                /* (nullable) */
    bool pcap;
    bool lines;                            /* readable trace lines on standard output */
    bool progress;                         /* a bar on standard error */
} ProseRunOptions;

typedef struct ProseRunResult {
    char *json;                            /* (owned): summary.json */
    char *text;                            /* (owned): what a person reads */
    bool keys_locked;                      /* all key memory could be kept out of swap (rules C3) */
} ProseRunResult;
void prose_run_result_clear(ProseRunResult *result);

/**
 * prose_run:
 * @hooks: (nullable)
 * @ret: (out): filled on success
 * @error: PROSE_RUN_ERROR; its code is the exit status it deserves
 *
 * Files appear as they are complete, summary.json last, so its being there says that the run is whole. After an error what was
 * written stays.
 */
bool prose_run(const ProseScenario *scenario, const ProseRunOptions *options, const ProseRunHooks *hooks, ProseRunResult *ret, GError **error);

/* `prose-sim run …`; argv[0] is the command's name. Returns: the exit status. */
int prose_run_main(int argc, char **argv);

#endif
