/* etalon: picks the subcommand, reads its options by their rows, and turns its
 * status into the exit code.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/command.h"
#include "app/libraries.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/config/options.h"

/* Under a launcher every rank reads the same words and would complain of them
 * alike; before there is a team, only the first may speak. True on the others.
 */
static bool silence_other_ranks(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",
                                        "PMI_RANK", "SLURM_PROCID"};
    for (size_t i = 0; i < 4; i++) {
        const char *rank = getenv(names[i]);
        if (rank && strcmp(rank, "0") != 0) {
            et_log_level_set(ET_LOG_NONE);
            return true;
        }
    }
    return false;
}

static enum et_status unknown_command(const char *word)
{
    const char *words[32];
    size_t n = 0;
    for (; et_commands[n] && n < 32; n++)
        words[n] = et_commands[n]->name;
    const char *near = et_nearest(word, words, n);
    return et_error(ET_USAGE, "unknown command '%s'%s; see etalon --help", word,
                    ET_HINT("", near));
}

/* As many arguments as its words name; more where they end in "...". */
static enum et_status check_number(const struct et_command *c,
                                   const struct et_strings *given)
{
    size_t named = 0, length = strlen(c->words);
    for (size_t i = 0; i < length; i++)
        named += c->words[i] != ' ' && (i == 0 || c->words[i - 1] == ' ');
    bool open_end = length > 3 && strcmp(c->words + length - 3, "...") == 0;
    bool over = given->n > named && !open_end;
    if (given->n >= named && !over)
        return ET_OK;
    return et_error(ET_USAGE,
                    "%s%s%susage: etalon %s [OPTION...]%s%s; see --help",
                    over ? "'" : "", over ? given->v[named] : "",
                    over ? "' is one word too many; " : "", c->name,
                    *c->words ? " " : "", c->words);
}

static enum et_status run_command(const struct et_command *c, int argc,
                                  char **argv)
{
    struct et_call call = {.line = {argv, (size_t)argc}};
    bool help = false;
    void *options = et_alloc(1, c->size);
    enum et_status s = ET_INFRA;
    if (options)
        s = et_fields_init(c->rows, options, c->size);
    if (s != ET_OK) {
        free(options);
        return s;
    }
    s = et_arguments_parse(c->rows, options, argc - 2, argv + 2, &call.words,
                           &help);
    if (s == ET_OK && help)
        et_help_print(c);
    else if (s == ET_OK)
        s = check_number(c, &call.words);
    if (s == ET_OK && !help && !c->tries)
        s = et_libraries_try_openmp();
    if (s == ET_OK && !help)
        s = c->run(options, &call);
    et_fields_free(c->rows, options, c->size);
    et_strings_free(&call.words);
    free(options);
    return s;
}

/* A file opened while standard output or error is closed would take its
 * number, and be written into. What stands in for it fails as before. */
static void hold_standard_files(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
            _exit(ET_INFRA);
    }
}

/* exit(3) that main did not call: a library gave up, as OpenMP's does with 1
 * where it gets no thread. 1 is the code of a threshold that was missed. */
static bool ending;
static pid_t whole; /* a child on trial may end as it likes */
static void on_exit_unasked(void)
{
    if (ending || getpid() != whole)
        return;
    (void)et_error(ET_INFRA, "a library ended the program; its own words stand "
                             "above");
    _exit(ET_INFRA);
}

/* At the first rank that ends with an error Open MPI 5 ends them all, and drops
 * what another has said but a moment ago. The silent ones leave after the one
 * that speaks. */
static void leave_later(void)
{
    const struct timespec pause = {.tv_nsec = 300000000};
    nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
    enum et_status s = ET_OK;
    hold_standard_files();
    /* Beyond a file size limit a write is to fail, not the program. */
    signal(SIGXFSZ, SIG_IGN);
    whole = getpid();
    (void)atexit(on_exit_unasked);
    bool silent = silence_other_ranks();
    const char *word = argc > 1 ? argv[1] : "--help";
    const struct et_command *c = et_command_find(word);
    if (c) {
        s = run_command(c, argc, argv);
    } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
               strcmp(word, "help") == 0) {
        const struct et_command *about =
            argc > 2 ? et_command_find(argv[2]) : NULL;
        if (argc > 2 && !about)
            s = unknown_command(argv[2]);
        else
            et_help_print(about);
    } else if (strcmp(word, "--version") == 0) {
        printf("etalon %s\n", PACKAGE_VERSION);
    } else {
        s = unknown_command(word);
    }
    if (et_memory_ran_out()) {
        et_log_level_set(ET_LOG_ERROR); /* not what every rank would say */
        s = et_error(ET_INFRA,
                     "memory ran out: what was found and written may be less "
                     "than there is");
    }
    /* A full disk or a closed pipe behind standard output is no success. */
    bool lost = fflush(stdout) != 0 || ferror(stdout);
    if (lost && et_status_worse(s, ET_INFRA) != s)
        s = et_error(ET_INFRA, "standard output could not be written");
    if (silent && s != ET_OK)
        leave_later();
    ending = true;
    return (int)s;
}
