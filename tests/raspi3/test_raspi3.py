"""The Raspberry Pi 3: what the firmware says, CPUs, consoles, power, and gdb."""

import subprocess
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from raspi3 import boot, machine, pi_tree, where_cpus_are
from resea import debugger, qemu
from support import builds

pytestmark = pytest.mark.board("raspi3")

# Seconds in which the CPUs of a system that has nothing to do must have been seen asleep.
PATIENCE = 120


def test_boots_by_atags(machines, mode, cpus):
    guest = boot(machines, mode, cpus=cpus, cmdline='run="hello; cpu=3"')
    # 1 GiB, less what QEMU leaves to the VideoCore, less the firmware's page.
    guest.expect(f"{cpus} CPUs?, 959 MiB of RAM")
    guest.expect("Hello, World!")
    assert guest.wait() == qemu.EXIT_FAILURE  # There is no program "cpu=3".


def test_boots_by_device_tree(machines, tmp_path):
    (tmp_path / "pi.dtb").write_bytes(pi_tree(reserved=[(0, 0x1000), (0x8000000, 0x1000000)],
                                              holes=[(0x10000000, 0x4000000)]))
    guest = boot(machines, "debug", cmdline="run=hello cpus=3",
                 extra=("-dtb", str(tmp_path / "pi.dtb")))
    # QEMU puts its own size of RAM into the tree: 960 MiB, less a page, 16 MiB and 64 MiB.
    guest.expect("3 CPUs, 879 MiB of RAM")
    guest.expect("Hello, World!")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_a_long_command_line_keeps_its_last_words(machines, tmp_path):
    """The firmware puts its own words in front of the user's. A device tree has room for all."""
    (tmp_path / "pi.dtb").write_bytes(pi_tree())
    words = "firmware.word=1 " * 80 + "run=hello cpus=2"
    guest = boot(machines, "debug", extra=("-dtb", str(tmp_path / "pi.dtb"), "-append", words))
    guest.expect(f"command line has {len(words)} characters: what is before the last 1023 is lost")
    guest.expect("2 CPUs")
    guest.expect("Hello, World!")
    assert guest.wait() == qemu.EXIT_SUCCESS


@pytest.mark.parametrize("word", ["cpus=0", "cpus=5", "cpus=", "cpus=2x"])
def test_a_wrong_number_of_cpus(machines, word):
    guest = boot(machines, "debug", cmdline=f"run=hello {word}")
    guest.expect("command line: cpus= expects a number from 1 to 4; using all")
    guest.expect("4 CPUs")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_nobody_spins_when_there_is_nothing_to_do(machines, tmp_path, mode, cpus):
    """CPUs that are in use wait in arch_idle, the others sleep for good."""
    path = tmp_path / "qmp.sock"
    guest = boot(machines, mode, cpus=cpus,
                 extra=("-qmp", f"unix:{path},server=on,wait=off"))
    guest.prompt()
    expected = ["arch_idle"] * cpus + ["arm64_park"] * (4 - cpus)
    elf = builds.build("raspi3", mode) / "resea.elf"
    end = time.monotonic() + PATIENCE
    found = where_cpus_are(path, elf)
    while found != expected and time.monotonic() < end:
        found = where_cpus_are(path, elf)
    assert found == expected


def test_panic_on_four_cpus(machines):
    guest = boot(machines, "debug")
    guest.prompt()
    guest.send("\x0b")
    guest.expect("kdebug> ")
    guest.send("panic\n")
    guest.expect("PANIC: asked for in the kernel debugger")
    for name in ("cmd_panic", "kernel_irq", "arm64_interrupt"):
        guest.expect(rf"#\d+: 0xffff0000000[0-9a-f]+ {name}\(\)\+0x")
    guest.expect("#1 vm: state=")
    assert guest.wait() == qemu.EXIT_PANIC


def test_reboot(machines):
    guest = boot(machines, "release")
    guest.prompt()
    guest.send("reboot\n")
    assert guest.wait() == qemu.EXIT_QUIT


def test_power_off_without_a_debugger(machines):
    """As on a board: nobody listens to semihosting, and the watchdog powers off."""
    guest = boot(machines, "debug", model=replace(machine(), exit=None), cmdline="run=hello")
    guest.expect("Hello, World!")
    assert guest.wait() == qemu.EXIT_QUIT


@pytest.mark.heavy
def test_mini_uart(machines):
    """The other console: QEMU's second serial line. The first one stays silent."""
    folder = builds.build("raspi3_mini_uart", "debug", "external=tests/raspi3")
    guest = boot(machines, "debug", folder, serial="null", extra=("-serial", "stdio"))
    guest.prompt()
    assert "Hello, World!" in guest.command("hello")
    guest.send("poweroff\n")
    # Without CONFIG_DEBUG_EXIT there is no status: the watchdog ends it.
    assert guest.wait() == qemu.EXIT_QUIT


def gdb(folder, log, *commands):
    """Boots under gdb, runs its commands, and returns what it printed. The guest has `log`."""
    build = SimpleNamespace(folder=folder, logs=folder / "logs", image=folder / "resea.img")
    process = debugger.start(machine(), qemu.Setup(), build, log)
    try:
        words = debugger.gdb_command("gdb-multiarch", folder / "resea.elf", folder / "gdb.sock",
                                     ["-batch", *(w for c in commands for w in ("-ex", c))])
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300, check=False).stdout
    finally:
        process.terminate()
        process.wait()


@pytest.mark.xdist_group("gdb_raspi3")
def test_gdb_knows_tasks_messages_and_symbols():
    folder = builds.build("raspi3", "debug")
    text = gdb(folder, folder / "logs/test_gdb_raspi3.log",
               "resea boot", "thbreak task_schedule", "continue", "backtrace", "resea tasks",
               "resea message vm", "resea cpus", "resea server shell", "info line main")
    assert "kernel_boot" in text, text
    assert "task_schedule" in text
    for column in ("task", "name", "state", "vm", "running"):
        assert column in text, text
    assert "servers/shell/main.c" in text, text


@pytest.mark.xdist_group("gdb_raspi3")
def test_kernel_stack_overflow_is_told():
    """The stack pointer is moved to the guard page's edge; the panic is told from another stack."""
    folder = builds.build("raspi3", "debug")
    log = folder / "logs/test_stack_overflow_raspi3.log"
    gdb(folder, log, "thbreak ipc_syscall", "continue",
        "set $sp = arm64_cpus[0].kernel_stack - 8192 + 16", "continue")
    text = log.read_text(encoding="utf-8")
    assert "BUG: stack overflow: exception 0x25 in the kernel" in text, text
    assert "kernel_syscall()" in text and "#1 vm: state=running" in text, text
