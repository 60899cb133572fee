"""The machine's network card: net= and nic=."""

import pytest

from resea import network, qemu
from resea.errors import UserError

PC = qemu.Machine(program="q", machine="pc", **qemu.DEFAULTS)
PI = qemu.Machine(program="q", machine="raspi3b", fixed=True, network="usb-net")
MICROBIT = qemu.Machine(program="q", machine="microbit", fixed=True)


def test_what_a_card_is_connected_to():
    assert network.arguments(PC, "none") == []
    assert network.arguments(PC, "user") == [
        "-netdev", "user,id=net0", "-device", "e1000,romfile=,netdev=net0"]
    assert network.arguments(PC, "tap:tap3")[1] == (
        "tap,id=net0,ifname=tap3,script=no,downscript=no")
    assert network.arguments(PC, "socket:/a,b")[1] == (
        "dgram,id=net0,local.type=unix,local.path=/a,,b/guest,"
        "remote.type=unix,remote.path=/a,,b/peer")
    assert network.arguments(PI, "user")[3] == "usb-net,netdev=net0"


def test_ports_that_lead_to_the_guest():
    assert network.arguments(PC, "user:8080-80,udp:7007-7,tcp:2222-22")[1] == (
        "user,id=net0,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:127.0.0.1:7007-:7,"
        "hostfwd=tcp:127.0.0.1:2222-:22")


def test_the_default_is_a_card_where_there_can_be_one():
    assert network.arguments(PC, network.DEFAULT) == network.arguments(PC, "user")
    assert network.arguments(PI, network.DEFAULT) == network.arguments(PI, "user")
    assert network.arguments(MICROBIT, network.DEFAULT) == []
    with pytest.raises(UserError, match="^command line: net=user: QEMU's model of this board has "
                                        "no network$"):
        network.arguments(MICROBIT, "user")


def test_cards():
    assert network.arguments(PC, "user", "virtio")[3] == "virtio-net-pci,romfile=,netdev=net0"
    assert network.arguments(PC, "user", "e1000e")[3] == "e1000e,romfile=,netdev=net0"
    assert network.arguments(PC, "user", "none") == []
    with pytest.raises(UserError, match="^command line: nic=e1000: the board's network card can't "
                                        "be chosen$"):
        network.arguments(PI, "user", "e1000")


@pytest.mark.parametrize("value", [
    "", "usr", "none:", "user:", "tap", "tap:", "socket", "socket:", "user:80", "user:80-",
    "user:0-80", "user:80-65536", "user:80-80,", "user:sctp:80-80", "user:80-80;x", "user:8x-80"])
def test_mistakes_in_net(value):
    with pytest.raises(UserError) as caught:
        network.check_net(value)
    assert str(caught.value) == f"command line: net={value}: expects {network.NETWORK_HELP}"


def test_mistakes_in_nic():
    assert network.check_nic(None) is None and network.check_nic("none") == "none"
    with pytest.raises(UserError, match="nic=virtoi: unknown network card; did you mean 'virtio'?"):
        network.check_nic("virtoi")
