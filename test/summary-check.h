/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What holds for every summary.json: each set of outcomes adds up to its total, in total, by discovery and by UE group,
 * and the parts add up to the whole.
 */
#ifndef SUMMARY_CHECK_H
#define SUMMARY_CHECK_H

#include "prose-test.h"

/* "pc5.refused.no-key" from @root; fails the test if it is not there. */
static inline JsonNode *
summary_node(JsonObject *root, const char *path)
{
    g_auto(GStrv) names = g_strsplit(path, ".", -1);
    JsonNode *node = NULL;
    JsonObject *object = root;

    for (char **name = names; *name; name++) {
        ck_assert_msg(object && json_object_has_member(object, *name), "summary.json has no %s", path);
        node = json_object_get_member(object, *name);
        object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    }
    return node;
}

static inline int64_t
summary_int(JsonObject *root, const char *path)
{
    JsonNode *node = summary_node(root, path);

    ck_assert_msg(JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64, "%s is no whole number", path);
    return json_node_get_int(node);
}

static inline double
summary_double(JsonObject *root, const char *path)
{
    JsonNode *node = summary_node(root, path);

    ck_assert_msg(JSON_NODE_HOLDS_VALUE(node), "%s is no number", path);
    return json_node_get_double(node);
}

static inline bool
summary_is_null(JsonObject *root, const char *path)
{
    return JSON_NODE_HOLDS_NULL(summary_node(root, path));
}

/* Sum of all members of an object of counts. */
static inline int64_t
summary_sum(JsonObject *root, const char *path)
{
    JsonObject *object = json_node_get_object(summary_node(root, path));
    GList *members = json_object_get_members(object);
    int64_t sum = 0;

    for (GList *m = members; m; m = m->next)
        sum += json_object_get_int_member(object, m->data);
    g_list_free(members);
    return sum;
}

/* 0 for a cause that did not occur. */
static inline int64_t
summary_count(JsonObject *root, const char *path, const char *cause)
{
    JsonObject *object = json_node_get_object(summary_node(root, path));

    return json_object_get_int_member_with_default(object, cause, 0);
}

/* The sets of one tally; @of says whose, for messages. */
static inline void
summary_assert_tally(JsonObject *t, bool has_pc5, bool has_requests, const char *of)
{
    if (has_pc5) {
        ck_assert_msg(summary_int(t, "pc5.slots") == summary_int(t, "pc5.sent") + summary_sum(t, "pc5.refused"), "pc5.slots of %s", of);
        ck_assert_msg(summary_int(t, "pc5.candidates") == summary_sum(t, "pc5.outcome"), "pc5.candidates of %s", of);
        ck_assert_msg(summary_int(t, "discovery.pairs") == summary_int(t, "discovery.discovered")
                      + summary_int(t, "discovery.time-to-discover.censored"), "discovery.pairs of %s", of);
        ck_assert_msg(summary_int(t, "discovery.discovered") == summary_int(t, "discovery.time-to-discover.count"),
                      "discovery.discovered of %s", of);
    }
    if (has_requests) {
        ck_assert_msg(summary_int(t, "keys.ues") == summary_int(t, "keys.ues-supplied") + summary_sum(t, "keys.ues-refused")
                      + summary_int(t, "keys.ues-waiting"), "keys.ues of %s", of);
        ck_assert_msg(summary_int(t, "keys.requests") == summary_int(t, "keys.responses") + summary_sum(t, "keys.ignored")
                      + summary_sum(t, "keys.failed") + summary_int(t, "keys.interrupted") + summary_int(t, "keys.requests-open"),
                      "keys.requests of %s", of);
        ck_assert_msg(summary_int(t, "keys.responses") == summary_int(t, "keys.request-to-response.count"), "keys.responses of %s", of);
        ck_assert_msg(summary_int(t, "pdn.released") == summary_sum(t, "pdn.release"), "pdn.released of %s", of);
        ck_assert_msg(summary_int(t, "tls.failures") == summary_sum(t, "tls.failed"), "tls.failures of %s", of);
    }
    ck_assert_msg(summary_int(t, "keys.answers") == summary_int(t, "keys.supplied") + summary_sum(t, "keys.refused"), "keys.answers of %s", of);
    ck_assert_msg(summary_int(t, "keys.deliveries") == summary_int(t, "keys.verified") + summary_int(t, "keys.error-12")
                  + summary_int(t, "keys.unreachable") + summary_int(t, "keys.superseded") + summary_int(t, "keys.deliveries-open"),
                  "keys.deliveries of %s", of);
    ck_assert_msg(summary_int(t, "keys.wipes") == summary_sum(t, "keys.wiped"), "keys.wipes of %s", of);
    ck_assert_msg(summary_int(t, "keys.rejections") == summary_sum(t, "keys.rejected"), "keys.rejections of %s", of);
}

/* Who wanted a key was ready, late, or never had it. @is_whole: with a list of all rollovers. */
static inline void
summary_assert_rollovers(JsonObject *t, bool is_whole, const char *of)
{
    static const char *const sums[] = { "wanted", "ready", "lost_receptions", "overlap_accepted", "deliveries", "retransmissions" };
    JsonArray *periods;

    ck_assert_msg(summary_int(t, "rollover.wanted") == summary_int(t, "rollover.late.count") + summary_int(t, "rollover.late.censored"),
                  "rollover.wanted of %s", of);
    ck_assert_msg(summary_int(t, "rollover.ready") <= summary_int(t, "rollover.wanted"), "rollover.ready of %s", of);
    if (!is_whole)
        return;
    periods = json_node_get_array(summary_node(t, "rollover.periods"));
    ck_assert_int_eq(summary_int(t, "rollover.count"), json_array_get_length(periods));
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++) {
        g_autofree char *path = g_strconcat("rollover.", sums[i], NULL);
        int64_t sum = 0;

        for (guint p = 0; p < json_array_get_length(periods); p++)
            sum += json_object_get_int_member(json_array_get_object_element(periods, p), sums[i]);
        ck_assert_msg(sum == summary_int(t, path), "%s over its periods", path);
    }
}

static inline void
summary_assert_parts(JsonObject *root, const char *by, const char *const *paths, size_t n_paths)
{
    JsonObject *parts = json_object_get_object_member(root, by);
    GList *members = json_object_get_members(parts);

    for (size_t i = 0; i < n_paths; i++) {
        int64_t sum = 0;

        for (GList *m = members; m; m = m->next) {
            JsonObject *part = json_object_get_object_member(parts, m->data);

            /* A group key has no messages. */
            if (json_object_has_member(part, "pc5") || (!g_str_has_prefix(paths[i], "pc5.") && !g_str_has_prefix(paths[i], "kdf.")
                                                        && !g_str_has_prefix(paths[i], "discovery.")))
                sum += summary_int(part, paths[i]);
        }
        ck_assert_msg(sum == summary_int(root, paths[i]), "%s over %s", paths[i], by);
    }
    g_list_free(members);
}

/* All of it. Group keys have no PC5 side: a discovery without one is such. */
static inline void
summary_assert_adds_up(JsonObject *root)
{
    static const char *const of_groups[] = { "rollover.late.count", "rollover.late.censored", "keys.wipes", "keys.blackout.count", "pc5.slots", "pc5.candidates", "pc5.outcome.accepted", "pc5.opportunities", "discovery.pairs",
                                             "keys.ues", "keys.requests", "keys.answers", "keys.deliveries", "keys.retransmitted",
                                             "keys.rejections", "pdn.opened", "pdn.octets-up", "tls.handshakes", "kdf.logical" };
    static const char *const of_discoveries[] = { "keys.answers", "keys.deliveries", "keys.retransmitted", "keys.wipes", "keys.blackout.count",
                                                  "keys.request-to-key.count", "rollover.count", "rollover.wanted", "rollover.ready",
                                                  "rollover.lost_receptions", "rollover.overlap_accepted", "rollover.revoked_accepted",
                                                  "rollover.deliveries" };
    static const char *const of_pc5[] = { "pc5.slots", "pc5.sent", "pc5.candidates", "pc5.outcome.accepted", "pc5.outcome.no-key",
                                          "pc5.opportunities", "discovery.pairs", "discovery.discovered", "kdf.logical", "kdf.computed" };
    JsonObject *discoveries = json_object_get_object_member(root, "by-discovery");
    JsonObject *groups = json_object_get_object_member(root, "by-ue-group");
    GList *members = json_object_get_members(discoveries);

    summary_assert_tally(root, true, true, "the whole");
    for (GList *m = members; m; m = m->next) {
        JsonObject *d = json_object_get_object_member(discoveries, m->data);

        summary_assert_tally(d, json_object_has_member(d, "pc5"), false, m->data);
        summary_assert_rollovers(d, false, m->data);
    }
    summary_assert_rollovers(root, true, "the whole");
    g_list_free(members);
    members = json_object_get_members(groups);
    for (GList *m = members; m; m = m->next)
        summary_assert_tally(json_object_get_object_member(groups, m->data), true, true, m->data);
    g_list_free(members);
    summary_assert_parts(root, "by-ue-group", of_groups, G_N_ELEMENTS(of_groups));
    summary_assert_parts(root, "by-discovery", of_discoveries, G_N_ELEMENTS(of_discoveries));
    summary_assert_parts(root, "by-discovery", of_pc5, G_N_ELEMENTS(of_pc5));
}

#endif
