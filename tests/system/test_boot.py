"""From power-on to the prompt, and what the shell does there, on every board."""

import re

import pytest

from resea import qemu


def test_boots_to_a_prompt_that_helps(machines, mode, cpus):
    guest = machines.boot(mode, cpus=cpus)
    guest.prompt()
    text = guest.command("help")
    assert "Commands:" in text and "poweroff" in text and "hello" in text
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.programs("utils")
def test_uses_the_cpus_that_it_is_told_to(machines, mode, cpus):
    guest = machines.boot(mode, cpus=cpus, cmdline='run="utils cpus; hello"')
    guest.expect(rf"^{cpus} CPUs?\b")
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.programs("utils")
def test_programs_run_and_tell_their_status(machines, mode):
    guest = machines.boot(mode)
    guest.prompt()
    assert "exited with status 7" in guest.command("utils exit 7")
    assert "7" in guest.command("echo $?")
    assert "did you mean 'hello'?" in guest.command("hallo")


def test_ps_shows_who_runs(machines, mode, cpus):
    guest = machines.boot(mode, cpus=cpus)
    guest.prompt()
    text = guest.command("ps")
    for name in ("vm", "shell"):
        assert re.search(rf"^ *\d+ {name}\b", text, re.MULTILINE), text


@pytest.mark.programs("utils")
def test_command_line_runs_programs_and_powers_off(machines, mode):
    guest = machines.boot(mode, cmdline='run="hello; utils exit 0"')
    guest.expect("hello exited with status 0")
    guest.expect("utils exited with status 0")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.programs("utils")
def test_a_failed_program_is_the_exit_status(machines, mode):
    guest = machines.boot(mode, cmdline='run="utils exit 3; hello"')
    guest.expect("utils exited with status 3")
    guest.expect("hello exited with status 0")
    assert guest.wait() == qemu.EXIT_FAILURE


@pytest.mark.needs("mmu")
def test_a_command_line_may_be_long(machines, mode):
    """As long as the emulator lets it be. Of what is even longer, the last words count, as boot
    loaders put their own in front."""
    longest = machines.board.machine.cmdline_max
    for size in (longest,) if longest else (900, 1200):
        end = ' run="hello"'
        guest = machines.boot(mode, cmdline="x=" + "y" * (size - len(end) - 2) + end)
        if size > 1000:
            guest.expect(r"command line has \d+ characters: what is before the last 1023 is lost")
        guest.expect("hello exited with status 0")
        assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.board("x64")
def test_commands_that_are_too_many_are_told(machines, mode):
    guest = machines.boot(mode, cmdline='run="' + "hello;" * 90 + '"')
    guest.expect("shell: run= has more than 507 characters")
    assert guest.wait() == qemu.EXIT_FAILURE


def test_reboots(machines, mode):
    """-no-reboot turns the reset into QEMU's ordinary end."""
    guest = machines.boot(mode)
    guest.prompt()
    guest.send("reboot\n")
    assert guest.wait() == qemu.EXIT_QUIT
