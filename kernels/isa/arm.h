/* What this AArch64 processor can do, as Linux tells it (Documentation/arch/
 * arm64/elf_hwcaps.rst), for peak's backends.
 */
#ifndef ET_PEAK_ARM_H
#define ET_PEAK_ARM_H

/* Intrinsics in functions of their own target: older compilers want the
 * extension for the whole file. */
#if defined __aarch64__ && defined __linux__ &&                                \
    ((defined __clang__ && __clang_major__ >= 18) ||                           \
     (!defined __clang__ && __GNUC__ >= 10))
#define ET_PEAK_ARM 1
#include <sys/auxv.h>
#define ET_PEAK_HAS_FP16 (getauxval(AT_HWCAP) >> 10 & 1) /* ASIMDHP */
#define ET_PEAK_HAS_DOT (getauxval(AT_HWCAP) >> 20 & 1)  /* ASIMDDP */
#define ET_PEAK_HAS_SVE (getauxval(AT_HWCAP) >> 22 & 1)
#define ET_PEAK_HAS_SVE_I8MM (getauxval(AT_HWCAP2) >> 9 & 1)
#define ET_PEAK_HAS_SVE_BF16 (getauxval(AT_HWCAP2) >> 12 & 1)
#define ET_PEAK_HAS_I8MM (getauxval(AT_HWCAP2) >> 13 & 1)
#define ET_PEAK_HAS_BF16 (getauxval(AT_HWCAP2) >> 14 & 1)
#else
#define ET_PEAK_ARM 0
#endif
#if defined __aarch64__
#define ET_PEAK_ARM_WHY_NOT "needs Linux, and gcc 10 or clang 18"
#else
#define ET_PEAK_ARM_WHY_NOT "needs an AArch64 processor"
#endif

/* The table of a backend that such a processor has; the build may not. */
#if ET_PEAK_ARM
#define ET_PEAK_ARM_BACKEND ET_PEAK_BACKEND
#else
#define ET_PEAK_ARM_BACKEND(its_name, does)                                    \
    ET_BACKEND_ABSENT(its_name, does, ET_PEAK_ARM_WHY_NOT)
#endif

#endif
