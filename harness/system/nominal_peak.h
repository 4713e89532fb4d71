/* The nominal peak of one core: floating-point operations a cycle, from the
 * processor's model and SIMD, times its nominal clock. Every factor comes with
 * its source in words; where one is not known, so is the peak not. Knows
 * processors; measures nothing.
 */
#ifndef ET_SYSTEM_NOMINAL_PEAK_H
#define ET_SYSTEM_NOMINAL_PEAK_H

#include <stddef.h>

struct et_nominal_peak {
    char cpu[160];       /* model name; "" where not known */
    char microcode[32];  /* its revision; "" where the kernel does not say */
    char isa[256];       /* SIMD flags that matter, blank between; or "" */
    double clock_hz;     /* nominal; NAN where not known */
    double clock_max_hz; /* highest that cpufreq allows; NAN: not told */
    char clock_origin[96];
    double flop_fp64;  /* a cycle and core, an FMA counted as 2; NAN */
    double fp64, fp32; /* FLOP/s of a core; NAN */
    char origin[320];
};

/* Of hardware thread `cpu`. root as et_environment_read's.
 *
 * The clock is the nominal one, which the maker guarantees and advertises, not
 * the boost clock: as TOP500's Rpeak is defined, and because no boost clock
 * holds under SIMD load on all cores. A machine that boosts may pass 100 %.
 * Sources, first found: cpufreq/base_frequency, acpi_cppc/nominal_freq, "@" in
 * the model name, cpufreq/cpuinfo_max_freq (where the driver knows no other;
 * may be a boost clock, and says so), "cpu MHz" of /proc/cpuinfo. */
void et_nominal_peak_read(const char *root, int cpu,
                          struct et_nominal_peak *out);

#endif
