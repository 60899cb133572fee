"""Boards behind a debug probe, such as the micro:bit: OpenOCD writes their flash, and serves gdb.

OpenOCD says a lot, and what matters in words of its own: its log is kept in a file, and read here
for the one thing that the user has to do something about.
"""

import json
import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from resea import ihex, output
from resea.commands import Option
from resea.errors import UserError
from resea.options import error

PROBE = Option("probe", "1|SERIAL", "the real board: behind the only debug probe, or a certain one")

# Seconds; a whole micro:bit takes less than a minute.
LIMIT = 600

# What an nRF51 erases at once.
PAGE = 1024

# What makes OpenOCD quiet: no doors that nobody uses.
_NO_DOORS = ("tcl_port disabled", "telnet_port disabled")

_PORT = re.compile(r"Listening on port (\d+) for gdb connections")
_DIFFERENCE = re.compile(r"diff 0 address (0x[0-9a-f]+)\. Was (0x[0-9a-f]+) instead of "
                         r"(0x[0-9a-f]+)")
_WROTE = re.compile(r"wrote (\d+) bytes from file .* \(([0-9.]+ KiB/s)\)")

# (what the log has, what to say): the first that is found counts.
_CAUSES = (
    (r"unable to open CMSIS-DAP device|LIBUSB_ERROR_ACCESS|insufficient permissions",
     "the debug probe is there, but you may not use it. Debian's package openocd brings the udev "
     "rule /lib/udev/rules.d/60-openocd.rules for that: unplug the board and plug it in again; if "
     "you aren't logged in at this machine's own screen, join the group plugdev as well"),
    (r"unable to find a matching CMSIS-DAP device|No CMSIS-DAP",
     "no debug probe is found. Is the board plugged in, with a cable that carries data? lsusb "
     "shows a micro:bit as 0d28:0204"),
    (r"cannot read IDR|Error connecting DP|Could not find MEM-AP|SWD .*failed",
     "the probe is there, but the chip doesn't answer. Unplug the board and plug it in again"),
    (r"protected|Readback|RBPCONF|Cannot erase",
     "the chip is protected against being read or written. This erases all of it, and the "
     "protection: openocd {scripts} -c init -c \"nrf51 mass_erase\" -c shutdown"),
    (r"couldn't open|Can't find (\S+)",
     "OpenOCD misses a file; is its package complete?"),
    (r"error executing cortex_m crc algorithm|Failed to read memory",
     "the image has something outside of the chip's flash"),
)


@dataclass
class Probe:
    """A debug probe on USB, as sysfs tells of it."""

    product: str
    serial: str


def probes(root: str = "/") -> List[Probe]:
    """The CMSIS-DAP probes of this machine; none where there is no sysfs."""
    found = []
    for path in sorted((Path(root) / "sys/bus/usb/devices").glob("*/product")):
        product = path.read_text(encoding="utf-8", errors="replace").strip()
        serial = path.with_name("serial")
        if "CMSIS-DAP" in product:
            found.append(Probe(product, serial.read_text().strip() if serial.is_file() else ""))
    return found


def choose(wanted: Optional[str], found: List[Probe]) -> Optional[str]:
    """The serial number to ask OpenOCD for; None for the only probe there is, whichever that is.

    `wanted` is probe=: a serial number, or 1 for any.
    """
    if wanted not in (None, "0", "1"):
        return wanted
    if len(found) > 1:
        listed = "; ".join(f"probe={probe.serial} ({probe.product})" for probe in found)
        raise UserError("debug probe", f"{len(found)} of them are plugged in; say which one: "
                        + listed)
    return None


def openocd(table, serial: Optional[str], commands) -> List[str]:
    """OpenOCD's command line: a board's table [flash.openocd], then commands."""
    words = ["openocd", *scripts(table)]
    words += ["-c", f"adapter serial {serial}"] if serial else []
    for text in commands:
        words += ["-c", text]
    return words


def scripts(table) -> List[str]:
    """The configuration files that come with OpenOCD."""
    return [word for name in table["scripts"] for word in ("-f", name)]


def programming(files) -> List[str]:
    """Commands that write and compare files, (path, address or None) each, and start the board.

    One file after the other: the image may cover the page that the next file then fills.
    """
    commands = ["gdb_port disabled", *_NO_DOORS, "init", "reset halt"]
    for path, address in files:
        # OpenOCD would guess a raw file's format, and can't with a short one.
        where = f"{{{path}}}" + (f" {address:#x} bin" if address is not None else "")
        commands += [f"flash write_image erase {where}", f"verify_image {where}"]
    return commands + ["reset run", "shutdown"]


def flash(build, table, image: Path, cmdline: Optional[str], wanted=None, root="/") -> int:
    """Writes the board's flash, verifies, and resets; returns the exit status."""
    files = [*image_files(build, image), *cmdline_file(build, cmdline)]
    serial = choose(wanted, probes(root))
    print(f"Writing {build.shown(image)} into the board", flush=True)
    log = build.logs / "flash.log"
    status, text = run(openocd(table, serial, programming(files)), log)
    problem = explain(status, text, table)
    if problem:
        raise UserError(f"board={build.board}", f"{problem}\nOr copy {build.shown(image)} onto the "
                        "drive that the board shows on USB: its probe writes it into the chip.\n"
                        f"(OpenOCD's log: {build.shown(log)})")
    print(summary(text))
    return 0


def run(words: List[str], log: Path):
    """Runs OpenOCD; gives its exit status (None: no end in sight) and its log."""
    process = start(words)
    try:
        text, status = process.communicate(timeout=LIMIT)[0], process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        text, status = process.communicate()[0], None
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(text)
    return status, text.decode("utf-8", "replace")


def start(words: List[str]):
    """Starts OpenOCD. In a session of its own: Ctrl-C is for gdb, and must not cut short what is
    being written."""
    try:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, start_new_session=True)
    except FileNotFoundError as e:
        raise UserError("debug probe", "openocd is missing; run ./bootstrap scons "
                        "board=microbit flash, or install openocd") from e


def explain(status: Optional[int], text: str, table) -> str:
    """What went wrong and what to do about it, from OpenOCD's log; empty if nothing did."""
    if status == 0:
        return ""
    if status is None:
        return f"OpenOCD didn't end within {LIMIT} s. Unplug the board and plug it in again"
    found = _DIFFERENCE.search(text)
    if found:
        return (f"verifying failed: at address {found[1]} the flash has {found[2]}, but {found[3]} "
                "was written. Flash the board again; if the same address fails, its flash is worn "
                "out")
    for pattern, advice in _CAUSES:
        if re.search(pattern, text):
            return advice.format(scripts=" ".join(scripts(table)))
    return f"OpenOCD failed with status {status}: {last_error(text)}"


def last_error(text: str) -> str:
    """The last line that OpenOCD calls an error, or simply the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    # A chip that has crashed, or is empty, is in lock-up: halting it ends that.
    errors = [line.removeprefix("Error: ") for line in lines
              if line.startswith("Error:") and "clearing lockup" not in line]
    return (errors or lines)[-1]


def summary(text: str) -> str:
    """What OpenOCD's log tells of a flash that went well."""
    wrote = _WROTE.findall(text)
    total = sum(int(count) for count, _ in wrote)
    rate = f" ({wrote[0][1]})" if wrote else ""
    return f"{output.size(total)} written{rate} and verified; the board runs"


def image_files(build, image: Path):
    """The image in raw pieces, without pages that are empty in it. OpenOCD would erase those and
    what lies between pieces, where the board keeps what is its own: the key-value storage."""
    if image.suffix != ".hex":
        return [(image, 0)]
    files = []
    found = ihex.pieces(image.read_text(), build.shown(image), PAGE)
    for address, data in ihex.without_empty_pages(found, PAGE):
        files.append((build.folder / "flash" / f"{address:#x}.bin", address))
        files[-1][0].parent.mkdir(exist_ok=True)
        files[-1][0].write_bytes(data)
    return files


# The kernel's command line has a page of flash for itself.

def cmdline_page(build):
    """(address, bytes) of the page, as the build has laid out flash; None if there is none."""
    path = build.folder / "layout.json"
    return tuple(json.loads(path.read_text())["cmdline"]) if path.is_file() else None


def cmdline_file(build, cmdline: Optional[str]):
    """What to write beside the image. Without cmdline=, too: an old one would stay otherwise."""
    page = cmdline_page(build)
    if page is None:
        if cmdline:
            raise error("cmdline", cmdline, "this board's build has no place for a command line")
        return []
    address, size = page
    data = (cmdline or "").encode() + b"\0"
    data += bytes(-len(data) % 4)  # flash takes words
    if len(data) > size:
        raise error("cmdline", cmdline, f"is too long: at most {size - 1} bytes")
    path = build.folder / "cmdline.bin"
    path.write_bytes(data)
    return [(path, address)]


# gdb on the real board.

def debug(build, wanted, root="/") -> str:
    """gdb on the board, until it ends. Gives what went wrong, or nothing."""
    from resea import debugger
    table = build.manifest.flashing.get("openocd")
    if not table:
        raise error("probe", wanted, f"the board {build.board} has none: its manifest has no table "
                    "[flash.openocd]")
    process, port = serve_gdb(build, table, choose(wanted, probes(root)))
    print("The board is halted at its first instruction. What it runs is what was flashed last.\n"
          "Its serial line is the board's own, on USB. help resea lists the commands.", flush=True)
    try:
        subprocess.call(debugger.gdb_command(build.arch.gdb or "gdb", build.elf,
                                             f"localhost:{port}"))
    finally:
        process.terminate()
        process.wait()
    return ""


def serve_gdb(build, table, serial: Optional[str]):
    """Starts OpenOCD as a server for gdb, and halts the board. Gives the process and its port."""
    words = openocd(table, serial, ["gdb_port 0", *_NO_DOORS, "init", "reset halt"])
    log = build.logs / "openocd.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    process = start(words)
    file = open(log, "wb")
    text = ""
    for line in process.stdout:
        file.write(line)
        text += line.decode("utf-8", "replace")
        if _PORT.search(text):
            threading.Thread(target=_drain, args=(process.stdout, file), daemon=True).start()
            return process, int(_PORT.search(text)[1])
    file.close()
    raise UserError(f"board={build.board}", explain(process.wait() or 1, text, table)
                    + f"\n(OpenOCD's log: {build.shown(log)})")


def _drain(source, file):
    """Keeps a log going."""
    with file:
        for line in source:
            file.write(line)
            file.flush()
