/* Every format with the worst texts that a host name, a path or a library's
 * message may bring, and with figures that are no plain drawings. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/format/doc.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/format/svg.h"
#include "tests/unit/results/sample.h"

#define HOSTILE                                                                \
    "=1+1 <script>alert(1)</script> `id` \"q\" 'a' x|y, [z](u)\nnext \x1b[2J " \
    "\xff &amp;"

static struct et_doc hostile_doc(void)
{
    static const char *const columns[] = {HOSTILE, "B", NULL};
    struct et_doc d = {.title = strdup("a title")};
    assert_true(et_doc_heading(&d, 2, HOSTILE));
    assert_true(et_doc_paragraph(&d, "%s", HOSTILE));
    assert_true(et_doc_warning(&d, "%s", HOSTILE));
    struct et_block *b = et_doc_facts(&d);
    b->level = 1;
    assert_true(et_block_fact(b, HOSTILE, "%s", HOSTILE));
    b = et_doc_table(&d, "lr", columns);
    assert_true(et_block_cell(b, "%s", HOSTILE));
    assert_true(et_block_cell(b, "-1.5"));
    assert_true(et_block_note(b, "%s", HOSTILE));
    assert_non_null(et_doc_figure(&d, "f", "bars", HOSTILE));
    assert_true(et_doc_whole(&d));
    return d;
}

static char *print(const char *format, const struct et_doc *d,
                   const struct et_run *run, const char *dir)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(et_out_find(format)->write(d, run, dir, f), ET_OK);
    fclose(f);
    return text;
}

#define assert_not_said(text, part)                                            \
    do {                                                                       \
        if (strstr(text, part))                                                \
            fail_msg("'%s' is in: %s", part, text);                            \
    } while (0)

TEST(test_clean)
{
    char s[] = "a\n\tb\x1b[2J \xff \xc3\xa9 \xc2\x9b \xe2\x82";
    char turned[] = "a\xe2\x80\xae"
                    "b\xd8\x9c \xe2\x81\xa7"
                    "c\xe2\x80\x94";
    et_doc_clean(s);
    et_doc_clean(turned);
    assert_string_equal(s, "a b?[2J ? \xc3\xa9 ?? ??");
    assert_string_equal(turned, "a?b? ?c\xe2\x80\x94");
    assert_int_equal(et_doc_width("\xc3\xa9x"), 2);
}

TEST(test_every_format)
{
    struct et_doc d = hostile_doc();
    size_t n = 0;
    for (; et_out_at(n); n++) {
        char *text = print(et_out_at(n)->name, &d, NULL, NULL);
        assert_true(strlen(text) > 20);
        assert_not_said(text, "\x1b");
        assert_ptr_equal(et_out_find(et_out_at(n)->name), et_out_at(n));
        free(text);
    }
    assert_true(n >= 5);
    assert_null(et_out_find("nothing"));
    et_doc_free(&d);
}

TEST(test_markup)
{
    static const struct {
        const char *format, *said[10], *not_said[3];
    } wanted[] = {
        {"html",
         {"&lt;script&gt;", "&amp;amp;", "&quot;q&quot; &#39;a&#39;",
          "<strong>Warning:</strong>", "prefers-color-scheme:dark",
          "name=\"viewport\"", "Not drawn"},
         {"<script", "http"}},
        {"markdown",
         {"x\\|y", "\\`id\\`", "\\[z\\](u)", "| --- | ---: |"},
         {"<script"}},
    };
    struct et_doc d = hostile_doc();
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char *text = print(wanted[i].format, &d, NULL, NULL);
        for (size_t k = 0; wanted[i].said[k]; k++)
            assert_said(text, wanted[i].said[k]);
        for (size_t k = 0; wanted[i].not_said[k]; k++)
            assert_not_said(text, wanted[i].not_said[k]);
        free(text);
    }
    et_doc_free(&d);
}

TEST(test_json)
{
    struct et_doc d = hostile_doc();
    struct et_run run = sample_run();
    sample_add(&run, sample_result("one", 0.01, 0.01, 9));
    sample_add(&run, sample_result("two", 0.01, 0.01, 3));
    char *text = print("json", &d, &run, NULL);
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    assert_int_equal(json_array_size(json_object_get(j, "blocks")), d.n);
    json_t *records = json_object_get(j, "records");
    assert_int_equal(json_array_size(records), 2);
    json_t *m = json_object_get(json_array_get(records, 1), "metrics");
    json_t *flops = json_array_get(m, 0);
    assert_string_equal(json_string_value(json_object_get(flops, "name")),
                        "flops");
    assert_true(json_is_null(json_object_get(flops, "ci_low"))); /* n = 3 */
    json_decref(j);
    sample_done(text, &run);
    et_doc_free(&d);
}

/* The place of a column in the first line. */
static size_t column(const char *csv, const char *name)
{
    size_t at = 0, n = strlen(name);
    while (strncmp(csv, name, n) != 0 || (csv[n] != ',' && csv[n] != '\r')) {
        csv += strcspn(csv, ",\r");
        assert_true(*csv == ',');
        csv++;
        at++;
    }
    return at;
}

/* A field of the given line, quotes undone. */
static char *field(const char *csv, size_t line, size_t at)
{
    char *out = calloc(strlen(csv) + 1, 1), *to = out;
    bool quoted = false;
    for (size_t row = 0, col = 0; *csv; csv++) {
        bool here = row == line && col == at;
        if (*csv == '"' && quoted && csv[1] == '"' && here)
            *to++ = '"', csv++;
        else if (*csv == '"' && quoted && csv[1] == '"')
            csv++;
        else if (*csv == '"')
            quoted = !quoted;
        else if (!quoted && *csv == ',')
            col++;
        else if (!quoted && *csv == '\r')
            continue;
        else if (!quoted && *csv == '\n')
            row++, col = 0;
        else if (here)
            *to++ = *csv;
    }
    assert_false(quoted);
    return out;
}

static void assert_field(const char *csv, size_t line, const char *name,
                         const char *wanted)
{
    char *text = field(csv, line, column(csv, name));
    assert_string_equal(text, wanted);
    free(text);
}

TEST(test_csv)
{
    struct et_doc d = {.title = strdup("t")};
    struct et_run run = sample_run();
    struct et_result r = sample_result("=cmd|' /C calc'!A0", 0.01, 0, 9);
    free(r.backend);
    r.backend = strdup("say \"hi\",\nthen go");
    assert_true(et_pairs_set(&r.facts, "note", "@home", false));
    assert_true(et_pairs_set(&r.params, "beta", "-2", true));
    sample_add(&run, r);
    sample_add(&run, sample_result("+1", 0.01, 0, 3));
    char *text = print("csv", &d, &run, NULL);
    assert_field(text, 1, "case", "'=cmd|' /C calc'!A0");
    assert_field(text, 1, "backend", "say \"hi\", then go");
    assert_field(text, 1, "facts.note", "'@home");
    assert_field(text, 1, "params.beta", "-2");
    assert_field(text, 1, "params.dtype", "fp32");
    assert_field(text, 1, "team.ranks", "2");
    assert_field(text, 1, "time_s.median", "0.01");
    assert_field(text, 1, "flops", "200");
    assert_field(text, 1, "flops_ci_low", "200");
    assert_field(text, 1, "flops_unit", "GFLOP/s");
    assert_field(text, 1, "busbw", "");
    assert_field(text, 2, "case", "+1"); /* a number */
    assert_field(text, 2, "facts.note", "");
    assert_field(text, 2, "flops_ci_low", "");
    sample_done(text, &run);
    et_doc_free(&d);
}

TEST(test_text)
{
    static const char *const columns[] = {"Name", "Long words", "Value", NULL};
    struct et_doc d = {.title = strdup("title")};
    struct et_block *b = et_doc_table(&d, "llr", columns);
    for (int i = 0; i < 2; i++) {
        et_block_cell(b, "same");
        et_block_cell(b, "%0150d", i);
        et_block_cell(b, "%d.5", i);
    }
    et_doc_paragraph(&d, "%0200d", 7);
    char *text = print("text", &d, NULL, NULL);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        size_t n = strlen(line);
        assert_true(n <= 100);
        assert_true(n == 0 || line[n - 1] != ' ');
    }
    free(text);
    et_doc_free(&d);
}

/* What is too long for its column stands whole under its row, by name; what is
 * empty or said in the row above does not. Numbers stay in their row. */
TEST(test_text_wide)
{
    static const char *const columns[] = {
        "Change", "Case", "Baseline", "Value", "Own", "Reason", NULL};
    static const char *const cases[] = {
        "gemm backend=blis dtype=fp32 m=1024 n=1024 k=1024 ranks=1 threads=2",
        "gemm backend=blis dtype=fp32 m=2048 n=2048 k=2048 ranks=1 threads=2"};
    static const char reason[] =
        "its samples drift by more than the interval that was asked for";
    struct et_doc d = {.title = strdup("title")};
    struct et_block *b = et_doc_table(&d, "llrrrl", columns);
    for (int i = 0; i < 3; i++) {
        et_block_cell(b, "worse");
        et_block_cell(b, "%s", cases[i / 2]);
        et_block_cell(b, "12%d.4 GFLOP/s", i);
        et_block_cell(b, "11%d.4 GFLOP/s", i);
        et_block_cell(b, "0.9123 [0.9012, 0.9234]");
        et_block_cell(b, "%s", i == 1 ? reason : "");
    }
    char *text = print("text", &d, NULL, NULL);
    assert_said(text, "Change  ");
    assert_said(text, "worse   ");
    assert_said(text, "120.4 GFLOP/s  110.4 GFLOP/s");
    assert_said(text, "122.4 GFLOP/s  112.4 GFLOP/s");
    assert_said(text, cases[0]);
    assert_said(text, cases[1]);
    assert_said(text, "    Reason: its samples drift by more than");
    assert_not_said(text, "Reason: \n");
    assert_null(strstr(strstr(text, cases[0]) + 1, cases[0]));
    free(text);
    et_doc_free(&d);
}

/* Texts of a row are read in its order: what follows one that goes under does,
 * too. A first text without a blank is broken at last. */
TEST(test_text_order)
{
    static const char *const columns[] = {"What", "Before", "Now", NULL};
    struct et_doc d = {.title = strdup("title")};
    struct et_block *b = et_doc_table(&d, "lll", columns);
    et_block_cell(b, "%0120d", 1);
    et_block_cell(b, "%060d", 2);
    et_block_cell(b, "%030d", 3);
    char *text = print("text", &d, NULL, NULL);
    const char *before = strstr(text, "Before: 000"),
               *now = strstr(text, "Now: 000");
    assert_true(before && now && before < now);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    free(text);
    et_doc_free(&d);
}

static bool inlines(const char *svg, char **text)
{
    char *dir = sample_folder();
    size_t n = 0;
    mkdir(sample_path(dir, "plots"), 0777);
    sample_write(sample_path(dir, "plots/f.svg"), svg);
    FILE *f = open_memstream(text, &n);
    sample_listen();
    bool ok = et_svg_inline(dir, "f", 3, f);
    sample_said();
    fclose(f);
    sample_remove(dir);
    return ok;
}

TEST(test_svg)
{
    static const char *const bad[] = {
        "<svg><script>x</script></svg>",
        "<svg onload=\"x\"></svg>",
        "<svg><a href=\"#x\"></a></svg>",
        "<svg><image href=\"#x\"/></svg>",
        "<svg><use href=\"http://x/y\"/></svg>",
        "<svg><use xlink:href='data:x'/></svg>",
        "<svg><g style=\"fill:url(http://x)\"/></svg>",
        "<svg><g fill=\"u&#114;l(x)\"/></svg>",
        "<svg><style>@import 'x'</style></svg>",
        "<svg><foreignObject/></svg>",
        "<svg><g a='b></svg>",
        "<svg><g",
        "no drawing"};
    char *text;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (inlines(bad[i], &text))
            fail_msg("taken in: %s", bad[i]);
        assert_string_equal(text, "");
        free(text);
    }
    assert_true(inlines("<?xml version='1.0'?>\n<svg><defs><path id='p' "
                        "d='M0 0'/></defs><use xlink:href='#p' id=\"q\"/><g "
                        "fill=\"url(#p)\"><text>a &lt; b</text></g></svg>",
                        &text));
    assert_string_equal(text,
                        "<svg><defs><path id='f3-p' d='M0 0'/></defs><use "
                        "xlink:href='#f3-p' id=\"f3-q\"/><g "
                        "fill=\"url(#f3-p)\"><text>a &lt; b</text></g></svg>");
    free(text);
}

/* A card of the HTML page shows large what opens its value: a figure, or the
 * gravest word of a verdict. */
TEST(test_cards)
{
    /* The value, and what of it is large. */
    static const char *const v[][2] = {
        {"4.273 TFLOP/s [4.244, 4.301], of 6 passes", "4.273 TFLOP/s"},
        {"FAIL, 2 of 3 clauses pass", "FAIL"},
        {"INCONCLUSIVE", "INCONCLUSIVE"},
        {"withheld: it did not converge", NULL},
        {"No figure, 3 cases", NULL}};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct et_doc d = {.title = strdup("a title")};
        struct et_block *b = et_doc_facts(&d);
        b->level = 1;
        assert_true(et_block_fact(b, "gemm", "%s", v[i][0]));
        char *page = print("html", &d, NULL, NULL), want[80];
        const char *at = strstr(page, "<div class=\"card\">");
        assert_non_null(at);
        snprintf(want, sizeof want, "<dd>%s%s%s",
                 v[i][1] ? "<strong>" : v[i][0], v[i][1] ? v[i][1] : "",
                 v[i][1] ? "</strong>" : "");
        assert_said(at, want);
        free(page);
        et_doc_free(&d);
    }
}

TEST_MAIN(test_clean, test_every_format, test_cards, test_markup, test_json,
          test_csv, test_text, test_text_wide, test_text_order, test_svg)
