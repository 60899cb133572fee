"""scons sdcard and scons flash, from the command line to a system that boots."""

import subprocess

import pytest

from resea import manifest, qemu
from support import builds, firmware, native
from support.simulated_probe import Simulator

MODE = "debug"
PARTITION = "@@1M"
MIB = 1 << 20

# Boards that aren't in the tree yet.
missing = [board for board in ("microbit",)
           if not (builds.TOP / "boards" / board / "board.toml").is_file()]


def board_test(name):
    """Marks a board's test."""
    def decorate(function):
        function = pytest.mark.skipif(name in missing, reason=f"the tree has no {name}")(function)
        function = pytest.mark.xdist_group(f"flash-{name}")(function)
        return pytest.mark.board(name)(function)
    return decorate


def machine(board, program):
    """The board as QEMU is to build it."""
    return qemu.machine_of(manifest.load(board, lambda name: builds.TOP / "boards" / name), program)


def scons(board, *arguments):
    """(status, output) of a command on a board that is built."""
    builds.build(board, MODE)
    done = builds.scons(f"board={board}", f"build={MODE}", *arguments)
    return done.returncode, done.stdout


@pytest.fixture
def files(tmp_path):
    """firmware=DIR."""
    return f"firmware={firmware.folder(tmp_path / 'firmware')}"


def from_card(image, name, folder):
    """A file of a card, as mtools see it."""
    native.run("mcopy", "-n", "-o", "-i", f"{image}{PARTITION}", f"::{name}", folder / name)
    return folder / name


@board_test("raspi3")
def test_a_card_s_system_boots(machines, files, tmp_path):
    """QEMU has no firmware: what that would read from the card, mtools read for it."""
    status, text = scons("raspi3", "sdcard", files, 'cmdline=run="hello"')
    assert status == 0, text
    folder = builds.BUILD / f"raspi3-{MODE}"
    assert text.rstrip().endswith(f"build/raspi3-{MODE}/sdcard.img")
    kernel = from_card(folder / "sdcard.img", "kernel8.img", tmp_path)
    assert kernel.read_bytes() == (folder / "kernel8.img").read_bytes()
    cmdline = from_card(folder / "sdcard.img", "cmdline.txt", tmp_path).read_text().strip()
    words = qemu.command(machine("raspi3", "qemu-system-aarch64"), qemu.Setup(
        cmdline=cmdline, disk=str(folder / "sdcard.img")), kernel)
    guest = machines.start(words, folder)
    assert guest.wait() == qemu.EXIT_SUCCESS
    assert "[hello] Hello, World!" in guest.text()


@board_test("raspi3")
def test_flash_makes_and_writes_a_card(files, tmp_path):
    card = tmp_path / "card"
    card.write_bytes(b"\xa5" * 65 * MIB)
    status, text = scons("raspi3", "flash", files, f"device={card}", "yes=1")
    assert status == 0 and f"{card} is written and verified" in text
    image = builds.BUILD / f"raspi3-{MODE}/sdcard.img"
    assert card.read_bytes() == image.read_bytes() + b"\xa5" * MIB


@board_test("raspi3")
@pytest.mark.parametrize("arguments, message", [
    ([], "error: scons flash: which card? device=/dev/X names it; "),
    (["device=nowhere"], "there is no such disk or file; "),
    (["device={card}", "size=100M"], "size=100M: expects a power of two from 64M to 32G"),
    (["device={card}"], "refused: there is no terminal to ask on; yes=1 goes on without asking"),
    (["device={card}", "yes=1", "size=128M"], "refused: it is too small: 64.0 MiB"),
    (["device={card}", "yes=1", "firmware=/nowhere"], "firmware=/nowhere: there is no such folder"),
])
def test_mistakes_are_told_and_change_nothing(files, tmp_path, arguments, message):
    card = tmp_path / "card"
    card.write_bytes(b"\xa5" * 64 * MIB)
    arguments = [text.format(card=card) for text in arguments]
    arguments += [files] if not any("firmware" in text for text in arguments) else []
    status, text = scons("raspi3", "flash", *arguments)
    assert status != 0 and message in text and "Traceback" not in text
    assert card.read_bytes() == b"\xa5" * 64 * MIB


@board_test("raspi3")
def test_ctrl_c_reaches_the_writer_and_is_told(files, tmp_path):
    """As a terminal sends it: to scons and all that it has started."""
    card = tmp_path / "card"
    card.write_bytes(b"\xa5" * 64 * MIB)
    shim = native.shim(tmp_path / "badcard.so", native.FLASH / "badcard.c")
    builds.build("raspi3", MODE)
    done = subprocess.run(
        ["env", f"LD_PRELOAD={shim}", f"RESEA_CARD={card}", f"RESEA_INTERRUPT={32 * MIB}",
         *builds.scons_command("board=raspi3", f"build={MODE}", "flash", files, f"device={card}",
                               "yes=1")],
        cwd=builds.TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=builds.BUILD_LIMIT, start_new_session=True, check=False)
    assert done.returncode != 0
    assert "interrupted; it is not usable: run the command again" in done.stdout
    assert card.read_bytes()[:MIB] == bytes(MIB)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    return Simulator(tmp_path_factory.mktemp("simulator"))


@board_test("microbit")
def test_a_flashed_micro_bit_boots(machines, simulator, tmp_path, monkeypatch):
    """OpenOCD writes the simulated chip's flash; QEMU boots what is in there, and nothing else."""
    with simulator.plugged_in(tmp_path / "chip.bin") as chip:
        for name, value in chip.environment.items():
            monkeypatch.setenv(name, value)
        status, text = scons("microbit", "flash", "cmdline=cpus=1")
        monkeypatch.undo()
        assert status == 0 and "and verified; the board runs" in text, text
    words = qemu.command(machine("microbit", "qemu-system-arm"), qemu.Setup(), "none.img")
    loader = words.index("loader,file=none.hex")
    words[loader] = f"loader,file={chip.file},addr=0,force-raw=on"
    guest = machines.start(words, builds.BUILD / f"microbit-{MODE}")
    guest.prompt()
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


@board_test("microbit")
def test_a_chip_that_wears_out_fails_the_command(simulator, tmp_path, monkeypatch):
    with simulator.plugged_in(tmp_path / "chip.bin", stuck=(0, 1)) as chip:
        for name, value in chip.environment.items():
            monkeypatch.setenv(name, value)
        status, text = scons("microbit", "flash")
        monkeypatch.undo()
    assert status != 0 and "verifying failed: at address 0x00000000" in text


@board_test("microbit")
def test_no_micro_bit_fails_the_command(simulator, monkeypatch):
    for name, value in simulator.nothing_plugged_in().items():
        monkeypatch.setenv(name, value)
    status, text = scons("microbit", "flash")
    assert status != 0 and "error: board=microbit: no debug probe is found" in text
    assert f"copy build/microbit-{MODE}/resea.hex onto the drive" in text
