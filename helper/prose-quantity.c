/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-quantity.h"

#include "prose-ini.h"

#include <math.h>
#include <string.h>

typedef struct Unit {
    const char *name;
    double factor;
    const char *alias[2];
} Unit;

typedef struct Dimension {
    const char *what;              /* "a unit of …" */
    const char *base;
    Unit units[8];                 /* ends with an empty name; small to large */
} Dimension;

static const Dimension dimensions[] = {
    [PROSE_DIM_TIME] = { "time", "s", {
        { "ns", 1e-9 }, { "us", 1e-6, { "µs", "μs" } }, { "ms", 1e-3 }, { "s", 1 }, { "min", 60 },
        { "h", 3600 }, { "d", 86400 } } },
    [PROSE_DIM_LENGTH] = { "length", "m", { { "cm", 0.01 }, { "m", 1 }, { "km", 1000 } } },
    [PROSE_DIM_SPEED] = { "speed", "m/s", { { "km/h", 1 / 3.6 }, { "m/s", 1 } } },
    [PROSE_DIM_BITRATE] = { "rate", "bit/s", { { "bit/s", 1 }, { "kbit/s", 1e3 }, { "Mbit/s", 1e6 }, { "Gbit/s", 1e9 } } },
    [PROSE_DIM_FRACTION] = { "share", "", { { "%", 0.01 } } },
    [PROSE_DIM_DRIFT] = { "drift", "ppm", { { "ppb", 1e-3 }, { "ppm", 1 } } },
    [PROSE_DIM_POWER] = { "power", "dBm", { { "dBm", 1 } } },
    [PROSE_DIM_LEVEL] = { "level", "dB", { { "dB", 1 } } },
    [PROSE_DIM_FREQUENCY] = { "frequency", "Hz", { { "Hz", 1 }, { "kHz", 1e3 }, { "MHz", 1e6 }, { "GHz", 1e9 } } },
    [PROSE_DIM_RATE] = { "frequency", "/s", { { "/h", 1 / 3600.0 }, { "/min", 1 / 60.0 }, { "/s", 1 } } },
};

const char *
prose_unit(ProseDimension dimension)
{
    return dimensions[dimension].base;
}

char *
prose_units(ProseDimension dimension, const ProseTimeUnits *units)
{
    GString *text = g_string_new(NULL);

    for (const Unit *u = dimensions[dimension].units; u->name; u++)
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", u->name);
    if (dimension == PROSE_DIM_TIME && units && units->period_s > 0)
        g_string_append(text, ", periods");
    if (dimension == PROSE_DIM_TIME && units && units->cryptoperiod_s > 0)
        g_string_append(text, ", cryptoperiods");
    return g_string_free(text, FALSE);
}

char *
prose_quantity_print(double value, ProseDimension dimension)
{
    const Dimension *d = &dimensions[dimension];
    const char *name = d->base;
    double shown = value;

    for (const Unit *u = d->units; u->name; u++) {
        double in_unit = value / u->factor;

        if (u->factor > 1 && value != 0 && fabs(in_unit) >= 1 && in_unit == floor(in_unit)) {
            name = u->name;
            shown = in_unit;
        }
    }
    return g_strdup_printf("%.15g%s%s", shown, *name ? " " : "", name);
}

/* ---- numbers ---- */

static const char *
skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* Returns the end of a decimal number at @p, or %NULL. "1..3" is a 1: a point belongs to the number only before a digit. */
static const char *
read_number(const char *p, double *ret)
{
    const char *start = p;

    if (*p == '+' || *p == '-')
        p++;
    if (!g_ascii_isdigit(*p))
        return NULL;
    while (g_ascii_isdigit(*p))
        p++;
    if (*p == '.' && g_ascii_isdigit(p[1])) {
        p++;
        while (g_ascii_isdigit(*p))
            p++;
    }
    if ((*p == 'e' || *p == 'E') && (g_ascii_isdigit(p[1]) || ((p[1] == '+' || p[1] == '-') && g_ascii_isdigit(p[2])))) {
        p += 2;
        while (g_ascii_isdigit(*p))
            p++;
    }
    {
        g_autofree char *digits = g_strndup(start, (size_t) (p - start));

        *ret = g_ascii_strtod(digits, NULL);
    }
    return p;
}

static bool
find_unit(ProseDimension dimension, const char *name, const ProseTimeUnits *units, double *ret_factor)
{
    for (const Unit *u = dimensions[dimension].units; u->name; u++) {
        if (strcmp(name, u->name) == 0 || g_strcmp0(name, u->alias[0]) == 0 || g_strcmp0(name, u->alias[1]) == 0) {
            *ret_factor = u->factor;
            return true;
        }
    }
    if (dimension != PROSE_DIM_TIME || !units)
        return false;
    if (units->period_s > 0 && (strcmp(name, "periods") == 0 || strcmp(name, "period") == 0)) {
        *ret_factor = units->period_s;
        return true;
    }
    if (units->cryptoperiod_s > 0 && (strcmp(name, "cryptoperiods") == 0 || strcmp(name, "cryptoperiod") == 0)) {
        *ret_factor = units->cryptoperiod_s;
        return true;
    }
    return false;
}

typedef struct Amount {
    double number;
    double factor;                 /* of its unit; 0: it has none */
} Amount;

/* Reads one number and, if one follows, its unit. Returns the end, or %NULL with @ret_wrong. */
static const char *
read_amount(const char *p, ProseDimension dimension, const ProseTimeUnits *units, Amount *ret, char **ret_wrong)
{
    const Dimension *d = &dimensions[dimension];
    g_autofree char *name = NULL, *known = NULL;
    Amount amount = { 0 };
    const char *end, *unit;

    p = skip_blanks(p);
    end = read_number(p, &amount.number);
    if (!end || !isfinite(amount.number)) {
        known = prose_units(dimension, units);
        *ret_wrong = g_strdup_printf("not a number; a number with one of %s", known);
        return NULL;
    }
    unit = skip_blanks(end);
    p = unit;
    while (*p && !strchr(" \t,.+-", *p) && !g_ascii_isdigit(*p))
        p++;
    name = g_strndup(unit, (size_t) (p - unit));
    /* The "x" between two numbers is no unit. */
    if (!*name || strcmp(name, "x") == 0) {
        *ret = amount;
        return end;
    }
    if (!find_unit(dimension, name, units, &amount.factor)) {
        known = prose_units(dimension, units);
        *ret_wrong = g_strdup_printf("\"%s\" is no unit of %s; one of %s", name, d->what, known);
        return NULL;
    }
    *ret = amount;
    return p;
}

/* The value of @a, which has to have a unit unless its dimension needs none. */
static bool
amount_value(const Amount *a, ProseDimension dimension, const ProseTimeUnits *units, double *ret, char **ret_wrong)
{
    if (a->factor == 0 && dimension != PROSE_DIM_FRACTION) {
        g_autofree char *known = prose_units(dimension, units);

        *ret_wrong = g_strdup_printf("no unit; one of %s", known);
        return false;
    }
    *ret = a->factor == 0 ? a->number : a->number * a->factor;
    return true;
}

static bool
left_over(const char *p, char **ret_wrong)
{
    p = skip_blanks(p);
    if (!*p)
        return false;
    *ret_wrong = g_strdup_printf("\"%s\" is left over; a single value is wanted here", p);
    return true;
}

/* One value, compound if more amounts in ever smaller units follow. */
static const char *
read_quantity(const char *p, ProseDimension dimension, const ProseTimeUnits *units, double *ret, char **ret_wrong)
{
    Amount amount;
    double sum, value;

    p = read_amount(p, dimension, units, &amount, ret_wrong);
    if (!p || !amount_value(&amount, dimension, units, &sum, ret_wrong))
        return NULL;
    while (dimension == PROSE_DIM_TIME && g_ascii_isdigit(*skip_blanks(p))) {
        double above = amount.factor;

        p = read_amount(p, dimension, units, &amount, ret_wrong);
        if (!p || !amount_value(&amount, dimension, units, &value, ret_wrong))
            return NULL;
        if (amount.factor >= above) {
            *ret_wrong = g_strdup("units do not fall; a compound goes from large to small, as in 3 d 2 h");
            return NULL;
        }
        sum += sum < 0 ? -value : value;
    }
    *ret = sum;
    return p;
}

bool
prose_quantity_parse(double *ret, ProseDimension dimension, const char *text, const ProseTimeUnits *units, char **ret_wrong)
{
    double value;
    const char *p = read_quantity(text, dimension, units, &value, ret_wrong);

    if (!p || left_over(p, ret_wrong))
        return false;
    *ret = value;
    return true;
}

bool
prose_quantities_parse(double *ret, size_t n, ProseDimension dimension, const char *separator, const char *text, char **ret_wrong)
{
    g_autofree double *values = g_new(double, n);
    const char *p = text;
    Amount amount;

    for (size_t i = 0; i < n; i++) {
        p = read_amount(p, dimension, NULL, &amount, ret_wrong);
        if (!p || !amount_value(&amount, dimension, NULL, &values[i], ret_wrong))
            return false;
        p = skip_blanks(p);
        if (i + 1 < n) {
            if (!g_str_has_prefix(p, separator) || !*p) {
                *ret_wrong = g_strdup_printf("%zu of %zu values; they are separated by %s", i + 1, n,
                                             *separator ? separator : "blanks");
                return false;
            }
            p += strlen(separator);
        }
    }
    if (left_over(p, ret_wrong))
        return false;
    memcpy(ret, values, n * sizeof *ret);
    return true;
}

bool
prose_range_parse(double ret[2], ProseDimension dimension, const char *text, const ProseTimeUnits *units, char **ret_wrong)
{
    const char *dots = strstr(text, "..");
    g_autofree char *first = dots ? g_strndup(text, (size_t) (dots - text)) : NULL;
    Amount low, high;
    const char *p;
    double a, b;

    if (!dots) {
        *ret_wrong = g_strdup("no \"..\"; two values with \"..\" between them");
        return false;
    }
    p = read_amount(first, dimension, units, &low, ret_wrong);
    if (!p || left_over(p, ret_wrong))
        return false;
    p = read_amount(dots + 2, dimension, units, &high, ret_wrong);
    if (!p || left_over(p, ret_wrong))
        return false;
    if (low.factor == 0)
        low.factor = high.factor;
    if (!amount_value(&low, dimension, units, &a, ret_wrong) || !amount_value(&high, dimension, units, &b, ret_wrong))
        return false;
    if (a > b) {
        *ret_wrong = g_strdup("ends before it begins; the smaller value comes first");
        return false;
    }
    ret[0] = a;
    ret[1] = b;
    return true;
}

bool
prose_integer_parse(uint64_t *ret, const char *text, char **ret_wrong)
{
    guint64 value;

    if (!*text || text[strspn(text, "0123456789")]) {
        *ret_wrong = g_strdup("not a whole number; decimal digits");
        return false;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &value, NULL)) {
        *ret_wrong = g_strdup("too large a number; at most 18446744073709551615");
        return false;
    }
    *ret = value;
    return true;
}

/* ---- distributions ---- */

/* Numbers side by side, each with its unit, a zero without. Returns how many, or -1. */
static int
read_arguments(const char *p, ProseDimension dimension, const ProseTimeUnits *units, double ret[4], char **ret_wrong)
{
    int n = 0;

    for (p = skip_blanks(p); *p; p = skip_blanks(p)) {
        Amount amount;

        if (n == 3) {
            *ret_wrong = g_strdup_printf("\"%s\" is left over; at most three values stand here", p);
            return -1;
        }
        p = read_amount(p, dimension, units, &amount, ret_wrong);
        if (!p)
            return -1;
        if (amount.number == 0)
            ret[n++] = 0;
        else if (!amount_value(&amount, dimension, units, &ret[n++], ret_wrong))
            return -1;
    }
    return n;
}

static const char *const distribution_forms = "constant x, uniform a b, normal mean sd [bound], exponential mean";

static bool
check_normal(const ProseDistribution *d, int n, char **ret_wrong)
{
    if (d->b < 0)
        *ret_wrong = g_strdup("a standard deviation below 0; normal mean sd [bound]");
    else if (n == 3 && d->bound <= 0)
        *ret_wrong = g_strdup("a bound that is not above 0; leave it out, or normal mean sd bound");
    else
        return true;
    return false;
}

bool
prose_distribution_parse(ProseDistribution *ret, ProseDimension dimension, const char *text,
                         const ProseTimeUnits *units, char **ret_wrong)
{
    static const struct { const char *word; int least, most; } kinds[] = {
        [PROSE_DIST_CONSTANT] = { "constant", 1, 1 }, [PROSE_DIST_UNIFORM] = { "uniform", 2, 2 },
        [PROSE_DIST_NORMAL] = { "normal", 2, 3 }, [PROSE_DIST_EXPONENTIAL] = { "exponential", 1, 1 },
    };
    size_t word_len = strcspn(text, " \t");
    double v[4] = { 0 };
    int n;

    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        ProseDistribution d = { .kind = (ProseDistributionKind) k };

        if (strlen(kinds[k].word) != word_len || strncmp(text, kinds[k].word, word_len) != 0)
            continue;
        if (k == PROSE_DIST_CONSTANT)
            break;
        n = read_arguments(text + word_len, dimension, units, v, ret_wrong);
        if (n < 0)
            return false;
        if (n < kinds[k].least || n > kinds[k].most) {
            *ret_wrong = g_strdup_printf("%d value%s after %s; one of %s", n, n == 1 ? "" : "s", kinds[k].word, distribution_forms);
            return false;
        }
        d.a = v[0];
        d.b = v[1];
        d.bound = v[2];
        if (k == PROSE_DIST_UNIFORM && d.a > d.b) {
            *ret_wrong = g_strdup("ends before it begins; uniform a b, with a not above b");
            return false;
        }
        if (k == PROSE_DIST_EXPONENTIAL && d.a <= 0) {
            *ret_wrong = g_strdup("a mean that is not above 0; exponential mean");
            return false;
        }
        if (k == PROSE_DIST_NORMAL && !check_normal(&d, n, ret_wrong))
            return false;
        *ret = d;
        return true;
    }
    if (g_ascii_isalpha(*text) && (word_len != strlen("constant") || strncmp(text, "constant", word_len) != 0)) {
        *ret_wrong = g_strdup_printf("\"%.*s\" is no distribution; one of %s", (int) word_len, text, distribution_forms);
        return false;
    }
    if (g_ascii_isalpha(*text))
        text = skip_blanks(text + word_len);
    if (strcmp(text, "0") != 0 && !prose_quantity_parse(&v[0], dimension, text, units, ret_wrong))
        return false;
    *ret = (ProseDistribution) { .kind = PROSE_DIST_CONSTANT, .a = v[0] };
    return true;
}

void
prose_distribution_support(const ProseDistribution *d, double ret[2])
{
    switch (d->kind) {
    case PROSE_DIST_CONSTANT:
        ret[0] = ret[1] = d->a;
        break;
    case PROSE_DIST_UNIFORM:
        ret[0] = d->a;
        ret[1] = d->b;
        break;
    case PROSE_DIST_NORMAL:
        ret[0] = d->a - (d->b == 0 ? 0 : d->bound > 0 ? d->bound : INFINITY);
        ret[1] = d->a + (d->b == 0 ? 0 : d->bound > 0 ? d->bound : INFINITY);
        break;
    case PROSE_DIST_EXPONENTIAL:
        ret[0] = 0;
        ret[1] = INFINITY;
        break;
    }
}

static double
polynomial(const double *c, size_t n, double x)
{
    double y = c[n - 1];

    for (size_t i = n - 1; i > 0; i--)
        y = y * x + c[i - 1];
    return y;
}

/* The standard normal quantile: Wichura's algorithm AS 241 (PPND16), relative error about 1e-16. */
static double
normal_quantile(double p)
{
    static const double a[] = {
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3 };
    static const double b[] = {
        1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3 };
    static const double c[] = {
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4 };
    static const double d[] = {
        1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9 };
    static const double e[] = {
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7 };
    static const double f[] = {
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15 };
    double q = p - 0.5, r, x;

    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        return q * polynomial(a, 8, r) / polynomial(b, 8, r);
    }
    r = sqrt(-log(q < 0 ? p : 1 - p));
    x = r <= 5 ? polynomial(c, 8, r - 1.6) / polynomial(d, 8, r - 1.6) : polynomial(e, 8, r - 5) / polynomial(f, 8, r - 5);
    return q < 0 ? -x : x;
}

double
prose_distribution_quantile(const ProseDistribution *d, double u)
{
    switch (d->kind) {
    case PROSE_DIST_CONSTANT:
        return d->a;
    case PROSE_DIST_UNIFORM:
        return d->a + (d->b - d->a) * u;
    case PROSE_DIST_NORMAL: {
        double tail, value;

        if (d->b == 0)
            return d->a;
        /* Cut at the bound: the share outside is left out, as if it were drawn again until it fits; one draw does. */
        tail = d->bound > 0 ? 0.5 * erfc(d->bound / d->b / M_SQRT2) : 0;
        value = d->a + d->b * normal_quantile(tail + (1 - 2 * tail) * u);
        return d->bound > 0 ? CLAMP(value, d->a - d->bound, d->a + d->bound) : value;
    }
    case PROSE_DIST_EXPONENTIAL:
        return -d->a * log1p(-u);
    }
    return d->a;
}

double
prose_distribution_draw(const ProseDistribution *d, const ProseDrawKey *key, ProseDrawPurpose purpose, uint64_t who,
                        uint64_t index)
{
    double u = prose_draw_double(key, purpose, who, index);

    /* Neither 0 nor, by rounding, 1: no quantile is infinite. */
    return prose_distribution_quantile(d, CLAMP(u, 0x1p-54, 1 - 0x1p-53));
}
