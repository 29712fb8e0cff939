/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ini.h"

#include "prose-test.h"

#include <string.h>

/* Sections and entries as one text: "[kind name]@line key=value@line …". */
static char *
dump(const ProseIniFile *file)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < file->sections->len; i++) {
        const ProseIniSection *s = file->sections->pdata[i];
        g_autofree char *header = prose_ini_header(s->kind, s->name);

        g_string_append_printf(text, "%s[%s]@%u", i ? " " : "", header, s->line);
        for (guint j = 0; j < s->entries->len; j++) {
            const ProseIniEntry *e = s->entries->pdata[j];

            g_string_append_printf(text, " %s=%s@%u", e->key, e->value, e->line);
        }
    }
    return g_string_free(text, FALSE);
}

static const struct { const char *what, *text, *want; } good[] = {
    { "nothing", "", "" },
    { "comments and blank lines", "# a\n\n  # b\n\t\n", "" },
    { "sections, keys and lines", "[pool]\nperiod = rf32\n\n[pkmf east]\nfqdn=a.b\n",
      "[pool]@1 period=rf32@2 [pkmf east]@4 fqdn=a.b@5" },
    { "no newline at the end", "[pool]\nperiod = rf32", "[pool]@1 period=rf32@2" },
    { "byte order mark", "\xEF\xBB\xBF[pool]\nperiod = rf32\n", "[pool]@1 period=rf32@2" },
    { "CRLF", "[pool]\r\nperiod = rf32\r\n", "[pool]@1 period=rf32@2" },
    { "blanks around", "[  pkmf \t east  ]  \nfqdn   =   a.b  \n", "[pkmf east]@1 fqdn=a.b@2" },
    { "comment after a blank", "[pool] # here\nperiod = rf32 # there\n", "[pool]@1 period=rf32@2" },
    { "no comment without a blank", "[a]\nk = 1#2;3\n", "[a]@1 k=1#2;3@2" },
    { "quotes keep a comment sign", "[a]\nk = \"x # y ; z\" # c\n", "[a]@1 k=\"x # y ; z\"@2" },
    { "equals sign in a value", "[a]\nk = A=1|B=2\n", "[a]@1 k=A=1|B=2@2" },
    { "brackets in a name", "[ue engines[0..9]]\nk = 1\n", "[ue engines[0..9]]@1 k=1@2" },
    { "other alphabets in a value", "[a]\nk = 5 µs\n", "[a]@1 k=5 µs@2" },
};

START_TEST(what_is_well_written_is_read)
{
    g_autoptr(ProseMistakes) mistakes = prose_mistakes_new("f.ini");
    g_autoptr(ProseIniFile) file = prose_ini_parse(good[_i].text, strlen(good[_i].text), mistakes);
    g_autofree char *got = dump(file), *wrong = prose_mistakes_print(mistakes);

    ck_assert_msg(strcmp(got, good[_i].want) == 0, "%s: %s", good[_i].what, got);
    ck_assert_str_eq(wrong, "");
}
END_TEST

static const struct { const char *text, *want; } bad[] = {
    { "a = 1\n", "f.ini:1: a = 1: stands before the first section; open one with [kind] or [kind name]" },
    { "[pool\nperiod = rf32\n", "f.ini:1: [pool: no \"]\" at the end; a section is opened by [kind] or [kind name]" },
    { "[]\n", "f.ini:1: []: not the name of a section; a section is opened by [kind] or [kind name]" },
    { "[Pool]\n", "f.ini:1: [Pool]: not the name of a section; a section is opened by [kind] or [kind name]" },
    { "[a]\nperiod\n", "f.ini:2: [a] period: no \"=\"; a line is a section, key = value, or a # comment" },
    { "[a]\nPeriod = 1\n", "f.ini:2: [a] Period: not a key; keys are of a to z, 0 to 9 and \"-\"" },
    { "[a]\n= 1\n", "f.ini:2: [a] : not a key; keys are of a to z, 0 to 9 and \"-\"" },
    { "[a]\nk =\n", "f.ini:2: [a] k =: no value; leave the key out to have its default" },
    { "[a]\nk = # c\n", "f.ini:2: [a] k = # c: no value; leave the key out to have its default" },
    { "[a]\nk = \"x\n", "f.ini:2: [a] k = \"x: a quotation mark is missing; quotes come in pairs" },
    { "; c\n[a]\nk = 1 ; c\n",
      "f.ini:1: \";\" begins no comment; comments begin with \"#\"\n"
      "f.ini:3: [a] k = 1 ; c: \";\" begins no comment; comments begin with \"#\"" },
    { "[a]\n  k = 1\n", "f.ini:2: k = 1: begins with a blank; sections and keys begin their line" },
    { "[a]\nk = 1\nk = 2\n", "f.ini:3: [a] k: set a second time; the first is at line 2" },
    { "[a]\nk = 1\n[a b]\nk = 1\n[a]\nk = 2\nj = 1\n",
      "f.ini:5: [a]: opened a second time; the first is at line 1\n"
      "f.ini:6: [a] k: set a second time; the first is at line 2" },
    { "[a]\nk = \xFF\n", "f.ini:2: octet 5 is not UTF-8; save the file as UTF-8" },
};

START_TEST(what_is_not_understood_is_named_with_its_line)
{
    g_autoptr(ProseMistakes) mistakes = prose_mistakes_new("f.ini");
    g_autoptr(ProseIniFile) file = prose_ini_parse(bad[_i].text, strlen(bad[_i].text), mistakes);
    g_autofree char *got = prose_mistakes_print(mistakes);

    ck_assert_str_eq(got, bad[_i].want);
}
END_TEST

START_TEST(keys_of_a_repeated_section_join_the_first)
{
    static const char text[] = "[a]\nk = 1\n[a]\nj = 2\n";
    g_autoptr(ProseMistakes) mistakes = prose_mistakes_new("f.ini");
    g_autoptr(ProseIniFile) file = prose_ini_parse(text, strlen(text), mistakes);
    g_autofree char *got = dump(file);

    ck_assert_str_eq(got, "[a]@1 k=1@2 j=2@4");
    ck_assert_uint_eq(prose_mistakes_count(mistakes), 1);
}
END_TEST

START_TEST(keys_under_a_header_that_is_not_understood_are_passed_over)
{
    static const char text[] = "[pool\nk = 1\nj = 2\n[b]\nk = 1\n";
    g_autoptr(ProseMistakes) mistakes = prose_mistakes_new("f.ini");
    g_autoptr(ProseIniFile) file = prose_ini_parse(text, strlen(text), mistakes);
    g_autofree char *got = dump(file);

    ck_assert_str_eq(got, "[b]@4 k=1@5");
    ck_assert_uint_eq(prose_mistakes_count(mistakes), 1);
}
END_TEST

START_TEST(a_zero_octet_is_a_mistake_of_its_line)
{
    static const char text[] = "[a]\nk = 1\0 2\nj = 3\n";
    g_autoptr(ProseMistakes) mistakes = prose_mistakes_new("f.ini");
    g_autoptr(ProseIniFile) file = prose_ini_parse(text, sizeof text - 1, mistakes);
    g_autofree char *got = dump(file), *wrong = prose_mistakes_print(mistakes);

    ck_assert_str_eq(got, "[a]@1 j=3@3");
    ck_assert_str_eq(wrong, "f.ini:2: holds a zero octet; save the file as UTF-8 text");
}
END_TEST

START_TEST(every_prefix_of_a_file_is_survived)
{
    static const char text[] = "\xEF\xBB\xBF[ue engines[3]] # c\r\nkey-1 = \"a, # b\", µ ; x\n[b]\nk=1\n";

    for (size_t len = 0; len < sizeof text; len++) {
        g_autofree char *block = g_memdup2(text, len);      /* exactly that long: a sanitizer sees one octet too far */
        g_autoptr(ProseMistakes) mistakes = prose_mistakes_new("f.ini");
        g_autoptr(ProseIniFile) file = prose_ini_parse(block ? block : "", len, mistakes);

        ck_assert_ptr_nonnull(file);
    }
}
END_TEST

START_TEST(mistakes_come_in_the_order_of_file_then_options)
{
    g_autoptr(ProseMistakes) mistakes = prose_mistakes_new("f.ini");
    g_autofree char *got = NULL;

    prose_mistakes_add(mistakes, prose_origin_option(1, "b=2"), "second option");
    prose_mistakes_add(mistakes, prose_origin_file(9), "nine");
    prose_mistakes_add(mistakes, prose_origin_option(0, "a=1"), "first option");
    prose_mistakes_add(mistakes, prose_origin_file(2), "two, %s", "first");
    prose_mistakes_add(mistakes, prose_origin_file(2), "two, second");
    prose_mistakes_add(mistakes, prose_origin_file(0), "the file as a whole");
    got = prose_mistakes_print(mistakes);
    ck_assert_str_eq(got, "f.ini: the file as a whole\nf.ini:2: two, first\nf.ini:2: two, second\nf.ini:9: nine\n"
                          "-s a=1: first option\n-s b=2: second option");
}
END_TEST

static const struct { const char *value, *want; } lists[] = {
    { "a", "a" }, { "a, b ,c", "a|b|c" }, { "\"a, b\", c", "a, b|c" }, { "a,,b", "a||b" }, { "a,", "a|" }, { "\"\"", "" },
    { "\"a\"b", "\"a\"b" },
};

START_TEST(a_list_is_cut_at_commas_outside_quotes)
{
    g_autoptr(GPtrArray) items = prose_ini_list(lists[_i].value);
    g_autofree char *got = NULL;

    g_ptr_array_add(items, NULL);
    got = g_strjoinv("|", (char **) items->pdata);
    ck_assert_str_eq(got, lists[_i].want);
}
END_TEST

START_TEST(the_nearest_name_has_the_least_edits)
{
    static const char *const names[] = { "period", "subframes", "repetitions", "prb-num" };

    ck_assert_str_eq(prose_nearest("perod", names, 4), "period");
    ck_assert_str_eq(prose_nearest("subframe", names, 4), "subframes");
    ck_assert_str_eq(prose_nearest("prb_num", names, 4), "prb-num");
    ck_assert_ptr_null(prose_nearest("x", names, 0));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("ini");
    TCase *tc = tcase_create("ini");

    tcase_add_loop_test(tc, what_is_well_written_is_read, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tc, what_is_not_understood_is_named_with_its_line, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tc, keys_of_a_repeated_section_join_the_first);
    tcase_add_test(tc, keys_under_a_header_that_is_not_understood_are_passed_over);
    tcase_add_test(tc, a_zero_octet_is_a_mistake_of_its_line);
    tcase_add_test(tc, every_prefix_of_a_file_is_survived);
    tcase_add_test(tc, mistakes_come_in_the_order_of_file_then_options);
    tcase_add_loop_test(tc, a_list_is_cut_at_commas_outside_quotes, 0, G_N_ELEMENTS(lists));
    tcase_add_test(tc, the_nearest_name_has_the_least_edits);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
