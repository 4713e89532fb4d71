/* Three ways: whole groups that lie together are turned by 16-byte registers;
 * elements of neighbouring lines that lie together are woven; whatever has
 * another type goes through doubles. */
#include "config.h"
#include "kernels/gemm/native/pack.h"

#define UNROLL _Pragma("GCC unroll 4")
#define ALWAYS_INLINE static inline __attribute__((always_inline))

#define ROW_SIZE(name, size, group) size,
#define ROW_GROUP(name, size, group) group,
#define ROW_NAME(name, size, group) #name,

size_t et_gemm_panel_size(enum et_gemm_panel p)
{
    static const size_t sizes[] = {ET_GEMM_PANEL_ROWS(ROW_SIZE)};
    return sizes[p];
}

int64_t et_gemm_panel_group(enum et_gemm_panel p)
{
    static const int64_t groups[] = {ET_GEMM_PANEL_ROWS(ROW_GROUP)};
    return groups[p];
}

const char *et_gemm_panel_name(enum et_gemm_panel p)
{
    static const char *const names[] = {ET_GEMM_PANEL_ROWS(ROW_NAME)};
    return names[p];
}

enum et_dtype et_gemm_panel_sum(enum et_gemm_panel p)
{
    switch (p) {
    case ET_GEMM_FP64:
        return ET_FP64;
    case ET_GEMM_FP32:
    case ET_GEMM_BF16:
    case ET_GEMM_BF16_LINES:
        return ET_FP32;
    case ET_GEMM_BYTES:
    case ET_GEMM_WORDS:
    case ET_GEMM_BYTE_LINES:
        return ET_INT32;
    case ET_GEMM_PANELS:
        break;
    }
    return ET_DTYPES;
}

bool et_gemm_packs_as_stored(enum et_gemm_panel p, enum et_dtype t)
{
    switch (p) {
    case ET_GEMM_FP64:
        return t == ET_FP64;
    case ET_GEMM_FP32:
        return t == ET_FP32;
    case ET_GEMM_BF16:
    case ET_GEMM_BF16_LINES:
        return t == ET_BF16;
    case ET_GEMM_BYTES:
    case ET_GEMM_BYTE_LINES:
        return t == ET_INT8 || t == ET_UINT8;
    default: /* WORDS: of no type */
        return false;
    }
}

bool et_gemm_packs(enum et_gemm_panel p, enum et_dtype t)
{
    bool byte = t == ET_INT8 || t == ET_UINT8;
    if (p == ET_GEMM_WORDS)
        return byte;
    if (p == ET_GEMM_FP64 || p == ET_GEMM_FP32)
        return et_dtype_is_known(t) && !et_dtype_is_integer(t) &&
               (p == ET_GEMM_FP64 || t != ET_FP64);
    return et_gemm_packs_as_stored(p, t);
}

static const char *at(const struct et_gemm_source *s, int64_t i, int64_t l)
{
    return (const char *)s->data +
           (i * s->line + l * s->step) * (int64_t)et_dtype_size(s->dtype);
}

/* --- turned: the elements of a group lie together ----------------------------
 */

enum { TURNED_GROUPS = 32 };

#if defined __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define TURN 1
#endif
#endif

#if defined TURN
typedef uint32_t four __attribute__((vector_size(16)));

/* Four groups of four lines: out is `width` words from group to group. */
static inline void turn(const char *const from[4], uint32_t flip, uint32_t *out,
                        int64_t width)
{
    four r[4];
    UNROLL for (int i = 0; i < 4; i++)
    {
        memcpy(&r[i], from[i], sizeof r[i]);
        r[i] ^= flip;
    }
    four ab = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5),
         AB = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7),
         cd = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5),
         CD = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
    four o[4] = {__builtin_shufflevector(ab, cd, 0, 1, 4, 5),
                 __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                 __builtin_shufflevector(AB, CD, 0, 1, 4, 5),
                 __builtin_shufflevector(AB, CD, 2, 3, 6, 7)};
    UNROLL for (int g = 0; g < 4; g++)
        memcpy(out + g * width, &o[g], sizeof o[g]);
}
#endif

/* Whole groups of 4 bytes of n lines, of which there are `have`. Four lines at
 * once, the last first: where n is no multiple of four, what they write too
 * much stands where the first lines of the next group come. */
static void turn_words(const struct et_gemm_source *s, uint32_t flip,
                       int64_t width, int64_t i, int64_t n, int64_t have,
                       int64_t l, int64_t groups, bool more, uint32_t *out)
{
    int64_t done = 0;
#if defined TURN
    int64_t most = (n + 3) / 4 * 4;
    int64_t fours = (most <= have && most <= 2 * width ? most : n) / 4;
    for (int64_t q = fours - 1; q >= 0; q--) {
        const char *from[4];
        int64_t g = 0, lines = n - 4 * q < 4 ? n - 4 * q : 4;
        /* The very last group has no next one. */
        int64_t end = lines < 4 && !more ? groups - 1 : groups;
        UNROLL for (int r = 0; r < 4; r++) from[r] = at(s, i + 4 * q + r, l);
        for (; g + 4 <= end; g += 4) {
            turn(from, flip, out + g * width + 4 * q, width);
            UNROLL for (int r = 0; r < 4; r++) from[r] += 16;
        }
        for (; g < groups; g++) {
            for (int r = 0; r < lines; r++) {
                uint32_t word;
                memcpy(&word, from[r], sizeof word);
                out[g * width + 4 * q + r] = word ^ flip;
                from[r] += 4;
            }
        }
    }
    done = 4 * fours;
#else
    (void)have;
    (void)more;
#endif
    for (; done < n; done++) {
        const char *from = at(s, i + done, l);
        for (int64_t g = 0; g < groups; g++) {
            uint32_t word;
            memcpy(&word, from + 4 * g, sizeof word);
            out[g * width + done] = word ^ flip;
        }
    }
}

/* The same of 8 bytes: two groups of two lines at once. */
static void turn_doubles(const struct et_gemm_source *s, int64_t width,
                         int64_t i, int64_t n, int64_t l, int64_t groups,
                         double *out)
{
    typedef double two __attribute__((vector_size(16)));
    for (int64_t r = 0; r < n; r += 2) {
        const bool both = r + 1 < n;
        const char *x = at(s, i + r, l), *y = both ? at(s, i + r + 1, l) : x;
        double *to = out + r;
        int64_t g = 0;
        for (; both && g + 2 <= groups; g += 2, to += 2 * width) {
            two a, b;
            memcpy(&a, x + 8 * g, sizeof a);
            memcpy(&b, y + 8 * g, sizeof b);
            const two first = {a[0], b[0]}, second = {a[1], b[1]};
            memcpy(to, &first, sizeof first);
            memcpy(to + width, &second, sizeof second);
        }
        for (; g < groups; g++, to += width) {
            memcpy(to, x + 8 * g, sizeof *to);
            if (both)
                memcpy(to + 1, y + 8 * g, sizeof *to);
        }
    }
}

/* --- woven: neighbouring lines lie together ------------------------------ */

#if defined TURN
typedef uint16_t eight __attribute__((vector_size(16)));
typedef uint8_t sixteen __attribute__((vector_size(16)));

static inline eight weave_low(eight a, eight b)
{
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

static inline eight weave_high(eight a, eight b)
{
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/* Two rows of eight elements of 2 bytes. */
static inline void weave_two(const char *const from[2], char *out)
{
    eight r[2];
    UNROLL for (int g = 0; g < 2; g++) memcpy(&r[g], from[g], sizeof r[g]);
    const eight o[2] = {weave_low(r[0], r[1]), weave_high(r[0], r[1])};
    memcpy(out, o, sizeof o);
}

/* Four rows of sixteen bytes. */
static inline void weave_four(const char *const from[4], unsigned char flip,
                              char *out)
{
    sixteen r[4];
    eight w[4];
    UNROLL for (int g = 0; g < 4; g++)
    {
        memcpy(&r[g], from[g], sizeof r[g]);
        r[g] ^= flip;
    }
    UNROLL for (int h = 0; h < 2; h++)
    { /* rows 0 and 1, 2 and 3 */
        w[h] = (eight)__builtin_shufflevector(r[2 * h], r[2 * h + 1], 0, 16, 1,
                                              17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                                              22, 7, 23);
        w[h + 2] = (eight)__builtin_shufflevector(r[2 * h], r[2 * h + 1], 8, 24,
                                                  9, 25, 10, 26, 11, 27, 12, 28,
                                                  13, 29, 14, 30, 15, 31);
    }
    const eight o[4] = {weave_low(w[0], w[1]), weave_high(w[0], w[1]),
                        weave_low(w[2], w[3]), weave_high(w[2], w[3])};
    memcpy(out, o, sizeof o);
}
#endif

/* Elements [first, n) of the rows of a group. */
ALWAYS_INLINE void weave_few(const char *const from[4], unsigned char flip,
                             int64_t group, size_t size, int64_t first,
                             int64_t n, char *out)
{
    for (int64_t r = first; r < n; r++) {
        for (int64_t g = 0; g < group; g++) {
            char *to = out + (size_t)(r * group + g) * size;
            memcpy(to, from[g] + (size_t)r * size, size);
            if (flip)
                *to = (char)((unsigned char)*to ^ flip);
        }
    }
}

/* Elements [0, n) of them, 16 bytes of each row at once. */
ALWAYS_INLINE void weave_many(const char *const from[4], unsigned char flip,
                              int64_t group, size_t size, int64_t n, char *out)
{
#if defined TURN
    int64_t bytes = n * (int64_t)size;
    if (group == 1) {
        for (int64_t b = 0; b < bytes; b += 16)
            memcpy(out + b, from[0] + b, 16);
    } else if (group == 2) {
        for (int64_t b = 0; b < bytes; b += 16)
            weave_two((const char *const[2]){from[0] + b, from[1] + b},
                      out + 2 * b);
    } else {
        for (int64_t b = 0; b < bytes; b += 16)
            weave_four((const char *const[4]){from[0] + b, from[1] + b,
                                              from[2] + b, from[3] + b},
                       flip, out + 4 * b);
    }
#else
    weave_few(from, flip, group, size, 0, n, out);
#endif
}

/* Whole groups of n lines, of which there are `have`: their elements are rows
 * of memory. What is written too much for a group stands where the next one
 * comes. */
ALWAYS_INLINE void weave_of(const struct et_gemm_source *s, unsigned char flip,
                            int64_t group, size_t size, int64_t width,
                            int64_t i, int64_t n, int64_t have, int64_t l,
                            int64_t groups, char *out)
{
    int64_t step = 16 / (int64_t)size, whole = n / step * step;
    int64_t most = (n + step - 1) / step * step;
    if (most > have || most > 2 * width)
        most = whole;
    for (int64_t g = 0; g < groups; g++, l += group) {
        const char *from[4] = {at(s, i, l)};
        int64_t many = g + 1 < groups ? most : whole;
        for (int64_t e = 1; e < group; e++)
            from[e] = from[e - 1] + s->step * (int64_t)size;
        weave_many(from, flip, group, size, many, out);
        weave_few(from, flip, group, size, many, n, out);
        out += (size_t)(width * group) * size;
    }
}

/* The same, compiled for each kind of element. */
static void weave(const struct et_gemm_source *s, unsigned char flip,
                  int64_t width, int64_t i, int64_t n, int64_t have, int64_t l,
                  int64_t groups, char *out)
{
    switch (et_dtype_size(s->dtype)) {
    case 8:
        weave_of(s, 0, 1, 8, width, i, n, have, l, groups, out);
        break;
    case 4:
        weave_of(s, 0, 1, 4, width, i, n, have, l, groups, out);
        break;
    case 2:
        weave_of(s, 0, 2, 2, width, i, n, have, l, groups, out);
        break;
    default:
        weave_of(s, flip, 4, 1, width, i, n, have, l, groups, out);
        break;
    }
}

/* --- lines: groups of 64 bytes that lie together -------------------------- */

enum { LINE = 64 };

static void copy_lines(const struct et_gemm_source *s, unsigned char flip,
                       int64_t width, int64_t i, int64_t n, int64_t l,
                       int64_t groups, char *out)
{
    for (int64_t r = 0; r < n; r++) {
        const char *from = at(s, i + r, l);
        for (int64_t g = 0; g < groups; g++) {
            char *to = out + (g * width + r) * LINE;
            memcpy(to, from + g * LINE, LINE);
            for (int e = 0; e < LINE && flip; e++)
                to[e] = (char)((unsigned char)to[e] ^ flip);
        }
    }
}

/* --- through doubles ----------------------------------------------------- */

static void put(enum et_gemm_panel p, void *out, int64_t where, double v)
{
    switch (p) {
    case ET_GEMM_FP64:
        ((double *)out)[where] = v;
        break;
    case ET_GEMM_FP32:
        ((float *)out)[where] = (float)v;
        break;
    case ET_GEMM_WORDS:
        ((int16_t *)out)[where] = (int16_t)v;
        break;
    default: /* the others hold what is stored */
        break;
    }
}

/* Elements [l, l + k) of line i, every `group` of them `apart` elements from
 * the next. */
static void convert(enum et_gemm_panel p, const struct et_gemm_source *s,
                    int64_t apart, int64_t i, int64_t l, int64_t k, void *out)
{
    enum { CHUNK = 64 };
    double v[CHUNK];
    int64_t group = et_gemm_panel_group(p);
    for (int64_t done = 0; done < k; done += CHUNK) {
        int64_t n = k - done < CHUNK ? k - done : CHUNK;
        int64_t first = i * s->line + (l + done) * s->step;
        if (s->step == 1)
            et_dtype_load(s->dtype, s->data, (size_t)first, (size_t)n, v);
        for (int64_t e = 0; s->step != 1 && e < n; e++)
            v[e] =
                et_dtype_get(s->dtype, s->data, (size_t)(first + e * s->step));
        for (int64_t e = 0; e < n; e++) {
            int64_t m = done + e;
            put(p, out, m / group * apart + m % group, v[e]);
        }
    }
}

/* Element by element, as they are stored. */
static void copy(enum et_gemm_panel p, const struct et_gemm_source *s,
                 unsigned char flip, int64_t apart, int64_t i, int64_t l,
                 int64_t k, char *out)
{
    size_t size = et_dtype_size(s->dtype);
    int64_t group = et_gemm_panel_group(p);
    for (int64_t e = 0; e < k; e++) {
        char *to = out + (size_t)(e / group * apart + e % group) * size;
        memcpy(to, at(s, i, l + e), size);
        if (flip)
            *to = (char)((unsigned char)*to ^ flip);
    }
}

/* --- panels -------------------------------------------------------------- */

void et_gemm_pack(enum et_gemm_panel p, const struct et_gemm_source *s,
                  bool moved, int64_t width, int64_t i, int64_t have, int64_t l,
                  int64_t k, void *out)
{
    int64_t n = have < width ? have : width;
    size_t size = et_gemm_panel_size(p);
    int64_t group = et_gemm_panel_group(p), whole = k / group;
    int64_t groups = (k + group - 1) / group, bytes = group * (int64_t)size;
    unsigned char flip = moved ? 0x80 : 0;
    bool stored = et_gemm_packs_as_stored(p, s->dtype);
    if (n < width)
        memset(out, 0, (size_t)(groups * width * bytes));
    else if (whole < groups)
        memset((char *)out + whole * width * bytes, 0, (size_t)(width * bytes));
    if (!stored) {
        for (int64_t r = 0; r < n; r++)
            convert(p, s, width * group, i + r, l, k, (char *)out + r * bytes);
        return;
    }
    if (s->step == 1 && bytes == LINE) {
        copy_lines(s, flip, width, i, n, l, whole, out);
    } else if (s->step == 1) {
        /* So many groups at once that they stay in the first cache. */
        for (int64_t g = 0; g < whole; g += TURNED_GROUPS) {
            int64_t some =
                whole - g < TURNED_GROUPS ? whole - g : TURNED_GROUPS;
            for (int64_t r = 0; r < n && g + some < whole; r++) {
                const uintptr_t next =
                    (uintptr_t)at(s, i + r, l + (g + some) * group);
                for (int64_t b = 0; b < bytes * TURNED_GROUPS; b += 64)
                    __builtin_prefetch((const void *)(next + (size_t)b), 0, 2);
            }
            if (bytes == 8)
                turn_doubles(s, width, i, n, l + g, some,
                             (double *)out + g * width);
            else
                turn_words(s, 0x01010101u * flip, width, i, n, have,
                           l + g * group, some, g + some < whole,
                           (uint32_t *)out + g * width);
        }
    } else if (s->line == 1 && bytes < LINE) {
        weave(s, flip, width, i, n, have, l, whole, out);
    } else {
        whole = 0;
    }
    for (int64_t r = 0; r < n && whole * group < k; r++)
        copy(p, s, flip, width * group, i + r, l + whole * group,
             k - whole * group, (char *)out + (whole * width + r) * bytes);
}

void et_gemm_pack_line(enum et_gemm_panel p, const struct et_gemm_source *s,
                       bool moved, int64_t i, int64_t l, int64_t k, void *out)
{
    int64_t group = et_gemm_panel_group(p);
    if (et_gemm_packs_as_stored(p, s->dtype))
        copy(p, s, moved ? 0x80 : 0, group, i, l, k, out);
    else
        convert(p, s, group, i, l, k, out);
}
