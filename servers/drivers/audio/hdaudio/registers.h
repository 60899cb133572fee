#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// Registers and verbs of Intel High Definition Audio ("High Definition Audio Specification", revision
/// 1.0a; numbers of sections are that document's).

// ---- The controller: PCI class 04 03 00, memory range 0 (3.3) --------------------------------------

#define HDA_PCI_CLASS    0x04
#define HDA_PCI_SUBCLASS 0x03
#define HDA_BAR          0

#define HDA_GCAP              0x00  // 16 bits.
#define HDA_GCAP_64BIT        (1u << 0)
#define HDA_GCAP_INPUTS(cap)  (((cap) >> 8) & 0xf)
#define HDA_GCAP_OUTPUTS(cap) (((cap) >> 12) & 0xf)

#define HDA_GCTL       0x08
#define HDA_GCTL_RUNS  (1u << 0)  // 0 holds the controller in reset.
#define HDA_STATESTS   0x0e       // 16 bits: which codecs are there. Written ones clear.
#define HDA_CODECS_MAX 15
#define HDA_INTCTL     0x20
#define HDA_INTCTL_ALL (1u << 31)
#define HDA_INTSTS     0x24

// Rings of commands to codecs and of their answers.
#define HDA_CORB_LOW         0x40
#define HDA_CORB_HIGH        0x44
#define HDA_CORB_WRITE       0x48  // 16 bits.
#define HDA_CORB_READ        0x4a  // 16 bits.
#define HDA_CORB_READ_RESET  (1u << 15)
#define HDA_CORB_CTL         0x4c  // 8 bits.
#define HDA_CORB_SIZE        0x4e  // 8 bits.
#define HDA_RIRB_LOW         0x50
#define HDA_RIRB_HIGH        0x54
#define HDA_RIRB_WRITE       0x58  // 16 bits.
#define HDA_RIRB_WRITE_RESET (1u << 15)
#define HDA_RIRB_COUNT       0x5a  // 16 bits: answers until an interrupt.
#define HDA_RIRB_CTL         0x5c  // 8 bits.
#define HDA_RIRB_CTL_IRQ     (1u << 0)
#define HDA_RIRB_STS         0x5d  // 8 bits.
#define HDA_RIRB_STS_ALL     0x05
#define HDA_RIRB_SIZE        0x5e       // 8 bits.
#define HDA_RING_RUNS        (1u << 1)  // Of both CTL registers.
// Of both SIZE registers: which sizes there are, and which is chosen.
#define HDA_RING_SIZE_CAP(size) (((size) >> 4) & 7)
#define HDA_RING_CAP_256        (1u << 2)
#define HDA_RING_CAP_16         (1u << 1)

// Descriptors of streams: first those for input, then those for output.
#define HDA_STREAM(index)    (0x80 + 0x20 * (index))
#define HDA_STREAM_CTL       0x00  // 24 bits, of which 8 are written at a time here.
#define HDA_STREAM_CTL_RESET (1u << 0)
#define HDA_STREAM_CTL_RUNS  (1u << 1)
#define HDA_STREAM_CTL_IRQ   (1u << 2)
#define HDA_STREAM_TAG       0x02  // The upper 8 bits of CTL: the stream's number is in bits 4 to 7.
#define HDA_STREAM_STS       0x03  // 8 bits; written ones clear.
#define HDA_STREAM_STS_ALL   0x1c
#define HDA_STREAM_POSITION  0x04
#define HDA_STREAM_LEN       0x08
#define HDA_STREAM_LAST      0x0c  // 16 bits: number of the last entry of the list.
#define HDA_STREAM_FORMAT    0x12  // 16 bits.
#define HDA_STREAM_LIST_LOW  0x18
#define HDA_STREAM_LIST_HIGH 0x1c

/// An entry of a stream's list of buffers (3.6.3). The list is aligned to 128 bytes.
struct hda_buffer {
    uint64_t daddr;
    uint32_t len;
    uint32_t flags;
};
#define HDA_BUFFER_IRQ (1u << 0)

/// An answer in the ring (4.4.2).
struct hda_answer {
    uint32_t value;
    uint32_t from;  ///< The codec's address is in bits 0 to 3.
};
#define HDA_ANSWER_UNSOLICITED (1u << 4)

// ---- Codecs: verbs with 8 bits of payload (7.3.3) ---------------------------------------------------

#define VERB_GET_PARAMETER       0xf00
#define VERB_GET_CONNECTIONS     0xf02  // Payload: number of the first one that is asked for.
#define VERB_SET_CONNECTION      0x701
#define VERB_SET_POWER           0x705  // 0: D0, fully on.
#define VERB_SET_STREAM          0x706  // Bits 4 to 7: stream; 0 to 3: its first channel.
#define VERB_SET_PIN             0x707
#define PIN_OUT                  (1u << 6)
#define PIN_HEADPHONES           (1u << 7)
#define VERB_SET_EAPD            0x70c
#define EAPD_ON                  (1u << 1)
#define VERB_GET_CONFIGURATION   0xf1c
#define CONFIGURATION_PORT(conf) ((conf) >> 30)
#define PORT_NONE                1
#define VERB_RESET_GROUP         0x7ff

// Verbs with 16 bits of payload.
#define VERB_SET_FORMAT   0x2
#define VERB_SET_AMP      0x3
#define AMP_OUT           (1u << 15)
#define AMP_IN            (1u << 14)
#define AMP_BOTH_CHANNELS (3u << 12)
#define AMP_INDEX(input)  (((input) &0xf) << 8)
#define AMP_MUTE          (1u << 7)

// Parameters (7.3.4).
#define PARAM_NODES              0x04
#define NODES_FIRST(nodes)       (((nodes) >> 16) & 0xff)
#define NODES_COUNT(nodes)       ((nodes) &0xff)
#define PARAM_GROUP_TYPE         0x05
#define GROUP_TYPE(type)         ((type) &0x7f)
#define GROUP_AUDIO              1
#define PARAM_WIDGET             0x09
#define WIDGET_STEREO            (1u << 0)
#define WIDGET_IN_AMP            (1u << 1)
#define WIDGET_OUT_AMP           (1u << 2)
#define WIDGET_OWN_AMP           (1u << 3)  // Its amplifiers aren't as those of the group.
#define WIDGET_OWN_FORMAT        (1u << 4)
#define WIDGET_CONNECTIONS       (1u << 8)
#define WIDGET_DIGITAL           (1u << 9)
#define WIDGET_POWER             (1u << 10)
#define WIDGET_TYPE(widget)      (((widget) >> 20) & 0xf)
#define TYPE_OUTPUT              0
#define TYPE_MIXER               2
#define TYPE_SELECTOR            3
#define TYPE_PIN                 4
#define PARAM_RATES              0x0a  // Bits 0 to 11 rates, 16 to 20 sample sizes.
#define RATES_16BIT              (1u << 17)
#define PARAM_PIN                0x0c
#define PIN_CAN_OUT              (1u << 4)
#define PIN_CAN_HEADPHONES       (1u << 3)
#define PIN_HAS_EAPD             (1u << 16)
#define PARAM_CONNECTIONS        0x0e
#define CONNECTIONS_COUNT(param) ((param) &0x7f)
#define CONNECTIONS_LONG         (1u << 7)
#define PARAM_OUT_AMP            0x12
#define AMP_STEPS(amp)           (((amp) >> 8) & 0x7f)  // Steps above the lowest gain.
#define AMP_OFFSET(amp)          ((amp) &0x7f)          // The step of 0 dB.
#define AMP_CAN_MUTE             (1u << 31)
#define PARAM_IN_AMP             0x0d

#endif
