#include "cpu.h"

// "Intel 64 and IA-32 Architectures Software Developer's Manual", volume 1, 7.3.17, and "Intel
// Digital Random Number Generator (DRNG) Software Implementation Guide", 5.2 and 5.3.

#define CPUID_1_ECX_RDRAND (1u << 30)
#define CPUID_7_EBX_RDSEED (1u << 18)

/// RDRAND has one again within so many tries (5.2.1); RDSEED may take longer, or have none as
/// others use it up.
#define RDRAND_TRIES 10
#define RDSEED_TRIES 100

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf) {
    struct cpuid result;
    __asm__ __volatile__("cpuid"
                         : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                         : "a"(leaf), "c"(0));
    return result;
}

static bool has_rdrand(void) {
    return cpuid(1).ecx & CPUID_1_ECX_RDRAND;
}

static bool has_rdseed(void) {
    return cpuid(0).eax >= 7 && (cpuid(7).ebx & CPUID_7_EBX_RDSEED);
}

static bool rdseed(uint64_t *word) {
    bool ok;
    __asm__ __volatile__("rdseed %0" : "=r"(*word), "=@ccc"(ok));
    return ok;
}

static bool rdrand(uint64_t *word) {
    bool ok;
    __asm__ __volatile__("rdrand %0" : "=r"(*word), "=@ccc"(ok));
    return ok;
}

/// Some processors go on to succeed with the same word, all ones, once their generator has broken
/// ("Revision Guide for AMD Family 17h Models 00h-0Fh Processors", and those of their relatives):
/// that is none.
static bool is_broken(uint64_t word) {
    return word == 0 || word == UINT64_MAX;
}

bool cpu_read_seed(uint64_t *word) {
    static int known = -1;
    known = (known < 0) ? has_rdseed() : known;
    for (int i = 0; known && i < RDSEED_TRIES; i++) {
        if (rdseed(word)) {
            return !is_broken(*word);
        }
        __asm__ __volatile__("pause");
    }
    return false;
}

bool cpu_read_random(uint64_t *word) {
    static int known = -1;
    known = (known < 0) ? has_rdrand() : known;
    for (int i = 0; known && i < RDRAND_TRIES; i++) {
        if (rdrand(word)) {
            return !is_broken(*word);
        }
    }
    return false;
}
