#ifndef __TCP_CONSTANTS_H__
#define __TCP_CONSTANTS_H__

/// \file
/// TCP's numbers: sizes in bytes, times in milliseconds unless the name says otherwise.

/// Flags of the header (RFC 9293, 3.1).
#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_RST 0x04u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u
#define TCP_URG 0x20u

#define TCP_HEADER_LEN  20u
#define TCP_HEADER_MAX  60u
#define TCP_CHECKSUM_AT 16u
#define TCP_TIMESTAMPS_LEN \
    12u  ///< The option, with two NOPs in front so that its words are aligned.

/// What is assumed of a peer that doesn't say (RFC 9293, 3.7.1).
#define TCP_MSS_V4 536u
#define TCP_MSS_V6 1220u
/// No peer makes us send smaller segments than that: each costs a header and time (RFC 4987 and others tell
/// of that attack).
#define TCP_MSS_MIN 64u

/// Ours: windows of up to 512 KiB can be told with it.
#define TCP_WINDOW_SHIFT 3u
/// RFC 7323, 2.3.
#define TCP_WINDOW_SHIFT_MAX 14u

#define TCP_RTO_FIRST 1000u
#define TCP_RTO_MAX   60000u
/// How much later than the usual a retransmission comes at least: peers delay acknowledgements.
#define TCP_RTO_SLACK_MIN 200u
/// RFC 6298, 5.7: after a SYN that had to be sent again.
#define TCP_RTO_AFTER_SYN 3000u
/// RFC 9293, 3.8.3: R1, after which another route is looked for, R2 for a SYN and for the rest.
#define TCP_RETRIES_R1   3u
#define TCP_SYN_TIMEOUT  180000u
#define TCP_USER_TIMEOUT 120000u
/// RFC 9293, 3.8.6.3 allows 500.
#define TCP_DELAYED_ACK 40u
/// Twice the maximum segment lifetime: RFC 9293 takes 2 minutes for one, what everybody does is 30 seconds.
#define TCP_TIME_WAIT_MS 60000u
/// How long a connection that nobody has any more waits for the other side's FIN.
#define TCP_FIN_WAIT_2_MS     60000u
#define TCP_KEEPALIVE_PROBES  5u
#define TCP_KEEPALIVE_EVERY_S 30u
/// A connection sends so often, at most, what answers a segment that can't be (RFC 5961, 7).
#define TCP_CHALLENGE_EVERY 500u
/// RFC 7323, 5.5: 24 days, after which an old timestamp says nothing.
#define TCP_TIMESTAMP_STALE (24u * 24 * 3600 * 1000)

/// How long to wait before looking again whether there are buffers for who wants to write.
#define TCP_STARVED_MS 50u

#define TCP_DUP_ACKS_MAX 3u
/// RFC 6928.
#define TCP_INITIAL_SEGMENTS 10u

#define TCP_SEND_LIMIT    (128u * 1024)
#define TCP_RECEIVE_LIMIT (128u * 1024)
#define TCP_LIMIT_MIN     4096u
#define TCP_LIMIT_MAX     (512u * 1024)

#define TCP_SACKED_MAX  32u
#define TCP_REORDER_MAX 32u
#define TCP_BACKLOG_MAX 256u
/// Blocks that remain for a while without anyone's will: half-open connections, those that have been closed,
/// those that are still to deliver.
#define TCP_HALF_OPEN_MAX 128u
#define TCP_TIME_WAIT_MAX 512u
#define TCP_ORPHANS_MAX   256u

/// Payload of at most so many bytes is copied behind the header: cheaper than another piece of the frame.
#define TCP_COPY_MAX 256u
/// Payload of a segment that the device is to cut, at most: with headers, it has to stay below NET_FRAME_MAX.
#define TCP_SEGMENT_MAX 65000u

#endif
