"""The device servers of the Raspberry Pi: what they tell, what they do to the hardware (looked at
from outside, through qtest), and that a crash of one is none of its clients'."""

import re
from dataclasses import replace

import pytest

from raspi3 import boot, broken, machine
from resea import qemu
from support.qmp import Qmp, Qtest

pytestmark = pytest.mark.board("raspi3")

GPFSEL0, GPLEV0 = 0x3f200000, 0x3f200034


def test_temperature_and_board_are_what_qemu_says(machines, mode, cpus):
    guest = boot(machines, mode, cpus=cpus)
    guest.prompt()
    assert guest.command("temp").strip() == "25.00 °C"
    text = guest.command("boardinfo")
    for line in ("board        Raspberry Pi 3B, revision a02082", "Ethernet     52:54:00:12:34:5",
                 "memory       960 MiB for the ARM cores, 64 MiB for the VideoCore",
                 "ARM          700 MHz (700 to 700)", "EMMC         50 MHz (50 to 50)",
                 "temperature  25 °C (slows down above 99)", "display      640 x 480"):
        assert line in text
    listed = re.findall(r"^board +(\S+) +(\S+) +(\S+) +0$", guest.command("devices"), re.MULTILINE)
    assert [row[0] for row in listed] == list(machines.board.manifest.devices)
    assert ("rng", "-", "bcm_rng") in listed and ("mini_uart", "29", "-") in listed
    # This one QEMU's firmware doesn't know, and it is left out.
    assert "voltage" not in text
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def draw_numbers(machines, mode, count):
    """Boots, and has so many random numbers printed."""
    guest = boot(machines, mode)
    guest.prompt()
    words = guest.command(f"random {count}").split()
    assert len(words) == count and all(len(word) == 8 for word in words)
    return [int(word, 16) for word in words]


def test_random_numbers_look_random(machines, mode):
    numbers = draw_numbers(machines, mode, 500)
    assert len(set(numbers)) >= len(numbers) - 1
    # Each bit: 250 ones expected; 11.2 is one standard deviation, and this is eight.
    for bit in range(32):
        ones = sum(number >> bit & 1 for number in numbers)
        assert 160 < ones < 340, f"bit {bit} was set {ones} times of 500"
    assert not set(numbers) & set(draw_numbers(machines, mode, 20))


def test_random_numbers_come_from_the_hardware(machines):
    guest = boot(machines, "debug")
    guest.prompt()
    guest.command("random")
    text = guest.command("random info")
    assert re.search(r"^seeded: [1-9]", text, re.MULTILINE)
    assert re.search(r"^ +bcm +256 bits counted, +1 times", text, re.MULTILINE)
    assert re.search(r"^ +rdrand +0 bits counted", text, re.MULTILINE)
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_the_date_is_unknown_until_somebody_sets_it(machines):
    guest = boot(machines, "debug")
    guest.prompt()
    assert "this machine has no clock" in guest.command("date")
    assert "Sat Nov 28 17:00:0" in guest.command("date -s '2026-11-28 17:00:00'")
    assert "2026-11-28T17:00:" in guest.command("date -I")
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_pins_are_driven(machines, tmp_path, mode):
    guest = boot(machines, mode, extra=Qtest.arguments(tmp_path / "qtest.sock"))
    guest.prompt()
    with Qtest(tmp_path / "qtest.sock") as qtest:
        console = qtest.readl(GPFSEL0 + 4) >> 12 & 0o77
        for level, name in ((1, "high"), (0, "low"), (1, "high")):
            assert f"pin 17: output, {name}" in guest.command(f"gpio 17 {name}")
            assert qtest.readl(GPFSEL0 + 4) >> 21 & 7 == 1
            assert qtest.readl(GPLEV0) >> 17 & 1 == level
        assert "pin 17: input, pulled up" in guest.command("gpio 17 up")
        assert qtest.readl(GPFSEL0 + 4) >> 21 & 7 == 0
        assert "pin 14: it is used for something else" in guest.command("gpio 14 low")
        assert "pin 48: it is used for something else" in guest.command("gpio 48 out")
        assert "pin 54: the board has no such pin" in guest.command("gpio 54 high")
        assert qtest.readl(GPFSEL0 + 4) >> 12 & 0o77 == console
    assert "usage: gpio" in guest.command("gpio 17 hihg")


def test_led_of_a_3b_is_the_firmwares(machines):
    """QEMU's firmware has no GPIO expander: the LED's server sees that."""
    guest = boot(machines, "debug")
    guest.prompt()
    assert "this board's LED can't be reached" in guest.command("led on")
    assert "The times are 20 to 60000 milliseconds" in guest.command("led blink 10")


def test_led_of_a_3a_plus_is_a_pin(machines, tmp_path, mode):
    """The one board of QEMU's whose activity LED is modelled: GPIO29."""
    model = replace(machine(), machine="raspi3ap")
    guest = boot(machines, mode, model=model, extra=Qtest.arguments(tmp_path / "qtest.sock"))
    guest.prompt()
    with Qtest(tmp_path / "qtest.sock") as qtest:
        def lit():
            return qtest.readl(GPLEV0) >> 29 & 1

        assert not lit()
        guest.command("led on")
        assert lit() and qtest.readl(GPFSEL0 + 8) >> 27 & 7 == 1
        guest.command("led off")
        assert not lit()
        guest.command("led blink 20 30")
        assert "blinking" in guest.command("led state")
        seen = [lit()]
        while len(seen) < 6:  # It changes three times and more.
            level = lit()
            if level != seen[-1]:
                seen.append(level)
        guest.command("led on")
        assert "on" in guest.command("led state") and lit()


def end_of(machines, tmp_path, mode, command):
    """Runs a command that ends the machine; returns the reason that QEMU gives."""
    guest = boot(machines, mode, extra=Qmp.arguments(tmp_path / "qmp.sock"))
    guest.prompt()
    with Qmp(tmp_path / "qmp.sock") as qmp:
        guest.send(command + "\n")
        reason = qmp.shutdown_reason()
    assert guest.wait() == qemu.EXIT_QUIT
    return reason


def test_watchdog_resets_the_machine(machines, tmp_path, mode):
    """QEMU counts no time: it resets as soon as the watchdog is started."""
    assert end_of(machines, tmp_path, mode, "power watchdog 5000") == "guest-reset"


def test_power_server_reboots_and_powers_off(machines, tmp_path, mode):
    assert end_of(machines, tmp_path, mode, "power reboot") == "guest-reset"
    assert end_of(machines, tmp_path, mode, "power off") == "guest-shutdown"


def test_power_status(machines):
    guest = boot(machines, "debug")
    guest.prompt()
    text = guest.command("power status")
    assert "watchdog: off" in text and "last reset: power-on" in text
    assert "must be 100 to 3600000 milliseconds" in guest.command("power watchdog 99")


@pytest.mark.parametrize("server, function, command, answer", [
    ("mailbox", "property_call", "temp", "25.00 °C"),
    ("bcm_thermometer", "ipc_call_service_idempotent", "temp", "25.00 °C"),
    ("rng", "drbg_fill", "random", r"[0-9a-f]{8}"),
    ("bcm_gpio", "led_get", "led state", "off"),
])
def test_clients_go_on_when_a_driver_has_crashed(machines, tmp_path, server, function, command,
                                                 answer):
    """An instruction of the driver's is broken until it has crashed. The client notices nothing."""
    guest = boot(machines, "debug", extra=Qtest.arguments(tmp_path / "qtest.sock"))
    guest.prompt()
    with Qtest(tmp_path / "qtest.sock") as qtest:
        with broken(qtest, server, function):
            guest.send(command + "\n")
            guest.expect(rf"\[vm\] WARN: {server} ended: restart 1")
        guest.expect(rf"^{answer}\s*$")
    guest.prompt()
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS
