/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/boolean.h>
#include <ns3/channel-condition-model.h>
#include <ns3/constant-position-mobility-model.h>
#include <ns3/jakes-propagation-loss-model.h>
#include <ns3/pointer.h>
#include <ns3/propagation-loss-model.h>
#include <ns3/three-gpp-propagation-loss-model.h>

#include <cmath>
#include <cstdio>
#include <limits>

using namespace ns3c;

struct Ns3cPropagation {
    std::vector<ns3::Ptr<ns3::PropagationLossModel>> models;    /* chained: the first asks the next */
    bool is_random = false;
    bool needs_height = false;          /* takes antenna heights from z, and has no answer at z <= 0 */
    bool needs_node = false;            /* tells terminals apart by their node */
    bool is_monotone = true;            /* asks for two places and nothing else: see is_monotone() */
    ns3::Ptr<ns3::MobilityModel> ends[2];           /* with is_monotone: lent to whatever has no object of ns-3's */
};

static const struct {
    const char *name, *type;
} short_names[] = {
    {"log-distance", "ns3::LogDistancePropagationLossModel"},
    {"friis", "ns3::FriisPropagationLossModel"},
    {"two-ray-ground", "ns3::TwoRayGroundPropagationLossModel"},
    {"itu-r-1411-los", "ns3::ItuR1411LosPropagationLossModel"},
    {"itu-r-1411-nlos", "ns3::ItuR1411NlosOverRooftopPropagationLossModel"},
    {"okumura-hata", "ns3::OkumuraHataPropagationLossModel"},
    {"cost231", "ns3::Cost231PropagationLossModel"},
    {"nakagami", "ns3::NakagamiPropagationLossModel"},
    {"random", "ns3::RandomPropagationLossModel"},
    {"range", "ns3::RangePropagationLossModel"},
    {"fixed", "ns3::FixedRssLossModel"},
    {"3gpp-umi", "ns3::ThreeGppUmiStreetCanyonPropagationLossModel"},
    {"3gpp-uma", "ns3::ThreeGppUmaPropagationLossModel"},
    {"3gpp-rma", "ns3::ThreeGppRmaPropagationLossModel"},
};

/* What would end the process at the first packet, far from the line that asked for it. */
static bool
three_gpp_is_sound(ns3::Ptr<ns3::ThreeGppPropagationLossModel> model, std::string *why)
{
    const std::string name = model->GetInstanceTypeId().GetName();
    const double highest = name == "ns3::ThreeGppRmaPropagationLossModel" ? 30e9 : 100e9;
    const bool is_vehicular = name.find("V2v") != std::string::npos;
    const std::string condition = model->GetChannelConditionModel()->GetInstanceTypeId().GetName();
    ns3::BooleanValue enforce;

    if (!(model->GetFrequency() >= 500e6 && model->GetFrequency() <= highest)) {
        *why = name + " is for frequencies from 0.5 to " + (highest < 100e9 ? "30" : "100") + " GHz";
        return false;
    }
    model->GetAttribute("EnforceParameterRanges", enforce);
    if (enforce.Get()) {
        *why = "EnforceParameterRanges ends the whole run at the first link out of range; leave it out";
        return false;
    }
    if (!is_vehicular &&
        (condition.find("V2v") != std::string::npos || condition.find("Vehicle") != std::string::npos)) {
        *why = name + " does not know the channel conditions of " + condition;
        return false;
    }
    return true;
}

static ns3::Ptr<ns3::PropagationLossModel>
new_model(const std::string &text, double frequency_hz, std::string *why)
{
    ns3::Ptr<ns3::PropagationLossModel> model;
    char frequency[32];
    Spec spec;

    if (!parse_spec(text, &spec, why))
        return nullptr;
    for (const auto &s : short_names) {
        if (spec.type == s.name)
            spec.type = s.type;
    }
    /* ns-3 can make one without, but neither run nor delete it. */
    if (spec.type.compare(0, 16, "ns3::ThreeGppV2v") == 0 && !spec.Has("ChannelConditionModel")) {
        *why = spec.type + " needs ChannelConditionModel";
        return nullptr;
    }
    if (has_attribute(spec.type, "Frequency") && !spec.Has("Frequency") && !spec.Has("Lambda")) {
        std::snprintf(frequency, sizeof frequency, "%.17g", frequency_hz);
        spec.given.emplace_back("Frequency", frequency);
    }
    model = ns3::DynamicCast<ns3::PropagationLossModel>(build(spec, ns3::PropagationLossModel::GetTypeId(), why));
    if (auto three_gpp = ns3::DynamicCast<ns3::ThreeGppPropagationLossModel>(model)) {
        if (!three_gpp_is_sound(three_gpp, why))
            return nullptr;
    }
    return model;
}

/* Splits at " + " outside of brackets: an exponent such as 1e+3 has no blanks round it. */
static std::vector<std::string>
chain_of(const std::string &text)
{
    std::vector<std::string> parts(1);
    int depth = 0;

    for (size_t i = 0; i < text.size(); i++) {
        depth += (text[i] == '[') - (text[i] == ']');
        if (depth == 0 && text.compare(i, 3, " + ") == 0) {
            parts.emplace_back();
            i += 2;
        } else {
            parts.back() += text[i];
        }
    }
    return parts;
}

/* Those whose loss depends on the distance and the heights alone and never falls with the distance. */
static bool
is_monotone(ns3::Ptr<ns3::PropagationLossModel> model)
{
    const std::string name = model->GetInstanceTypeId().GetName();

    for (const char *known : {"LogDistance", "Friis", "TwoRayGround", "ItuR1411Los", "Range", "ThreeLogDistance"}) {
        if (name == std::string("ns3::") + known + "PropagationLossModel")
            return true;
    }
    return false;
}

static void
note_manner(Ns3cPropagation *p, ns3::Ptr<ns3::PropagationLossModel> model, int64_t *stream)
{
    const std::string name = model->GetInstanceTypeId().GetName();
    const int64_t used = model->AssignStreams(*stream);         /* not yet chained, so its own only */

    *stream += used;
    p->is_monotone = p->is_monotone && is_monotone(model);
    if (auto three_gpp = ns3::DynamicCast<ns3::ThreeGppPropagationLossModel>(model)) {
        auto condition = three_gpp->GetChannelConditionModel();
        ns3::BooleanValue shadowing;
        ns3::TimeValue update;

        *stream += condition->AssignStreams(*stream);
        three_gpp->GetAttribute("ShadowingEnabled", shadowing);
        /* ns-3 draws the shadow of a pair anew at its second call, and follows it from there as the pair moves. */
        p->is_random = p->is_random || shadowing.Get() || name.find("V2v") != std::string::npos ||
                       (condition->GetAttributeFailSafe("UpdatePeriod", update) && !update.Get().IsZero());
        p->needs_height = p->needs_node = true;
        return;
    }
    /* Whoever draws is taken to do so at each call, also models that this file has never heard of. */
    p->is_random = p->is_random || used > 0;
    p->needs_height = p->needs_height || name.find("ItuR1411") != std::string::npos ||
                      name.find("OkumuraHata") != std::string::npos;
}

Ns3cPropagation *
ns3c_propagation_new(const char *text, double frequency_hz, int64_t stream, char **ret_message) noexcept
{
    int64_t next_stream = first_stream(stream);
    Ns3cPropagation *p;
    std::string why;

    if (!(frequency_hz > 0) || !std::isfinite(frequency_hz) || stream < 0) {
        hand_over(ret_message, "a frequency is above 0 Hz, and a stream is 0 or more");
        return nullptr;
    }
    /* These two ns-3 enters into its list only when somebody asks for them. */
    ns3::AlwaysLosChannelConditionModel::GetTypeId();
    ns3::NeverLosChannelConditionModel::GetTypeId();
    p = new Ns3cPropagation;
    for (auto &end : p->ends)
        end = ns3::CreateObject<ns3::ConstantPositionMobilityModel>();
    for (const auto &part : chain_of(text)) {
        auto model = new_model(part, frequency_hz, &why);

        if (!model) {
            hand_over(ret_message, why);
            return ns3c_propagation_free(p);
        }
        note_manner(p, model, &next_stream);
        if (!p->models.empty())
            p->models.back()->SetNext(model);
        p->models.push_back(model);
    }
    return p;
}

Ns3cPropagation *
ns3c_propagation_free(Ns3cPropagation *p) noexcept
{
    if (p) {
        for (auto &model : p->models)
            model->Dispose();           /* fading models hold each other in a circle */
    }
    delete p;
    return nullptr;
}

static void
give_node(ns3::Ptr<ns3::MobilityModel> mirror)
{
    if (!mirror->GetObject<ns3::Node>())
        ns3::CreateObject<ns3::Node>()->AggregateObject(mirror);
}

/* What stands for @m as the model's first (0) or second (1) argument. */
static const ns3::Ptr<ns3::MobilityModel> &
end_of(Ns3cPropagation *p, const Ns3cMobility *m, int which)
{
    if (!m->mirror && p->is_monotone) {
        p->ends[which]->SetPosition(m->position);
        return p->ends[which];
    }
    m->Mirror();
    return m->mirror;
}

double
ns3c_propagation_rx_power(Ns3cPropagation *p, double tx_power_dbm, const Ns3cMobility *a, const Ns3cMobility *b) noexcept
{
    double power;

    a->Refresh();
    b->Refresh();
    if (p->needs_height && !(a->position.z > 0 && b->position.z > 0))
        return -std::numeric_limits<double>::infinity();
    if (p->needs_node) {
        give_node(a->Mirror());
        give_node(b->Mirror());
    }
    power = p->models.front()->CalcRxPower(tx_power_dbm, end_of(p, a, 0), end_of(p, b, 1));
    if (std::isfinite(power))
        return power;
    /* At one and the same place some models lose less than nothing. */
    return power > 0 ? tx_power_dbm : -std::numeric_limits<double>::infinity();
}

void
ns3c_propagation_rx_powers(Ns3cPropagation *p, double tx_power_dbm, const Ns3cMobility *const *from, size_t n,
                           const Ns3cMobility *to, double *ret) noexcept
{
    const ns3::Ptr<ns3::PropagationLossModel> &first = p->models.front();
    const ns3::Ptr<ns3::MobilityModel> &end = end_of(p, to, 1);

    for (size_t i = 0; i < n; i++) {
        if (p->needs_height || p->needs_node || !from[i]->is_static || !to->is_static) {
            ret[i] = ns3c_propagation_rx_power(p, tx_power_dbm, from[i], to);
            continue;
        }
        ret[i] = first->CalcRxPower(tx_power_dbm, end_of(p, from[i], 0), end);
        if (!std::isfinite(ret[i]))
            ret[i] = ret[i] > 0 ? tx_power_dbm : -std::numeric_limits<double>::infinity();
    }
}

double
ns3c_propagation_range(Ns3cPropagation *p, double tx_power_dbm, double least_dbm, double height) noexcept
{
    const double farthest = 1e7;
    double near = 0, far = farthest, power = 0;
    Ns3cMobility here, there;

    if (!p->is_monotone)
        return std::numeric_limits<double>::infinity();
    for (Ns3cMobility *end : {&here, &there}) {
        end->is_static = true;
        end->position = ns3::Vector(0, 0, height);
    }
    const auto reaches = [&](double distance) {
        there.position.x = distance;
        power = ns3c_propagation_rx_power(p, tx_power_dbm, &here, &there);
        return power >= least_dbm;
    };
    /* An attribute can turn any of them round. */
    for (double distance = 1e-3, before = std::numeric_limits<double>::infinity(); distance < farthest; distance *= 2) {
        reaches(distance);
        if (power > before)
            return std::numeric_limits<double>::infinity();
        before = power;
    }
    if (reaches(far))
        return std::numeric_limits<double>::infinity();
    for (double middle = far / 2; middle > near && middle < far; middle = near + (far - near) / 2)
        (reaches(middle) ? near : far) = middle;
    return far;
}

bool
ns3c_propagation_is_random(const Ns3cPropagation *p) noexcept
{
    return p->is_random;
}

bool
ns3c_propagation_needs_height(const Ns3cPropagation *p) noexcept
{
    return p->needs_height;
}
