/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects of ns-3 from what a person wrote. ns-3's own factories end the process at a name or number they do not like,
 * cannot nest one object in another's attributes, and know no bounds for most values, so everything is looked at here
 * first.
 */
#include "ns3c-internal.h"

#include <ns3/object-factory.h>
#include <ns3/pointer.h>
#include <ns3/random-variable-stream.h>
#include <ns3/string.h>
#include <ns3/type-id.h>
#include <ns3/vector.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace ns3c
{

/* ---- text ---- */

static std::string
trim(const std::string &text)
{
    const char *blanks = " \t\r\n";
    const size_t first = text.find_first_not_of(blanks);

    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/* Splits at @separator outside of brackets. Returns: false if brackets do not match. */
static bool
split(const std::string &text, char separator, std::vector<std::string> *ret_parts)
{
    std::vector<std::string> parts(1);
    int depth = 0;

    for (char c : text) {
        depth += (c == '[') - (c == ']');
        if (depth < 0)
            return false;
        if (c == separator && depth == 0)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    if (depth != 0)
        return false;
    *ret_parts = std::move(parts);
    return true;
}

bool
parse_number(const std::string &text, double *ret_value)
{
    double value;
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);

    if (result.ec != std::errc() || result.ptr != end || !std::isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

static bool
parse_numbers(const std::string &text, char separator, size_t n, double *ret_values)
{
    std::vector<std::string> parts;

    if (!split(text, separator, &parts) || parts.size() != n)
        return false;
    return std::all_of(parts.begin(), parts.end(),
                       [&](const std::string &part) { return parse_number(part, ret_values++); });
}

bool
parse_vector(const std::string &text, ns3::Vector *ret_vector)
{
    double v[3];

    if (!parse_numbers(text, ':', 3, v))
        return false;
    *ret_vector = ns3::Vector(v[0], v[1], v[2]);
    return true;
}

template <typename T>
static bool
is_integer(const std::string &text)
{
    T value;
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);

    return result.ec == std::errc() && result.ptr == end;
}

/* A number with a unit, or seconds. */
static bool
is_time(const std::string &text)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1},       {"s", 1},      {"ms", 1e-3},   {"us", 1e-6},  {"ns", 1e-9},     {"ps", 1e-12},
                 {"fs", 1e-15}, {"min", 60.0}, {"h", 3600.0}, {"d", 86400.0}, {"y", 31536000.0}};
    const std::string unit = text.substr(std::min(text.find_first_not_of("+-0123456789.eE"), text.size()));
    double value;

    if (!parse_number(text.substr(0, text.size() - unit.size()), &value))
        return false;
    for (const auto &u : units) {
        if (unit == u.unit)
            return std::fabs(value * u.seconds) * 1e9 < static_cast<double>(END_OF_TIME);
    }
    return false;
}

bool
Spec::Has(const std::string &attribute) const
{
    return std::any_of(given.begin(), given.end(), [&](const auto &pair) { return pair.first == attribute; });
}

bool
parse_spec(const std::string &text, Spec *ret_spec, std::string *why)
{
    const std::string all = trim(text);
    const size_t open = all.find('[');
    std::vector<std::string> parts;
    Spec spec;

    spec.type = trim(all.substr(0, open));
    if (spec.type.empty()) {
        *why = "a model is named by its TypeId, as in ns3::TypeId[Attribute=value|Attribute=value]";
        return false;
    }
    if (open != std::string::npos) {
        if (all.back() != ']' || !split(all.substr(open + 1, all.size() - open - 2), '|', &parts)) {
            *why = "the brackets of '" + all + "' do not match";
            return false;
        }
        for (const auto &part : parts) {
            const size_t equals = part.find('=');
            const std::string name = trim(part.substr(0, equals));

            /* Boxes and rectangles hold the separator themselves: 0|100|0|100. */
            if (equals == std::string::npos || part.find('[') < equals) {
                if (spec.given.empty()) {
                    *why = "'" + part + "' should read Attribute=value";
                    return false;
                }
                spec.given.back().second += "|" + trim(part);
            } else if (name.empty() || spec.Has(name)) {
                *why = name.empty() ? "'" + part + "' should read Attribute=value"
                                    : "attribute " + name + " is given twice";
                return false;
            } else {
                spec.given.emplace_back(name, trim(part.substr(equals + 1)));
            }
        }
    }
    *ret_spec = std::move(spec);
    return true;
}

void
hand_over(char **ret_message, const std::string &why)
{
    if (ret_message)
        *ret_message = strdup(why.c_str());
}

/* ---- types and attributes ---- */

static bool
is_a(ns3::TypeId type, ns3::TypeId base)
{
    const std::string name = type.GetName();

    if (!type.HasConstructor())
        return false;
    /* ns-3 does not say of these two what they are. */
    return type.IsChildOf(base) ||
           (base.GetName() == "ns3::ChannelConditionModel" &&
            (name == "ns3::AlwaysLosChannelConditionModel" || name == "ns3::NeverLosChannelConditionModel"));
}

static bool
find_type(const std::string &name, ns3::TypeId base, ns3::TypeId *ret_type, std::string *why)
{
    ns3::TypeId type;
    std::string known;

    if (ns3::TypeId::LookupByNameFailSafe(name, &type) && is_a(type, base)) {
        *ret_type = type;
        return true;
    }
    for (size_t i = 0; i < ns3::TypeId::GetRegisteredN(); i++) {
        const ns3::TypeId candidate = ns3::TypeId::GetRegistered(i);

        if (is_a(candidate, base))
            known += (known.empty() ? "" : ", ") + candidate.GetName();
    }
    *why = "ns-3 has no " + base.GetName() + " named '" + name + "'; it has " + known;
    return false;
}

/* ns-3's own look-up warns of what is deprecated and ends the process at what is obsolete. */
static bool
find_attribute(ns3::TypeId type, const std::string &name, ns3::TypeId::AttributeInformation *ret_info)
{
    for (;;) {
        for (size_t i = 0; i < type.GetAttributeN(); i++) {
            const auto info = type.GetAttribute(i);

            if (info.name == name) {
                *ret_info = info;
                return info.supportLevel == ns3::TypeId::SUPPORTED;
            }
        }
        if (!type.HasParent() || type.GetParent() == type)
            return false;
        type = type.GetParent();
    }
}

static std::string
attribute_names(ns3::TypeId type)
{
    std::string names;

    for (;;) {
        for (size_t i = 0; i < type.GetAttributeN(); i++) {
            const auto info = type.GetAttribute(i);

            if ((info.flags & ns3::TypeId::ATTR_CONSTRUCT) && info.supportLevel == ns3::TypeId::SUPPORTED)
                names += (names.empty() ? "" : ", ") + info.name;
        }
        if (!type.HasParent() || type.GetParent() == type)
            return names.empty() ? "none" : names;
        type = type.GetParent();
    }
}

bool
has_attribute(const std::string &type, const std::string &attribute)
{
    ns3::TypeId tid;
    ns3::TypeId::AttributeInformation info;

    return ns3::TypeId::LookupByNameFailSafe(type, &tid) && find_attribute(tid, attribute, &info);
}

/* Whether ns-3 can read @text as a value of this kind without ending the process. Kinds not listed are refused. */
static bool
is_readable(const std::string &kind, const std::string &choices, const std::string &text)
{
    double numbers[6];
    std::vector<std::string> names;

    if (kind == "DoubleValue")
        return parse_number(text, numbers);
    if (kind == "UintegerValue")
        return is_integer<uint64_t>(text);
    if (kind == "IntegerValue")
        return is_integer<int64_t>(text);
    if (kind == "BooleanValue")
        return text == "true" || text == "false";
    if (kind == "TimeValue")
        return is_time(text);
    if (kind == "VectorValue" || kind == "Vector3DValue")
        return parse_numbers(text, ':', 3, numbers);
    if (kind == "Vector2DValue")
        return parse_numbers(text, ':', 2, numbers);
    if (kind == "RectangleValue")
        return parse_numbers(text, '|', 4, numbers);
    if (kind == "BoxValue")
        return parse_numbers(text, '|', 6, numbers);
    if (kind.compare(0, 9, "EnumValue") == 0)
        return split(choices, '|', &names) && std::find(names.begin(), names.end(), text) != names.end();
    return kind == "StringValue";
}

/* What a person may write for this kind. */
static std::string
form_of(const std::string &kind, const std::string &information)
{
    if (kind == "BooleanValue")
        return "true or false";
    if (kind == "TimeValue")
        return "a time such as 1.5s or 20ms";
    if (kind == "VectorValue" || kind == "Vector3DValue")
        return "x:y:z";
    if (kind == "Vector2DValue")
        return "x:y";
    if (kind == "RectangleValue")
        return "xmin|xmax|ymin|ymax";
    if (kind == "BoxValue")
        return "xmin|xmax|ymin|ymax|zmin|zmax";
    return information;
}

static ns3::Ptr<const ns3::AttributeValue>
read_value(const ns3::TypeId::AttributeInformation &info, const std::string &text, std::string *why)
{
    std::string kind = info.checker->GetValueTypeName();
    const std::string information = info.checker->GetUnderlyingTypeInformation();
    const auto *pointer = dynamic_cast<const ns3::PointerChecker *>(ns3::PeekPointer(info.checker));
    ns3::Ptr<const ns3::AttributeValue> value;

    if (kind.compare(0, 5, "ns3::") == 0)
        kind = kind.substr(5);
    if (pointer) {
        Spec spec;
        ns3::Ptr<ns3::Object> object;

        if (parse_spec(text, &spec, why))
            object = build(spec, pointer->GetPointeeTypeId(), why);
        return object ? ns3::Create<ns3::PointerValue>(object) : nullptr;
    }
    if (is_readable(kind, information, text))
        value = info.checker->CreateValidValue(ns3::StringValue(text));
    if (!value)
        *why = info.name + "=" + text + " should be " + form_of(kind, information);
    return value;
}

/* ---- values that ns-3 takes but does not survive ---- */

/* A distribution whose parameters ns-3 can draw from: some loop for ever over others, or want a table of values. */
static bool
is_drawable(ns3::Ptr<ns3::Object> variable, std::string *why)
{
    static const char *const known[] = {"Constant", "Uniform", "Exponential", "Normal",  "LogNormal",
                                        "Gamma",    "Erlang",  "Weibull",     "Pareto", "Triangular"};
    const ns3::TypeId type = variable->GetInstanceTypeId();
    const bool normal = type.GetName() == "ns3::NormalRandomVariable";
    const auto is_this = [&](const char *name) {
        return type.GetName() == std::string("ns3::") + name + "RandomVariable";
    };

    if (std::none_of(std::begin(known), std::end(known), is_this)) {
        *why = type.GetName() + " cannot be given here; take one of Constant, Uniform, Exponential, Normal, LogNormal, " +
               "Gamma, Erlang, Weibull, Pareto, Triangular";
        return false;
    }
    for (size_t i = 0; i < type.GetAttributeN(); i++) {
        const auto info = type.GetAttribute(i);
        ns3::StringValue text;
        double value;

        variable->GetAttribute(info.name, text);
        if (!parse_number(text.Get(), &value))
            continue;
        if (((info.name == "Alpha" || info.name == "Beta" || info.name == "Scale" || info.name == "Shape" ||
              info.name == "K" || info.name == "Lambda" || info.name == "Sigma" || (info.name == "Bound" && normal)) &&
             value <= 0) ||
            ((info.name == "Bound" || info.name == "Variance") && value < 0)) {
            *why = info.name + " of " + type.GetName() + " must be above 0";
            return false;
        }
    }
    return true;
}

/* What points to another object must do so when the model runs, where ns-3 would crash. */
static bool
is_complete(ns3::Ptr<ns3::Object> object, std::string *why)
{
    ns3::TypeId type = object->GetInstanceTypeId();

    if (type.GetName() == "ns3::ListPositionAllocator") {
        *why = type.GetName() + " has no positions, and attributes cannot give it any";
        return false;
    }
    for (;;) {
        for (size_t i = 0; i < type.GetAttributeN(); i++) {
            const auto info = type.GetAttribute(i);
            ns3::PointerValue value;

            if (!dynamic_cast<const ns3::PointerChecker *>(ns3::PeekPointer(info.checker)) ||
                !(info.flags & ns3::TypeId::ATTR_GET) || !info.accessor->HasGetter())
                continue;
            object->GetAttribute(info.name, value);
            if (!value.GetObject()) {
                *why = object->GetInstanceTypeId().GetName() + " needs " + info.name;
                return false;
            }
        }
        if (!type.HasParent() || type.GetParent() == type)
            return true;
        type = type.GetParent();
    }
}

ns3::Ptr<ns3::Object>
build(const Spec &spec, ns3::TypeId base, std::string *why)
{
    ns3::ObjectFactory factory;
    ns3::Ptr<ns3::Object> object;
    ns3::TypeId type;

    if (!find_type(spec.type, base, &type, why))
        return nullptr;
    factory.SetTypeId(type);
    for (const auto &[name, text] : spec.given) {
        ns3::TypeId::AttributeInformation info;
        ns3::Ptr<const ns3::AttributeValue> value;

        if (!find_attribute(type, name, &info) || !(info.flags & ns3::TypeId::ATTR_CONSTRUCT) ||
            !info.accessor->HasSetter()) {
            *why = spec.type + " has no attribute '" + name + "' that can be set; it has " + attribute_names(type);
            return nullptr;
        }
        value = read_value(info, text, why);
        if (!value)
            return nullptr;
        factory.Set(name, *value);
    }
    object = factory.Create();
    if (type.IsChildOf(ns3::RandomVariableStream::GetTypeId()) && !is_drawable(object, why))
        return nullptr;
    if (!is_complete(object, why))
        return nullptr;
    return object;
}

int64_t
first_stream(int64_t stream)
{
    /* splitmix64's mixer. The bit that is set keeps these apart from the small numbers that callers choose. */
    uint64_t z = static_cast<uint64_t>(stream) + UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return static_cast<int64_t>((z & (UINT64_MAX >> 2) & ~UINT64_C(0xff)) | UINT64_C(1) << 62);
}

} // namespace ns3c
