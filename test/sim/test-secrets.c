/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules C3, C4, REQ-662-03, -07: no key is in any stream, log, trace or file; with TLS off the search does find the PMK. */
#define _GNU_SOURCE                /* memmem */
#include "run.h"

#include <ctype.h>
#include <fcntl.h>
#include <unistd.h>

#define SCENARIO \
    "[simulation]\nduration = 20 s\nutc-start = 2026-06-01T08:00:00Z\n" \
    "[prose-function operator]\nfqdn = operator.example\npkmfs = east\n" \
    "[pkmf east]\nfqdn = pkmf.east.example\nmax-offset = 3 s\n" \
    "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\ncryptoperiod = 10 s\nlead = 5 s\n" \
    "[discovery relay]\nrelay-service-code = 7\npkmf = east\ncryptoperiod = 10 s\nlead = 5 s\n" \
    "[group-key talk]\ngroup-id = 9\npkmf = east\n" \
    "[pdn lan]\n" \
    "[ue-group engines]\ncount = 3\nannounce = command\nmonitor = command\nhold = relay, talk\npdn = lan\npkmf-known = prose-function\n"

/* ---- what is secret ---- */

typedef struct Secret { const char *name; uint8_t octets[PROSE_KEY_LEN]; } Secret;

typedef struct Search {
    SimRun run;
    GArray *secrets;               /* of Secret */
    GHashTable *streams;           /* (owned) name of a flow -> (owned) Stream */
} Search;

static void
add_secret(Search *search, const char *name, const uint8_t octets[PROSE_KEY_LEN])
{
    Secret secret = { .name = name };

    memcpy(secret.octets, octets, PROSE_KEY_LEN);
    g_array_append_val(search->secrets, secret);
}

/* All a PKMF draws in this length are PSDKs, PGKs and PMKs. A PSDK gives three more. */
static void
drawn_cb(void *user, const char *entity, const uint8_t *octets, size_t len)
{
    Search *search = user;
    const ProseKeyScope scope = { PROSE_KEY_TYPE_PSDK_GROUP, 0xA1B2 };
    uint8_t derived[PROSE_KEY_LEN];

    if (!g_str_has_prefix(entity, "pkmf") || len != PROSE_KEY_LEN)
        return;
    add_secret(search, "PSDK, PGK or PMK", octets);
    for (ProseDiscoveryKeyName k = PROSE_DUIK; k <= PROSE_DUSK; k++) {
        prose_kdf_discovery_key(derived, octets, k, scope, &search->run.scenario->profile);
        add_secret(search, "DUIK, DUCK or DUSK", derived);
    }
}

static void
ready_cb(void *user, ProseTopology *topology)
{
    static const char *const nafs[] = { "pkmf.east.example", "operator.example" };
    Search *search = user;
    uint8_t ks_naf[PROSE_KEY_LEN];

    for (unsigned i = 0; i < search->run.scenario->ues->len; i++) {
        const ProseGbaSession *gba = prose_topology_gba(topology, i);

        add_secret(search, "Ks", gba->ks);
        for (size_t n = 0; n < G_N_ELEMENTS(nafs); n++) {
            ck_assert_int_eq(prose_gba_ks_naf(ks_naf, gba, nafs[n]), 0);
            add_secret(search, "Ks_NAF", ks_naf);
        }
    }
}

/* ---- looking ---- */

static const char *
find_octets(const uint8_t *in, size_t in_len, const void *what, size_t len, const char *form)
{
    return memmem(in, in_len, what, len) ? form : NULL;
}

/* Base64 of octets inside a longer text: whichever of the three places they start at, all but the edges is the same. */
static const char *
find_base64(const uint8_t *in, size_t in_len, const uint8_t secret[PROSE_KEY_LEN])
{
    for (size_t shift = 0; shift < 3; shift++) {
        uint8_t padded[PROSE_KEY_LEN + 2] = { 0 };
        g_autofree char *text = NULL;
        size_t first = (shift * 8 + 5) / 6, last = (shift + PROSE_KEY_LEN) * 8 / 6;

        memcpy(padded + shift, secret, PROSE_KEY_LEN);
        text = g_base64_encode(padded, shift + PROSE_KEY_LEN);
        if (memmem(in, in_len, text + first, last - first))
            return "base64";
    }
    return NULL;
}

/* In which form @secret is there; %NULL if it is not. */
static const char *
find_secret(const uint8_t *in, size_t in_len, const uint8_t secret[PROSE_KEY_LEN])
{
    char lower[2 * PROSE_KEY_LEN + 1], upper[2 * PROSE_KEY_LEN + 1];
    const char *form;

    prose_hex_encode(lower, secret, PROSE_KEY_LEN);
    for (size_t i = 0; i < sizeof lower; i++)
        upper[i] = (char) toupper((unsigned char) lower[i]);
    if ((form = find_octets(in, in_len, secret, PROSE_KEY_LEN, "raw"))
        || (form = find_octets(in, in_len, lower, sizeof lower - 1, "hex"))
        || (form = find_octets(in, in_len, upper, sizeof upper - 1, "upper hex")))
        return form;
    return find_base64(in, in_len, secret);
}

static unsigned
count_found(const Search *search, const uint8_t *in, size_t in_len)
{
    unsigned n = 0;

    for (unsigned i = 0; i < search->secrets->len; i++)
        n += find_secret(in, in_len, g_array_index(search->secrets, Secret, i).octets) != NULL;
    return n;
}

static void
assert_none(const Search *search, const uint8_t *in, size_t in_len, const char *where)
{
    for (unsigned i = 0; i < search->secrets->len; i++) {
        const Secret *secret = &g_array_index(search->secrets, Secret, i);
        const char *form = find_secret(in, in_len, secret->octets);

        ck_assert_msg(form == NULL, "%s in %s as %s", secret->name, where, form);
    }
}

/* ---- streams put together again ---- */

typedef struct Stream { GByteArray *octets; uint32_t next; bool begun; } Stream;

static void
stream_free(void *data)
{
    Stream *stream = data;

    g_byte_array_unref(stream->octets);
    g_free(stream);
}

/* What was sent again is there already; the tap sees segments in the order in which they were first sent. */
static void
add_segment(Stream *stream, uint32_t seq, const uint8_t *octets, size_t len)
{
    int32_t behind = (int32_t) (stream->next - seq);

    if (!stream->begun || behind < 0)
        behind = 0;
    if ((size_t) behind >= len)
        return;
    g_byte_array_append(stream->octets, octets + behind, (guint) (len - (size_t) behind));
    stream->next = seq + (uint32_t) len;
    stream->begun = true;
}

static bool
tap_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    Search *search = user;
    size_t header = (size_t) (packet[0] & 0xF) * 4, data;
    g_autofree char *flow = NULL;
    Stream *stream;

    if (packet[9] != 6 && packet[9] != 17)
        return true;
    flow = g_strdup_printf("%u %08x %08x %08x", packet[9], prose_get_u32(packet + 12), prose_get_u32(packet + 16),
                           prose_get_u32(packet + header));
    stream = g_hash_table_lookup(search->streams, flow);
    if (!stream) {
        stream = g_new0(Stream, 1);
        stream->octets = g_byte_array_new();
        g_hash_table_insert(search->streams, g_steal_pointer(&flow), stream);
    }
    data = packet[9] == 6 ? header + (size_t) (packet[header + 12] >> 4) * 4 : header + 8;
    if (packet[9] == 6)
        add_segment(stream, prose_get_u32(packet + header + 4), packet + data, len - data);
    else
        g_byte_array_append(stream->octets, packet + data, (guint) (len - data));
    return true;
}

/* ---- runs ---- */

static void
search_run(Search *search, bool cleartext, const char *directory)
{
    *search = (Search) { .run.scenario = scenario_from_text(SCENARIO, NULL) };
    search->secrets = g_array_new(FALSE, FALSE, sizeof(Secret));
    search->streams = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, stream_free);
    search->run.hooks = (ProseRunHooks) { .user = search, .ready = ready_cb, .drawn = drawn_cb, .tap = tap_cb, .cleartext = cleartext };
    search->run.options = (ProseRunOptions) { .directory = directory, .trace = directory ? "all" : NULL, .pcap = directory != NULL,
                                              .lines = directory != NULL };
    sim_run(&search->run);
    ck_assert_int_eq(summary_int(search->run.root, "keys.ues-supplied"), 3);
    ck_assert_uint_gt(search->secrets->len, 20);
    ck_assert_uint_gt(g_hash_table_size(search->streams), 8);
}

static void
search_clear(Search *search)
{
    sim_clear(&search->run);
    g_array_unref(search->secrets);
    g_hash_table_unref(search->streams);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

/* ---- tests ---- */

START_TEST(the_search_knows_every_form)
{
    uint8_t secret[PROSE_KEY_LEN], text[256] = { 0 };
    char hex[2 * PROSE_KEY_LEN + 1];

    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] = (uint8_t) (i * 37 + 11);
    ck_assert_ptr_null(find_secret(text, sizeof text, secret));
    memcpy(text + 5, secret, sizeof secret);
    ck_assert_str_eq(find_secret(text, sizeof text, secret), "raw");
    prose_hex_encode(hex, secret, sizeof secret);
    ck_assert_str_eq(find_secret((uint8_t *) hex, 64, secret), "hex");
    for (size_t i = 0; i < 64; i++)
        hex[i] = (char) toupper((unsigned char) hex[i]);
    ck_assert_str_eq(find_secret((uint8_t *) hex, 64, secret), "upper hex");
    for (size_t shift = 0; shift < 6; shift++) {
        g_autofree char *base64 = NULL;

        memset(text, 'x', sizeof text);
        memcpy(text + shift, secret, sizeof secret);
        base64 = g_base64_encode(text, 100);
        ck_assert_str_eq(find_secret((uint8_t *) base64, strlen(base64), secret), "base64");
    }
}
END_TEST

/* REQ-662-03 */
START_TEST(no_link_carries_a_key)
{
    g_auto(Search) search;
    GHashTableIter iter;
    void *flow, *stream;
    size_t octets = 0;

    search_run(&search, false, NULL);
    g_hash_table_iter_init(&iter, search.streams);
    while (g_hash_table_iter_next(&iter, &flow, &stream)) {
        octets += ((Stream *) stream)->octets->len;
        assert_none(&search, ((Stream *) stream)->octets->data, ((Stream *) stream)->octets->len, flow);
    }
    ck_assert_uint_gt(octets, 5000);
}
END_TEST

/* One PMK for each of the three UEs, as the Key Response writes it; PSDKs travel in MIKEY alone, so they stay hidden. */
/* REQ-662-03 */
START_TEST(with_tls_off_the_search_finds_the_pmk_of_each_ue)
{
    g_auto(Search) search;
    GHashTableIter iter;
    void *flow, *stream;
    unsigned found = 0;

    search_run(&search, true, NULL);
    g_hash_table_iter_init(&iter, search.streams);
    while (g_hash_table_iter_next(&iter, &flow, &stream))
        found += count_found(&search, ((Stream *) stream)->octets->data, ((Stream *) stream)->octets->len);
    ck_assert_uint_eq(found, 3);
}
END_TEST

/* REQ-662-07 */
START_TEST(no_file_and_no_printed_line_holds_a_key)
{
    static const char *const expected[] = { "settings.ini", "summary.json", "results.sqlite", "events.csv", "perf.json", "tls-keys.txt", "pc5.pcap", "pdn-lan-0.pcap" };
    g_autofree char *parent = sim_directory();
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autofree char *printed = g_build_filename(parent, "printed", NULL);
    g_autofree char *text = NULL;
    g_auto(Search) search;
    size_t len;
    int saved, file;

    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    file = open(printed, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    ck_assert_int_ge(dup2(file, STDOUT_FILENO), 0);
    search_run(&search, false, directory);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);

    text = sim_file(parent, "printed", &len);
    ck_assert_ptr_nonnull(strstr(text, "MIKEY delivery: PSDK 1"));
    assert_none(&search, (uint8_t *) text, len, "what was printed");
    assert_none(&search, (uint8_t *) search.run.result.text, strlen(search.run.result.text), "the summary's text");
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *contents = sim_file(directory, expected[i], &len);

        ck_assert_msg(len > 0, "%s is empty", expected[i]);
        assert_none(&search, (uint8_t *) contents, len, expected[i]);
    }
    sim_remove(parent);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("secrets");
    TCase *tc = tcase_create("secrets");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_search_knows_every_form);
    tcase_add_test(tc, no_link_carries_a_key);
    tcase_add_test(tc, with_tls_off_the_search_finds_the_pmk_of_each_ue);
    tcase_add_test(tc, no_file_and_no_printed_line_holds_a_key);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
