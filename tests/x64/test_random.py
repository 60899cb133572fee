"""Random numbers: what seeds the generator, on machines that have this or that."""

import re

import pytest

from support.commands import outputs


def counted(text):
    """The bits that `random info` says were counted, by source."""
    return {name: int(bits) for name, bits in re.findall(r"^ +(\w+) +(\d+) bits counted", text,
                                                         re.MULTILINE)}


def info_of(machines, *extra):
    """Boots, draws a number, and returns what `random info` says."""
    number, text = outputs(machines, ["random", "random info"], extra=extra)
    assert re.match(r"[0-9a-f]{8}\n", number)
    assert re.search(r"^seeded: [1-9]", text, re.MULTILINE)
    return counted(text)


def test_a_processor_with_rdrand_seeds_it(machines):
    bits = info_of(machines, "-cpu", "qemu64,+rdrand")
    assert bits["rdrand"] == 256
    assert bits["rdseed"] == bits["virtio"] == bits["bcm"] == bits["requests"] == 0


def test_without_any_generator_it_is_jitter(machines):
    bits = info_of(machines, "-cpu", "qemu64,-rdrand")
    assert bits["jitter"] >= 256
    assert sum(bits.values()) == bits["jitter"]


@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize("device", [
    "virtio-rng-pci",                           # modern, MSI-X
    "virtio-rng-pci,vectors=0",                 # modern, a line
    "virtio-rng-pci,disable-modern=on",         # legacy, MSI-X
    "virtio-rng-pci,disable-modern=on,vectors=0"])
def test_a_virtual_machine_s_host_seeds_it(machines, machine, device):
    bits = info_of(machines, "-machine", machine, "-cpu", "qemu64,-rdrand", "-device", device)
    assert bits["virtio"] == 512
    assert bits["rdrand"] == 0


def test_a_clock_that_counts_instructions_seeds_nothing(machines):
    """Nobody gets a number there, and nobody waits for ever."""
    number, text = outputs(machines, ["random", "random info"], "release", succeeds=False, cpus=1,
                           icount=True, extra=("-cpu", "qemu64,-rdrand"))
    assert "ERR_UNAVAILABLE" in number
    assert text.startswith("not seeded")
    assert counted(text)["jitter"] < 256
