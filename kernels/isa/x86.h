/* What this x86-64 processor and its system can do: a unit counts
 * only where the system saves its registers. From Intel 64 and IA-32
 * Architectures Software Developer's Manual, vol. 2A (CPUID) and vol. 1 ch. 13
 * (XCR0).
 */
#ifndef ET_ISA_X86_H
#define ET_ISA_X86_H

#include <stdbool.h>

/* Compilers and assemblers that know AVX-512 with BF16 and VNNI, and those that
 * know AVX-VNNI, AVX512_FP16 and AMX too. */
#if defined __x86_64__ && defined __clang__
#define ET_ISA_X86 (__clang_major__ >= 12)
#define ET_ISA_X86_2021 (__clang_major__ >= 14)
#elif defined __x86_64__ && defined __GNUC__
#define ET_ISA_X86 (__GNUC__ >= 11)
#define ET_ISA_X86_2021 (__GNUC__ >= 12)
#else
#define ET_ISA_X86 0
#define ET_ISA_X86_2021 0
#endif
#if defined __x86_64__
#define ET_ISA_X86_WHY_NOT "needs a newer compiler: gcc 12 or clang 14"
#else
#define ET_ISA_X86_WHY_NOT "needs an x86-64 processor"
#endif

struct et_isa_x86 {
    bool avx2; /* with FMA */
    bool avx_vnni;
    bool avx512; /* F, BW, DQ and VL */
    bool avx512_fp16, avx512_bf16, avx512_vnni;
    bool amx_tile, amx_bf16, amx_int8;
};
/* All false on another architecture. */
struct et_isa_x86 et_isa_x86(void);
/* Linux lets a process use the tiles of AMX only when it has asked: asks.
 * False: the system refuses, or there are none. */
bool et_isa_amx_allowed(void);

#endif
