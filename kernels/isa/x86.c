/* CPUID and XCR0, read once more at each call: a microsecond or so, and no
 * state. */
#include "config.h"
#include "kernels/isa/x86.h"

#if defined __x86_64__

#include <cpuid.h>
#include <stdint.h>

static uint64_t xcr0(void)
{
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static bool bit(unsigned word, int n)
{
    return word >> n & 1;
}

struct et_isa_x86 et_isa_x86(void)
{
    struct et_isa_x86 x = {0};
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !bit(c, 27)) /* OSXSAVE */
        return x;
    bool fma = bit(c, 12) && bit(c, 28);
    uint64_t saved = xcr0();
    bool ymm = (saved & 0x6) == 0x6, zmm = ymm && (saved & 0xe0) == 0xe0;
    bool tiles = (saved & 0x60000) == 0x60000;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return x;
    unsigned leaves = a;
    x.avx2 = ymm && fma && bit(b, 5);
    x.avx512 =
        zmm && x.avx2 && bit(b, 16) && bit(b, 17) && bit(b, 30) && bit(b, 31);
    x.avx512_vnni = x.avx512 && bit(c, 11);
    x.avx512_fp16 = x.avx512 && bit(d, 23);
    x.amx_tile = tiles && bit(d, 24);
    x.amx_bf16 = x.amx_tile && bit(d, 22);
    x.amx_int8 = x.amx_tile && bit(d, 25);
    if (leaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) {
        x.avx_vnni = x.avx2 && bit(a, 4);
        x.avx512_bf16 = x.avx512 && bit(a, 5);
    }
    return x;
}

#else

struct et_isa_x86 et_isa_x86(void)
{
    return (struct et_isa_x86){0};
}

#endif

#if defined __x86_64__ && defined __linux__

#include <sys/syscall.h>
#include <unistd.h>

/* Linux Documentation/arch/x86/xstate.rst. */
#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

bool et_isa_amx_allowed(void)
{
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) ==
           0;
}

#else

bool et_isa_amx_allowed(void)
{
    return false;
}

#endif
