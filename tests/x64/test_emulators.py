"""The ISO image, in QEMU and in Bochs."""

import pytest

from resea import qemu

# Seconds; Bochs is slow, and may share the machine.
BOCHS_LIMIT = 600


def test_iso_in_qemu(machines, mode, cpus):
    guest = machines.boot_iso(mode, cpus=cpus)
    guest.prompt()
    assert "Hello" in guest.command("hello")
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.heavy(60)
def test_iso_in_bochs(machines, mode):
    guest = machines.boot_bochs(mode, "run=hello;ps")
    guest.expect("hello exited with status 0", BOCHS_LIMIT)
    guest.expect("ps exited with status 0", BOCHS_LIMIT)
    guest.wait(BOCHS_LIMIT)


@pytest.mark.heavy(60)
def test_two_cpus_in_bochs(machines):
    guest = machines.boot_bochs("release", "run=hello", cpus=2)
    guest.expect("hello exited with status 0", BOCHS_LIMIT)
    guest.wait(BOCHS_LIMIT)
