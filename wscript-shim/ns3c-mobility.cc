/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/boolean.h>
#include <ns3/box.h>
#include <ns3/constant-velocity-mobility-model.h>
#include <ns3/double.h>
#include <ns3/pointer.h>
#include <ns3/position-allocator.h>
#include <ns3/random-variable-stream.h>
#include <ns3/random-waypoint-mobility-model.h>
#include <ns3/rectangle.h>
#include <ns3/string.h>
#include <ns3/waypoint-mobility-model.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace ns3c;

static std::vector<ns3::Ptr<ns3::MobilityModel>> retired;

void
ns3c::forget_retired()
{
    retired.clear();
}

void
Ns3cMobility::Refresh() const
{
    uint64_t now;

    if (is_static)
        return;
    /* Reading the clock costs less than reading a moving model, whose every answer is 128-bit arithmetic. */
    now = now_ns();
    if (fresh && at_ns == now)
        return;
    position = model->GetPosition();
    mirror->SetPosition(position);
    at_ns = now;
    fresh = true;
}

ns3::Ptr<ns3::MobilityModel>
Ns3cMobility::Mirror() const
{
    if (!mirror) {
        mirror = ns3::CreateObject<ns3::ConstantPositionMobilityModel>();
        mirror->SetPosition(position);
    }
    return mirror;
}

static bool
is_finite(Ns3cPosition p)
{
    return std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.z);
}

/* A slower one would need longer for its way than the clock runs. */
static const double SLOWEST = 1e-3, WIDEST = 1e6;

/* ---- what a model needs of its attributes, so that it neither crashes nor takes its next step now, for ever ---- */

/* The least value that @name, a random variable, can take: NaN if the model has no such attribute, minus infinity if it
 * has no least, 0 if it is above 0. */
static double
least(ns3::Ptr<ns3::MobilityModel> model, const char *name)
{
    ns3::PointerValue pointer;

    if (!has_attribute(model->GetInstanceTypeId().GetName(), name))
        return std::numeric_limits<double>::quiet_NaN();
    model->GetAttribute(name, pointer);
    if (auto constant = pointer.Get<ns3::ConstantRandomVariable>())
        return constant->GetConstant();
    if (auto uniform = pointer.Get<ns3::UniformRandomVariable>())
        return std::min(uniform->GetMin(), uniform->GetMax());
    if (auto triangular = pointer.Get<ns3::TriangularRandomVariable>())
        return triangular->GetMin();
    if (pointer.Get<ns3::NormalRandomVariable>())
        return -std::numeric_limits<double>::infinity();
    return 0;
}

static double
number(ns3::Ptr<ns3::MobilityModel> model, const char *name)
{
    ns3::DoubleValue value;

    model->GetAttribute(name, value);
    return value.Get();
}

/* Bounds, if it has any, are a rectangle or a box. */
static bool
is_within_bounds(ns3::Ptr<ns3::MobilityModel> model, const ns3::Vector &position)
{
    ns3::RectangleValue rectangle;
    ns3::BoxValue box;

    if (!has_attribute(model->GetInstanceTypeId().GetName(), "Bounds"))
        return true;
    if (model->GetAttributeFailSafe("Bounds", rectangle))
        return rectangle.Get().IsInside(position);
    return !model->GetAttributeFailSafe("Bounds", box) || box.Get().IsInside(position);
}

static bool
is_sound(ns3::Ptr<ns3::MobilityModel> model, const ns3::Vector &start, std::string *why)
{
    const std::string name = model->GetInstanceTypeId().GetName();

    if (!is_within_bounds(model, start)) {
        *why = "the start is outside of Bounds of " + name;
        return false;
    }
    if (least(model, "Speed") < SLOWEST || least(model, "Pause") < 0) {
        *why = name + " needs a Speed that is never below 0.001 m/s (Constant, Uniform or Triangular) and a Pause " +
               "that is never below 0";
        return false;
    }
    for (const char *step : {"TimeStep", "Time"}) {
        ns3::TimeValue value;

        if (!has_attribute(name, step))
            continue;
        model->GetAttribute(step, value);
        if (!value.Get().IsStrictlyPositive()) {
            *why = std::string(step) + " of " + name + " must be above 0";
            return false;
        }
    }
    if (has_attribute(name, "Distance") && number(model, "Distance") <= 0) {
        *why = "Distance of " + name + " must be above 0";
        return false;
    }
    if (name == "ns3::GaussMarkovMobilityModel" && std::fabs(number(model, "Alpha")) > 1) {
        *why = "Alpha of " + name + " must be between -1 and 1";
        return false;
    }
    if (name == "ns3::SteadyStateRandomWaypointMobilityModel" &&
        !(number(model, "MinX") < number(model, "MaxX") && number(model, "MinY") < number(model, "MaxY") &&
          number(model, "MinSpeed") >= 1e-6 && number(model, "MinSpeed") <= number(model, "MaxSpeed") &&
          number(model, "MinPause") >= 0 && number(model, "MinPause") <= number(model, "MaxPause"))) {
        *why = name + " needs MinX < MaxX, MinY < MaxY, 0 < MinSpeed <= MaxSpeed and 0 <= MinPause <= MaxPause";
        return false;
    }
    return true;
}

/* ---- making one ---- */

static Ns3cMobility *
wrap(ns3::Ptr<ns3::MobilityModel> model)
{
    auto *m = new Ns3cMobility;

    m->model = model;
    m->is_static = model->GetInstanceTypeId() == ns3::ConstantPositionMobilityModel::GetTypeId();
    m->mirror = model;
    if (!m->is_static)
        m->mirror = ns3::CreateObject<ns3::ConstantPositionMobilityModel>();
    m->position = model->GetPosition();
    return m;
}

/* These set out by themselves when they are given a position; initialising them too would set them out twice. */
static bool
starts_when_placed(const std::string &type)
{
    return type == "ns3::RandomWaypointMobilityModel" || type == "ns3::RandomWalk2dMobilityModel" ||
           type == "ns3::RandomDirection2dMobilityModel";
}

Ns3cMobility *
ns3c_mobility_new(const char *text, Ns3cPosition start, int64_t stream, char **ret_message) noexcept
{
    ns3::Vector position(start.x, start.y, start.z), velocity;
    ns3::Ptr<ns3::MobilityModel> model;
    std::string why;
    Spec spec;

    if (!is_finite(start) || stream < 0) {
        hand_over(ret_message, "a start has finite coordinates, and a stream is 0 or more");
        return nullptr;
    }
    if (!parse_spec(text, &spec, &why)) {
        hand_over(ret_message, why);
        return nullptr;
    }
    /* Of a hundred thousand that stand, ns-3's objects would take more than all else that is known of them. */
    if (spec.type == "constant-position" && spec.given.empty()) {
        auto *m = new Ns3cMobility;

        m->is_static = true;
        m->position = position;
        return m;
    }
    if (spec.type == "constant-position")
        spec.type = "ns3::ConstantPositionMobilityModel";
    else if (spec.type == "constant-velocity")
        spec.type = "ns3::ConstantVelocityMobilityModel";

    /* Two that ns-3 does not let an attribute set, or not before the model exists. */
    for (auto it = spec.given.begin(); it != spec.given.end();) {
        const bool is_velocity = it->first == "Velocity" && spec.type == "ns3::ConstantVelocityMobilityModel";

        if (!is_velocity && it->first != "Position") {
            ++it;
            continue;
        }
        if (!parse_vector(it->second, is_velocity ? &velocity : &position)) {
            hand_over(ret_message, it->first + "=" + it->second + " should be x:y:z");
            return nullptr;
        }
        it = spec.given.erase(it);
    }

    model = ns3::DynamicCast<ns3::MobilityModel>(build(spec, ns3::MobilityModel::GetTypeId(), &why));
    if (!model || !is_sound(model, position, &why)) {
        hand_over(ret_message, why);
        return nullptr;
    }
    model->AssignStreams(first_stream(stream));
    model->SetPosition(position);
    if (auto moving = ns3::DynamicCast<ns3::ConstantVelocityMobilityModel>(model))
        moving->SetVelocity(velocity);
    if (!starts_when_placed(spec.type))
        model->Initialize();
    return wrap(model);
}

static ns3::Ptr<ns3::UniformRandomVariable>
uniform(double low, double high)
{
    auto variable = ns3::CreateObject<ns3::UniformRandomVariable>();

    variable->SetAttribute("Min", ns3::DoubleValue(low));
    variable->SetAttribute("Max", ns3::DoubleValue(high));
    return variable;
}

Ns3cMobility *
ns3c_mobility_new_random_waypoint(Ns3cPosition start, double width, double height, double speed_min, double speed_max,
                                  double pause_s, int64_t stream) noexcept
{
    auto model = ns3::CreateObject<ns3::RandomWaypointMobilityModel>();
    auto where = ns3::CreateObject<ns3::RandomBoxPositionAllocator>();
    auto level = ns3::CreateObject<ns3::ConstantRandomVariable>();
    auto pause = ns3::CreateObject<ns3::ConstantRandomVariable>();

    /* Written so that NaN fails. */
    if (!is_finite(start) || !(width > 0 && width <= WIDEST) || !(height > 0 && height <= WIDEST) ||
        !(speed_min >= SLOWEST) || !(speed_max >= speed_min && std::isfinite(speed_max)) ||
        !(pause_s >= 0 && pause_s <= 1e9) || stream < 0)
        return nullptr;
    level->SetAttribute("Constant", ns3::DoubleValue(start.z));
    pause->SetAttribute("Constant", ns3::DoubleValue(pause_s));
    where->SetX(uniform(0, width));
    where->SetY(uniform(0, height));
    where->SetZ(level);
    model->SetAttribute("PositionAllocator", ns3::PointerValue(where));
    model->SetAttribute("Speed", ns3::PointerValue(uniform(speed_min, speed_max)));
    model->SetAttribute("Pause", ns3::PointerValue(pause));
    model->AssignStreams(first_stream(stream));
    model->SetPosition(ns3::Vector(start.x, start.y, start.z));
    return wrap(model);
}

Ns3cMobility *
ns3c_mobility_new_waypoints(const Ns3cWaypoint *waypoints, size_t n) noexcept
{
    if (n == 0)
        return nullptr;
    for (size_t i = 0; i < n; i++) {
        if (!is_finite(waypoints[i].at) || waypoints[i].at_ns > INT64_MAX ||
            waypoints[i].at_ns < (i ? waypoints[i - 1].at_ns + 1 : now_ns()))
            return nullptr;
    }
    if (n == 1)
        return ns3c_mobility_new("constant-position", waypoints[0].at, 0, nullptr);

    auto model = ns3::CreateObject<ns3::WaypointMobilityModel>();

    /* Else every waypoint of every UE is an event. */
    model->SetAttribute("LazyNotify", ns3::BooleanValue(true));
    for (size_t i = 0; i < n; i++)
        model->AddWaypoint(ns3::Waypoint(ns3::NanoSeconds(waypoints[i].at_ns),
                                         ns3::Vector(waypoints[i].at.x, waypoints[i].at.y, waypoints[i].at.z)));
    return wrap(model);
}

Ns3cMobility *
ns3c_mobility_free(Ns3cMobility *m) noexcept
{
    /* A moving model has its next step scheduled, with a bare pointer to itself, and no way to call it off. */
    if (m && !m->is_static)
        retired.push_back(m->model);
    delete m;
    return nullptr;
}

Ns3cPosition
ns3c_mobility_position(const Ns3cMobility *m) noexcept
{
    m->Refresh();
    return Ns3cPosition{m->position.x, m->position.y, m->position.z};
}

void
ns3c_mobility_set_position(Ns3cMobility *m, Ns3cPosition p) noexcept
{
    const ns3::Vector position(p.x, p.y, p.z);

    if (!is_finite(p) || (!m->is_static && !is_within_bounds(m->model, position)))
        return;
    if (m->is_static) {                 /* has no bounds, and nothing to be kept going */
        if (m->mirror)
            m->mirror->SetPosition(position);
        m->position = position;
        return;
    }
    /* Putting it somewhere stops it in ns-3. */
    if (auto moving = ns3::DynamicCast<ns3::ConstantVelocityMobilityModel>(m->model)) {
        const ns3::Vector velocity = moving->GetVelocity();

        moving->SetPosition(position);
        moving->SetVelocity(velocity);
    } else {
        m->model->SetPosition(position);
    }
    m->position = position;
    m->fresh = false;
}

bool
ns3c_mobility_is_static(const Ns3cMobility *m) noexcept
{
    return m->is_static;
}
