"""PCs of many kinds: memory, processors, chipsets, numbers of CPUs."""

import pytest

from resea import qemu


def boots(machines, mode="debug", **setup):
    """Boots, runs a program, and powers off."""
    guest = machines.boot(mode, cmdline='run="hello"', **setup)
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.parametrize("count", [1, 2, 3, 8, 16])
def test_brings_up_all_cpus(machines, count):
    guest = machines.boot("debug", cpus=count, cmdline='run="utils cpus; hello"')
    guest.expect(rf"\b{count} CPUs?\b")
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_boots_with_16_megabytes(machines, mode, cpus):
    boots(machines, mode, cpus=cpus, memory="16M")


@pytest.mark.parametrize("memory", ["1G", "3G"])
def test_boots_with_more_memory(machines, memory):
    boots(machines, memory=memory)


@pytest.mark.parametrize("cpu", ["qemu64", "EPYC"])
def test_boots_on_other_processors(machines, cpu):
    """qemu64 has neither SMEP nor SMAP; EPYC has gigabyte pages."""
    boots(machines, extra=("-cpu", cpu))


def test_boots_on_q35(machines):
    boots(machines, extra=("-machine", "q35"))
