/* What this AArch64 processor can do, as Linux tells it (Documentation/arch/
 * arm64/elf_hwcaps.rst).
 */
#ifndef ET_ISA_ARM_H
#define ET_ISA_ARM_H

/* Intrinsics in functions of their own target: older compilers want the
 * extension for the whole file. */
#if defined __aarch64__ && defined __linux__ &&                                \
    ((defined __clang__ && __clang_major__ >= 18) ||                           \
     (!defined __clang__ && __GNUC__ >= 10))
#define ET_ISA_ARM 1
#include <sys/auxv.h>
#define ET_ISA_HAS_FP16 (getauxval(AT_HWCAP) >> 10 & 1) /* ASIMDHP */
#define ET_ISA_HAS_DOT (getauxval(AT_HWCAP) >> 20 & 1)  /* ASIMDDP */
#define ET_ISA_HAS_SVE (getauxval(AT_HWCAP) >> 22 & 1)
#define ET_ISA_HAS_SVE_I8MM (getauxval(AT_HWCAP2) >> 9 & 1)
#define ET_ISA_HAS_SVE_BF16 (getauxval(AT_HWCAP2) >> 12 & 1)
#define ET_ISA_HAS_I8MM (getauxval(AT_HWCAP2) >> 13 & 1)
#define ET_ISA_HAS_BF16 (getauxval(AT_HWCAP2) >> 14 & 1)
#else
#define ET_ISA_ARM 0
#endif
#if defined __aarch64__
#define ET_ISA_ARM_WHY_NOT "needs Linux, and gcc 10 or clang 18"
#else
#define ET_ISA_ARM_WHY_NOT "needs an AArch64 processor"
#endif

#endif
