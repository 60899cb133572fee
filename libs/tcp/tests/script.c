#include "script.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

struct tcp *script_listener;
struct tcp *script_tcp;
unsigned script_events;
uint32_t script_iss;
uint16_t script_peer_port;
static uint16_t our_port;
static uint32_t written;   ///< Of our pattern.
static uint32_t read_pos;  ///< Of the peer's.
static uint32_t our_clock;

void tcp_event(void *user, unsigned events) {
    if (user == &script_events) {
        script_events |= events;
    }
}

static uint8_t pattern(uint32_t pos) {
    return (uint8_t) (pos * 7 + (pos >> 8));
}

static void put16(uint8_t *p, uint16_t value) {
    value = hton16(value);
    memcpy(p, &value, sizeof(value));
}

static void put32(uint8_t *p, uint32_t value) {
    value = hton32(value);
    memcpy(p, &value, sizeof(value));
}

static uint32_t get32(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return ntoh32(value);
}

static uint16_t get16(const uint8_t *p) {
    uint16_t value;
    memcpy(&value, p, sizeof(value));
    return ntoh16(value);
}

void script_begin(void) {
    network_begin();
    script_listener = NULL;
    script_tcp = NULL;
    script_events = 0;
    script_peer_port = PEER_PORT;
    our_port = OUR_PORT;
    script_iss = 0;
    written = read_pos = 0;
    our_clock = 0;
}

void script_next_peer(void) {
    script_peer_port++;
    our_port = OUR_PORT;
    script_iss = 0;
    written = read_pos = 0;
    our_clock = 0;
}

void script_end(void) {
    if (script_tcp != NULL) {
        tcp_abort(script_tcp);
    }
    if (script_listener != NULL) {
        tcp_close(script_listener);
    }
    network_end();
}

/// Options as the test wants them, padded. Returns their length.
static size_t write_options(uint8_t *p, const struct script_segment *in) {
    uint8_t *start = p;
    if (in->mss != 0) {
        p[0] = 2;
        p[1] = 4;
        put16(p + 2, in->mss);
        p += 4;
    }
    if (in->scale != 0) {
        p[0] = 1;
        p[1] = 3;
        p[2] = 3;
        p[3] = (uint8_t) (in->scale - 1);
        p += 4;
    }
    if (in->sack_ok) {
        p[0] = 1;
        p[1] = 1;
        p[2] = 4;
        p[3] = 2;
        p += 4;
    }
    if (in->ts) {
        p[0] = 1;
        p[1] = 1;
        p[2] = 8;
        p[3] = 10;
        put32(p + 4, in->ts_val);
        put32(p + 8, in->ts_echo + our_clock);
        p += 12;
    }
    if (in->num_sacks > 0) {
        p[0] = 1;
        p[1] = 1;
        p[2] = 5;
        p[3] = (uint8_t) (2 + 8 * in->num_sacks);
        for (unsigned i = 0; i < in->num_sacks; i++) {
            put32(p + 4 + 8 * i, in->sacks[i].start + script_iss);
            put32(p + 8 + 8 * i, in->sacks[i].end + script_iss);
        }
        p += 4 + 8 * in->num_sacks;
    }
    return (size_t) (p - start);
}

void script_in(const struct script_segment *in) {
    struct network_segment segment = {
        .src = network_addr(9),
        .dst = network_addr(1),
    };
    uint8_t *p = segment.bytes;
    uint32_t window = (in->window == 0) ? 65535 : (in->window == NO_WINDOW) ? 0 : in->window;
    size_t options = write_options(p + TCP_HEADER_LEN, in);
    put16(p, script_peer_port);
    put16(p + 2, our_port);
    put32(p + 4, in->seq);
    put32(p + 8, (in->flags & A) ? in->ack + script_iss : 0);
    p[12] = (uint8_t) ((TCP_HEADER_LEN + options) / 4 << 4);
    p[13] = (uint8_t) in->flags;
    put16(p + 14, (uint16_t) window);
    put16(p + 18, (in->flags & U) ? 1 : 0);
    for (uint32_t i = 0; i < in->len; i++) {
        p[TCP_HEADER_LEN + options + i] = pattern(in->seq + i - PEER_SEQ - 1);
    }
    segment.len = (uint32_t) (TCP_HEADER_LEN + options + in->len);
    network_set_checksum(&segment);
    segment.bytes[TCP_CHECKSUM_AT] ^= in->bad_checksum ? 1 : 0;
    // In odd pieces: nothing may depend on how a packet lies in its buffers.
    network_deliver(&segment, 600);
    if (!in->batched) {
        tcp_flush();
    }
}

/// What was sent, as a script says it.
struct parsed {
    struct script_segment seg;
    bool pattern_ok;
};

static void parse_options(const uint8_t *p, size_t len, struct script_segment *seg) {
    for (size_t i = 0; i < len;) {
        if (p[i] == 1) {
            i++;
            continue;
        }
        switch (p[i]) {
        case 2:
            seg->mss = get16(p + i + 2);
            break;
        case 3:
            seg->scale = (uint8_t) (p[i + 2] + 1);
            break;
        case 4:
            seg->sack_ok = true;
            break;
        case 5:
            seg->num_sacks = (p[i + 1] - 2) / 8;
            for (unsigned k = 0; k < seg->num_sacks; k++) {
                seg->sacks[k].start = get32(p + i + 2 + 8 * k);
                seg->sacks[k].end = get32(p + i + 6 + 8 * k);
            }
            break;
        case 8:
            seg->ts = true;
            seg->ts_val = get32(p + i + 2);
            seg->ts_echo = get32(p + i + 6);
            break;
        default:
            TEST_EXPECT_EQ(p[i], 0);
            return;
        }
        i += p[i + 1];
    }
}

static struct parsed parse(const struct network_segment *segment) {
    const uint8_t *p = segment->bytes;
    size_t header_len = (p[12] >> 4) * 4u;
    struct parsed parsed = {.pattern_ok = true};
    struct script_segment *seg = &parsed.seg;
    seg->flags = p[13];
    seg->ack = get32(p + 8);
    seg->window = get16(p + 14);
    seg->len = (uint32_t) (segment->len - header_len);
    parse_options(p + TCP_HEADER_LEN, header_len - TCP_HEADER_LEN, seg);
    if (seg->flags & S) {
        script_iss = get32(p + 4);
        our_port = get16(p);
        our_clock = seg->ts_val - (uint32_t) (network_now - 1000000);
    }
    seg->seq = get32(p + 4) - script_iss;
    for (uint32_t i = 0; i < seg->len; i++) {
        parsed.pattern_ok &= p[header_len + i] == pattern(seg->seq + i - 1);
    }
    return parsed;
}

static void print(char *text, size_t size, const struct script_segment *seg) {
    static const char letters[] = "FSRPAU";
    char flags[8] = "", *p = flags;
    for (unsigned i = 0; i < 6; i++) {
        if (seg->flags & (1u << i)) {
            *p++ = letters[i];
        }
    }
    int len = snprintf(text, size, "%s seq=%u ack=%u len=%u window=%u mss=%u scale=%u%s%s", flags,
                       seg->seq, seg->ack, seg->len, seg->window, seg->mss, seg->scale,
                       seg->sack_ok ? " sack_ok" : "", seg->ts ? " ts" : "");
    for (unsigned i = 0; i < seg->num_sacks && len < (int) size; i++) {
        len += snprintf(text + len, size - (size_t) len, " %u-%u", seg->sacks[i].start,
                        seg->sacks[i].end);
    }
}

static bool matches(const struct script_segment *want, const struct script_segment *got) {
    // PSH is only looked at if the test speaks of it.
    unsigned mask = (want->flags & P) ? ~0u : ~(unsigned) P;
    bool same = (want->flags & mask) == (got->flags & mask) && want->seq == got->seq
                && want->len == got->len && (!(want->flags & A) || want->ack == got->ack);
    uint32_t window = (want->window == NO_WINDOW) ? 0 : want->window;
    same &= want->window == 0 || window == got->window;
    same &= want->mss == 0 || want->mss == got->mss;
    same &= want->scale == 0 || want->scale == got->scale;
    same &= !want->sack_ok || got->sack_ok;
    same &= !want->ts || got->ts;
    same &= want->ts_echo == 0 || want->ts_echo == got->ts_echo;
    same &= want->num_sacks == got->num_sacks;
    for (unsigned i = 0; same && i < want->num_sacks; i++) {
        same &= want->sacks[i].start == got->sacks[i].start;
        same &= want->sacks[i].end == got->sacks[i].end;
    }
    return same;
}

void script_out(const char *file, int line, const struct script_segment *out) {
    char wanted[200], got[200] = "nothing", text[450];
    struct network_segment *segment = network_take();
    bool ok = false;
    if (segment != NULL) {
        struct parsed parsed = parse(segment);
        free(segment);
        ok = parsed.pattern_ok && matches(out, &parsed.seg);
        print(got, sizeof(got), &parsed.seg);
    }
    print(wanted, sizeof(wanted), out);
    snprintf(text, sizeof(text), "sent: %s; expected: %s", got, wanted);
    unittest_expect(ok, file, line, text);
}

void script_nothing(const char *file, int line) {
    char got[200] = "", text[250];
    struct network_segment *segment = network_take();
    if (segment != NULL) {
        struct parsed parsed = parse(segment);
        print(got, sizeof(got), &parsed.seg);
        free(segment);
    }
    snprintf(text, sizeof(text), "sent: %s; expected: nothing", got);
    unittest_expect(segment == NULL, file, line, text);
}

bool script_take(struct script_segment *sent) {
    struct network_segment *segment = network_take();
    if (segment == NULL) {
        return false;
    }
    *sent = parse(segment).seg;
    free(segment);
    return true;
}

unsigned script_drain(void) {
    unsigned count = 0;
    struct network_segment *segment;
    while ((segment = network_take()) != NULL) {
        free(segment);
        count++;
    }
    return count;
}

void script_pass(uint64_t ms) {
    network_pass(ms);
}

void script_listen(unsigned backlog) {
    error_t err;
    struct ip_addr any = {{0}};
    script_listener = tcp_listen(&any, OUR_PORT, backlog, &err);
    TEST_EXPECT_EQ(err, OK);
}

void script_accept(void) {
    script_tcp = tcp_accept(script_listener);
    TEST_EXPECT(script_tcp != NULL);
    if (script_tcp != NULL) {
        tcp_set_user(script_tcp, &script_events);
    }
}

void script_connect(void) {
    error_t err;
    struct ip_addr any = {{0}}, peer = network_addr(9);
    script_tcp = tcp_connect(&any, 0, &peer, script_peer_port, &err);
    TEST_EXPECT_EQ(err, OK);
    tcp_set_user(script_tcp, &script_events);
}

void script_establish(const struct script_segment *options) {
    if (script_listener == NULL) {
        script_listen(8);
    }
    struct script_segment syn = *options;
    syn.flags = S;
    syn.seq = PEER_SEQ;
    script_in(&syn);
    OUT(.flags = S | A, .seq = 0, .ack = PEER_SEQ + 1);
    IN(.flags = A, .seq = PEER_SEQ + 1, .ack = 1, .ts = options->ts, .ts_val = options->ts_val,
       .window = options->window);
    NOTHING();
    script_accept();
}

size_t script_write(size_t len) {
    uint8_t *bytes = malloc(len + 1);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = pattern(written + (uint32_t) i);
    }
    int64_t taken = tcp_write(script_tcp, bytes, len);
    free(bytes);
    TEST_EXPECT_GE(taken, 0);
    written += (uint32_t) MAX(taken, 0);
    return (size_t) MAX(taken, 0);
}

void script_read(size_t len) {
    uint8_t *bytes = malloc(len + 1);
    TEST_EXPECT_EQ(tcp_read(script_tcp, bytes, len), (int64_t) len);
    bool same = true;
    for (size_t i = 0; i < len; i++) {
        same &= bytes[i] == pattern(read_pos + (uint32_t) i);
    }
    TEST_EXPECT(same);
    read_pos += (uint32_t) len;
    free(bytes);
}

void script_read_from(uint32_t seq) {
    read_pos = seq - PEER_SEQ - 1;
}

enum tcp_state script_state(void) {
    struct tcp_info info;
    tcp_info_of(script_tcp, &info);
    return info.state;
}

uint64_t script_count(const char *name) {
    uint64_t value = 0;
    for (unsigned i = 0;; i++) {
        const char *found = tcp_counter(i, &value);
        TEST_EXPECT(found != NULL);
        if (found == NULL || strcmp(found, name) == 0) {
            return value;
        }
    }
}
