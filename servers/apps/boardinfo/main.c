#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>

/// Models by the bits 4 to 11 of a revision code whose bit 23 is set (documentation of the
/// Raspberry Pi, "Raspberry Pi revision codes").
static const struct {
    unsigned code;
    const char *name;
} models[] = {
    {0x04, "2B"},  {0x08, "3B"},  {0x09, "Zero"}, {0x0a, "CM3"},      {0x0c, "Zero W"},
    {0x0d, "3B+"}, {0x0e, "3A+"}, {0x10, "CM3+"}, {0x12, "Zero 2 W"},
};

static const struct {
    enum mailbox_clock clock;
    const char *name;
} clocks[] = {
    {MAILBOX_CLOCK_ARM, "ARM"},   {MAILBOX_CLOCK_CORE, "core"}, {MAILBOX_CLOCK_SDRAM, "SDRAM"},
    {MAILBOX_CLOCK_EMMC, "EMMC"}, {MAILBOX_CLOCK_UART, "UART"},
};

static const char *model_name(uint32_t revision) {
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if ((revision >> 23 & 1) && models[i].code == (revision >> 4 & 0xff)) {
            return models[i].name;
        }
    }
    return "of an unknown model";
}

/// The firmware doesn't know everything everywhere: what it doesn't tell is left out.
static bool is_told(const char *what, error_t err) {
    if (err != OK && err != ERR_UNAVAILABLE) {
        printf("%-12s %s\n", what, error_name(err));
    }
    return err == OK;
}

static void print_board(task_t server) {
    uint64_t serial;
    uint32_t firmware, model, revision;
    uint8_t mac[6];
    error_t err = call_mailbox_board(server, &serial, &firmware, &model, &revision, mac);
    if (!is_told("board", err)) {
        return;
    }
    printf("%-12s Raspberry Pi %s, revision %x\n", "board", model_name(revision), revision);
    printf("%-12s %016llx\n", "serial", (unsigned long long) serial);
    printf("%-12s %02x:%02x:%02x:%02x:%02x:%02x\n", "Ethernet", mac[0], mac[1], mac[2], mac[3],
           mac[4], mac[5]);
    printf("%-12s %u\n", "firmware", firmware);
}

static void print_memory(task_t server) {
    uint32_t arm_base, arm_size, vc_base, vc_size;
    error_t err = call_mailbox_memory(server, &arm_base, &arm_size, &vc_base, &vc_size);
    if (is_told("memory", err)) {
        printf("%-12s %u MiB for the ARM cores, %u MiB for the VideoCore\n", "memory",
               arm_size >> 20, vc_size >> 20);
    }
}

static void print_clocks(task_t server) {
    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        uint32_t rate, min, max;
        error_t err = call_mailbox_get_clock(server, clocks[i].clock, &rate, &min, &max);
        if (is_told(clocks[i].name, err)) {
            printf("%-12s %u MHz (%u to %u)\n", clocks[i].name, rate / 1000000, min / 1000000,
                   max / 1000000);
        }
    }
}

static void print_sensors(task_t server) {
    int32_t now, max, microvolts;
    error_t err = call_mailbox_get_temperature(server, &now, &max);
    if (is_told("temperature", err)) {
        printf("%-12s %d °C (slows down above %d)\n", "temperature", now / 1000, max / 1000);
    }
    err = call_mailbox_get_voltage(server, MAILBOX_RAIL_CORE, &microvolts);
    if (is_told("voltage", err)) {
        printf("%-12s %d mV\n", "voltage", microvolts / 1000);
    }
}

static void print_display(task_t server) {
    uint32_t width, height;
    if (is_told("display", call_mailbox_display_size(server, &width, &height))) {
        printf("%-12s %u x %u\n", "display", width, height);
    }
}

void main(void) {
    task_t server = ipc_lookup("mailbox");
    if (IS_ERROR(server)) {
        printf("boardinfo: there is no firmware to ask: %s\n", error_name(server));
        task_exit_with(1);
    }
    print_board(server);
    print_memory(server);
    print_clocks(server);
    print_sensors(server);
    print_display(server);
}
