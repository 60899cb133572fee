#include "../codec.h"

#include <unittest.h>

#include "../controller.h"
#include "../registers.h"
#include "fake_codec.h"

static struct codec codec;

static void start(void) {
    fake_reset();
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
}

static void add(unsigned type, uint32_t flags, uint32_t connections) {
    struct fake_node *node = &fake.nodes[fake.num_nodes++];
    node->widget = ((uint32_t) type << 20) | flags | WIDGET_CONNECTIONS;
    node->connections[0] = connections;
    node->num_connections = connections == 0 ? 0 : connections > 0xff ? 2 : 1;
    node->pin = PIN_CAN_OUT;
}

TEST("a pin that is fed by a converter") {
    start();
    TEST_EXPECT_EQ(codec_init(&codec, 0), OK);
    TEST_EXPECT_EQ(codec.num_paths, 1);
    TEST_EXPECT_EQ(codec.paths[0].len, 2);
    TEST_EXPECT(codec_has_volume(&codec));
    TEST_EXPECT_EQ(codec_connect(&codec, STREAM_TAG, 0x4011), OK);
    TEST_EXPECT_EQ(fake.nodes[0].format, 0x4011);
    TEST_EXPECT_EQ(fake.nodes[0].stream, STREAM_TAG << 4);
    TEST_EXPECT_EQ(fake.nodes[0].amp_out, 64);
    TEST_EXPECT_EQ(fake.nodes[1].pin_control, PIN_OUT);
    TEST_EXPECT_EQ(fake.nodes[1].eapd, EAPD_ON);
}

TEST("the volume goes from mute to no amplification") {
    start();
    TEST_EXPECT_EQ(codec_init(&codec, 0), OK);
    TEST_EXPECT_EQ(codec_set_volume(&codec, 100, false), OK);
    TEST_EXPECT_EQ(fake.nodes[0].amp_out, 64);
    TEST_EXPECT_EQ(codec_set_volume(&codec, 50, false), OK);
    TEST_EXPECT_EQ(fake.nodes[0].amp_out, 32);
    TEST_EXPECT_EQ(codec_set_volume(&codec, 50, true), OK);
    TEST_EXPECT_EQ(fake.nodes[0].amp_out, AMP_MUTE | 32);
    TEST_EXPECT_EQ(codec_set_volume(&codec, 0, false), OK);
    TEST_EXPECT_EQ(fake.nodes[0].amp_out, AMP_MUTE);
}

TEST("without an amplifier there is no volume") {
    start();
    fake.nodes[0].widget &= ~WIDGET_OUT_AMP;
    TEST_EXPECT_EQ(codec_init(&codec, 0), OK);
    TEST_EXPECT(!codec_has_volume(&codec));
    TEST_EXPECT_EQ(codec_set_volume(&codec, 50, false), OK);
}

TEST("the way goes through selectors and mixers, back from dead ends") {
    start();
    // NID 3, the pin, chooses between 4 (which leads nowhere) and 5; 5 mixes 6; 6 is a converter.
    fake.nodes[1].connections[0] = 4 | (5 << 8);
    fake.nodes[1].num_connections = 2;
    add(TYPE_SELECTOR, 0, 0);
    add(TYPE_MIXER, WIDGET_IN_AMP | WIDGET_OWN_AMP, 6);
    fake.nodes[3].in_amp = 7;
    add(TYPE_OUTPUT, 0, 0);
    TEST_EXPECT_EQ(codec_init(&codec, 0), OK);
    TEST_EXPECT_EQ(codec.num_paths, 1);
    TEST_EXPECT_EQ(codec_connect(&codec, STREAM_TAG, 0x11), OK);
    TEST_EXPECT_EQ(fake.nodes[1].selected, 1);
    TEST_EXPECT_EQ(fake.nodes[3].amp_in[0], 7);
    TEST_EXPECT_EQ(fake.nodes[4].format, 0x11);
    TEST_EXPECT_EQ(fake.nodes[0].format, 0);
}

TEST("ways in a circle lead nowhere") {
    start();
    fake.nodes[1].connections[0] = 4;
    add(TYPE_MIXER, 0, 5);
    add(TYPE_MIXER, 0, 4);
    TEST_EXPECT_EQ(codec_init(&codec, 0), ERR_NOT_FOUND);
}

TEST("a list may name ranges, and numbers of 15 bits") {
    start();
    // 4 to 6, of which the last one is a converter.
    fake.nodes[1].connections[0] = 4 | ((0x80 | 6) << 8);
    fake.nodes[1].num_connections = 2;
    add(TYPE_SELECTOR, 0, 0);
    add(TYPE_SELECTOR, 0, 0);
    add(TYPE_OUTPUT, 0, 0);
    TEST_EXPECT_EQ(codec_init(&codec, 0), OK);
    TEST_EXPECT_EQ(codec.widgets[1].num_connections, 3);
    TEST_EXPECT_EQ(codec.paths[0].inputs[0], 2);
    fake.nodes[1].connections[0] = 4 | (0x8006u << 16);
    fake.nodes[1].num_connections = 2 | CONNECTIONS_LONG;
    TEST_EXPECT_EQ(codec_init(&codec, 0), OK);
    TEST_EXPECT_EQ(codec.widgets[1].num_connections, 3);
}

TEST("pins without a jack, inputs, and modems are left out") {
    start();
    fake.nodes[1].configuration = (uint32_t) PORT_NONE << 30;
    TEST_EXPECT_EQ(codec_init(&codec, 0), ERR_NOT_FOUND);
    start();
    fake.nodes[1].pin = 0;
    TEST_EXPECT_EQ(codec_init(&codec, 0), ERR_NOT_FOUND);
    start();
    fake.group_type = 2;
    TEST_EXPECT_EQ(codec_init(&codec, 0), ERR_NOT_FOUND);
    start();
    fake.group.rates = 1u << 6;  // No 16-bit samples.
    TEST_EXPECT_EQ(codec_init(&codec, 0), ERR_NOT_FOUND);
}

TEST("a codec that falls silent is an error") {
    start();
    fake.mute = true;
    TEST_EXPECT_EQ(codec_init(&codec, 0), ERR_IO);
}

TEST("all nodes connected with all, and none a converter") {
    start();
    fake.num_nodes = WIDGETS_MAX + 20;
    for (unsigned i = 0; i < fake.num_nodes; i++) {
        struct fake_node *node = &fake.nodes[i];
        node->widget = ((uint32_t) (i == 0 ? TYPE_PIN : TYPE_MIXER) << 20) | WIDGET_CONNECTIONS;
        node->pin = PIN_CAN_OUT;
        node->num_connections = 2;
        node->connections[0] = 3 | ((0x80 | 127) << 8);
    }
    TEST_EXPECT_EQ(codec_init(&codec, 0), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(codec.num_widgets, WIDGETS_MAX);
}

TEST("whatever a codec answers, looking at it ends") {
    start();
    fake.random = true;
    for (unsigned i = 0; i < 300; i++) {
        if (codec_init(&codec, 0) == OK) {
            TEST_EXPECT_EQ(codec_connect(&codec, STREAM_TAG, 0x11), OK);
            TEST_EXPECT_EQ(codec_set_volume(&codec, i % 101, false), OK);
        }
    }
}
