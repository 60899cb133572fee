"""The stock OpenOCD with its stock configuration files, as `scons flash` and `scons debug` start
it, on a simulated probe and chip (tests/flash/probe). What it leaves in the flash boots in QEMU."""

import subprocess
from types import SimpleNamespace

import pytest

from resea import debugger, probe, qemu
from resea.errors import UserError
from support import native
from support.simulated_probe import Simulator

pytestmark = [pytest.mark.board("microbit"), pytest.mark.xdist_group("openocd")]

GUESTS = native.FLASH / "guests"
TABLE = {"scripts": ["interface/cmsis-dap.cfg", "target/nrf51.cfg"]}
LIMIT = 300

PAGE = 1024
FLASH = 256 * PAGE

# The last page as it is when it is erased, in Intel HEX: 64 records of 16 bytes at 0x3fc00.
EMPTY_PAGE = [":020000040003F7"] + [
    f":10{offset:04X}00{'FF' * 16}{-(16 + (offset >> 8) + (offset & 255) - 16) & 255:02X}"
    for offset in range(0xfc00, 0x10000, 16)]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    return Simulator(tmp_path_factory.mktemp("simulator"))


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A program for the micro:bit: compute.elf, .hex and .bin."""
    return native.board_image(
        tmp_path_factory.mktemp("program") / "compute.elf", "armv6m-none-eabi",
        GUESTS / "microbit.ld", [GUESTS / "microbit.S", GUESTS / "compute.c"])


@pytest.fixture
def build(tmp_path, program):
    """A build of the board, as far as flashing looks at it."""
    return SimpleNamespace(
        board="microbit", folder=tmp_path, logs=tmp_path / "logs", elf=program, shown=str,
        arch=SimpleNamespace(gdb="gdb-multiarch"),
        manifest=SimpleNamespace(flashing={"openocd": TABLE}))


@pytest.fixture
def flash(build, tmp_path, monkeypatch):
    """flash(environment, image, …): runs the command where no real probe is seen."""
    def run(environment, image, cmdline=None, root=tmp_path):
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            return probe.flash(build, TABLE, image, cmdline, root=root)
    return run


def boots(image):
    """What QEMU's micro:bit says with this flash: (exit status, text)."""
    done = subprocess.run(
        ["qemu-system-arm", "-M", "microbit", "-nographic", "-monitor", "none", "-device",
         f"loader,file={image},addr=0,force-raw=on", "-semihosting-config",
         "enable=on,target=native"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        timeout=LIMIT, check=False)
    return done.returncode, done.stdout


def test_a_flashed_chip_has_the_program_and_boots(simulator, flash, program, tmp_path, capsys):
    image = program.with_suffix(".bin").read_bytes()
    with simulator.plugged_in(tmp_path / "chip") as chip:
        assert flash(chip.environment, program.with_suffix(".hex")) == 0
    assert chip.flash() == image.ljust(FLASH, b"\xff")
    assert "1.0 KiB written (" in capsys.readouterr().out
    log = (tmp_path / "logs/flash.log").read_text()
    assert "SWD DPIDR 0x0bb11477" in log and "verified" in log and "nRF51822" in log
    assert boots(chip.file)[0] == qemu.EXIT_SUCCESS


def test_the_simulated_core_computes_what_qemu_s_does(simulator, build, program, tmp_path):
    """The program runs in the simulator as well, and says the same on its serial line."""
    image = program.with_suffix(".hex")
    words = probe.openocd(TABLE, None, [
        "gdb_port disabled", "init", "reset halt", f"flash write_image {image}",
        "reset run", f"wait_halt {LIMIT * 1000}", "shutdown"])
    with simulator.plugged_in(tmp_path / "chip") as chip:
        native.run("env", *[f"{k}={v}" for k, v in chip.environment.items()], *words, timeout=LIMIT)
    status, text = boots(chip.file)
    assert status == qemu.EXIT_SUCCESS and text.endswith(".\n") and len(text.splitlines()) == 7
    assert chip.serial == text


def test_what_was_there_is_erased_and_what_lies_beyond_stays(simulator, flash, program, tmp_path):
    (tmp_path / "chip").write_bytes(b"\0" * FLASH)
    image = program.with_suffix(".bin").read_bytes()
    with simulator.plugged_in(tmp_path / "chip") as chip:
        assert flash(chip.environment, program.with_suffix(".hex")) == 0
    pages = -(-len(image) // PAGE) * PAGE
    assert chip.flash() == image.ljust(pages, b"\xff") + b"\0" * (FLASH - pages)


def test_a_large_image(simulator, flash, tmp_path):
    """Nearly all of the flash: OpenOCD's loader runs in the simulated core."""
    image = bytes((i * 2654435761 >> 16) & 0xff for i in range(FLASH - PAGE))
    (tmp_path / "large.bin").write_bytes(image)
    with simulator.plugged_in(tmp_path / "chip") as chip:
        assert flash(chip.environment, tmp_path / "large.bin") == 0
    assert chip.flash() == image + b"\xff" * PAGE


def test_the_command_line_has_its_page_and_the_next_flash_clears_it(
        simulator, flash, program, tmp_path):
    """The image has the page, empty, as a board's build makes it. What lies between the program and
    that page is somebody else's."""
    image, others = program.with_suffix(".bin").read_bytes(), bytes(range(256)) * 4
    (tmp_path / "chip").write_bytes(others * (FLASH // PAGE))
    lines = program.with_suffix(".hex").read_text().splitlines()[:-1]
    (tmp_path / "covering.hex").write_text("\n".join(lines + EMPTY_PAGE + [":00000001FF"]))
    (tmp_path / "layout.json").write_text(f'{{"cmdline": [{FLASH - PAGE}, {PAGE}]}}')
    for cmdline, expected in (('run="test"', b'run="test"\0'), (None, b"\0\0\0\0\xff")):
        with simulator.plugged_in(tmp_path / "chip") as chip:
            assert flash(chip.environment, tmp_path / "covering.hex", cmdline) == 0
        assert chip.flash()[FLASH - PAGE:].startswith(expected)
        assert chip.flash()[:len(image)] == image
        pages = -(-len(image) // PAGE)
        assert chip.flash()[pages * PAGE:FLASH - PAGE] == others * (FLASH // PAGE - pages - 1)


def test_a_stuck_bit_is_a_verify_failure(simulator, flash, program, tmp_path):
    image = program.with_suffix(".bin").read_bytes()
    address = next(i for i in range(0x104, len(image), 4) if not image[i] & 1)
    with simulator.plugged_in(tmp_path / "chip", stuck=(address, 1)) as chip:
        with pytest.raises(UserError) as e:
            flash(chip.environment, program.with_suffix(".hex"))
    assert str(e.value).startswith(
        f"board=microbit: verifying failed: at address {address:#010x} the flash has "
        f"{image[address] | 1:#04x}, but {image[address]:#04x} was written.")
    assert f"copy {program.with_suffix('.hex')} onto the drive" in str(e.value)


def test_no_probe(simulator, flash, program):
    with pytest.raises(UserError, match="no debug probe is found. Is the board plugged in"):
        flash(simulator.nothing_plugged_in(), program.with_suffix(".hex"))


def test_a_probe_that_one_may_not_use(simulator, flash, program, tmp_path):
    environment = {**simulator.nothing_plugged_in(), "RESEA_PROBE": "x", "RESEA_DENIED": "1"}
    with pytest.raises(UserError, match="the debug probe is there, but you may not use it.*60-o"):
        flash(environment, program.with_suffix(".hex"))


def test_an_image_that_is_none(flash, tmp_path):
    (tmp_path / "bad.hex").write_text("hello\n")
    with pytest.raises(UserError, match="bad.hex:1: is no line of an Intel HEX file"):
        flash({}, tmp_path / "bad.hex")


def test_an_image_beyond_the_flash(simulator, flash, tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(FLASH + PAGE))
    with pytest.raises(UserError, match="OpenOCD's log"):
        with simulator.plugged_in(tmp_path / "chip") as chip:
            flash(chip.environment, tmp_path / "large.bin")


def test_two_probes_are_told_apart(flash, program, tmp_path):
    for number in ("1", "2"):
        folder = tmp_path / "usb/sys/bus/usb/devices" / number
        folder.mkdir(parents=True)
        (folder / "product").write_text("BBC micro:bit CMSIS-DAP\n")
        (folder / "serial").write_text(f"990{number}\n")
    with pytest.raises(UserError, match=r"^debug probe: 2 of them are plugged in; say which one: "
                       r"probe=9901 \(BBC micro:bit CMSIS-DAP\); probe=9902 "):
        flash({}, program.with_suffix(".hex"), root=tmp_path / "usb")


def gdb(build, port, *commands):
    """gdb, as scons debug starts it, in a batch."""
    words = debugger.gdb_command("gdb-multiarch", build.elf, f"localhost:{port}",
                                 [word for text in commands for word in ("-ex", text)])
    return native.run(*words, "-batch", timeout=LIMIT)


def test_gdb_on_the_board(simulator, build, flash, program, tmp_path, monkeypatch):
    """Registers, memory, steps, a breakpoint, and what the program has computed by then."""
    with simulator.plugged_in(tmp_path / "chip") as chip:
        flash(chip.environment, program.with_suffix(".hex"))
    with simulator.plugged_in(tmp_path / "chip") as chip:
        for name, value in chip.environment.items():
            monkeypatch.setenv(name, value)
        process, port = probe.serve_gdb(build, TABLE, None)
        monkeypatch.undo()
        text = gdb(build, port, "info registers pc sp", "stepi", "p/x $pc == (unsigned) &main",
                   "p/x $lr", "break *leave", "continue", "info registers pc", "x/1xw 0",
                   "set {unsigned} 0x20003000 = 0x12345678", "x/1xw 0x20003000")
        process.terminate()
        process.wait()
    assert "pc             0xc0" in text and "sp             0x20004000" in text
    assert "Breakpoint 1," in text and "<leave>" in text and "0x20004000" in text
    assert "0x20003000:\t0x12345678" in text
    assert chip.serial.endswith(".\n")


def test_debugging_says_what_is_wrong(simulator, build, monkeypatch):
    for name, value in simulator.nothing_plugged_in().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="no debug probe is found"):
        probe.serve_gdb(build, TABLE, None)
