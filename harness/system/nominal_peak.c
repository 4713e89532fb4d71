/* Nominal peak from /proc/cpuinfo, a table of processors, and the nominal
 * clock. One row a family; add a processor by adding a row.
 */
#include "config.h"
#include "harness/system/nominal_peak.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/system/files.h"

/* What /proc/cpuinfo says of one processor. On Arm the vendor is the text of
 * "CPU implementer", the model the number of "CPU part". */
struct cpu {
    char vendor[64], name[160], microcode[32], flags[4096];
    int family, model;
    double mhz;
};

#define ANY (-1)
#define FMA 2 /* operations of a lane in a cycle */
#define ADD_OR_MULTIPLY 1

/* First match wins. Pipes and widths from the makers' optimisation guides:
 * Intel 64 and IA-32 Optimization Reference Manual; AMD Software Optimization
 * Guides for families 17h, 19h and 1Ah; Arm Neoverse Software Optimization
 * Guides; Fujitsu A64FX Microarchitecture Manual. */
struct row {
    const char *vendor; /* NULL: any */
    int family, model_first, model_last;
    const char *flags; /* all must be there */
    const char *name;  /* must stand in the model name; NULL: any */
    const char *simd;
    int bits, pipes, lane;
    const char *basis; /* NULL: assumed */
};

#define INTEL "GenuineIntel"
#define AMD "AuthenticAMD"
static const struct row rows[] = {
    {INTEL, 6, ANY, ANY, "avx512f amx_tile", NULL, "AVX-512", 512, 2, FMA,
     "as in every processor with AMX so far"},
    {INTEL, 6, 85, 85, "avx512f", "Silver", "AVX-512", 512, 1, FMA,
     "Skylake-SP and its successors, Silver"},
    {INTEL, 6, 85, 85, "avx512f", "Bronze", "AVX-512", 512, 1, FMA,
     "Skylake-SP and its successors, Bronze"},
    {INTEL, 6, 85, 85, "avx512f", "Platinum", "AVX-512", 512, 2, FMA,
     "Skylake-SP and its successors, Platinum"},
    {INTEL, 6, 85, 85, "avx512f", "Gold 6", "AVX-512", 512, 2, FMA,
     "Skylake-SP and its successors, Gold 6000"},
    {INTEL, 6, 85, 85, "avx512f", "Gold 5", "AVX-512", 512, 1, FMA,
     "Gold 5000 but for 5122 and 5222"},
    {INTEL, 6, 87, 87, "avx512f", NULL, "AVX-512", 512, 2, FMA,
     "Knights Landing"},
    {INTEL, 6, 106, 106, "avx512f", NULL, "AVX-512", 512, 2, FMA,
     "Ice Lake-SP"},
    {INTEL, 6, 125, 126, "avx512f", NULL, "AVX-512", 512, 1, FMA,
     "Ice Lake, client"},
    {INTEL, 6, 140, 141, "avx512f", NULL, "AVX-512", 512, 1, FMA, "Tiger Lake"},
    {INTEL, 6, 167, 167, "avx512f", NULL, "AVX-512", 512, 1, FMA,
     "Rocket Lake"},
    {INTEL, 6, ANY, ANY, "avx512f", NULL, "AVX-512", 512, 2, FMA, NULL},
    {INTEL, 6, 175, 175, "avx2 fma", NULL, "AVX2", 128, 2, FMA,
     "Sierra Forest"},
    {INTEL, 6, 190, 190, "avx2 fma", NULL, "AVX2", 128, 2, FMA, "Gracemont"},
    {INTEL, 6, ANY, ANY, "avx2 fma", NULL, "AVX2", 256, 2, FMA,
     "Haswell and its successors"},
    {AMD, 23, 0, 47, "avx2 fma", NULL, "AVX2", 128, 2, FMA, "Zen and Zen+"},
    {AMD, 23, ANY, ANY, "avx2 fma", NULL, "AVX2", 256, 2, FMA, "Zen 2"},
    {AMD, 25, ANY, ANY, "avx512f", NULL, "AVX-512 in two halves", 256, 2, FMA,
     "Zen 4"},
    {AMD, 25, ANY, ANY, "avx2 fma", NULL, "AVX2", 256, 2, FMA, "Zen 3"},
    {AMD, 26, 32, 47, "avx512f", NULL, "AVX-512 in two halves", 256, 2, FMA,
     "Zen 5, mobile"},
    {AMD, 26, 96, 111, "avx512f", NULL, "AVX-512 in two halves", 256, 2, FMA,
     "Zen 5, mobile"},
    {AMD, 26, ANY, ANY, "avx512f", NULL, "AVX-512", 512, 2, FMA, "Zen 5"},
    {"HygonGenuine", 24, ANY, ANY, "avx2 fma", NULL, "AVX2", 128, 2, FMA,
     "Zen and Zen+"},
    {"0x41", ANY, 0xd0c, 0xd0c, "asimd", NULL, "NEON", 128, 2, FMA,
     "Neoverse N1"},
    {"0x41", ANY, 0xd40, 0xd40, "asimd sve", NULL, "SVE", 256, 2, FMA,
     "Neoverse V1"},
    {"0x41", ANY, 0xd49, 0xd49, "asimd", NULL, "NEON and SVE2", 128, 2, FMA,
     "Neoverse N2"},
    {"0x41", ANY, 0xd4f, 0xd4f, "asimd", NULL, "NEON and SVE2", 128, 4, FMA,
     "Neoverse V2"},
    {"0x41", ANY, 0xd84, 0xd84, "asimd", NULL, "NEON and SVE2", 128, 4, FMA,
     "Neoverse V3"},
    {"0x46", ANY, 0x001, 0x001, "asimd sve", NULL, "SVE", 512, 2, FMA, "A64FX"},
    {"0xc0", ANY, 0xac3, 0xac3, "asimd", NULL, "NEON", 128, 2, FMA,
     "AmpereOne"},
    /* Other makers: what their SIMD has had at least, said to be assumed. */
    {NULL, ANY, ANY, ANY, "asimd", NULL, "NEON", 128, 2, FMA, NULL},
    {NULL, ANY, ANY, ANY, "avx2 fma", NULL, "AVX2", 256, 2, FMA, NULL},
    {NULL, ANY, ANY, ANY, "avx", NULL, "AVX", 256, 2, ADD_OR_MULTIPLY, NULL},
    {NULL, ANY, ANY, ANY, "sse2", NULL, "SSE2", 128, 2, ADD_OR_MULTIPLY, NULL}};
#define N_ROWS (sizeof rows / sizeof *rows)

/* Flags worth naming: what decides the peak, and what AI kernels use. */
static const char *const isa[] = {
    "sse2",        "avx",         "fma",      "avx2",     "avx_vnni",
    "avx512f",     "avx512_vnni", "amx_bf16", "amx_int8", "avx512_bf16",
    "avx512_fp16", "asimd",       "asimdhp",  "asimddp",  "sve",
    "sve2",        "bf16",        "i8mm",     "sme",      NULL};

static bool has_word(const char *text, const char *word, size_t n)
{
    for (const char *at = text; (at = strstr(at, word)); at += 1) {
        bool begins = at == text || at[-1] == ' ';
        if (begins && (at[n] == ' ' || at[n] == '\0'))
            return true;
    }
    return false;
}

static bool has_flags(const struct cpu *c, const char *flags)
{
    for (const char *at = flags; *at;) {
        size_t n = strcspn(at, " ");
        char word[32];
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        if (!has_word(c->flags, word, n))
            return false;
        at += n + (at[n] == ' ');
    }
    return true;
}

static const struct row *find(const struct cpu *c)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct row *r = &rows[i];
        if ((!r->vendor || strcmp(r->vendor, c->vendor) == 0) &&
            (r->family == ANY || r->family == c->family) &&
            (r->model_first == ANY ||
             (c->model >= r->model_first && c->model <= r->model_last)) &&
            has_flags(c, r->flags) && (!r->name || strstr(c->name, r->name)))
            return r;
    }
    return NULL;
}

static void take(struct cpu *c, const char *key, char *value)
{
    et_clean(value);
    if (strcmp(key, "vendor_id") == 0 || strcmp(key, "CPU implementer") == 0)
        snprintf(c->vendor, sizeof c->vendor, "%s", value);
    else if (strcmp(key, "model name") == 0 || strcmp(key, "cpu") == 0)
        snprintf(c->name, sizeof c->name, "%s", value);
    else if (strcmp(key, "microcode") == 0)
        snprintf(c->microcode, sizeof c->microcode, "%s", value);
    else if (strcmp(key, "flags") == 0 || strcmp(key, "Features") == 0)
        snprintf(c->flags, sizeof c->flags, "%s", value);
    else if (strcmp(key, "cpu family") == 0)
        c->family = atoi(value);
    else if (strcmp(key, "model") == 0 || strcmp(key, "CPU part") == 0)
        c->model = (int)strtol(value, NULL, 0);
    else if (strcmp(key, "cpu MHz") == 0 && !et_parse_real(value, &c->mhz))
        c->mhz = NAN;
}

/* The block of one processor: blocks start with "processor", and what stands
 * outside of all of them (s390x, older Arm) is taken too. */
static void read_cpuinfo(const char *root, int cpu, struct cpu *c)
{
    char line[4096];
    bool mine = true;
    FILE *f = et_file_open(root, "/proc/cpuinfo");
    *c = (struct cpu){.family = ANY, .model = ANY, .mhz = NAN};
    while (f && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (!colon)
            continue;
        *colon = '\0';
        char *key = et_trim(line), *value = et_trim(colon + 1);
        if (strcmp(key, "processor") == 0)
            mine = atoi(value) == cpu;
        else if (mine)
            take(c, key, value);
    }
    if (f)
        fclose(f);
}

static bool clock_is(struct et_nominal_peak *p, double hz, const char *origin)
{
    if (!(hz > 0))
        return false;
    p->clock_hz = hz;
    snprintf(p->clock_origin, sizeof p->clock_origin, "%s", origin);
    return true;
}

/* "... CPU @ 2.50GHz" -> 2.5e9 */
static double clock_in_name(const char *name)
{
    const char *at = strrchr(name, '@');
    char *end;
    double v = at ? strtod(at + 1, &end) : NAN;
    if (!at || end == at + 1 || strncmp(end, "GHz", 3) != 0)
        return NAN;
    return v * 1e9;
}

static void find_clock(const char *root, int cpu, const struct cpu *c,
                       struct et_nominal_peak *p)
{
    static const char folder[] = "/sys/devices/system/cpu/cpu";
    int64_t base = 0, nominal = 0, max = 0;
    et_file_int(&base, root, "%s%d/cpufreq/base_frequency", folder, cpu);
    et_file_int(&nominal, root, "%s%d/acpi_cppc/nominal_freq", folder, cpu);
    et_file_int(&max, root, "%s%d/cpufreq/cpuinfo_max_freq", folder, cpu);
    p->clock_hz = NAN;
    p->clock_max_hz = max > 0 ? (double)max * 1e3 : NAN;
    if (clock_is(p, (double)base * 1e3, "cpufreq/base_frequency") ||
        clock_is(p, (double)nominal * 1e6, "acpi_cppc/nominal_freq") ||
        clock_is(p, clock_in_name(c->name), "model name") ||
        clock_is(p, (double)max * 1e3,
                 "cpufreq/cpuinfo_max_freq, may be a boost clock") ||
        clock_is(p, c->mhz * 1e6, "cpu MHz of /proc/cpuinfo"))
        return;
    snprintf(p->clock_origin, sizeof p->clock_origin,
             "neither cpufreq, acpi_cppc nor /proc/cpuinfo has a clock");
}

static void list_isa(const struct cpu *c, struct et_nominal_peak *p)
{
    size_t n = 0;
    for (size_t i = 0; isa[i] && n < sizeof p->isa; i++) {
        if (has_word(c->flags, isa[i], strlen(isa[i])))
            n += (size_t)snprintf(p->isa + n, sizeof p->isa - n, "%s%s",
                                  n ? " " : "", isa[i]);
    }
}

/* "32 flop/cycle in fp64 (AVX-512, 2 FMA pipes of 512 bits, ...)" */
static void describe(const struct cpu *c, const struct row *r,
                     struct et_nominal_peak *p)
{
    char basis[96], units[64];
    if (r->basis)
        snprintf(basis, sizeof basis, "%s", r->basis);
    else if (c->family == ANY)
        snprintf(basis, sizeof basis, "assumed for %.40s part 0x%x", c->vendor,
                 (unsigned)c->model);
    else
        snprintf(basis, sizeof basis, "assumed for %.40s %d/%d", c->vendor,
                 c->family, c->model);
    if (r->lane == FMA)
        snprintf(units, sizeof units, "%d FMA pipe%s of %d bits", r->pipes,
                 r->pipes > 1 ? "s" : "", r->bits);
    else
        snprintf(units, sizeof units, "an adder and a multiplier of %d bits",
                 r->bits);
    int n = snprintf(p->origin, sizeof p->origin,
                     "%g flop/cycle in fp64, twice that in fp32 (%s, %s, %s)",
                     p->flop_fp64, r->simd, units, basis);
    if (n < 0 || (size_t)n >= sizeof p->origin)
        return;
    if (isnan(p->clock_hz))
        snprintf(p->origin + n, sizeof p->origin - (size_t)n,
                 ", but no clock: %s", p->clock_origin);
    else
        snprintf(p->origin + n, sizeof p->origin - (size_t)n,
                 " x %.2f GHz (%s)", p->clock_hz * 1e-9, p->clock_origin);
}

void et_nominal_peak_read(const char *root, int cpu,
                          struct et_nominal_peak *out)
{
    struct et_nominal_peak p = {
        .flop_fp64 = NAN, .fp64 = NAN, .fp32 = NAN, .clock_max_hz = NAN};
    struct cpu c;
    read_cpuinfo(root, cpu, &c);
    const struct row *r = find(&c);
    find_clock(root, cpu, &c, &p);
    list_isa(&c, &p);
    snprintf(p.microcode, sizeof p.microcode, "%s", c.microcode);
    if (r) {
        p.flop_fp64 = (double)(r->bits / 64 * r->pipes * r->lane);
        p.fp64 = p.flop_fp64 * p.clock_hz;
        p.fp32 = 2 * p.fp64;
        describe(&c, r, &p);
    } else {
        snprintf(p.origin, sizeof p.origin,
                 "not known: no SIMD of %s that etalon has a figure for",
                 *c.vendor ? c.vendor : "this processor");
    }
    if (*c.name)
        memcpy(p.cpu, c.name, sizeof p.cpu);
    else if (r && r->basis)
        snprintf(p.cpu, sizeof p.cpu, "%s", r->basis);
    *out = p;
}
