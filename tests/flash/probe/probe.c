// A CMSIS-DAP probe (version 1: reports of 64 bytes) with a simulated chip behind it.
//
//     probe SOCKET FLASH [ADDR:MASK]
//
// Waits at a Unix socket for one debugger, which sends and gets whole reports there. FLASH holds the
// chip's flash: read at the beginning if it is there, written as soon as the debugger has gone. The bits
// of MASK in the word at ADDR stay 1, as in a chip that is worn out.

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "nrf51.h"

#define REPORT_LEN 64

// Instructions between two looks at the socket.
#define SLICE 2000

enum command {
    DAP_INFO = 0x00,
    DAP_CONNECT = 0x02,
    DAP_TRANSFER = 0x05,
    DAP_TRANSFER_BLOCK = 0x06,
    DAP_RESET_TARGET = 0x0a,
    DAP_SWJ_PINS = 0x10,
};

/// The requests of DAP_TRANSFER: APnDP, RnW and A[3:2].
#define REQUEST_AP   (1 << 0)
#define REQUEST_READ (1 << 1)
#define REQUEST_ADDR 0x0c

/// A report that is read from or written to piece by piece.
struct report {
    uint8_t bytes[REPORT_LEN];
    unsigned pos;
};

static uint32_t get(struct report *from, unsigned size) {
    uint32_t value = 0;
    if (from->pos + size <= REPORT_LEN) {
        memcpy(&value, from->bytes + from->pos, size);
    }
    from->pos += size;
    return value;
}

static void put(struct report *to, unsigned size, uint32_t value) {
    if (to->pos + size <= REPORT_LEN) {
        memcpy(to->bytes + to->pos, &value, size);
    }
    to->pos += size;
}

static void put_text(struct report *to, const char *text) {
    put(to, 1, (uint32_t) strlen(text) + 1);
    for (const char *c = text; c == text || c[-1]; c++) {
        put(to, 1, (uint8_t) *c);
    }
}

static void info(struct report *in, struct report *out) {
    switch (get(in, 1)) {
    case 0x03:
        put_text(out, "9900000000000000");
        break;
    case 0x04:
        put_text(out, "1.10");
        break;
    case 0xf0:
        put(out, 2, 1 | 1 << 8);  // one byte: SWD is there
        break;
    case 0xfe:
        put(out, 2, 1 | 1 << 8);  // one byte: one report at a time
        break;
    case 0xff:
        put(out, 3, 2 | REPORT_LEN << 8);
        break;
    default:
        put(out, 1, 0);
        break;
    }
}

static unsigned transfer(uint8_t request, struct report *in, struct report *out) {
    bool read = request & REQUEST_READ;
    uint32_t value = read ? 0 : get(in, 4);
    unsigned ack = dap_access(request & REQUEST_AP, read, request & REQUEST_ADDR, &value);
    if (read && ack == DAP_OK) {
        put(out, 4, value);
    }
    return ack;
}

/// `count_size`: bytes of the counter in request and response.
static void transfers(struct report *in, struct report *out, unsigned count_size) {
    get(in, 1);  // which chip of a chain
    unsigned count = get(in, count_size), done = 0, ack = DAP_OK;
    bool block = count_size == 2;
    uint8_t request = block ? (uint8_t) get(in, 1) : 0;
    unsigned start = out->pos;
    out->pos += count_size + 1;
    while (done < count && ack == DAP_OK) {
        ack = transfer(block ? request : (uint8_t) get(in, 1), in, out);
        done += block ? ack == DAP_OK : 1;
    }
    out->pos = start;
    put(out, count_size, done);
    put(out, 1, ack);
}

/// What all other commands answer: done.
static void acknowledge(struct report *out) {
    put(out, 1, 0);
}

static void answer(struct report *in, struct report *out) {
    uint8_t command = (uint8_t) get(in, 1);
    put(out, 1, command);
    switch (command) {
    case DAP_INFO:
        info(in, out);
        break;
    case DAP_CONNECT:
        put(out, 1, 1);  // SWD
        break;
    case DAP_TRANSFER:
        transfers(in, out, 1);
        break;
    case DAP_TRANSFER_BLOCK:
        transfers(in, out, 2);
        break;
    case DAP_RESET_TARGET:
        chip_reset();
        put(out, 2, 1 << 8);
        break;
    case DAP_SWJ_PINS:
        put(out, 1, 0x83);  // what is read: SWCLK, SWDIO and nRESET are high
        break;
    default:
        acknowledge(out);
        break;
    }
}

/// Lets the core run until a report arrives; false when the debugger has gone.
static bool receive(int debugger, struct report *in) {
    struct pollfd ready = {.fd = debugger, .events = POLLIN};
    bool running = true;
    do {
        chip_run(SLICE);
        running = !chip.halted && !chip.lockup;
    } while (poll(&ready, 1, running ? 0 : -1) == 0);
    return recv(debugger, in->bytes, REPORT_LEN, MSG_WAITALL) == REPORT_LEN;
}

static void serve(int debugger) {
    struct report in = {.pos = 0};
    while (receive(debugger, &in)) {
        struct report out = {.pos = 0};
        in.pos = 0;
        answer(&in, &out);
        if (send(debugger, out.bytes, REPORT_LEN, MSG_NOSIGNAL) != REPORT_LEN) {
            return;
        }
    }
}

static int await_debugger(const char *path) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int door = socket(AF_UNIX, SOCK_STREAM, 0);
    strncpy(name.sun_path, path, sizeof(name.sun_path) - 1);
    if (door < 0 || bind(door, (struct sockaddr *) &name, sizeof(name)) || listen(door, 1)) {
        perror(path);
        exit(1);
    }
    printf("ready\n");
    fflush(stdout);
    return accept(door, NULL, NULL);
}

static void load(const char *path, uint8_t *bytes, size_t len) {
    FILE *file = fopen(path, "rb");
    if (file) {
        (void) !fread(bytes, 1, len, file);
        fclose(file);
    }
}

static void save(const char *path, const uint8_t *bytes, size_t len) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, len, file) != len || fclose(file)) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: probe SOCKET FLASH [ADDR:MASK]\n");
        return 2;
    }
    chip_init();
    load(argv[2], chip.flash, FLASH_SIZE);
    if (argc > 3) {
        char *end;
        chip.stuck_addr = (uint32_t) strtoul(argv[3], &end, 0);
        chip.stuck_mask = (uint32_t) strtoul(end + 1, NULL, 0);
    }
    chip_reset();
    int debugger = await_debugger(argv[1]);
    serve(debugger);
    save(argv[2], chip.flash, FLASH_SIZE);
    return 0;
}
