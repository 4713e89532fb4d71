/* The same command line in one process after another. What the processes are
 * started for they find in a variable, since the number of launches on their
 * command line is the run's; what a launcher starts is told to make one. */
#include "config.h"
#include "app/launches.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/command.h"
#include "app/resume.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/stop.h"
#include "harness/team/launcher.h"
#include "results/reading/run.h"

enum et_status et_launches_name(struct et_options *o)
{
    char name[64];
    time_t now = time(NULL);
    struct tm tm;
    if (o->out || o->resume || o->again)
        return ET_OK;
    size_t n = strftime(name, sizeof name, "etalon-run-%Y%m%d-%H%M%S",
                        gmtime_r(&now, &tm));
    /* Another run may have begun in the same second. */
    for (int k = 2; access(name, F_OK) == 0 && k < 100; k++)
        snprintf(name + n, sizeof name - n, "-%d", k);
    o->out = et_strdup(name);
    return o->out ? ET_OK : et_no_memory();
}

/* The process that starts this one among others. */
#define PARENT "ETALON_LAUNCHES"

static bool is_one_of_several(void)
{
    const char *parent = getenv(PARENT);
    int64_t pid;
    return parent && et_parse_int(parent, &pid) && pid == getppid();
}

/* Without a word: the launch itself tells what is wrong. */
static enum et_status load_quietly(const char *dir, struct et_run *out)
{
    enum et_log_level level = et_log_level_set(ET_LOG_NONE);
    enum et_status s = et_run_load_head(dir, out);
    et_log_level_set(level);
    return s;
}

/* Of the run that o resumes; 1 where it cannot be known. */
static int64_t owed(const struct et_options *o)
{
    struct et_run run;
    int64_t newest;
    if (load_quietly(o->resume, &run) != ET_OK)
        return 1;
    int64_t left = et_run_asked(&run).launches - et_run_launches(&run, &newest);
    et_run_free(&run);
    return left > 0 ? 1 + left : 1;
}

int64_t et_launches_wanted(const struct et_options *o,
                           const struct et_strings *line)
{
    struct et_launcher l;
    if (is_one_of_several())
        return 1;
    if (!o->resume || et_line_gives(line, "launches"))
        return o->launches;
    et_launcher_read(&l);
    return l.ranks > 0 ? 1 : owed(o);
}

void et_launches_remind(const struct et_options *o, int64_t begun)
{
    if (begun < o->launches && !is_one_of_several())
        et_warn("%lld of the %lld launches that the run was begun for were "
                "begun; `etalon run --again %s`, started as this one was, "
                "makes one more",
                (long long)begun, (long long)o->launches, o->resume);
}

static volatile sig_atomic_t stopped;
static volatile pid_t at_work; /* 0: none */

/* What a terminal sends it sends to the whole group. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    (void)context;
    stopped = number;
    if (at_work > 0 && info->si_code != SI_KERNEL)
        kill(at_work, number);
}

/* What was ignored stays so. */
static void handle_signals(const struct sigaction *how)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction had;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sigaction(numbers[i], NULL, &had) == 0 && had.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], how, NULL);
    }
}

/* The signals wait until at_work is known. */
static pid_t start(const char *program, char *const *argv)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = stopped ? 0 : fork();
    if (pid == 0 && !stopped) {
        const struct sigaction usual = {.sa_handler = SIG_DFL};
        handle_signals(&usual);
        sigprocmask(SIG_SETMASK, &before, NULL);
        execvp(program, argv);
        (void)et_error(ET_INFRA, "cannot start %s: %s", program,
                       strerror(errno));
        _exit(ET_INFRA);
    }
    at_work = pid > 0 ? pid : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* program: a launcher, whose codes but 1 and those above 5 are taken for those
 * of its ranks; NULL: etalon itself. */
static enum et_status launch(const char *program, char *const *argv)
{
    int state;
    fflush(NULL);
    pid_t pid = start(program ? program : "/proc/self/exe", argv);
    if (pid == 0)
        return ET_UNSURE; /* stopped before it began */
    if (pid < 0)
        return et_error(ET_INFRA, "cannot start etalon again: %s",
                        strerror(errno));
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
        ;
    at_work = 0;
    if (WIFEXITED(state)) {
        int code = WEXITSTATUS(state);
        bool its_own = program && (code == ET_MISSED || code > ET_UNSURE);
        if (!its_own)
            return (enum et_status)code;
        return stopped ? ET_UNSURE
                       : et_error(ET_INFRA, "%s ended with exit code %d",
                                  program, code);
    }
    /* What it was sent before its own handlers stood. */
    if (stopped && WTERMSIG(state) == stopped)
        return ET_UNSURE;
    stopped = SIGKILL;
    return et_error(ET_INFRA, "a launch was ended by signal %d",
                    WTERMSIG(state));
}

static bool add(struct et_strings *to, const char *a, const char *b)
{
    return et_strings_add(to, a) && et_strings_add(to, b);
}

static double seconds(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const char *place(const struct et_options *o)
{
    return o->again ? o->again : o->resume ? o->resume : o->out;
}

/* What the command line gave and another launch may have of its own. */
static bool add_given(const struct et_options *o, const struct et_strings *line,
                      struct et_strings *out)
{
    bool ok = true;
    for (const struct et_field *row = et_option_rows; ok && row->key; row++) {
        struct et_text word = {0};
        if (!et_line_gives(line, row->key) || !et_resume_may_change(row->key) ||
            !et_option_is_planned(row->key))
            continue;
        et_text_add(&word, "--%s=", row->key);
        et_field_print(row, o, &word);
        ok = !word.failed && et_strings_add(out, word.s);
        et_text_free(&word);
    }
    return ok;
}

/* Words of the option --`key` at the beginning of `words`: 0, 1 or 2. */
static size_t words_of(const char *key, char *const *words)
{
    size_t n = strlen(key);
    if (strncmp(words[0], "--", 2) != 0 || strncmp(words[0] + 2, key, n) != 0)
        return 0;
    return words[0][2 + n] == '=' ? 1 : words[0][2 + n] == '\0' ? 2 : 0;
}

/* All of the command line after the program's name. What a launcher starts
 * makes one launch, and has nothing to start. */
static bool add_all(const struct et_options *o, const struct et_strings *line,
                    struct et_strings *out)
{
    bool ok = true;
    for (size_t i = 1; ok && i < line->n; i++) {
        size_t skip = o->launcher ? words_of("launcher", line->v + i) : 0;
        if (skip)
            i += skip - 1;
        else
            ok = et_strings_add(out, line->v[i]);
    }
    /* Nor does it resume a run to make those that the run was begun for. */
    return ok && (!o->launcher || et_strings_add(out, "--launches=1"));
}

/* The words of --launcher, and where this program is. */
static bool add_launcher(const char *launcher, struct et_strings *out)
{
    char self[4096];
    struct et_strings words = {0};
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0 || (size_t)n == sizeof self - 1)
        return et_error(ET_INFRA, "cannot tell where etalon is"), false;
    bool ok = et_split(launcher, ' ', &words);
    for (size_t i = 0; ok && i < words.n; i++)
        ok = !*words.v[i] || et_strings_add(out, words.v[i]);
    et_strings_free(&words);
    self[n] = '\0';
    return ok && et_strings_add(out, self);
}

/* The command line of the next launch; the last word for an option counts.
 * left: s of --time-limit; NAN: there is none. */
static bool make_line(const struct et_options *o, const struct et_strings *line,
                      int64_t k, double left, struct et_strings *out)
{
    char limit[64];
    bool ok = o->launcher ? add_launcher(o->launcher, out)
                          : et_strings_add(out, line->v[0]);
    snprintf(limit, sizeof limit, "%.3fs", fmax(left, 1e-3));
    if (k == 0) {
        ok = ok && add_all(o, line, out);
        if (ok && o->out)
            ok = add(out, "--out", o->out);
    } else {
        ok = ok && add(out, "run", "--again") &&
             et_strings_add(out, place(o)) && add_given(o, line, out);
    }
    return ok && (isnan(left) || add(out, "--time-limit", limit));
}

static enum et_status check(const struct et_options *o)
{
    struct et_launcher l;
    et_launcher_read(&l);
    if (o->resume && o->launches > 1)
        return et_error(ET_USAGE, "--launches: --resume makes those that the "
                                  "run was begun for; --again makes more");
    if (l.ranks > 0)
        return et_error(ET_USAGE,
                        "--%s: %s has started this process (%s is set), and "
                        "each launch needs its own; let etalon start it "
                        "(`etalon run --launches 3 --launcher 'mpirun -n "
                        "2'`), or start it again with `etalon run --again DIR`",
                        o->launcher ? "launcher" : "launches", l.name,
                        l.variable);
    if (o->launcher && strspn(o->launcher, " ") == strlen(o->launcher))
        return et_error(ET_USAGE, "--launcher: it is empty; it is a program "
                                  "and its options, as 'mpirun -n 2'");
    return ET_OK;
}

/* How often the run in a directory was begun or gone on with; 0: there is no
 * run. */
static size_t starts(const char *dir)
{
    struct et_run run;
    if (!dir || load_quietly(dir, &run) != ET_OK)
        return 0;
    size_t n = 1 + run.resumes.n;
    et_run_free(&run);
    return n;
}

/* Did the launch come to its end? *kept: there is a run to carry on. */
static bool is_whole(const struct et_options *o, bool *kept)
{
    struct et_run run;
    *kept = load_quietly(place(o), &run) == ET_OK;
    if (!*kept)
        return false;
    bool whole = strcmp(run.outcome, "complete") == 0;
    et_run_free(&run);
    return whole;
}

static enum et_status say_not_begun(const struct et_options *o, int64_t left,
                                    int64_t n, const char *why, bool kept)
{
    struct et_text remedy = {0};
    if (kept && o->launcher) /* its ranks do not know of the others */
        et_text_add(
            &remedy,
            "; `etalon run --resume %s` ends what was begun and `etalon "
            "run --again %s` makes one, with the same --launcher",
            place(o), place(o));
    else if (kept)
        et_text_add(&remedy, "; `etalon run %s %s` makes %s",
                    o->again ? "--again" : "--resume", place(o),
                    o->again ? "one" : "them");
    enum et_status s =
        et_error(ET_UNSURE, "%lld of %lld launches were not begun: %s%s",
                 (long long)left, (long long)n, why, et_text_str(&remedy));
    et_text_free(&remedy);
    return s;
}

enum et_status et_launches_run(struct et_options *o, int64_t n,
                               const struct et_strings *line)
{
    const struct sigaction taken = {.sa_sigaction = pass_on,
                                    .sa_flags = SA_SIGINFO};
    char parent[32];
    enum et_status s = check(o);
    if (s == ET_OK)
        s = et_launches_name(o);
    if (s != ET_OK)
        return s;
    handle_signals(&taken);
    snprintf(parent, sizeof parent, "%lld", (long long)getpid());
    if (setenv(PARENT, parent, 1) != 0)
        return et_no_memory();
    const char *why = NULL; /* no other launch begins */
    double began = seconds();
    bool kept = o->resume || o->again;
    int64_t k = 0;
    while (k < n && !why) {
        struct et_strings argv = {0};
        double left = o->time_limit - (seconds() - began);
        size_t had = starts(place(o));
        if (!o->quiet)
            et_note("launch %lld of %lld", (long long)k + 1, (long long)n);
        /* argv ends with a NULL of its own. */
        bool ok =
            make_line(o, line, k, left, &argv) && et_strings_add(&argv, "");
        if (ok) {
            free(argv.v[argv.n - 1]);
            argv.v[argv.n - 1] = NULL;
        }
        enum et_status here =
            ok ? launch(o->launcher ? argv.v[0] : NULL, argv.v)
               : et_no_memory();
        s = et_status_worse(s, here);
        et_strings_free(&argv);
        if (here == ET_USAGE || here == ET_INFRA)
            return s;
        k++;
        bool whole = is_whole(o, &kept);
        /* A whole run that is resumed has nothing to go on with. */
        bool more = starts(place(o)) > had || (o->resume && k == 1);
        if (o->launcher && here == ET_OK && !stopped && !(whole && more))
            return et_error(ET_INFRA,
                            "--launcher: %s ended well and measured nothing: "
                            "%s has no launch more",
                            o->launcher, place(o));
        if (stopped)
            why = et_stop_say(stopped);
        else if (seconds() - began >= o->time_limit)
            why = et_stop_say(ET_STOP_TIME_LIMIT);
        else if (!whole)
            why = "the one before was interrupted";
    }
    return k < n ? et_status_worse(s, say_not_begun(o, n - k, n, why, kept))
                 : s;
}
