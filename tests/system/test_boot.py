"""From power-on to the prompt, and what the shell does there."""

import pytest

from resea import qemu

pytestmark = pytest.mark.board("x64")


def test_boots_to_a_prompt_that_helps(machines, mode, cpus):
    guest = machines.boot(mode, cpus=cpus)
    guest.prompt()
    text = guest.command("help")
    assert "Commands:" in text and "poweroff" in text and "hello" in text
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_programs_run_and_tell_their_status(machines, mode):
    guest = machines.boot(mode)
    guest.prompt()
    assert "exited with status 7" in guest.command("utils exit 7")
    assert "7" in guest.command("echo $?")
    assert "did you mean 'hello'?" in guest.command("hallo")


def test_command_line_runs_programs_and_powers_off(machines, mode):
    guest = machines.boot(mode, cmdline='run="hello; utils exit 0"')
    guest.expect("hello exited with status 0")
    guest.expect("utils exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_a_failed_program_is_the_exit_status(machines, mode):
    guest = machines.boot(mode, cmdline='run="utils exit 3; hello"')
    guest.expect("utils exited with status 3")
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_FAILURE


@pytest.mark.parametrize("count", [1, 2, 3, 8, 16])
def test_brings_up_all_cpus(machines, count):
    guest = machines.boot("debug", cpus=count, cmdline='run="utils cpus; hello"')
    guest.expect(rf"\b{count} CPUs?\b")
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_boots_with_16_megabytes(machines, mode, cpus):
    guest = machines.boot(mode, cpus=cpus, memory="16M", cmdline='run="hello"')
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.parametrize("memory", ["1G", "3G"])
def test_boots_with_more_memory(machines, memory):
    guest = machines.boot("debug", memory=memory, cmdline='run="hello"')
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.parametrize("cpu", ["qemu64", "EPYC"])
def test_boots_on_other_processors(machines, cpu):
    """qemu64 has neither SMEP nor SMAP; EPYC has gigabyte pages."""
    guest = machines.boot("debug", extra=("-cpu", cpu), cmdline='run="hello"')
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_boots_on_q35(machines):
    guest = machines.boot("debug", extra=("-machine", "q35"), cmdline='run="hello"')
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_reboots(machines):
    """-no-reboot turns the reset into QEMU's ordinary end."""
    guest = machines.boot("debug")
    guest.prompt()
    guest.send("reboot\n")
    assert guest.wait() == qemu.EXIT_QUIT
