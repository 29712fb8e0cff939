/* SPDX-License-Identifier: GPL-2.0-only */
#include "shim-test.h"

#include <math.h>

static const Ns3cPosition origin = { 10, 20, 1.5 };

static double
distance(Ns3cPosition a, Ns3cPosition b)
{
    return sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) + (a.z - b.z) * (a.z - b.z));
}

START_TEST(what_does_not_move_stays_where_it_is_put)
{
    Ns3cMobility *m;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    m = ns3c_mobility_new("constant-position", origin, 0, NULL);
    ck_assert_ptr_nonnull(m);
    ck_assert(ns3c_mobility_is_static(m));
    ns3c_sim_run(100 * SECOND);
    ck_assert_double_eq(distance(ns3c_mobility_position(m), origin), 0);
    ns3c_mobility_set_position(m, (Ns3cPosition) { 1, 2, 3 });
    ck_assert_double_eq(distance(ns3c_mobility_position(m), (Ns3cPosition) { 1, 2, 3 }), 0);
    ns3c_mobility_set_position(m, (Ns3cPosition) { NAN, 2, 3 });
    ck_assert_double_eq(distance(ns3c_mobility_position(m), (Ns3cPosition) { 1, 2, 3 }), 0);
    ck_assert_ptr_null(ns3c_mobility_free(m));
    ck_assert_ptr_null(ns3c_mobility_free(NULL));
    ns3c_sim_destroy();
}
END_TEST

START_TEST(a_velocity_moves_it)
{
    Ns3cMobility *m;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    m = ns3c_mobility_new("constant-velocity[Velocity=1:-2:0]", origin, 0, NULL);
    ck_assert_ptr_nonnull(m);
    ck_assert(!ns3c_mobility_is_static(m));
    ns3c_sim_run(10 * SECOND);
    ck_assert_double_eq_tol(distance(ns3c_mobility_position(m), (Ns3cPosition) { 20, 0, 1.5 }), 0, 1e-9);
    ns3c_mobility_set_position(m, origin);
    ck_assert_double_eq_tol(distance(ns3c_mobility_position(m), origin), 0, 1e-9);
    ns3c_sim_run(11 * SECOND);
    ck_assert_double_eq_tol(distance(ns3c_mobility_position(m), (Ns3cPosition) { 11, 18, 1.5 }), 0, 1e-9);
    ns3c_mobility_free(m);
    ns3c_sim_destroy();
}
END_TEST

START_TEST(waypoints_are_joined_by_straight_lines)
{
    static const Ns3cWaypoint way[] = { { 0, { 0, 0, 1 } }, { 2 * SECOND, { 0, 0, 1 } }, { 4 * SECOND, { 10, 20, 3 } }, { 4 * SECOND + 1, { 0, 0, 0 } } };
    static const struct { uint64_t at; Ns3cPosition want; } rows[] = {
        { 1 * SECOND, { 0, 0, 1 } }, { 2 * SECOND, { 0, 0, 1 } }, { 3 * SECOND, { 5, 10, 2 } }, { 4 * SECOND, { 10, 20, 3 } },
        { 5 * SECOND, { 0, 0, 0 } }, { 500 * SECOND, { 0, 0, 0 } },
    };
    static const Ns3cWaypoint same[] = { { 1, { 0, 0, 1 } }, { 1, { 0, 0, 2 } } }, back[] = { { 2, { 0, 0, 1 } }, { 1, { 0, 0, 2 } } },
                              nowhere = { 0, { NAN, 0, 1 } }, late = { UINT64_MAX, { 0, 0, 1 } };
    Ns3cMobility *m;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    ck_assert_ptr_null(ns3c_mobility_new_waypoints(way, 0));
    ck_assert_ptr_null(ns3c_mobility_new_waypoints(same, 2));
    ck_assert_ptr_null(ns3c_mobility_new_waypoints(back, 2));
    ck_assert_ptr_null(ns3c_mobility_new_waypoints(&nowhere, 1));
    ck_assert_ptr_null(ns3c_mobility_new_waypoints(&late, 1));
    m = ns3c_mobility_new_waypoints(way, 1);
    ck_assert(m && ns3c_mobility_is_static(m));
    ns3c_mobility_free(m);
    m = ns3c_mobility_new_waypoints(way, 4);
    ck_assert(m && !ns3c_mobility_is_static(m));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ns3c_sim_run(rows[i].at);
        ck_assert_double_eq_tol(distance(ns3c_mobility_position(m), rows[i].want), 0, 1e-6);
    }
    /* Positions are worked out when they are asked for: no event but the end of each run. */
    ck_assert_uint_eq(ns3c_sim_event_count(), sizeof rows / sizeof *rows);
    ck_assert_ptr_null(ns3c_mobility_new_waypoints(way, 4));
    ns3c_mobility_free(m);
    ns3c_sim_destroy();
}
END_TEST

/* Each with its speed limit, m/s, and whether it has gone anywhere after ten minutes. */
static const struct { const char *spec; double fastest; bool goes; } models[] = {
    { "constant-position", 0, false },
    { "ns3::ConstantPositionMobilityModel[Position=10:20:1.5]", 0, false },
    { "  constant-velocity [ Velocity = 3:4:0 ] ", 5, true },
    { "ns3::ConstantAccelerationMobilityModel", 0, false },
    { "ns3::WaypointMobilityModel", 0, false },
    { "ns3::RandomWalk2dMobilityModel", 4, true },
    { "ns3::RandomWalk2dMobilityModel[Bounds=-500|500|-500|500|Mode=Time|Time=2min|"
      "Speed=ns3::UniformRandomVariable[Min=1|Max=2]]", 2, true },
    { "ns3::RandomDirection2dMobilityModel[Bounds=0|300|0|300|Speed=ns3::ConstantRandomVariable[Constant=2]]", 2, true },
    { "ns3::RandomWaypointMobilityModel[Speed=ns3::UniformRandomVariable[Min=1|Max=3]|"
      "PositionAllocator=ns3::RandomRectanglePositionAllocator[X=ns3::UniformRandomVariable[Min=0|Max=1000]|"
      "Y=ns3::UniformRandomVariable[Min=0|Max=1000]|Z=1.5]]", 3, true },
    { "ns3::SteadyStateRandomWaypointMobilityModel[MinX=0|MaxX=100|MinY=0|MaxY=100|MinSpeed=1|MaxSpeed=2|Z=1.5]", 2, true },
    { "ns3::GaussMarkovMobilityModel[Bounds=-1000|1000|-1000|1000|0|100|Alpha=0.85|"
      "MeanVelocity=ns3::ExponentialRandomVariable[Mean=1]]", 100, true },
    { "ns3::HierarchicalMobilityModel[Parent=ns3::ConstantPositionMobilityModel|Child=ns3::RandomWalk2dMobilityModel]", 4, true },
};

START_TEST(every_model_moves_no_faster_than_it_may)
{
    Ns3cMobility *m;
    Ns3cPosition before, start, now;
    char *why = NULL;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    m = ns3c_mobility_new(models[_i].spec, origin, 5, &why);
    ck_assert_msg(m != NULL, "%s: %s", models[_i].spec, why);
    ck_assert_ptr_null(why);
    before = start = ns3c_mobility_position(m);
    for (uint64_t t = 1; t <= 600; t++) {
        ns3c_sim_run(t * SECOND);
        now = ns3c_mobility_position(m);
        ck_assert_double_le(distance(now, before), models[_i].fastest + 1e-6);
        before = now;
    }
    ck_assert_msg((distance(now, start) > 0) == models[_i].goes, "%s", models[_i].spec);
    ns3c_mobility_free(m);
    ns3c_sim_run(700 * SECOND);         /* nothing of it is left to run on freed memory */
    ns3c_sim_destroy();
}
END_TEST

/* What ns-3 would crash at, loop over or end the process for; and what the explanation must name. */
static const struct { const char *spec, *names; } refused[] = {
    { "", "TypeId" },
    { "[]", "TypeId" },
    { "ns3::Nonsense", "ns3::RandomWaypointMobilityModel" },
    { "ns3::Node", "ns3::Node" },
    { "ns3::MobilityModel", "ns3::MobilityModel" },
    { "constant-position[", "brackets" },
    { "constant-position]", "constant-position]" },
    { "constant-position[Position=1:2:3", "brackets" },
    { "constant-position[Position=1:2]", "x:y:z" },
    { "constant-position[Position=1:2:nan]", "x:y:z" },
    { "constant-position[Position]", "Attribute=value" },
    { "constant-position[=1]", "Attribute=value" },
    { "constant-position[Colour=red]", "Colour" },
    { "constant-position[Position=1:2:3|Position=1:2:3]", "twice" },
    { "constant-velocity[Velocity=fast]", "x:y:z" },
    { "constant-position[Velocity=1:0:0]", "Velocity" },
    { "ns3::RandomWalk2dMobilityModel[Distance=1x]", "Distance" },
    { "ns3::RandomWalk2dMobilityModel[Distance=1e999]", "Distance" },
    { "ns3::RandomWalk2dMobilityModel[Distance=0]", "Distance" },
    { "ns3::RandomWalk2dMobilityModel[Distance=]", "Distance" },
    { "ns3::RandomWalk2dMobilityModel[Mode=Sideways]", "Distance|Time" },
    { "ns3::RandomWalk2dMobilityModel[Mode=Time|Time=0s]", "Time" },
    { "ns3::RandomWalk2dMobilityModel[Mode=Time|Time=5 parsecs]", "Time" },
    { "ns3::RandomWalk2dMobilityModel[Mode=Time|Time=1e300s]", "Time" },
    { "ns3::RandomWalk2dMobilityModel[Bounds=0|100|0]", "xmin" },
    { "ns3::RandomWalk2dMobilityModel[Bounds=0|5|0|5]", "outside" },
    { "ns3::RandomWalk2dMobilityModel[Speed=2]", "RandomVariableStream" },
    { "ns3::RandomWalk2dMobilityModel[Speed=ns3::ConstantRandomVariable[Constant=0]]", "Speed" },
    { "ns3::RandomWalk2dMobilityModel[Speed=ns3::UniformRandomVariable[Min=-1|Max=1]]", "Speed" },
    { "ns3::RandomWalk2dMobilityModel[Speed=ns3::NormalRandomVariable[Mean=5|Variance=1]]", "Speed" },
    { "ns3::RandomWalk2dMobilityModel[Direction=ns3::EmpiricalRandomVariable]", "EmpiricalRandomVariable" },
    { "ns3::RandomWalk2dMobilityModel[Direction=ns3::DeterministicRandomVariable]", "DeterministicRandomVariable" },
    { "ns3::RandomWalk2dMobilityModel[Direction=ns3::NormalRandomVariable[Bound=0]]", "Bound" },
    { "ns3::RandomWalk2dMobilityModel[Direction=ns3::GammaRandomVariable[Alpha=0]]", "Alpha" },
    { "ns3::RandomWaypointMobilityModel", "PositionAllocator" },
    { "ns3::RandomWaypointMobilityModel[PositionAllocator=ns3::ListPositionAllocator]", "ListPositionAllocator" },
    { "ns3::RandomWaypointMobilityModel[Speed=ns3::ConstantRandomVariable|PositionAllocator=ns3::GridPositionAllocator|"
      "Pause=ns3::ConstantRandomVariable[Constant=-1]]", "Pause" },
    { "ns3::SteadyStateRandomWaypointMobilityModel", "MinX" },
    { "ns3::GaussMarkovMobilityModel[TimeStep=0s]", "TimeStep" },
    { "ns3::GaussMarkovMobilityModel[Alpha=1.5]", "Alpha" },
    { "ns3::HierarchicalMobilityModel", "needs" },
    { "ns3::HierarchicalMobilityModel[Child=ns3::ConstantPositionMobilityModel]", "Parent" },
    { "ns3::WaypointMobilityModel[NextWaypoint=1]", "NextWaypoint" },
    { "ns3::WaypointMobilityModel[LazyNotify=maybe]", "true or false" },
};

START_TEST(what_ns3_would_not_survive_is_refused_with_a_reason)
{
    char *why = NULL;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    ck_assert_ptr_null(ns3c_mobility_new(refused[_i].spec, origin, 0, &why));
    ck_assert_msg(why && strstr(why, refused[_i].names), "'%s': %s", refused[_i].spec, why);
    free(why);
    ck_assert_ptr_null(ns3c_mobility_new(refused[_i].spec, origin, 0, NULL));
    ns3c_sim_destroy();
}
END_TEST

START_TEST(a_start_or_stream_out_of_range_is_refused)
{
    char *why = NULL;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    ck_assert_ptr_null(ns3c_mobility_new("constant-position", (Ns3cPosition) { INFINITY, 0, 0 }, 0, &why));
    ck_assert_ptr_nonnull(why);
    free(why);
    ck_assert_ptr_null(ns3c_mobility_new("constant-position", origin, -1, NULL));
    ns3c_sim_destroy();
}
END_TEST

START_TEST(bounds_hold_also_for_a_new_position)
{
    Ns3cMobility *m;
    Ns3cPosition before;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    m = ns3c_mobility_new("ns3::RandomWalk2dMobilityModel", origin, 0, NULL);
    ns3c_sim_run(10 * SECOND);
    before = ns3c_mobility_position(m);
    ns3c_mobility_set_position(m, (Ns3cPosition) { 500, 500, 0 });
    ck_assert_double_eq(distance(ns3c_mobility_position(m), before), 0);
    ns3c_mobility_set_position(m, (Ns3cPosition) { 50, 50, 0 });
    ck_assert_double_eq_tol(distance(ns3c_mobility_position(m), (Ns3cPosition) { 50, 50, 0 }), 0, 1e-9);
    ns3c_mobility_free(m);
    ns3c_sim_destroy();
}
END_TEST

static Ns3cPosition
waypoint_after(uint64_t run, int64_t stream, uint64_t seconds)
{
    Ns3cMobility *m;
    Ns3cPosition p;

    ck_assert_int_eq(ns3c_sim_init(1, run), 0);
    m = ns3c_mobility_new_random_waypoint(origin, 1000, 500, 1, 3, 2, stream);
    ck_assert_ptr_nonnull(m);
    ns3c_sim_run(seconds * SECOND);
    p = ns3c_mobility_position(m);
    ns3c_mobility_free(m);
    ns3c_sim_destroy();
    return p;
}

START_TEST(a_waypoint_walk_keeps_to_its_area_and_speed)
{
    Ns3cMobility *m;
    Ns3cPosition before = origin, now;
    double fastest = 0, widest = 0, highest = 0;
    unsigned pauses = 0;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    m = ns3c_mobility_new_random_waypoint(origin, 1000, 500, 1, 3, 2, 7);
    ck_assert(!ns3c_mobility_is_static(m));
    for (uint64_t t = 1; t <= 20000; t++) {
        ns3c_sim_run(t * SECOND);
        now = ns3c_mobility_position(m);
        ck_assert(now.x >= -1e-6 && now.x <= 1000 + 1e-6 && now.y >= -1e-6 && now.y <= 500 + 1e-6);
        ck_assert_double_eq_tol(now.z, 1.5, 1e-9);
        fastest = fmax(fastest, distance(now, before));
        widest = fmax(widest, now.x);
        highest = fmax(highest, now.y);
        pauses += distance(now, before) < 1e-9;
        before = now;
    }
    ck_assert(fastest > 2.5 && fastest <= 3 + 1e-6);
    ck_assert(widest > 800 && highest > 400);
    ck_assert_uint_gt(pauses, 20);
    ns3c_mobility_free(m);
    ns3c_sim_destroy();
}
END_TEST

START_TEST(a_walk_depends_on_run_and_stream_alone)
{
    Ns3cPosition p = waypoint_after(1, 7, 500);

    ck_assert_double_eq(distance(waypoint_after(1, 7, 500), p), 0);
    ck_assert_double_gt(distance(waypoint_after(2, 7, 500), p), 1);
    ck_assert_double_gt(distance(waypoint_after(1, 8, 500), p), 1);
}
END_TEST

/* A walk draws from several streams: were they counted up from @stream, one walk's destinations would be its neighbour's speeds. */
START_TEST(neighbouring_streams_have_nothing_in_common)
{
    enum { N = 2000 };
    double sum[3] = { 0 }, squares[3] = { 0 }, product[3] = { 0 };
    double x[N][3];

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    for (unsigned i = 0; i < N; i++) {
        Ns3cMobility *m = ns3c_mobility_new_random_waypoint(origin, 1000, 1000, 1, 3, 0, i);
        Ns3cPosition p, q;

        ns3c_sim_run(ns3c_sim_now() + SECOND);
        p = ns3c_mobility_position(m);
        ns3c_sim_run(ns3c_sim_now() + SECOND);
        q = ns3c_mobility_position(m);
        x[i][0] = distance(p, q);                           /* speed, and two directions */
        x[i][1] = (q.x - p.x) / x[i][0];
        x[i][2] = (q.y - p.y) / x[i][0];
        ns3c_mobility_free(m);
    }
    for (unsigned k = 0; k < 3; k++) {
        for (unsigned i = 0; i < N; i++) {
            sum[k] += x[i][k];
            squares[k] += x[i][k] * x[i][k];
        }
        for (unsigned lag = 1; lag <= 4; lag++) {
            double mean = sum[k] / N, variance = squares[k] / N - mean * mean;

            product[k] = 0;
            for (unsigned i = 0; i + lag < N; i++)
                product[k] += (x[i][k] - mean) * (x[i + lag][k] - mean);
            ck_assert_double_lt(fabs(product[k] / N / variance), 5 / sqrt(N));
        }
    }
    ns3c_sim_destroy();
}
END_TEST

START_TEST(a_waypoint_walk_checks_its_numbers)
{
    static const struct { double w, h, low, high, pause; int64_t stream; } cases[] = {
        { 0, 1, 1, 2, 0, 0 },   { 1, -1, 1, 2, 0, 0 },   { 1e7, 1, 1, 2, 0, 0 }, { 1, 1, 0, 2, 0, 0 },
        { 1, 1, 2, 1, 0, 0 },   { 1, 1, 1, INFINITY, 0, 0 }, { 1, 1, 1, 2, -1, 0 }, { 1, 1, 1, 2, 0, -1 },
        { NAN, 1, 1, 2, 0, 0 }, { 1, 1, NAN, 2, 0, 0 },  { 1, 1, 1, 2, NAN, 0 },
    };

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        ck_assert_ptr_null(ns3c_mobility_new_random_waypoint(origin, cases[i].w, cases[i].h, cases[i].low, cases[i].high,
                                                             cases[i].pause, cases[i].stream));
    ns3c_sim_destroy();
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-mobility");
    TCase *tc = tcase_create("mobility");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_does_not_move_stays_where_it_is_put);
    tcase_add_test(tc, a_velocity_moves_it);
    tcase_add_test(tc, waypoints_are_joined_by_straight_lines);
    tcase_add_loop_test(tc, every_model_moves_no_faster_than_it_may, 0, G_N_ELEMENTS(models));
    tcase_add_loop_test(tc, what_ns3_would_not_survive_is_refused_with_a_reason, 0, G_N_ELEMENTS(refused));
    tcase_add_test(tc, a_start_or_stream_out_of_range_is_refused);
    tcase_add_test(tc, bounds_hold_also_for_a_new_position);
    tcase_add_test(tc, a_waypoint_walk_keeps_to_its_area_and_speed);
    tcase_add_test(tc, a_walk_depends_on_run_and_stream_alone);
    tcase_add_test(tc, neighbouring_streams_have_nothing_in_common);
    tcase_add_test(tc, a_waypoint_walk_checks_its_numbers);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
