"""The simulated micro:bit behind its simulated debug probe, for the stock OpenOCD.

    with simulator.plugged_in(flash_file) as chip:
        ...                     # OpenOCD, started with chip.environment, finds a probe
    chip.flash()                # what the chip has in its flash when the debugger has gone
"""

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support import native

SOURCES = native.FLASH / "probe"

# Seconds until a simulator ends that no debugger has come to.
LIMIT = 300


@dataclass
class Chip:
    """`environment` is what a debugger's process needs to find it; `serial` what it has said."""

    file: Path
    environment: dict
    serial: str = ""
    errors: str = field(default="", repr=False)

    def flash(self):
        """All 256 KiB."""
        return self.file.read_bytes()


class Simulator:
    """The compiled parts."""

    def __init__(self, folder):
        names = ("probe.c", "dap.c", "nrf51.c", "core.c")
        self.program = native.program(folder / "probe", [SOURCES / name for name in names])
        self.shim = native.shim(folder / "hidapi.so", SOURCES / "hidapi.c")

    def nothing_plugged_in(self):
        """The environment of a machine without any probe."""
        return {"LD_PRELOAD": str(self.shim)}

    @contextmanager
    def plugged_in(self, file, stuck=None):
        """A chip whose flash is `file`. `stuck`: (address, mask) of bits that stay 1."""
        door = file.with_suffix(".sock")
        door.unlink(missing_ok=True)
        words = [str(self.program), str(door), str(file)]
        words += ["{:#x}:{:#x}".format(*stuck)] if stuck else []
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
            chip = Chip(file, {**self.nothing_plugged_in(), "RESEA_PROBE": str(door)})
            yield chip
            # It ends with its debugger's connection, and has saved its flash by then.
            chip.serial, chip.errors = process.communicate(timeout=LIMIT)
            assert process.returncode == 0, chip.errors
        finally:
            process.kill()
            process.communicate()
