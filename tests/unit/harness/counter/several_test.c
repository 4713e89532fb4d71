/* Counter sources that are open at once: their events side by side, absent
 * only what none has, and one that fails takes no other with it.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <string.h>

#include "harness/base/log.h"
#include "harness/counter/several.h"

/* Two made-up sources: "core" counts a and b and lacks c, "card" counts b and
 * c and lacks d. Their state says whether they count now. */
static struct {
    bool core_runs, card_runs, card_fails, core_fails;
    int closed;
} now;

static enum et_status stop(bool *runs, struct et_counters *c,
                           const struct et_counter_value values[2],
                           struct et_counter_value *v)
{
    assert_int_equal(c->n_events, 2);
    assert_true(*runs);
    *runs = false;
    memcpy(v, values, 2 * sizeof *v);
    return ET_OK;
}

static enum et_status core_start(struct et_counters *c)
{
    (void)c;
    now.core_runs = true;
    return ET_OK;
}

static enum et_status core_stop(struct et_counters *c,
                                struct et_counter_value *v, int *threads)
{
    static const struct et_counter_value values[] = {{10, 1, 9}, {20, 2, 18}};
    *threads = 2;
    enum et_status s = stop(&now.core_runs, c, values, v);
    return now.core_fails ? ET_INFRA : s;
}

static enum et_status card_start(struct et_counters *c)
{
    (void)c;
    now.card_runs = !now.card_fails;
    return now.card_fails ? ET_INFRA : ET_OK;
}

static enum et_status card_stop(struct et_counters *c,
                                struct et_counter_value *v, int *threads)
{
    static const struct et_counter_value values[] = {{777, 7, 770},
                                                     {30, 30, 30}};
    *threads = 1;
    return stop(&now.card_runs, c, values, v);
}

static void closed(struct et_counters *c)
{
    (void)c;
    now.closed++;
}

static const struct et_counter_source core = {
    .name = "core", .start = core_start, .stop = core_stop, .close = closed};
static const struct et_counter_source card = {
    .name = "card", .start = card_start, .stop = card_stop, .close = closed};

static enum et_status open_made_up(const char *name, struct et_counters *out)
{
    bool is_core = strcmp(name, "core") == 0;
    if (!is_core && strcmp(name, "card") != 0)
        return ET_USAGE;
    *out = (struct et_counters){.source = is_core ? &core : &card};
    assert_true(et_counters_add_event(out, is_core ? "a" : "b", name) &&
                et_counters_add_event(out, is_core ? "b" : "c", name) &&
                et_counters_add_absent(out, is_core ? "c" : "d", name));
    return ET_OK;
}

TEST(events_stand_side_by_side)
{
    struct et_counters c;
    struct et_counter_value v[3];
    int threads = 0;
    memset(&now, 0, sizeof now);
    assert_int_equal(et_counters_open_several("core, card", open_made_up, &c),
                     ET_OK);
    assert_string_equal(c.source->name, "core, card");
    assert_int_equal(c.n_events, 3);
    assert_string_equal(c.events[1].name, "b");
    assert_string_equal(c.events[1].native, "core"); /* the first one's */
    assert_string_equal(c.events[2].native, "card");
    assert_int_equal(c.n_absents, 1); /* c is there */
    assert_string_equal(c.absents[0].name, "d");
    for (int again = 0; again < 2; again++) {
        assert_int_equal(c.source->start(&c), ET_OK);
        assert_true(now.core_runs && now.card_runs);
        assert_int_equal(c.source->stop(&c, v, &threads), ET_OK);
        assert_int_equal(threads, 2);
        assert_true(v[0].total == 10 && v[1].max == 18 && v[2].min == 30);
    }
    et_counters_close(&c);
    assert_int_equal(now.closed, 2);
}

TEST(one_that_fails_stops_the_others)
{
    struct et_counters c;
    memset(&now, 0, sizeof now);
    assert_int_equal(et_counters_open_several("core,card", open_made_up, &c),
                     ET_OK);
    now.card_fails = true;
    assert_int_equal(c.source->start(&c), ET_INFRA);
    assert_false(now.core_runs || now.card_runs);
    /* The error of one is told, and the others are stopped all the same. */
    struct et_counter_value v[3];
    int threads;
    now.card_fails = false;
    now.core_fails = true;
    assert_int_equal(c.source->start(&c), ET_OK);
    assert_int_equal(c.source->stop(&c, v, &threads), ET_INFRA);
    assert_false(now.core_runs || now.card_runs);
    et_counters_close(&c);
    /* One that does not open closes those that did. */
    now.closed = 0;
    assert_int_equal(et_counters_open_several("core,cord", open_made_up, &c),
                     ET_USAGE);
    assert_int_equal(now.closed, 1);
}

TEST(listed_sources_open_together)
{
    struct et_counters c, fake;
    assert_int_equal(et_counters_open("fake", &fake), ET_OK);
    assert_int_equal(et_counters_open("none,fake", &c), ET_OK);
    assert_int_equal(c.n_events, fake.n_events);
    assert_int_equal(c.n_absents, fake.n_absents);
    et_counters_close(&c);
    et_counters_close(&fake);
    et_log_level_set(ET_LOG_NONE);
    assert_int_equal(et_counters_open("fake,papy", &c), ET_USAGE);
    assert_int_equal(et_counters_open("fake,", &c), ET_USAGE);
    assert_int_equal(et_counters_open("none,none,none,none,none", &c),
                     ET_USAGE);
    et_log_level_set(ET_LOG_NOTE);
}

TEST_MAIN(events_stand_side_by_side, one_that_fails_stops_the_others,
          listed_sources_open_together)
