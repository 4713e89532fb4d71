/* Figures drawn by the real gnuplot where there is one, with texts that try
 * to become commands; and what happens without it. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "plots/plot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/report/report.h"
#include "results/report/parts.h"
#include "tests/unit/results/sample.h"
#include "paths.h"

#define TEMPLATES SRCDIR "/plots"
#define HOSTILE "`touch pwned` \"; system('touch pwned'); ' {/Bold x} $1 @a"

static bool has_gnuplot(void)
{
    struct et_strings dirs = {0};
    const char *path = getenv("PATH");
    bool found = false;
    assert_true(et_split(path ? path : "", ':', &dirs));
    for (size_t i = 0; i < dirs.n && !found; i++)
        found = access(sample_path(dirs.v[i], "gnuplot"), X_OK) == 0;
    et_strings_free(&dirs);
    return found;
}

/* A run whose report has every kind of figure. */
static struct et_run figured_run(void)
{
    struct et_run run = sample_run();
    static const char *const kinds[] = {"weak", "strong"};
    for (int i = 0; i < 12; i++) {
        struct et_result r = sample_result("g", 0.1 / (1 + i), 0.01, 21);
        r.team.ranks = 1 << i % 6;
        free(r.backend);
        r.backend = strdup(i % 2 ? "blis" : HOSTILE);
        assert_true(et_pairs_set(&r.params, "scaling", kinds[i / 6], false));
        sample_ceiling(&r, "compute", "p", 4e11);
        sample_ceiling(&r, "memory", HOSTILE, 1e9 * (1 + i));
        sample_add(&run, r);
        r = sample_result("a", 1e-5 * (1 + i), 0.01, 21);
        free(r.bench);
        r.bench = strdup("allreduce");
        r.work = (struct et_result_work){.bytes = 8 << i,
                                         .bus_bytes = 8 << i,
                                         .messages = 2,
                                         .convention = r.work.convention};
        sample_add(&run, r);
        r = sample_result("i", 1e-2 * (1 + i), 0.01, 21);
        free(r.bench);
        r.bench = strdup("io");
        r.work.flop = 0;
        assert_true(
            et_pairs_set(&r.params, "op", i ? "write" : HOSTILE, false));
        sample_add(&run, r);
    }
    return run;
}

TEST(test_draw)
{
    if (!has_gnuplot())
        skip();
    struct et_run run = figured_run();
    struct et_report_options options = {.peak = "fp32=64 GFLOP/s"};
    struct et_doc doc;
    char *dir = sample_folder();
    size_t figures = 0;
    sample_listen();
    enum et_status built = et_report_build(&run, &options, &doc);
    enum et_status drawn = built ? built : et_plot_draw(&doc, TEMPLATES, dir);
    assert_string_equal(sample_said(), "");
    assert_int_equal(drawn, ET_OK);
    for (size_t i = 0; i < doc.n; i++) {
        const struct et_figure *f = &doc.blocks[i].figure;
        char name[160];
        if (doc.blocks[i].kind != ET_BLOCK_FIGURE)
            continue;
        snprintf(name, sizeof name, "plots/%s.svg", f->name);
        char *svg = sample_read(sample_path(dir, name));
        assert_said(svg, "<svg");
        assert_said(svg, "</svg>");
        assert_null(strstr(svg, "<script"));
        free(svg);
        figures++;
    }
    assert_true(figures >= 8);
    /* What is written is all that a person needs to draw it again. */
    struct stat s;
    assert_int_not_equal(stat(sample_path(dir, "plots/pwned"), &s), 0);
    assert_int_not_equal(stat("pwned", &s), 0);
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_int_equal(et_out_find("html")->write(&doc, &run, dir, f), ET_OK);
    fclose(f);
    assert_said(text, "<svg");
    assert_null(strstr(text, "Not drawn"));
    free(text);
    et_doc_free(&doc);
    et_run_free(&run);
    sample_remove(dir);
}

static struct et_doc one_figure(const char *name, const char *title)
{
    struct et_doc d = {.title = strdup("t")};
    struct et_block *b = et_doc_figure(&d, name, "scaling", title);
    assert_non_null(b);
    assert_true(et_figure_words(b, "x " HOSTILE, "y", "c"));
    et_text_add(&b->figure.data, "\"s\" v l h f\n1 1 1 1 1\n2 2 2 2 2\n");
    return d;
}

TEST(test_texts)
{
    struct et_doc d = one_figure("f", HOSTILE);
    char *dir = sample_folder();
    sample_listen();
    assert_int_equal(et_plot_draw(&d, TEMPLATES, dir), ET_OK);
    sample_said();
    char *gp = sample_read(sample_path(dir, "plots/f.gp"));
    char *end = strstr(gp, "# Speed-up");
    assert_non_null(end);
    *end = 0;
    for (const char *bad = "`\"\\;$@{}"; *bad; bad++) {
        if (*bad != ';' && strchr(gp, *bad))
            fail_msg("'%c' is in: %s", *bad, gp);
    }
    assert_said(gp, "DATA = 'f.dat'");
    free(gp);
    et_doc_free(&d);
    sample_remove(dir);
}

/* Draws with the programs of `dir` alone; what was said. */
static const char *draw_alone(const struct et_doc *d, char *dir)
{
    char *path = strdup(getenv("PATH"));
    setenv("PATH", dir, 1);
    sample_listen();
    enum et_status s = et_plot_draw(d, TEMPLATES, dir);
    const char *said = sample_said();
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(s, ET_OK);
    return said;
}

TEST(test_without_gnuplot)
{
    struct et_doc d = one_figure("f", "title");
    char *dir = sample_folder();
    const char *said = draw_alone(&d, dir);
    assert_said(said, "gnuplot cannot be run");
    free(sample_read(sample_path(dir, "plots/f.dat")));
    free(sample_read(sample_path(dir, "plots/f.gp")));
    et_doc_free(&d);
    sample_remove(dir);
}

/* A figure's name is part of a path, and of nothing but the folder's own. */
TEST(test_names)
{
    static const char *const bad[] = {"../f", "a/b", ".f", "-f",
                                      "",     "F",   "f g"};
    char *dir = sample_folder();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct et_doc d = one_figure(bad[i], "title");
        sample_listen();
        enum et_status s = et_plot_draw(&d, TEMPLATES, dir);
        assert_said(sample_said(), "no file name");
        assert_int_equal(s, ET_INFRA);
        et_doc_free(&d);
    }
    sample_remove(dir);
}

/* A gnuplot of our own: what it does, and what must be said. */
TEST(test_a_bad_gnuplot)
{
    static const struct {
        const char *does, *said;
    } cases[] = {
        {"exit 0", "did not draw f (exit status 0)"},
        {": >f.svg", "did not draw f (exit status 0)"},
        {"echo '<svg/>' >f.svg; exit 3", "did not draw f (exit status 3)"},
        {"kill -9 $$", "did not draw f (exit status 128)"},
        {"exit 127", "gnuplot cannot be run"},
        {"echo '<svg/>' >f.svg", NULL},
    };
    char here[4096], after[4096];
    assert_non_null(getcwd(here, sizeof here));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct et_doc d = one_figure("f", "title");
        char *dir = sample_folder(), script[256];
        snprintf(script, sizeof script, "#!/bin/sh\n%s\n", cases[i].does);
        sample_write(sample_path(dir, "gnuplot"), script);
        assert_int_equal(chmod(sample_path(dir, "gnuplot"), 0755), 0);
        const char *said = draw_alone(&d, dir);
        if (cases[i].said)
            assert_said(said, cases[i].said);
        else
            assert_string_equal(said, "");
        /* It drew in the folder, and this process is where it was. */
        assert_non_null(getcwd(after, sizeof after));
        assert_string_equal(after, here);
        et_doc_free(&d);
        sample_remove(dir);
    }
}

TEST(test_no_disk)
{
    struct et_doc d = one_figure("f", "title");
    char *dir = sample_folder();
    sample_write(sample_path(dir, "plots"), "a file in the way");
    sample_listen();
    enum et_status s = et_plot_draw(&d, TEMPLATES, dir);
    assert_said(sample_said(), "plots");
    assert_int_equal(s, ET_INFRA);
    et_doc_free(&d);
    d = one_figure("../f", "title");
    sample_listen();
    s = et_plot_draw(&d, TEMPLATES, dir);
    sample_said();
    assert_int_equal(s, ET_INFRA);
    et_doc_free(&d);
    sample_remove(dir);
}

TEST_MAIN(test_draw, test_texts, test_without_gnuplot, test_names,
          test_a_bad_gnuplot, test_no_disk)
