// Segments that no connection sends: resets, and answers of half-open connections and of those in TIME-WAIT.

#include "tcp_impl.h"

static size_t write_options(uint8_t *p, const struct tcp_bare *bare, const struct ip_route *route) {
    if (bare->terms != NULL) {
        return tcp_write_syn_options(p, bare->terms, tcp_mss_of(route, bare->remote),
                                     bare->timestamp, bare->echo);
    }
    return bare->timestamps ? tcp_write_timestamps(p, bare->timestamp, bare->echo) : 0;
}

void tcp_send_bare(const struct tcp_bare *bare) {
    struct ip_route route;
    if (ip_route(bare->remote, bare->local, &route) != OK) {
        return;
    }
    struct buf *header = buf_alloc(true);
    if (header == NULL) {
        tcp_count(TCP_COUNT_NO_MEMORY);
        return;
    }
    header->start = BUF_HEADROOM;
    uint8_t *p = buf_data(header);
    size_t options = write_options(p + TCP_HEADER_LEN, bare, &route);
    tcp_write_header(p, &bare->fields, options);
    header->len = (uint16_t) (TCP_HEADER_LEN + options);
    struct ip_packet packet = {
        .route = &route,
        .dst = *bare->remote,
        .protocol = IP_PROTO_TCP,
        .dont_fragment = true,
        .checksum_at = TCP_CHECKSUM_AT,
        .header = header,
    };
    // What is lost here comes again when the peer asks again.
    (void) ip_send(&packet);
    tcp_count(TCP_COUNT_OUT);
}

void tcp_refuse(const struct tcp_segment *seg) {
    if (seg->flags & TCP_RST) {
        return;
    }
    tcp_count(TCP_COUNT_RESETS_OUT);
    bool acks = (seg->flags & TCP_ACK) != 0;
    tcp_send_bare(&(struct tcp_bare){
        .local = &seg->info->dst,
        .remote = &seg->info->src,
        .fields =
            {
                .local_port = seg->local_port,
                .remote_port = seg->remote_port,
                .seq = acks ? seg->ack : 0,
                .ack = acks ? 0 : seg->seq + tcp_segment_span(seg),
                .flags = acks ? TCP_RST : TCP_RST | TCP_ACK,
            },
    });
}
