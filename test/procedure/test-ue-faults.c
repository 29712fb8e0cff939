/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * No fault, at any packet, leaves a UE in limbo: it comes back to holding the key of its discovery, through PC3, Key
 * Request and delivery, with the real ProSe Function and PKMF at the other end.
 */
#include "one-ue.h"

#define NORTH "pkmf.north.example"

typedef enum FaultKind { FAULT_DROP, FAULT_FLIP, FAULT_LATE, FAULT_CUT, FAULT_LOSE_PDN, FAULT_RELEASE, N_FAULTS } FaultKind;
static const char *const fault_names[N_FAULTS] = {
    "dropped", "flipped", "7 s late", "and its server deaf for 30 s", "and the PDN gone", "and the user gone for a while",
};

typedef struct Plan {
    FaultKind kind;
    unsigned at;                               /* the packet that it befalls, from 0 */
    unsigned seen;
    bool fired;
} Plan;

static void
befall(void *user, BenchPacket *packet)
{
    Plan *plan = user;
    unsigned n = plan->seen++;

    if (n != plan->at)
        return;
    plan->fired = true;
    switch (plan->kind) {
    case FAULT_DROP:
        packet->drop = true;
        break;
    case FAULT_FLIP:
        packet->octets[packet->len * 2 / 3] ^= 0x10;
        break;
    case FAULT_LATE:
        packet->at_ns += 7 * BENCH_S;
        break;
    case FAULT_CUT:                            /* that peer goes deaf for half a minute */
        packet->server->deaf = true;
        packet->drop = true;
        break;
    case FAULT_LOSE_PDN:
    case FAULT_RELEASE:
    case N_FAULTS:
    default:
        break;
    }
}

/* Runs until the fault has struck, and does what cannot be done from inside a packet. */
static void
run_with(Plan *plan)
{
    for (int i = 0; i < 40 && !plan->fired; i++)
        bench_run_for(b, 0.05);
    if (!plan->fired)
        return;
    if (plan->kind == FAULT_LOSE_PDN && ue->address) {
        bench_lose_pdn(ue);
    } else if (plan->kind == FAULT_RELEASE) {
        prose_ue_request_pdn_release(ue->ue, b->now_ns);
        bench_run_for(b, 20);
        bench_start(ue);
    } else if (plan->kind == FAULT_CUT) {
        bench_run_for(b, 30);
        for (guint i = 0; i < b->servers->len; i++)
            ((BenchServer *) b->servers->pdata[i])->deaf = false;
    }
}

/* REQ-66422-01 */
START_TEST(after_any_fault_the_ue_ends_with_its_key)
{
    static const ProsePkmfDiscovery served = {
        .scope = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B2 }, .meta = { .scrambling = true, .mic = true }, .first_start_s = VF,
        .cryptoperiod_s = 3600, .lead_s = 600,
    };
    const ProseUeDiscovery d[] = { { .scope = served.scope, .roles = PROSE_ROLE_ANNOUNCE, .overlap_s = UINT32_MAX, .lead_s = 600 } };
    unsigned n;

    for (n = 0;; n++) {
        Plan plan = { .kind = (FaultKind) _i, .at = n };
        BenchServer *north, *function;
        g_autofree char *log = NULL;
        ProseSlot slot;

        b = bench_new();
        north = bench_add_pkmf(b, "pkmf north", NORTH, 32);
        function = bench_add_function(b);
        ck_assert_int_eq(prose_pkmf_add_discovery(bench_pkmf(north), &served), 0);
        prose_function_add_scope(bench_function(function), served.scope, NORTH);
        ue = bench_add_ue(b, "engines[0]", d, 1);
        prose_pkmf_authorise(bench_pkmf(north), ue->gba->impi, served.scope, true, 0);
        prose_function_authorise(bench_function(function), ue->gba->impi, served.scope, true);
        b->hook = befall;
        b->hook_user = &plan;
        bench_start(ue);
        run_with(&plan);
        bench_run_for(b, 150);

        log = bench_print_events(b);
        slot = bench_slot(b, 0);
        ck_assert_msg(prose_ue_pc5_gate(ue->ue, served.scope, &slot) == PROSE_SLOT_SENT, "packet %u %s:%s", n, fault_names[_i], log);
        ck_assert_msg(view(served.scope).supply == PROSE_SUPPLY_GRANTED && ue->address, "packet %u %s:%s", n, fault_names[_i], log);
        bench_free(b);
        if (!plan.fired)
            break;                             /* n is past the last packet: all were tried */
    }
    ck_assert_uint_gt(n, 14);                  /* two exchanges and a delivery are more than that */
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("ue-faults");
    TCase *tc = tcase_create("faults");

    tcase_set_timeout(tc, 200);
    tcase_add_loop_test(tc, after_any_fault_the_ue_ends_with_its_key, 0, N_FAULTS);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
