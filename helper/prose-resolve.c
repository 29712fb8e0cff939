/* SPDX-License-Identifier: GPL-2.0-only */
/* From the lines of a file and -s options to settings: names, precedence, defaults, and each value read by its type. */
#include "prose-scenario-internal.h"

#include <string.h>

#define PLANNED_TEXT "planned for a later version, not understood yet"

/* ---- sections and values ---- */

static void
section_free(gpointer data)
{
    ProseResolvedSection *section = data;

    for (guint i = 0; i < section->n_values; i++) {
        g_free(section->values[i].text);
        prose_value_clear(&section->values[i].value);
        g_clear_pointer(&section->values[i].refs, g_array_unref);
    }
    g_free(section->values);
    prose_ue_selection_clear(&section->selection);
    g_free(section->name);
    g_free(section->header);
    g_free(section);
}

ProseResolved *
prose_resolved_free(ProseResolved *r)
{
    if (!r)
        return NULL;
    g_ptr_array_unref(r->sections);
    g_ptr_array_unref(r->options);
    prose_mistakes_free(r->mistakes);
    g_free(r);
    return NULL;
}

static ProseResolvedSection *
section_add(ProseResolved *r, const ProseSectionKind *kind, const char *name, ProseOrigin origin)
{
    const GPtrArray *settings = prose_settings_of(kind->kind);
    ProseResolvedSection *section = g_new0(ProseResolvedSection, 1);

    section->kind = kind;
    section->name = g_strdup(name);
    section->header = prose_ini_header(kind->kind, name);
    section->origin = origin;
    section->n_values = settings->len;
    section->values = g_new0(ProseResolvedValue, settings->len);
    for (guint i = 0; i < settings->len; i++)
        section->values[i].setting = settings->pdata[i];
    g_ptr_array_add(r->sections, section);
    return section;
}

ProseResolvedSection *
prose_resolved_find(const ProseResolved *r, const char *kind, const char *name)
{
    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *section = r->sections->pdata[i];

        if (strcmp(section->kind->kind, kind) == 0 && g_strcmp0(section->name, name) == 0)
            return section;
    }
    return NULL;
}

/* Discoveries and group keys share one numbering and one set of names. */
static bool
counts_as(const ProseResolvedSection *section, const char *kind)
{
    return strcmp(section->kind->kind, kind) == 0
           || (strcmp(kind, "discovery") == 0 && strcmp(section->kind->kind, "group-key") == 0);
}

ProseResolvedSection *
prose_resolved_at(const ProseResolved *r, const char *kind, unsigned index)
{
    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *section = r->sections->pdata[i];

        if (counts_as(section, kind) && section->index == index)
            return section;
    }
    return NULL;
}

unsigned
prose_resolved_count(const ProseResolved *r, const char *kind)
{
    unsigned n = 0;

    for (guint i = 0; i < r->sections->len; i++)
        n += counts_as(r->sections->pdata[i], kind);
    return n;
}

static ProseResolvedValue *
value_of(const ProseResolvedSection *section, const char *key)
{
    for (guint i = 0; i < section->n_values; i++) {
        if (strcmp(section->values[i].setting->key, key) == 0)
            return &section->values[i];
    }
    return NULL;
}

const ProseResolvedValue *
prose_resolved_value(const ProseResolvedSection *section, const char *key)
{
    const ProseResolvedValue *value = value_of(section, key);

    g_assert(value);
    return value->is_read ? value : NULL;
}

const ProseValue *
prose_resolved_read(const ProseResolvedSection *section, const char *key)
{
    static const ProseValue none;
    const ProseResolvedValue *v = prose_resolved_value(section, key);

    return v ? &v->value : &none;
}

/* ---- messages ---- */

ProseOrigin
prose_resolved_origin(const ProseResolvedSection *section, const ProseResolvedValue *value)
{
    return value->origin.source == PROSE_SOURCE_DEFAULT ? section->origin : value->origin;
}

void
prose_resolved_wrong(ProseResolved *r, ProseResolvedSection *section, const char *key, const char *format, ...)
{
    const ProseResolvedValue *value = value_of(section, key);
    g_autofree char *wrong = NULL;
    va_list args;

    va_start(args, format);
    wrong = g_strdup_vprintf(format, args);
    va_end(args);
    section->is_wrong = true;
    prose_mistakes_add(r->mistakes, prose_resolved_origin(section, value), "[%s] %s%s%s: %s", section->header, key,
                       value->text ? " = " : "", value->text ? value->text : "", wrong);
}

void
prose_resolved_section_wrong(ProseResolved *r, ProseResolvedSection *section, const char *format, ...)
{
    g_autofree char *wrong = NULL;
    va_list args;

    va_start(args, format);
    wrong = g_strdup_vprintf(format, args);
    va_end(args);
    section->is_wrong = true;
    prose_mistakes_add(r->mistakes, section->origin, "[%s]: %s", section->header, wrong);
}

static const char *
nearest_kind(const char *word)
{
    size_t n;
    const ProseSectionKind *kinds = prose_section_kinds(&n);
    g_autofree const char **names = g_new(const char *, n);

    for (size_t i = 0; i < n; i++)
        names[i] = kinds[i].kind;
    return prose_nearest(word, names, n);
}

static const char *
nearest_key(const char *kind, const char *word)
{
    const GPtrArray *settings = prose_settings_of(kind);
    g_autofree const char **names = g_new(const char *, settings->len);

    for (guint i = 0; i < settings->len; i++)
        names[i] = ((const ProseSetting *) settings->pdata[i])->key;
    return prose_nearest(word, names, settings->len);
}

/* ---- names of sections ---- */

static bool
is_name(const char *name)
{
    return g_ascii_isalnum(*name)
           && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")];
}

/* Whether a section may be called that; reports if not. */
static bool
name_fits(ProseResolved *r, const ProseSectionKind *kind, const char *name, ProseOrigin origin, ProseUeSelection *ret_selection)
{
    g_autofree char *header = prose_ini_header(kind->kind, name), *wrong = NULL;
    bool named = kind->naming == PROSE_SECTION_NAMED || kind->naming == PROSE_SECTION_SELECTION;

    if (named && !name)
        prose_mistakes_add(r->mistakes, origin, "[%s]: has no name; [%s %s]", header, kind->kind,
                           kind->naming == PROSE_SECTION_NAMED ? "NAME" : "GROUP[0]");
    else if (kind->naming == PROSE_SECTION_NAMELESS && name)
        prose_mistakes_add(r->mistakes, origin, "[%s]: takes no name; [%s]", header, kind->kind);
    else if (kind->naming == PROSE_SECTION_SELECTION && !prose_ue_selection_parse(ret_selection, name, &wrong))
        prose_mistakes_add(r->mistakes, origin, "[%s]: %s", header, wrong);
    else if (kind->naming != PROSE_SECTION_SELECTION && name && !is_name(name))
        prose_mistakes_add(r->mistakes, origin, "[%s]: not a name; letters, digits, \"-\" and \"_\"", header);
    else if (kind->naming != PROSE_SECTION_SELECTION && name && (strcmp(name, "all") == 0 || strcmp(name, "none") == 0))
        prose_mistakes_add(r->mistakes, origin, "[%s]: \"%s\" has a meaning of its own in lists; any other name", header, name);
    else
        return true;
    return false;
}

/* ---- the file ---- */

static void
set_text(ProseResolved *r, ProseResolvedSection *section, const char *key, const char *text, ProseOrigin origin)
{
    ProseResolvedValue *value = value_of(section, key);

    if (!value) {
        section->is_wrong = true;
        prose_mistakes_add(r->mistakes, origin, "[%s] %s: unknown key; the nearest is %s", section->header, key,
                           nearest_key(section->kind->kind, key));
    } else if (value->setting->planned) {
        section->is_wrong = true;
        prose_mistakes_add(r->mistakes, origin, "[%s] %s: " PLANNED_TEXT, section->header, key);
    } else if (section->kind->keys_of && strcmp(key, "count") == 0) {
        section->is_wrong = true;
        prose_mistakes_add(r->mistakes, origin, "[%s] %s: belongs to the group; [ue-group %s] has it", section->header, key,
                           section->selection.group ? section->selection.group : "NAME");
    } else {
        g_free(value->text);
        value->text = g_strdup(text);
        value->origin = origin;
    }
}

static void
resolve_file_section(ProseResolved *r, const ProseIniSection *from)
{
    ProseOrigin origin = prose_origin_file(from->line);
    const ProseSectionKind *kind = prose_section_kind_find(from->kind);
    g_auto(ProseUeSelection) selection = { 0 };
    ProseResolvedSection *section;

    if (!kind) {
        g_autofree char *header = prose_ini_header(from->kind, from->name);

        prose_mistakes_add(r->mistakes, origin, "[%s]: unknown section; the nearest is [%s]", header, nearest_kind(from->kind));
        return;
    }
    if (kind->of_campaign) {
        prose_mistakes_add(r->mistakes, origin, "[%s]: belongs in a campaign file; prose-sim campaign FILE", from->kind);
        return;
    }
    if (kind->planned) {
        g_autofree char *header = prose_ini_header(from->kind, from->name);

        prose_mistakes_add(r->mistakes, origin, "[%s]: " PLANNED_TEXT, header);
    } else if (!name_fits(r, kind, from->name, origin, &selection)) {
        return;
    } else if (strcmp(kind->kind, "pool") == 0 && prose_resolved_count(r, "pool") == PROSE_POOLS_MAX) {
        prose_mistakes_add(r->mistakes, origin, "[%s%s%s]: one too many; at most %d pools (TS 36.331)", kind->kind, from->name ? " " : "",
                           from->name ? from->name : "", PROSE_POOLS_MAX);
        return;
    } else if (strcmp(kind->kind, "prose-function") == 0 && prose_resolved_count(r, kind->kind) > 0) {
        prose_mistakes_add(r->mistakes, origin, "[%s%s%s]: a second one is " PLANNED_TEXT, kind->kind, from->name ? " " : "",
                           from->name ? from->name : "");
        return;
    }
    if (kind->planned && prose_settings_of(kind->kind)->len == 0)
        return;
    section = section_add(r, kind, from->name, origin);
    section->selection = selection;
    selection.group = NULL;
    for (guint i = 0; i < from->entries->len; i++) {
        const ProseIniEntry *entry = from->entries->pdata[i];

        set_text(r, section, entry->key, entry->value, prose_origin_file(entry->line));
    }
    if (kind->planned)
        g_ptr_array_set_size(r->sections, (gint) r->sections->len - 1);
}

static void
add_missing_sections(ProseResolved *r)
{
    size_t n;
    const ProseSectionKind *kinds = prose_section_kinds(&n);

    for (size_t i = 0; i < n; i++) {
        if (!kinds[i].planned && !kinds[i].of_campaign && (kinds[i].naming == PROSE_SECTION_NAMELESS || kinds[i].naming == PROSE_SECTION_MAY_BE_NAMED)
            && prose_resolved_count(r, kinds[i].kind) == 0)
            section_add(r, &kinds[i], NULL, prose_origin_file(0));
    }
}

/* ---- options ---- */

/* The sections that @pattern of an option means. */
static GPtrArray *
sections_meant(ProseResolved *r, const char *pattern, ProseOrigin origin)
{
    GPtrArray *meant = g_ptr_array_new();
    bool wild = strchr(pattern, '*');
    g_autoptr(GPatternSpec) spec = g_pattern_spec_new(pattern);

    /* By header, then by name alone, then by kind alone. */
    for (int by = 0; by < 3 && meant->len == 0; by++) {
        for (guint i = 0; i < r->sections->len; i++) {
            ProseResolvedSection *section = r->sections->pdata[i];
            const char *what = by == 0 ? section->header : by == 1 ? section->name : section->kind->kind;

            if (what && (wild ? g_pattern_spec_match_string(spec, what) : strcmp(what, pattern) == 0))
                g_ptr_array_add(meant, section);
        }
        if (!wild && meant->len > 1) {
            const ProseResolvedSection *a = meant->pdata[0], *b = meant->pdata[1];

            prose_mistakes_add(r->mistakes, origin, "\"%s\" means [%s] and [%s]; the whole header, or a pattern with *", pattern,
                               a->header, b->header);
            g_ptr_array_set_size(meant, 0);
            return meant;
        }
    }
    if (meant->len == 0 && g_str_has_prefix(pattern, "ue ")) {
        const ProseSectionKind *kind = prose_section_kind_find("ue");
        ProseUeSelection selection = { 0 };
        g_autofree char *name = g_strstrip(g_strdup(pattern + strlen("ue ")));

        if (name_fits(r, kind, name, origin, &selection)) {
            ProseResolvedSection *section = section_add(r, kind, name, origin);

            section->selection = selection;
            g_ptr_array_add(meant, section);
        }
        return meant;
    }
    if (meant->len == 0) {
        g_autofree char *word = g_strndup(pattern, strcspn(pattern, " "));
        const ProseSectionKind *kind = prose_section_kind_find(word);
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (guint i = 0; i < r->sections->len; i++) {
            const ProseResolvedSection *section = r->sections->pdata[i];

            g_ptr_array_add(names, section->header);
            if (section->name)
                g_ptr_array_add(names, section->name);
        }
        if (kind && kind->planned)
            prose_mistakes_add(r->mistakes, origin, "[%s]: " PLANNED_TEXT, pattern);
        else
            prose_mistakes_add(r->mistakes, origin, "no section \"%s\" here; the nearest is \"%s\"", pattern,
                               prose_nearest(pattern, (const char *const *) names->pdata, names->len));
    }
    return meant;
}

static void
apply_option(ProseResolved *r, const char *option, unsigned number)
{
    ProseOrigin origin = prose_origin_option(number, option);
    const char *equals = strchr(option, '=');
    g_autofree char *left = equals ? g_strndup(option, (size_t) (equals - option)) : NULL;
    char *dot = left ? strrchr(left, '.') : NULL;
    g_autofree char *value = NULL, *wrong = NULL;
    g_autoptr(GPtrArray) meant = NULL;
    const char *key;
    bool any = false;

    if (!dot) {
        prose_mistakes_add(r->mistakes, origin, "no %s; SECTION.KEY=VALUE", equals ? "\".\" before the \"=\"" : "\"=\"");
        return;
    }
    *dot = '\0';
    key = g_strstrip(dot + 1);
    meant = sections_meant(r, g_strstrip(left), origin);
    if (meant->len == 0)
        return;
    value = strchr(option, '\n') ? NULL : prose_ini_value(equals + 1, &wrong);
    if (!value) {
        prose_mistakes_add(r->mistakes, origin, "%s", wrong ? wrong : "a value of several lines; one line");
        return;
    }
    /* A pattern passes over sections of other kinds that know no such key. */
    for (guint i = 0; i < meant->len; i++)
        any |= value_of(meant->pdata[i], key) != NULL;
    for (guint i = 0; i < meant->len; i++) {
        if (!any || value_of(meant->pdata[i], key))
            set_text(r, meant->pdata[i], key, value, origin);
        if (!any)
            break;
    }
}

/* ---- defaults ---- */

static char *
fallback_text(const ProseResolved *r, const ProseResolvedSection *section, const ProseSetting *setting)
{
    const char *name = strstr(setting->fallback, "NAME");
    const ProseResolvedValue *policy = strcmp(section->kind->kind, "discovery") == 0 ? value_of(section, "policy") : NULL;
    const char *preset = policy && policy->text ? prose_policy_preset_text(policy->text, setting->key) : NULL;

    if (preset)
        return g_strdup(preset);
    if (strcmp(setting->fallback, PROSE_FALLBACK_UTC_START) == 0) {
        const ProseResolvedSection *simulation = prose_resolved_find(r, "simulation", NULL);

        return g_strdup(value_of(simulation, "utc-start")->text);
    }
    if (strcmp(setting->fallback, PROSE_FALLBACK_TIME_ERROR) == 0) {
        static const char *const errors[] = { "sib16", "exact", "nitz", "nitz", "rtc", "sync" };
        const char *kind = value_of(section, "kind")->text;

        for (size_t i = 0; kind && i < G_N_ELEMENTS(errors); i += 2) {
            if (strcmp(kind, errors[i]) == 0)
                return g_strdup(errors[i + 1]);
        }
        return g_strdup("gnss");
    }
    if (name)
        return g_strdup_printf("%.*s%s%s", (int) (name - setting->fallback), setting->fallback, section->name,
                               name + strlen("NAME"));
    return g_strdup(setting->fallback);
}

static void
complete_value(ProseResolved *r, ProseResolvedSection *section, ProseResolvedValue *value)
{
    const ProseSetting *setting = value->setting;
    const ProseResolvedValue *unless = setting->unless ? value_of(section, setting->unless) : NULL;
    const ProseResolvedValue *with = setting->with ? value_of(section, setting->with) : NULL;
    bool stands_alone = with && (!with->text || (setting->with_value && strcmp(with->text, setting->with_value) != 0));
    g_autofree char *range = NULL;

    if (unless && unless->text && value->text && unless->origin.source != PROSE_SOURCE_DEFAULT) {
        /* Once a pair, at the later of the two. */
        bool is_later = value->origin.source > unless->origin.source
                        || (value->origin.source == unless->origin.source && value->origin.line > unless->origin.line);

        if (is_later)
            prose_resolved_wrong(r, section, setting->key, "stands beside %s; one of the two", setting->unless);
        return;
    }
    if (stands_alone && value->text) {
        prose_resolved_wrong(r, section, setting->key, "means nothing without %s%s%s; the two together", setting->with,
                             setting->with_value ? " = " : "", setting->with_value ? setting->with_value : "");
        return;
    }
    if (value->text || (unless && unless->text && unless->origin.source != PROSE_SOURCE_DEFAULT) || stands_alone)
        return;
    if (setting->fallback) {
        if (*setting->fallback)
            value->text = fallback_text(r, section, setting);
        return;
    }
    if (unless) {
        /* Either of two has to be there: said once, at the first. */
        if (value < unless)
            prose_resolved_section_wrong(r, section, "neither %s nor %s; one of the two", setting->key, setting->unless);
        return;
    }
    range = prose_setting_range(setting);
    prose_resolved_wrong(r, section, setting->key, "missing; %s%s%s", prose_setting_type_name(setting->type),
                         *range ? ", " : "", range);
}

static void
complete_section(ProseResolved *r, ProseResolvedSection *section)
{
    for (guint i = 0; i < section->n_values && !section->kind->keys_of; i++) {
        if (!section->values[i].setting->planned)
            complete_value(r, section, &section->values[i]);
    }
}

/* [simulation] first: other defaults are taken from it. */
static void
complete(ProseResolved *r)
{
    ProseResolvedSection *simulation = prose_resolved_find(r, "simulation", NULL);

    complete_section(r, simulation);
    for (guint i = 0; i < r->sections->len; i++) {
        if (r->sections->pdata[i] != simulation)
            complete_section(r, r->sections->pdata[i]);
    }
}

/* ---- values ---- */

static void
read_value(ProseResolved *r, ProseResolvedSection *section, ProseResolvedValue *value, const ProseTimeUnits *units)
{
    g_autofree char *wrong = NULL;

    if (!value->text || value->is_tried)
        return;
    value->is_tried = true;
    value->is_read = prose_setting_parse(value->setting, value->text, units, &value->value, &wrong);
    if (value->is_read)
        return;
    if (units->period_s == 0 && strstr(value->text, " period"))
        prose_resolved_wrong(r, section, value->setting->key, "pools have periods of several lengths here; a time in other units");
    else if (units->cryptoperiod_s == 0 && strstr(value->text, "cryptoperiod"))
        prose_resolved_wrong(r, section, value->setting->key,
                             "cryptoperiods are not of one length here; a time in other units");
    else
        prose_resolved_wrong(r, section, value->setting->key, "%s", wrong);
}

/* Times may be given in periods of the pool, so that is read first; or in cryptoperiods, so these are next. */
static void
read_values(ProseResolved *r)
{
    ProseTimeUnits units = { 0 };
    ProseResolvedSection *pool;
    double common = 0;
    bool differ = false;

    for (unsigned i = 0; (pool = prose_resolved_at(r, "pool", i)); i++) {
        ProseResolvedValue *period = value_of(pool, "period");
        double s;

        read_value(r, pool, period, &units);
        s = period->is_read ? (double) period->value.integer / 1000 : 0.32;
        differ |= common != 0 && common != s;
        common = s;
    }
    units.period_s = differ ? 0 : common;
    common = 0;
    differ = false;
    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *section = r->sections->pdata[i];
        ProseResolvedValue *value = counts_as(section, "discovery") ? value_of(section, "cryptoperiod") : NULL;

        if (!value)
            continue;
        read_value(r, section, value, &units);
        differ |= !value->is_read || (common != 0 && common != value->value.number[0]);
        common = value->value.number[0];
    }
    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *section = r->sections->pdata[i];

        units.cryptoperiod_s = differ ? 0 : common;
        if (counts_as(section, "discovery"))
            units.cryptoperiod_s = value_of(section, "cryptoperiod")->value.number[0];
        for (guint j = 0; j < section->n_values; j++)
            read_value(r, section, &section->values[j], &units);
    }
}

/* ---- references ---- */

ProseResolvedSection *
prose_resolved_reference(ProseResolved *r, ProseResolvedSection *section, const char *key, const char *kind, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    ProseResolvedSection *found = prose_resolved_find(r, kind, name);

    if (found)
        return found;
    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *other = r->sections->pdata[i];

        if (!counts_as(other, kind))
            continue;
        if (strcmp(other->name, name) == 0)
            return other;
        g_ptr_array_add(names, other->name);
    }
    if (names->len == 0)
        prose_resolved_wrong(r, section, key, "there is no [%s ...] section; add [%s %s]", kind, kind, name);
    else
        prose_resolved_wrong(r, section, key, "no [%s %s] section; the nearest is %s", kind, name,
                             prose_nearest(name, (const char *const *) names->pdata, names->len));
    return NULL;
}

/* Which lists may name group keys: those that are about keys, not messages. */
static bool
takes_group_keys(const char *key)
{
    return strcmp(key, "hold") == 0 || strcmp(key, "authorised") == 0;
}

static bool
find_reference(ProseResolved *r, ProseResolvedSection *section, const ProseResolvedValue *value, const char *name, unsigned *ret)
{
    const char *key = value->setting->key;
    const ProseResolvedSection *other = prose_resolved_reference(r, section, key, value->setting->values, name);

    if (!other)
        return false;
    if (strcmp(other->kind->kind, "group-key") == 0 && !takes_group_keys(key)) {
        prose_resolved_wrong(r, section, key,
                             "\"%s\" is a group key, which has no messages; the name of a [discovery ...] section", name);
        return false;
    }
    *ret = other->index;
    return true;
}

static void
resolve_references(ProseResolved *r, ProseResolvedSection *section, ProseResolvedValue *value)
{
    bool is_list = value->setting->type == PROSE_SETTING_REFERENCES;
    unsigned found;

    if (!value->is_read || (!is_list && value->setting->type != PROSE_SETTING_REFERENCE))
        return;
    value->refs = g_array_new(FALSE, FALSE, sizeof(unsigned));
    if (!is_list) {
        if (value->setting->fallback && strcmp(value->value.text, "none") == 0)
            return;
        value->is_read = find_reference(r, section, value, value->value.text, &found);
        if (value->is_read)
            g_array_append_val(value->refs, found);
        return;
    }
    if (!value->value.words) {
        unsigned n = prose_resolved_count(r, value->setting->values);

        for (found = 0; found < n; found++) {
            const ProseResolvedSection *other = prose_resolved_at(r, value->setting->values, found);

            if (strcmp(other->kind->kind, "group-key") != 0 || takes_group_keys(value->setting->key))
                g_array_append_val(value->refs, found);
        }
        return;
    }
    for (guint i = 0; i < value->value.words->len; i++) {
        if (find_reference(r, section, value, value->value.words->pdata[i], &found))
            g_array_append_val(value->refs, found);
        else
            value->is_read = false;
    }
}

static void
number_sections(ProseResolved *r)
{
    size_t n;
    const ProseSectionKind *kinds = prose_section_kinds(&n);
    unsigned n_discoveries = 0;

    for (size_t k = 0; k < n; k++) {
        unsigned index = strcmp(kinds[k].kind, "group-key") == 0 ? n_discoveries : 0;

        for (guint i = 0; i < r->sections->len; i++) {
            ProseResolvedSection *section = r->sections->pdata[i];

            if (section->kind == &kinds[k])
                section->index = index++;
        }
        if (strcmp(kinds[k].kind, "discovery") == 0)
            n_discoveries = index;
    }
}

ProseResolved *
prose_resolve(ProseMistakes *mistakes, const ProseIniFile *ini, const ProseOverride *overrides, size_t n_overrides)
{
    ProseResolved *r = g_new0(ProseResolved, 1);

    r->mistakes = mistakes;
    r->sections = g_ptr_array_new_with_free_func(section_free);
    r->options = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < ini->sections->len; i++)
        resolve_file_section(r, ini->sections->pdata[i]);
    add_missing_sections(r);
    for (size_t i = 0; i < n_overrides; i++) {
        g_ptr_array_add(r->options, g_strdup(overrides[i].text));
        apply_option(r, r->options->pdata[i], (unsigned) i);
    }
    number_sections(r);
    complete(r);
    read_values(r);
    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *section = r->sections->pdata[i];

        for (guint j = 0; j < section->n_values; j++)
            resolve_references(r, section, &section->values[j]);
    }
    return r;
}
