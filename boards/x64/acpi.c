#include "x64_board.h"
#include <arch/x64/kernel/x64.h>
#include <kernel/panic.h>
#include <string.h>

struct acpi_info acpi;

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
} __packed;

struct sdt {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __packed;

struct madt {
    struct sdt header;
    uint32_t local_apic;
    uint32_t flags;
    uint8_t entries[];
} __packed;

#define MADT_LOCAL_APIC 0
#define MADT_IO_APIC    1
#define MADT_OVERRIDE   2

/// The parts of the FADT that matter (table 5.9).
#define FADT_DSDT       40
#define FADT_PM1A_CNT   64
#define FADT_PM1B_CNT   68
#define FADT_MIN_LENGTH 72

/// Tables that lie beyond what the kernel maps are as good as none.
static const void *map(paddr_t paddr, size_t len) {
    return (paddr && paddr + len <= 4ul << 30) ? arch_ram_ptr(paddr) : NULL;
}

static bool checksum_ok(const void *table, size_t len) {
    const uint8_t *bytes = table;
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += bytes[i];
    }
    return sum == 0;
}

/// The root pointer is at a 16-byte boundary in the BIOS's area (5.2.5.1).
static const struct rsdp *find_rsdp(void) {
    for (paddr_t paddr = 0xe0000; paddr < 0x100000; paddr += 16) {
        const struct rsdp *rsdp = map(paddr, sizeof(*rsdp));
        if (!memcmp(rsdp->signature, "RSD PTR ", 8) && checksum_ok(rsdp, sizeof(*rsdp))) {
            return rsdp;
        }
    }
    return NULL;
}

static const struct sdt *find_table(const struct rsdp *rsdp, const char *signature) {
    const struct sdt *rsdt = rsdp ? map(rsdp->rsdt, sizeof(*rsdt)) : NULL;
    if (!rsdt) {
        return NULL;
    }
    const uint8_t *entries = (const uint8_t *) (rsdt + 1);
    for (size_t off = 0; off + sizeof(*rsdt) + 4 <= rsdt->length; off += 4) {
        uint32_t paddr;
        memcpy(&paddr, entries + off, sizeof(paddr));
        const struct sdt *table = map(paddr, sizeof(*table));
        if (table && !memcmp(table->signature, signature, 4)) {
            return table;
        }
    }
    return NULL;
}

// ---- CPUs and interrupt lines -------------------------------------------------------------------

static void add_cpu(const uint8_t *entry) {
    uint8_t id = entry[3];
    bool enabled = entry[4] & 1;
    if (enabled && id != acpi.apic_ids[0] && acpi.num_cpus < CONFIG_NUM_CPUS) {
        acpi.apic_ids[acpi.num_cpus++] = id;
    }
}

static void add_override(const uint8_t *entry) {
    uint8_t source = entry[3];
    uint16_t flags = entry[8];
    if (source < 16) {
        acpi.isa[source] = (struct acpi_override){
            .present = true,
            .gsi = entry[4],
            .active_low = (flags & 3) == 3,
            .level = ((flags >> 2) & 3) == 3,
        };
    }
}

static void read_madt(const struct madt *madt) {
    acpi.local_apic = madt->local_apic;
    size_t len = madt->header.length - sizeof(*madt);
    for (size_t off = 0; off + 2 <= len;) {
        const uint8_t *entry = &madt->entries[off];
        uint8_t type = entry[0], size = entry[1];
        if (size < 2 || off + size > len) {
            return;
        }
        if (type == MADT_LOCAL_APIC && size >= 8) {
            add_cpu(entry);
        } else if (type == MADT_IO_APIC && size >= 12 && !acpi.io_apic) {
            uint32_t paddr;
            memcpy(&paddr, entry + 4, sizeof(paddr));
            acpi.io_apic = paddr;
            acpi.io_apic_gsi_base = entry[8];
        } else if (type == MADT_OVERRIDE && size >= 10) {
            add_override(entry);
        }
        off += size;
    }
}

// ---- Power-off ----------------------------------------------------------------------------------

/// An integer of a package (20.2.3): ZeroOp, OneOp or a byte.
static int read_small_integer(const uint8_t **p) {
    uint8_t op = *(*p)++;
    return op == 0x0a ? *(*p)++ : (op <= 1 ? op : 0);
}

/// Looks for `Name (\_S5, Package {a, b, …})` in the code of the DSDT: the sleep types of soft off.
static void read_s5(const struct sdt *dsdt) {
    const uint8_t *code = (const uint8_t *) (dsdt + 1);
    const uint8_t *end = (const uint8_t *) dsdt + dsdt->length;
    for (const uint8_t *p = code; p + 12 < end; p++) {
        if (memcmp(p, "_S5_", 4) || p[4] != 0x12) {
            continue;
        }
        const uint8_t *element = p + 5 + (p[5] >> 6) + 1 + 1;  // Package length, element count.
        acpi.pm1a_off = (uint16_t) ((read_small_integer(&element) << 10) | (1 << 13));
        acpi.pm1b_off = (uint16_t) ((read_small_integer(&element) << 10) | (1 << 13));
        return;
    }
    acpi.pm1a_port = acpi.pm1b_port = 0;
}

static void read_fadt(const struct sdt *fadt) {
    const uint8_t *bytes = (const uint8_t *) fadt;
    uint32_t dsdt, pm1a, pm1b;
    if (fadt->length < FADT_MIN_LENGTH) {
        return;
    }
    memcpy(&dsdt, bytes + FADT_DSDT, 4);
    memcpy(&pm1a, bytes + FADT_PM1A_CNT, 4);
    memcpy(&pm1b, bytes + FADT_PM1B_CNT, 4);
    acpi.pm1a_port = (uint16_t) pm1a;
    acpi.pm1b_port = (uint16_t) pm1b;
    const struct sdt *table = map(dsdt, sizeof(*table));
    if (table) {
        read_s5(table);
    }
}

void acpi_init(uint8_t boot_apic_id) {
    acpi.num_cpus = 1;
    acpi.apic_ids[0] = boot_apic_id;
    const struct rsdp *rsdp = find_rsdp();
    const struct sdt *madt = find_table(rsdp, "APIC");
    const struct sdt *fadt = find_table(rsdp, "FACP");
    if (madt) {
        read_madt((const struct madt *) madt);
    }
    if (fadt) {
        read_fadt(fadt);
    }
    if (!acpi.io_apic) {
        acpi.io_apic = 0xfec00000;
    }
}
