/* etalon man: the man page, from the same rows as --help. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/command.h"

static const struct et_manual manual = {
    .summary = "Print this program's man page",
    .examples = "  etalon man | man -l -\n",
};

/* Text as roff: a line must not begin with '.' or ''', '-' and '\' are
 * escaped, a blank line is a paragraph, an indented line stands as it is. */
static void put(const char *text)
{
    bool start = true;
    for (; *text; text++) {
        if (*text == '\n' && text[1] == '\n') {
            printf("\n.PP");
            continue;
        }
        if (start && *text == ' ' && text[1] == ' ') {
            printf(".br\n\\&");
            start = false;
        }
        if (start && (*text == '.' || *text == '\''))
            printf("\\&");
        if (*text == '-')
            printf("\\-");
        else if (*text == '\\')
            printf("\\\\");
        else
            putchar(*text);
        start = *text == '\n';
    }
    if (!start)
        putchar('\n');
}

static void put_command(const struct et_command *c)
{
    const struct et_manual *m = c->manual;
    printf(".SH \"ETALON %s\"\n", c->name);
    printf(".B etalon %s\n[OPTION...] ", c->name);
    put(c->words);
    if (!*c->words)
        putchar('\n');
    printf(".PP\n");
    put(m->summary);
    if (m->help) {
        printf(".PP\n");
        put(m->help);
    }
    for (const struct et_field *r = c->rows; r->key; r++) {
        printf(".TP\n\\fB\\-\\-%s\\fR", r->key);
        if (r->type != ET_BOOL)
            printf(" \\fI%s\\fR", r->metavar ? r->metavar : "VALUE");
        putchar('\n');
        put(r->help);
        if (r->preset) {
            printf("Preset: ");
            put(r->preset);
        }
    }
    if (m->examples) {
        printf(".PP\nExamples:\n.PP\n.nf\n");
        put(m->examples);
        printf(".fi\n");
    }
}

static enum et_status man(void *options, const struct et_call *call)
{
    (void)options, (void)call;
    printf(".TH ETALON 1 \"\" \"etalon %s\" \"User Commands\"\n"
           ".SH NAME\netalon \\- measure machines built for AI and HPC\n"
           ".SH SYNOPSIS\n.B etalon\nCOMMAND [OPTION...] [WORD...]\n"
           ".SH DESCRIPTION\n"
           "Runs microbenchmarks of compute, memory, network and storage "
           "across nodes, checks every result, and turns the samples into "
           "FLOPS and scaling reports, verdicts and comparisons.\n",
           PACKAGE_VERSION);
    for (size_t i = 0; et_commands[i]; i++)
        put_command(et_commands[i]);
    printf(".SH \"EXIT STATUS\"\n0 pass, 1 a threshold or baseline missed, 2 "
           "usage or configuration, 3 wrong numerics, 4 infrastructure (a "
           "node, a library, the disk), 5 inconclusive.\n"
           ".SH ENVIRONMENT\n.TP\nNO_COLOR\nno colour and no progress line\n"
           ".TP\nOMP_NUM_THREADS\npreset of the threads of a rank\n");
    return ET_OK;
}

const struct et_command et_command_man =
    ET_COMMAND(man, "", et_no_options, et_no_options);
