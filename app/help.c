/* --help from the rows of a command. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "app/command.h"

#define WIDTH 79

/* Wrapped to `width` columns after an indent; a blank line is kept, and a line
 * that begins with two blanks stays as it is. */
static void wrap(FILE *to, const char *text, int indent, int width)
{
    int column = 0;
    bool start = true; /* of a line of the text */
    while (*text) {
        if (*text == '\n') {
            if (column > 0)
                fputc('\n', to);
            if (text[1] == '\n')
                fputc('\n', to);
            column = 0;
            start = true;
            text += 1 + (text[1] == '\n');
            continue;
        }
        if (start && strncmp(text, "  ", 2) == 0) { /* stands as it is */
            int n = (int)strcspn(text, "\n");
            column = fprintf(to, "%*s%.*s", indent, "", n, text);
            text += n;
            continue;
        }
        start = false;
        if (*text == ' ') {
            text++;
            continue;
        }
        int n = (int)strcspn(text, " \n");
        if (column > 0 && column + 1 + n > width) {
            fputc('\n', to);
            column = 0;
        }
        if (column == 0)
            column = fprintf(to, "%*s", indent, "");
        else
            column += fprintf(to, " ");
        column += fprintf(to, "%.*s", n, text);
        text += n;
    }
    if (column > 0)
        fputc('\n', to);
}

static const char *metavar(const struct et_field *row)
{
    if (row->metavar)
        return row->metavar;
    switch (row->type) {
    case ET_BOOL:
        return NULL;
    case ET_INT:
        return "N";
    case ET_BYTES:
        return "SIZE";
    case ET_SECONDS:
        return "TIME";
    case ET_CHOICE:
        return row->choices;
    default:
        return "X";
    }
}

static void print_option(const struct et_field *row)
{
    char head[160];
    const char *v = metavar(row);
    bool on = row->type == ET_BOOL && row->preset && *row->preset == 'y';
    snprintf(head, sizeof head, "--%s%s%s%s", on ? "[no-]" : "", row->key,
             v ? " " : "", v ? v : "");
    printf("  %s\n", head);
    struct et_text help = {0};
    et_text_add(&help, "%s", row->help);
    if (row->preset)
        et_text_add(&help, " [%s]", row->preset);
    wrap(stdout, et_text_str(&help), 6, WIDTH);
    et_text_free(&help);
}

static void print_program(void)
{
    printf("Usage: etalon COMMAND [OPTION...] [WORD...]\n\n");
    wrap(stdout,
         "Measures machines built for AI and HPC, and says what the "
         "figures are worth.",
         0, WIDTH);
    printf("\nCommands:\n");
    for (size_t i = 0; et_commands[i]; i++)
        printf("  %-9s %s\n", et_commands[i]->name,
               et_commands[i]->manual->summary);
    printf("\nStart with\n"
           "  etalon info                   what this machine has\n"
           "  mpirun -np 2 etalon run       measure it, in about two minutes\n"
           "  etalon COMMAND --help         details of a command\n\n");
    wrap(stdout,
         "Exit codes: 0 pass, 1 a threshold or baseline missed, 2 "
         "usage or configuration, 3 wrong numerics, 4 infrastructure, "
         "5 inconclusive.",
         0, WIDTH);
}

void et_help_print(const struct et_command *c)
{
    if (!c) {
        print_program();
        return;
    }
    const struct et_manual *m = c->manual;
    printf("Usage: etalon %s [OPTION...]%s%s\n\n%s.\n", c->name,
           *c->words ? " " : "", c->words, m->summary);
    if (m->help) {
        putchar('\n');
        wrap(stdout, m->help, 0, WIDTH);
    }
    printf("\nOptions (preset in brackets):\n");
    for (const struct et_field *row = c->rows; row && row->key; row++)
        print_option(row);
    printf("  --help\n      this text\n");
    if (m->examples)
        printf("\nExamples:\n%s", m->examples);
}
