/* Tests of harness/energy on a captured powercap tree: domains, sums,
 * wrap-around, and a reason for everything that cannot be read.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>

#include "harness/base/log.h"
#include "harness/energy/energy.h"
#include "tests/unit/tree.h"

#define POWERCAP "/sys/class/powercap"

static void assert_near(double value, double want)
{
    if (!(fabs(value - want) <= 1e-6))
        fail_msg("%.17g is not %.17g", value, want);
}

TEST(packages_and_wrap)
{
    char root[PATH_MAX];
    struct et_energy e;
    double before[ET_ENERGY_DOMAINS], after[ET_ENERGY_DOMAINS];
    tree_unpack("rapl.tree", root);
    et_energy_open(root, &e);
    assert_string_equal(e.reason, "");
    assert_string_equal(e.source->name, "powercap");
    assert_int_equal(e.n, 3);
    assert_string_equal(e.names[0], "package-0");
    assert_string_equal(e.names[1], "package-1");
    assert_string_equal(e.names[2], "dram-0");
    assert_near(e.range[0], 262143.328850);
    assert_int_equal(e.source->read(&e, before), ET_OK);
    assert_near(before[0], 1.0);
    assert_near(before[2], 5.0);
    /* Package 0 uses 2.5 J; package 1 wraps and uses 0.328850 + 1 J; the
     * memory's are not a package's. */
    tree_write(root, POWERCAP "/intel-rapl:0/energy_uj", "3500000\n");
    tree_write(root, POWERCAP "/intel-rapl:1/energy_uj", "1000000\n");
    tree_write(root, POWERCAP "/intel-rapl:0:0/energy_uj", "9000000\n");
    assert_int_equal(e.source->read(&e, after), ET_OK);
    assert_near(et_energy_used(&e, before, after), 2.5 + 1.328850);
    /* One is gone: an error, and the old figures stay. */
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s%s", root,
             POWERCAP "/intel-rapl:1/energy_uj");
    assert_int_equal(remove(path), 0);
    et_log_level_set(ET_LOG_NONE);
    assert_int_equal(e.source->read(&e, before), ET_INFRA);
    et_log_level_set(ET_LOG_NOTE);
    assert_near(before[0], 1.0);
    tree_remove(root);
}

/* A sum that lacks a package is no sum. */
TEST(one_package_unreadable)
{
    char root[PATH_MAX];
    struct et_energy e;
    double v[1] = {0};
    tree_unpack("rapl.tree", root);
    tree_write(root, POWERCAP "/intel-rapl:1/energy_uj", "");
    et_energy_open(root, &e);
    assert_int_equal(e.n, 0);
    assert_non_null(strstr(e.reason, "intel-rapl:1/energy_uj"));
    assert_true(isnan(et_energy_used(&e, v, v)));
    tree_write(root, POWERCAP "/intel-rapl:1/energy_uj", "12 joules\n");
    et_energy_open(root, &e);
    assert_int_equal(e.n, 0);
    tree_write(root, POWERCAP "/intel-rapl:1/energy_uj", "12\n");
    tree_write(root, POWERCAP "/intel-rapl:1/max_energy_range_uj", "0\n");
    et_energy_open(root, &e);
    assert_int_equal(e.n, 0);
    assert_non_null(strstr(e.reason, "max_energy_range_uj"));
    tree_remove(root);
}

TEST(only_root_may)
{
    char root[PATH_MAX], path[PATH_MAX + 64];
    struct et_energy e;
    if (geteuid() == 0)
        skip();
    tree_unpack("rapl.tree", root);
    snprintf(path, sizeof path, "%s%s", root,
             POWERCAP "/intel-rapl:0/energy_uj");
    assert_int_equal(chmod(path, 0), 0);
    et_energy_open(root, &e);
    assert_int_equal(e.n, 0);
    assert_non_null(strstr(e.reason, "only root"));
    tree_remove(root);
}

/* Two sources at once, as a processor's and a device's: neither shuts out the
 * other, and a third that has nothing takes nothing from them. */
static void probe_one(const char *root, struct et_energy *out)
{
    (void)root;
    out->n = 2;
    strcpy(out->names[0], "package-0");
    strcpy(out->paths[0], "one");
    strcpy(out->names[1], "dram-0");
    out->part[1] = true;
    out->range[0] = 100;
}

static void probe_other(const char *root, struct et_energy *out)
{
    (void)root;
    out->n = 1;
    strcpy(out->names[0], "gpu-0");
    strcpy(out->paths[0], "other");
    out->range[0] = 1000;
}

static void probe_none(const char *root, struct et_energy *out)
{
    (void)root;
    strcpy(out->reason, "nothing here");
}

static enum et_status read_one(const struct et_energy *e, double *joules)
{
    assert_int_equal(e->n, 2);
    assert_string_equal(e->paths[0], "one");
    joules[0] = 90;
    joules[1] = 7;
    return ET_OK;
}

static enum et_status read_other(const struct et_energy *e, double *joules)
{
    assert_int_equal(e->n, 1);
    assert_string_equal(e->paths[0], "other");
    assert_true(e->range[0] == 1000);
    joules[0] = 400;
    return ET_OK;
}

static enum et_status read_broken(const struct et_energy *e, double *joules)
{
    (void)e, (void)joules;
    return ET_INFRA;
}

TEST(sources_are_read_together)
{
    static const struct et_energy_source one = {"one", "1", probe_one,
                                                read_one},
                                         other = {"other", "2", probe_other,
                                                  read_other},
                                         none = {"none", "3", probe_none, NULL},
                                         broken = {"broken", "4", probe_other,
                                                   read_broken};
    static const struct et_energy_source
        *const both[] = {&none, &one, &other, NULL},
               *const bad[] = {&one, &broken, NULL},
               *const single[] = {&none, &other, NULL},
               *const nobody[] = {&none, &none, NULL};
    struct et_energy e;
    char text[40];
    double before[ET_ENERGY_DOMAINS] = {-1, -1, -1};
    et_energy_open_from(both, "", &e);
    assert_int_equal(e.n, 3);
    assert_string_equal(e.reason, "");
    assert_string_equal(e.names[2], "gpu-0");
    assert_string_equal(et_energy_sources(&e, text, sizeof text), "one, other");
    assert_int_equal(e.source->read(&e, before), ET_OK);
    assert_true(before[0] == 90 && before[1] == 7 && before[2] == 400);
    /* Both sum up; the one that wraps does so at its own range. */
    double after[] = {5, 1000, 460};
    assert_near(et_energy_used(&e, before, after), 15 + 60);
    et_energy_open_from(single, "", &e);
    assert_int_equal(e.n, 1);
    assert_ptr_equal(e.source, &other);
    assert_string_equal(et_energy_sources(&e, text, sizeof text), "other");
    et_energy_open_from(bad, "", &e);
    before[0] = before[1] = before[2] = -1;
    assert_int_equal(e.source->read(&e, before), ET_INFRA);
    assert_true(before[0] == -1 && before[2] == -1);
    et_energy_open_from(nobody, "", &e);
    assert_int_equal(e.n, 0);
    assert_null(e.source);
    assert_string_equal(e.reason, "nothing here; nothing here");
}

TEST(nothing_there)
{
    struct et_energy e;
    et_energy_open("/nowhere/at/all", &e);
    assert_int_equal(e.n, 0);
    assert_null(e.source);
    assert_non_null(strstr(e.reason, POWERCAP));
}

TEST_MAIN(packages_and_wrap, one_package_unreadable, only_root_may,
          sources_are_read_together, nothing_there)
