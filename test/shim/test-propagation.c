/* SPDX-License-Identifier: GPL-2.0-only */
#include "shim-test.h"

#include <math.h>

static const double carrier = 700e6;

static Ns3cMobility *
at(double x, double y, double z)
{
    Ns3cMobility *m = ns3c_mobility_new("constant-position", (Ns3cPosition) { x, y, z }, 0, NULL);

    ck_assert_ptr_nonnull(m);
    return m;
}

static double
power_at(const char *spec, double metres, double height)
{
    Ns3cMobility *a, *b;
    Ns3cPropagation *p;
    char *why = NULL;
    double power;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    p = ns3c_propagation_new(spec, carrier, 3, &why);
    ck_assert_msg(p != NULL, "%s: %s", spec, why);
    a = at(0, 0, height);
    b = at(metres, 0, height);
    power = ns3c_propagation_rx_power(p, 23, a, b);
    ns3c_mobility_free(a);
    ns3c_mobility_free(b);
    ck_assert_ptr_null(ns3c_propagation_free(p));
    ns3c_sim_destroy();
    return power;
}

/* By the formulas of the models, 700 MHz, 23 dBm, antennas at 1.5 m; wavelength 0.42827494 m. */
static const struct { const char *spec; double metres, want; } known[] = {
    { "log-distance",                                             100, 23 - 46.6777 - 60 },
    { "log-distance[Exponent=2|ReferenceLoss=40]",                100, 23 - 40 - 40 },
    { "ns3::LogDistancePropagationLossModel[ReferenceDistance=10]", 100, 23 - 46.6777 - 30 },
    { "log-distance + log-distance[ReferenceLoss=1|Exponent=0]",  100, 23 - 46.6777 - 60 - 1 },
    { "friis",                                                    100, 23 - 69.3497 },
    { "friis[Frequency=5.15e9]",                                  100, 23 - 86.6839 },
    { "two-ray-ground",                                           100, 23 - 72.9563 },
    { "two-ray-ground[HeightAboveZ=-0.5]",                        100, 23 - 80.0000 },
    { "range[MaxRange=50]",                                        40, 23 },
    { "range[MaxRange=50]",                                        60, -1000 },
    { "fixed[Rss=-70]",                                           100, -70 },
    { "random[Variable=ns3::ConstantRandomVariable[Constant=7]]", 100, 23 - 7 },
    { "itu-r-1411-los",                                           100, 23 - 86.8787 },
};

START_TEST(powers_are_those_of_the_formulas)
{
    ck_assert_msg(fabs(power_at(known[_i].spec, known[_i].metres, 1.5) - known[_i].want) < 0.01, "%s: %f, not %f",
                  known[_i].spec, power_at(known[_i].spec, known[_i].metres, 1.5), known[_i].want);
}
END_TEST

static const struct { const char *spec; bool is_random, needs_height; } models[] = {
    { "log-distance",    false, false }, { "friis",           false, false }, { "two-ray-ground", false, false },
    { "itu-r-1411-los",  false, true },  { "itu-r-1411-nlos", false, true },  { "okumura-hata",   false, true },
    { "cost231",         false, false }, { "nakagami",        true,  false }, { "random",         true,  false },
    { "range",           false, false }, { "fixed",           false, false }, { "3gpp-umi",       true,  true },
    { "3gpp-uma",        true,  true },  { "3gpp-rma",        true,  true },
    { "friis + nakagami[m0=1|m1=1|m2=1]", true, false },
    { "friis[SystemLoss=1] + itu-r-1411-los", false, true },
    { "ns3::JakesPropagationLossModel", true, false },
    { "ns3::MatrixPropagationLossModel", false, false },
    { "ns3::ThreeLogDistancePropagationLossModel", false, false },
    { "ns3::Kun2600MhzPropagationLossModel", false, false },
    { "ns3::ThreeGppIndoorOfficePropagationLossModel", true, true },
    { "ns3::ThreeGppIndoorOfficePropagationLossModel[ShadowingEnabled=false]", false, true },
    { "ns3::ThreeGppV2vUrbanPropagationLossModel[ShadowingEnabled=false|"
      "ChannelConditionModel=ns3::ProbabilisticV2vUrbanChannelConditionModel]", true, true },
    { "3gpp-uma[ShadowingEnabled=false]", false, true },
    { "3gpp-uma[ShadowingEnabled=false|ChannelConditionModel=ns3::ThreeGppUmaChannelConditionModel[UpdatePeriod=1s]]", true, true },
    { "3gpp-umi[ShadowingEnabled=false|ChannelConditionModel=ns3::NeverLosChannelConditionModel]", false, true },
};

START_TEST(every_model_answers_everywhere)
{
    static const double metres[] = { 0, 0.001, 1, 30, 1000, 100000 }, heights[] = { -1, 0, 0.001, 1.5, 30 };
    Ns3cPropagation *p;
    char *why = NULL;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    p = ns3c_propagation_new(models[_i].spec, carrier, 3, &why);
    ck_assert_msg(p != NULL, "%s: %s", models[_i].spec, why);
    ck_assert_int_eq(ns3c_propagation_is_random(p), models[_i].is_random);
    ck_assert_int_eq(ns3c_propagation_needs_height(p), models[_i].needs_height);
    for (unsigned i = 0; i < G_N_ELEMENTS(metres); i++) {
        for (unsigned k = 0; k < G_N_ELEMENTS(heights) * G_N_ELEMENTS(heights); k++) {
            double za = heights[k % G_N_ELEMENTS(heights)], zb = heights[k / G_N_ELEMENTS(heights)];
            Ns3cMobility *a = at(0, 0, za), *b = at(metres[i], 0, zb);
            double power = ns3c_propagation_rx_power(p, 23, a, b);

            ck_assert_msg(!isnan(power) && power < INFINITY, "%s: %f m, heights %f, %f: %f", models[_i].spec, metres[i], za, zb,
                          power);
            if (models[_i].needs_height && (za <= 0 || zb <= 0))
                ck_assert(power == -INFINITY);
            ns3c_mobility_free(a);
            ns3c_mobility_free(b);
        }
    }
    ns3c_propagation_free(p);
    ns3c_sim_destroy();
}
END_TEST

START_TEST(farther_is_weaker_at_usual_heights)
{
    static const char *const specs[] = { "log-distance", "friis", "two-ray-ground", "itu-r-1411-los", "itu-r-1411-nlos",
        "okumura-hata", "cost231", "3gpp-umi[ShadowingEnabled=false|ChannelConditionModel=ns3::AlwaysLosChannelConditionModel]" };

    for (unsigned i = 0; i < G_N_ELEMENTS(specs); i++) {
        double near = power_at(specs[i], 50, 1.5), mid = power_at(specs[i], 200, 1.5), far = power_at(specs[i], 800, 1.5);

        ck_assert_msg(23 > near && near > mid && mid > far && far > -300, "%s: %f %f %f", specs[i], near, mid, far);
    }
}
END_TEST

START_TEST(a_moving_terminal_is_taken_where_it_is_now)
{
    Ns3cMobility *fixed, *moving;
    Ns3cPropagation *p;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    p = ns3c_propagation_new("log-distance[Exponent=2|ReferenceLoss=0]", carrier, 0, NULL);
    fixed = at(0, 0, 0);
    moving = ns3c_mobility_new("constant-velocity[Velocity=9:0:0]", (Ns3cPosition) { 1, 0, 0 }, 0, NULL);
    ck_assert_double_eq_tol(ns3c_propagation_rx_power(p, 0, fixed, moving), 0, 1e-9);
    ns3c_sim_run(SECOND);
    ck_assert_double_eq_tol(ns3c_propagation_rx_power(p, 0, fixed, moving), -20, 1e-9);
    ck_assert_double_eq_tol(ns3c_propagation_rx_power(p, 0, moving, fixed), -20, 1e-9);
    ns3c_sim_run(11 * SECOND);
    ck_assert_double_eq_tol(ns3c_propagation_rx_power(p, 0, fixed, moving), -40, 1e-9);
    ns3c_mobility_set_position(moving, (Ns3cPosition) { 1000, 0, 0 });
    ck_assert_double_eq_tol(ns3c_propagation_rx_power(p, 0, fixed, moving), -60, 1e-9);
    ns3c_mobility_set_position(fixed, (Ns3cPosition) { 990, 0, 0 });
    ck_assert_double_eq_tol(ns3c_propagation_rx_power(p, 0, fixed, moving), -20, 1e-9);
    ns3c_mobility_free(fixed);
    ns3c_mobility_free(moving);
    ns3c_propagation_free(p);
    ns3c_sim_destroy();
}
END_TEST

static double
sum_of_ten(const char *spec, uint64_t run, int64_t stream)
{
    Ns3cMobility *a, *b;
    Ns3cPropagation *p;
    double sum = 0;

    ck_assert_int_eq(ns3c_sim_init(1, run), 0);
    p = ns3c_propagation_new(spec, carrier, stream, NULL);
    a = at(0, 0, 1.5);
    b = at(100, 0, 10);
    for (unsigned i = 0; i < 10; i++)
        sum += ns3c_propagation_rx_power(p, 23, a, b);
    ns3c_mobility_free(a);
    ns3c_mobility_free(b);
    ns3c_propagation_free(p);
    ns3c_sim_destroy();
    return sum;
}

START_TEST(fading_depends_on_run_and_stream_alone)
{
    static const char *const specs[] = { "friis + nakagami", "3gpp-umi",
        "random[Variable=ns3::NormalRandomVariable[Mean=0|Variance=64]]" };

    for (unsigned i = 0; i < G_N_ELEMENTS(specs); i++) {
        double first = sum_of_ten(specs[i], 1, 3);

        ck_assert_double_eq(sum_of_ten(specs[i], 1, 3), first);
        ck_assert_double_ne(sum_of_ten(specs[i], 2, 3), first);
        ck_assert_double_ne(sum_of_ten(specs[i], 1, 4), first);
    }
}
END_TEST

START_TEST(what_is_not_random_answers_twice_the_same)
{
    Ns3cMobility *a, *b;
    Ns3cPropagation *p;
    double first;

    if (models[_i].is_random)
        return;
    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    p = ns3c_propagation_new(models[_i].spec, carrier, 3, NULL);
    a = at(0, 0, 1.5);
    b = at(100, 50, 10);
    first = ns3c_propagation_rx_power(p, 23, a, b);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_double_eq(ns3c_propagation_rx_power(p, 23, a, b), first);
    ns3c_mobility_free(a);
    ns3c_mobility_free(b);
    ns3c_propagation_free(p);
    ns3c_sim_destroy();
}
END_TEST

static const struct { const char *spec, *names; } refused[] = {
    { "", "TypeId" },
    { "log-distance +", "log-distance +" },
    { "log-distance + ", "TypeId" },
    { " + friis", "TypeId" },
    { "okumura", "ns3::OkumuraHataPropagationLossModel" },
    { "ns3::ConstantPositionMobilityModel", "ns3::PropagationLossModel" },
    { "ns3::ThreeGppPropagationLossModel", "ns3::ThreeGppUmaPropagationLossModel" },
    { "log-distance[Exponnt=3]", "Exponent" },
    { "log-distance[Exponent=three]", "Exponent" },
    { "log-distance[Exponent=3", "brackets" },
    { "friis + log-distance[Exponent=]", "Exponent" },
    { "okumura-hata[Environment=Rural]", "Urban|SubUrban|OpenAreas" },
    { "itu-r-1411-nlos[StreetsOrientation=91]", "0:90" },
    { "random[Variable=ns3::EmpiricalRandomVariable]", "EmpiricalRandomVariable" },
    { "random[Variable=ns3::ConstantPositionMobilityModel]", "ns3::RandomVariableStream" },
    { "nakagami[ErlangRv=ns3::GammaRandomVariable]", "ns3::ErlangRandomVariable" },
    { "3gpp-umi[Frequency=1e8]", "GHz" },
    { "3gpp-rma[Frequency=60e9]", "30 GHz" },
    { "3gpp-umi[EnforceParameterRanges=true]", "EnforceParameterRanges" },
    { "3gpp-umi[ChannelConditionModel=ns3::ProbabilisticV2vUrbanChannelConditionModel]", "channel conditions" },
    { "3gpp-umi[ChannelConditionModel=ns3::NeverLosVehicleChannelConditionModel]", "channel conditions" },
    { "ns3::ThreeGppV2vUrbanPropagationLossModel", "ChannelConditionModel" },
};

START_TEST(what_ns3_would_not_survive_is_refused_with_a_reason)
{
    char *why = NULL;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    ck_assert_ptr_null(ns3c_propagation_new(refused[_i].spec, carrier, 0, &why));
    ck_assert_msg(why && strstr(why, refused[_i].names), "'%s': %s", refused[_i].spec, why);
    free(why);
    ck_assert_ptr_null(ns3c_propagation_new(refused[_i].spec, carrier, 0, NULL));
    ns3c_sim_destroy();
}
END_TEST

/* Places without an object of ns-3's, and with one: the same power, in either order, also after one of them was put elsewhere. */
START_TEST(what_stands_needs_no_object_of_its_own)
{
    Ns3cMobility *bare[3], *own[3];
    Ns3cPropagation *p;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    p = ns3c_propagation_new(known[_i].spec, carrier, 3, NULL);
    for (unsigned i = 0; i < 3; i++) {
        Ns3cPosition position = { 70.0 * i, 20, 1.5 };

        bare[i] = at(position.x, position.y, position.z);
        own[i] = ns3c_mobility_new("ns3::ConstantPositionMobilityModel", position, 0, NULL);
        ck_assert(ns3c_mobility_is_static(own[i]));
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 3; i++) {
            double all[3];

            ns3c_propagation_rx_powers(p, 23, (const Ns3cMobility *const *) bare, 3, bare[i], all);
            for (unsigned k = 0; k < 3; k++)
                ck_assert(all[k] == ns3c_propagation_rx_power(p, 23, own[k], own[i]));
            for (unsigned k = 0; k < 3; k++) {
                double want = ns3c_propagation_rx_power(p, 23, own[i], own[k]);

                ck_assert(ns3c_propagation_rx_power(p, 23, bare[i], bare[k]) == want);
                ck_assert(ns3c_propagation_rx_power(p, 23, bare[i], own[k]) == want);
            }
        }
        ns3c_mobility_set_position(bare[1], (Ns3cPosition) { 10, 30, 1.5 });
        ns3c_mobility_set_position(own[1], (Ns3cPosition) { 10, 30, 1.5 });
    }
    for (unsigned i = 0; i < 3; i++) {
        ns3c_mobility_free(bare[i]);
        ns3c_mobility_free(own[i]);
    }
    ns3c_propagation_free(p);
    ns3c_sim_destroy();
}
END_TEST

START_TEST(a_frequency_or_stream_out_of_range_is_refused)
{
    static const double frequencies[] = { 0, -1, NAN, INFINITY };

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(frequencies); i++)
        ck_assert_ptr_null(ns3c_propagation_new("friis", frequencies[i], 0, NULL));
    ck_assert_ptr_null(ns3c_propagation_new("friis", carrier, -1, NULL));
    ck_assert_ptr_null(ns3c_propagation_free(NULL));
    ns3c_sim_destroy();
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-propagation");
    TCase *tc = tcase_create("propagation");

    tcase_add_loop_test(tc, powers_are_those_of_the_formulas, 0, G_N_ELEMENTS(known));
    tcase_add_loop_test(tc, every_model_answers_everywhere, 0, G_N_ELEMENTS(models));
    tcase_add_test(tc, farther_is_weaker_at_usual_heights);
    tcase_add_test(tc, a_moving_terminal_is_taken_where_it_is_now);
    tcase_add_test(tc, fading_depends_on_run_and_stream_alone);
    tcase_add_loop_test(tc, what_is_not_random_answers_twice_the_same, 0, G_N_ELEMENTS(models));
    tcase_add_loop_test(tc, what_ns3_would_not_survive_is_refused_with_a_reason, 0, G_N_ELEMENTS(refused));
    tcase_add_loop_test(tc, what_stands_needs_no_object_of_its_own, 0, G_N_ELEMENTS(known));
    tcase_add_test(tc, a_frequency_or_stream_out_of_range_is_refused);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
