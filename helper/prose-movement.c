/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-movement.h"

#include "prose-quantity.h"

#include <math.h>
#include <string.h>

#define NS_PER_S 1e9
/* 2^53 ns, a hundred days: beyond, a time is no double any more; and 1000 km, as ns3c has it. */
#define LATEST_S 9e6
#define FARTHEST_M 1e6

/* ---- what both share ---- */

static void complain(ProseFileMistakes *mistakes, const char *name, unsigned line, const char *format, ...) G_GNUC_PRINTF(4, 5);

static void
complain(ProseFileMistakes *mistakes, const char *name, unsigned line, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if (mistakes->len > PROSE_MOVEMENT_MISTAKES_MAX)
        return;
    if (mistakes->len == PROSE_MOVEMENT_MISTAKES_MAX) {
        g_ptr_array_add(mistakes, g_strdup_printf("%s: and more", name));
        return;
    }
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(mistakes, g_strdup_printf("%s:%u: %s", name, line, text));
}

/* A finite decimal number and nothing else. */
static bool
read_number(const char *text, double *ret)
{
    char *end;

    if (!g_ascii_isdigit(*text) && *text != '-' && *text != '+' && *text != '.')
        return false;
    *ret = g_ascii_strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*ret);
}

static bool
read_length(const char *text, double *ret)
{
    return read_number(text, ret) && fabs(*ret) <= FARTHEST_M;
}

static bool
is_empty(const char *line)
{
    return *line == '\0' || *line == '#';
}

/* ---- placements ---- */

static void
place_row_clear(gpointer data)
{
    g_free(((ProsePlaceRow *) data)->group);
}

/* The UE of a row: one field, or two. */
static bool
read_ue(char **fields, bool by_member, ProsePlaceRow *ret, char **ret_wrong)
{
    g_auto(ProseUeSelection) selection = { 0 };
    uint64_t member;

    if (by_member) {
        if (!prose_integer_parse(&member, fields[1], ret_wrong))
            return false;
        ret->group = g_strdup(fields[0]);
        ret->member = (unsigned) MIN(member, G_MAXUINT);
        return true;
    }
    if (!prose_ue_selection_parse(&selection, fields[0], ret_wrong))
        return false;
    if (selection.whole || selection.first != selection.last) {
        *ret_wrong = g_strdup_printf("\"%s\" is not one UE; as in engines[3]", fields[0]);
        return false;
    }
    ret->group = g_steal_pointer(&selection.group);
    ret->member = selection.first;
    return true;
}

static void
read_place(ProseFileMistakes *mistakes, const char *name, unsigned line, char **fields, unsigned n, bool by_member, bool has_z, GArray *rows)
{
    ProsePlaceRow row = { .line = line, .has_z = has_z };
    double *numbers[] = { &row.x, &row.y, &row.z };
    unsigned first = by_member ? 2 : 1, want = first + 2 + has_z;
    g_autofree char *wrong = NULL;

    if (n != want) {
        complain(mistakes, name, line, "%u field%s; %u, as the head line says", n, n == 1 ? "" : "s", want);
        return;
    }
    for (unsigned i = 0; i < 2u + has_z; i++) {
        if (!read_length(fields[first + i], numbers[i])) {
            complain(mistakes, name, line, "%s = %s: no length; metres without a unit, within 1000 km", i == 0 ? "x" : i == 1 ? "y" : "z",
                     fields[first + i]);
            return;
        }
    }
    if (!read_ue(fields, by_member, &row, &wrong))
        complain(mistakes, name, line, "%s", wrong);
    else
        g_array_append_val(rows, row);
}

ProseFileMistakes *
prose_placement_parse(const char *name, const char *text, GArray **ret)
{
    static const char *const heads[] = { "ue,x,y", "ue,x,y,z", "group,member,x,y", "group,member,x,y,z" };
    ProseFileMistakes *mistakes = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(ProsePlaceRow));
    int head = -1;

    g_array_set_clear_func(rows, place_row_clear);
    for (unsigned l = 0; lines[l]; l++) {
        g_auto(GStrv) fields = NULL;

        g_strstrip(lines[l]);
        if (is_empty(lines[l]))
            continue;
        fields = g_strsplit(lines[l], ",", -1);
        for (char **f = fields; *f; f++)
            g_strstrip(*f);
        if (head < 0) {
            g_autofree char *joined = g_strjoinv(",", fields);

            for (head = 0; head < (int) G_N_ELEMENTS(heads) && strcmp(joined, heads[head]) != 0; head++)
                ;
            if (head == (int) G_N_ELEMENTS(heads)) {
                complain(mistakes, name, l + 1, "no head line; ue,x,y or group,member,x,y, either with ,z");
                break;
            }
            continue;
        }
        read_place(mistakes, name, l + 1, fields, g_strv_length(fields), head >= 2, head % 2, rows);
    }
    if (head < 0)
        complain(mistakes, name, 1, "nothing in it; a head line, ue,x,y or group,member,x,y, then a row a UE");
    *ret = rows;
    return mistakes;
}

/* ---- movement traces ---- */

typedef enum Order { SET_X, SET_Y, SET_Z, SET_DESTINATION } Order;

typedef struct Command {
    double at_s;
    Order order;
    double v[3];                   /* a coordinate; x, y and speed */
} Command;

typedef struct Node {
    double start[3];
    GArray *commands;              /* of Command */
    GArray *waypoints;             /* of ProseWaypoint, once it is known */
} Node;

struct ProseMovement {
    GHashTable *nodes;             /* number -> (owned) Node; looked up, never walked … */
    GArray *numbers;               /* … but through this, of unsigned, in the order in which they came */
};

static void
node_free(gpointer data)
{
    Node *node = data;

    g_array_unref(node->commands);
    g_array_unref(node->waypoints);
    g_free(node);
}

static Node *
node_of(ProseMovement *movement, unsigned number)
{
    Node *node = g_hash_table_lookup(movement->nodes, GUINT_TO_POINTER(number));

    if (node)
        return node;
    node = g_new0(Node, 1);
    node->commands = g_array_new(FALSE, FALSE, sizeof(Command));
    node->waypoints = g_array_new(FALSE, FALSE, sizeof(ProseWaypoint));
    g_hash_table_insert(movement->nodes, GUINT_TO_POINTER(number), node);
    g_array_append_val(movement->numbers, number);
    return node;
}

/* "$node_(12)" */
static bool
read_node(const char *word, unsigned *ret)
{
    g_autofree char *number = NULL, *wrong = NULL;
    uint64_t n;

    if (!g_str_has_prefix(word, "$node_(") || !g_str_has_suffix(word, ")"))
        return false;
    number = g_strndup(word + strlen("$node_("), strlen(word) - strlen("$node_(") - 1);
    if (!prose_integer_parse(&n, number, &wrong) || n > G_MAXUINT)
        return false;
    *ret = (unsigned) n;
    return true;
}

/* What is said of a node: "set X_ 1" or "setdest 1 2 3". Returns: (nullable) what is wrong, (transfer none). */
static const char *
read_command(char **words, unsigned n, Command *ret)
{
    static const char *const coordinates[] = { [SET_X] = "X_", [SET_Y] = "Y_", [SET_Z] = "Z_" };

    if (n == 3 && strcmp(words[0], "set") == 0) {
        for (unsigned i = 0; i < G_N_ELEMENTS(coordinates); i++) {
            if (strcmp(words[1], coordinates[i]) != 0)
                continue;
            ret->order = (Order) i;
            return read_length(words[2], &ret->v[0]) ? NULL : "no coordinate; metres, within 1000 km";
        }
    } else if (n == 4 && strcmp(words[0], "setdest") == 0) {
        ret->order = SET_DESTINATION;
        if (!read_length(words[1], &ret->v[0]) || !read_length(words[2], &ret->v[1]))
            return "no destination; metres, within 1000 km";
        return read_number(words[3], &ret->v[2]) && ret->v[2] >= 0 && ret->v[2] <= 1000 ? NULL : "no speed; 0 to 1000 m/s";
    }
    return "not understood; set X_, set Y_, set Z_ or setdest X Y SPEED";
}

/* Words at blanks, without the quotes around what is to be done at a time. */
static GPtrArray *
words_of(const char *line)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit_set(line, " \t\"", -1);

    for (char **p = parts; *p; p++) {
        if (**p)
            g_ptr_array_add(words, g_strdup(*p));
    }
    return words;
}

static void
read_line(ProseMovement *movement, ProseFileMistakes *mistakes, const char *name, unsigned line, const char *text)
{
    g_autoptr(GPtrArray) words = words_of(text);
    char **w = (char **) words->pdata;
    Command command = { 0 };
    bool is_timed = words->len >= 3 && strcmp(w[0], "$ns_") == 0 && strcmp(w[1], "at") == 0;
    unsigned at = is_timed ? 3 : 0, number;
    const char *wrong;
    Node *node;

    if (words->len > at && g_str_has_prefix(w[at], "$god_"))
        return;
    if (is_timed && !(read_number(w[2], &command.at_s) && command.at_s >= 0 && command.at_s <= LATEST_S)) {
        complain(mistakes, name, line, "%s is no time; seconds from 0 on", w[2]);
        return;
    }
    if (words->len <= at || !read_node(w[at], &number)) {
        complain(mistakes, name, line, "no node; $node_(N) set X_ 1, or $ns_ at T \"$node_(N) setdest X Y SPEED\"");
        return;
    }
    wrong = read_command(w + at + 1, words->len - at - 1, &command);
    if (!wrong && !is_timed && command.order == SET_DESTINATION)
        wrong = "without a time; $ns_ at T \"...\"";
    if (wrong) {
        complain(mistakes, name, line, "%s", wrong);
        return;
    }
    node = node_of(movement, number);
    if (is_timed)
        g_array_append_val(node->commands, command);
    else
        node->start[command.order] = command.v[0];
}

/* Where it is at @at_ns by the waypoints so far. */
static ProseWaypoint
position_at(const GArray *waypoints, uint64_t at_ns)
{
    ProseWaypoint b = g_array_index(waypoints, ProseWaypoint, waypoints->len - 1), a;
    double part;

    if (at_ns >= b.at_ns || waypoints->len == 1) {
        b.at_ns = at_ns;
        return b;
    }
    a = g_array_index(waypoints, ProseWaypoint, waypoints->len - 2);
    part = (double) (at_ns - a.at_ns) / (double) (b.at_ns - a.at_ns);
    return (ProseWaypoint) { at_ns, a.x + part * (b.x - a.x), a.y + part * (b.y - a.y), a.z + part * (b.z - a.z) };
}

/* Ends what it was doing at @at_ns, where it then is. */
static ProseWaypoint
stop_at(GArray *waypoints, uint64_t at_ns)
{
    ProseWaypoint here = position_at(waypoints, at_ns), *last = &g_array_index(waypoints, ProseWaypoint, waypoints->len - 1);

    if (last->at_ns > at_ns)
        *last = here;
    else if (last->at_ns < at_ns)
        g_array_append_val(waypoints, here);
    return here;
}

/* A jump takes a nanosecond: waypoints rise. */
static void
jump(GArray *waypoints, ProseWaypoint to)
{
    ProseWaypoint *last = &g_array_index(waypoints, ProseWaypoint, waypoints->len - 1);

    if (waypoints->len == 1 && last->at_ns == to.at_ns) {
        *last = to;
        return;
    }
    to.at_ns++;
    g_array_append_val(waypoints, to);
}

static void
follow(Node *node, const Command *command)
{
    uint64_t at_ns = (uint64_t) llround(command->at_s * NS_PER_S);
    const ProseWaypoint *last = &g_array_index(node->waypoints, ProseWaypoint, node->waypoints->len - 1);
    ProseWaypoint here, there;
    double m;

    /* Several orders for one instant: each coordinate that jumped took a nanosecond. */
    if (node->waypoints->len > 1 && last->at_ns > at_ns && last->at_ns - at_ns <= 3)
        at_ns = last->at_ns;
    here = there = stop_at(node->waypoints, at_ns);
    if (command->order != SET_DESTINATION) {
        *(command->order == SET_X ? &there.x : command->order == SET_Y ? &there.y : &there.z) = command->v[0];
        if (there.x != here.x || there.y != here.y || there.z != here.z)
            jump(node->waypoints, there);
        return;
    }
    there.x = command->v[0];
    there.y = command->v[1];
    m = hypot(there.x - here.x, there.y - here.y);
    if (m == 0 || command->v[2] == 0)
        return;
    there.at_ns = at_ns + (uint64_t) fmax(1, fmin(m / command->v[2], 10 * LATEST_S) * NS_PER_S);
    g_array_append_val(node->waypoints, there);
}

static int
command_compare(gconstpointer a, gconstpointer b)
{
    const Command *x = a, *y = b;

    return x->at_s < y->at_s ? -1 : x->at_s > y->at_s;
}

ProseFileMistakes *
prose_movement_parse(const char *name, const char *text, ProseMovement **ret)
{
    ProseFileMistakes *mistakes = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    ProseMovement *movement = g_new0(ProseMovement, 1);

    movement->nodes = g_hash_table_new_full(NULL, NULL, NULL, node_free);
    movement->numbers = g_array_new(FALSE, FALSE, sizeof(unsigned));
    for (unsigned l = 0; lines[l]; l++) {
        g_strstrip(lines[l]);
        if (!is_empty(lines[l]))
            read_line(movement, mistakes, name, l + 1, lines[l]);
    }
    for (unsigned i = 0; i < movement->numbers->len; i++) {
        Node *node = node_of(movement, g_array_index(movement->numbers, unsigned, i));
        ProseWaypoint start = { 0, node->start[0], node->start[1], node->start[2] };

        g_array_append_val(node->waypoints, start);
        /* GLib's sort keeps the order of equal ones, which is the file's. */
        g_array_sort(node->commands, command_compare);
        for (unsigned c = 0; c < node->commands->len; c++)
            follow(node, &g_array_index(node->commands, Command, c));
    }
    *ret = movement;
    return mistakes;
}

ProseMovement *
prose_movement_free(ProseMovement *movement)
{
    if (!movement)
        return NULL;
    g_hash_table_unref(movement->nodes);
    g_array_unref(movement->numbers);
    g_free(movement);
    return NULL;
}

const GArray *
prose_movement_of(const ProseMovement *movement, unsigned node)
{
    const Node *found = g_hash_table_lookup(movement->nodes, GUINT_TO_POINTER(node));

    return found ? found->waypoints : NULL;
}
