"""The command lines that start emulators, and the messages about their options."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from resea import bochs, iso, network, qemu
from resea.errors import UserError
from resea.manifest import RUN
from resea.options import Options

MACHINE = qemu.Machine("qemu-system-x86_64", "pc", cpus=2, exit="isa-debug-exit", **qemu.DEFAULTS)
RASPI = qemu.Machine("qemu-system-aarch64", "raspi3b", cpus=4, fixed=True, exit="semihosting",
                     disk="sd", network="usb-net", keyboard="usb-kbd")
MICROBIT = qemu.Machine("qemu-system-arm", "microbit", fixed=True, exit="semihosting",
                        load="loader", icount_shift=6)


def line(setup=qemu.Setup(), machine=MACHINE, **boot):
    return " ".join(qemu.command(machine, setup, **(boot or {"image": "resea.img"})))


def test_plain_run():
    assert line() == (
        "qemu-system-x86_64 -no-reboot -nodefaults -machine pc -accel tcg -cpu max -m 256M -smp 2 "
        "-vga std -display none -serial stdio -device isa-debug-exit,iobase=0x501,iosize=4 "
        "-kernel resea.img")


def test_a_fixed_machine_gets_nothing_that_it_has_no_choice_of():
    assert line(machine=RASPI) == (
        "qemu-system-aarch64 -no-reboot -nodefaults -machine raspi3b -accel tcg -display none "
        "-serial stdio -semihosting-config enable=on,target=native -kernel resea.img")
    assert "-cpu" not in line(qemu.Setup(accel="kvm"), RASPI)


def test_a_fixed_machine_leaves_the_number_of_cpus_to_the_kernel():
    words = qemu.command(RASPI, qemu.Setup(cpus=1, cmdline="run=test"), "resea.img")
    assert words[words.index("-append") + 1] == "run=test cpus=1" and "-smp" not in words
    assert "-append" not in line(qemu.Setup(cpus=4), RASPI)
    assert line(qemu.Setup(cpus=2), RASPI).endswith("-append cpus=2")
    with pytest.raises(UserError, match="^command line: cpus=5: the machine has 4$"):
        line(qemu.Setup(cpus=5), RASPI)


def test_a_loader_takes_the_hex_file():
    text = line(qemu.Setup(icount=True), MICROBIT, image="/b,1/resea.img")
    assert "-device loader,file=/b,,1/resea.hex" in text and "-kernel" not in text
    assert "-icount shift=6,sleep=off,align=off -seed 1" in text


def test_options_override_the_manifest():
    text = line(qemu.Setup(cpus=4, memory="16M", accel="kvm", gui=True))
    for part in ("-smp 4", "-m 16M", "-accel kvm", "-cpu host", "-display gtk"):
        assert part in text


def test_a_window_takes_a_keyboard():
    """A PC has one; a Pi's is plugged in."""
    assert "usb-kbd" not in line(qemu.Setup(gui=True))
    assert "-display gtk -device usb-kbd" in line(qemu.Setup(gui=True), RASPI)
    assert "usb-kbd" not in line(qemu.Setup(), RASPI)


def test_kernel_command_line_is_one_word():
    words = qemu.command(MACHINE, qemu.Setup(cmdline='run="test; help"'), image="i")
    assert words[words.index("-append") + 1] == 'run="test; help"'


def test_without_an_image_a_disk_is_booted():
    text = line(qemu.Setup(disk="cloud.img", cmdline="run=test"), image="")
    assert "-boot c" in text and "-append" not in text and "-kernel" not in text


def test_an_iso_has_its_own_command_line():
    text = line(qemu.Setup(cmdline="run=test"), iso="resea.iso")
    assert "-cdrom resea.iso -boot d" in text and "-append" not in text and "-kernel" not in text


def test_counting_instructions_takes_one_thread():
    text = line(qemu.Setup(icount=True))
    assert "-accel tcg,thread=single" in text and "-icount shift=0,sleep=off,align=off" in text


def test_one_thread_for_devices_that_an_old_qemu_loses(monkeypatch):
    sound, disk = qemu.Setup(sound="alsa"), qemu.Setup(extra=("-drive", "file=a,if=virtio"))
    monkeypatch.setattr(qemu, "loses_devices", lambda program: True)
    for setup in (sound, disk, qemu.Setup(net="user"), qemu.Setup(extra=("-device", "edu"))):
        assert "-accel tcg,thread=single" in line(setup)
    for setup in (qemu.Setup(), qemu.Setup(extra=("-device", "isa-serial"))):
        assert "-accel tcg -cpu" in line(setup)
    assert "-accel kvm" in line(qemu.Setup(sound="alsa", accel="kvm"))
    assert "-accel tcg -display" in line(qemu.Setup(net="user"), RASPI)
    monkeypatch.setattr(qemu, "loses_devices", lambda program: False)
    assert "-accel tcg -cpu" in line(sound)


def test_which_qemu_loses_devices(tmp_path):
    for number, loses in (("7.2.22", True), ("8.0.5", True), ("8.1.0", False), ("10.0.2", False)):
        program = tmp_path / number
        program.write_text(f"#!/bin/sh\necho QEMU emulator version {number}\n")
        program.chmod(0o755)
        assert qemu.loses_devices(str(program)) == loses
    assert not qemu.loses_devices(str(tmp_path / "none"))


def test_sound():
    assert qemu.sound_arguments(MACHINE, "none") == []
    assert qemu.sound_arguments(MACHINE, "a,b.wav") == [
        "-audiodev", "driver=wav,id=sound0,path=a,,b.wav,out.frequency=44100",
        "-device", "intel-hda", "-device", "hda-output,audiodev=sound0"]
    assert qemu.sound_arguments(MACHINE, "alsa")[1] == "driver=alsa,id=sound0"
    with pytest.raises(UserError, match="^command line: sound=alsa: QEMU's model of this board has "
                                        "no sound$"):
        qemu.sound_arguments(RASPI, "alsa")
    for wrong in ("", ".wav", "/no/such/folder/a.wav"):
        with pytest.raises(UserError, match="expects a file ending in .wav"):
            qemu.check_sound(wrong)


def test_disks():
    assert qemu.disk_arguments(MACHINE, None) == []
    assert qemu.disk_arguments(MACHINE, "a.img,virtio:b:c.img,ide:d.img") == [
        "-drive", "file=a.img,format=raw,if=ide", "-drive", "file=b:c.img,format=raw,if=virtio",
        "-drive", "file=d.img,format=raw,if=ide"]
    with pytest.raises(UserError, match="^command line: disk=ide:a.img: the board has sd disks$"):
        qemu.disk_arguments(RASPI, "ide:a.img")
    with pytest.raises(UserError, match="^command line: disk=sd:a: the board has virtio and ide "):
        qemu.disk_arguments(MACHINE, "sd:a")


def test_sd_cards_have_sizes_that_qemu_takes(tmp_path):
    card = tmp_path / "a.img"
    for size in (1 << 20, 64 << 20, 4 << 30):
        with open(card, "wb") as file:
            file.truncate(size)
        assert qemu.disk_arguments(RASPI, str(card))[1] == f"file={card},format=raw,if=sd"
        assert qemu.disk_arguments(RASPI, f"sd:{card}")[1] == f"file={card},format=raw,if=sd"
    for size, larger in ((0, 1 << 20), (512, 1 << 20), (96 << 20, 128 << 20),
                         ((64 << 20) - 512, 64 << 20), ((64 << 20) + 1, 128 << 20)):
        with open(card, "wb") as file:
            file.truncate(size)
        with pytest.raises(UserError, match=f"has {size} bytes.*truncate -s {larger} "):
            qemu.disk_arguments(RASPI, str(card))


@pytest.mark.parametrize("setup, text", [
    (qemu.Setup(disk="a.img"), "command line: disk=a.img: QEMU's model of this board has no disk"),
    (qemu.Setup(net="user"), "command line: net=user: QEMU's model of this board has no network"),
])
def test_what_a_machine_lacks(setup, text):
    with pytest.raises(UserError) as error:
        line(setup, MICROBIT)
    assert str(error.value) == text


def test_setup_from_the_command_line(tmp_path):
    disk = tmp_path / "disk.img"
    disk.touch()
    extra = {"accel": "kvm", "gui": "1", "disk": str(disk), "net": "tap:tap0", "nic": "virtio",
             "cmdline": "run=x"}
    assert qemu.setup_of(Options(cpus=4, extra=extra)) == qemu.Setup(
        cpus=4, accel="kvm", gui=True, disk=str(disk), net="tap:tap0", nic="virtio",
        serial="mon:stdio", cmdline="run=x")
    assert qemu.setup_of(Options()) == qemu.Setup(net="default", serial="mon:stdio")


@pytest.mark.parametrize("extra, text", [
    ({"net": "tap:"}, f"command line: net=tap:: expects {network.NETWORK_HELP}"),
    ({"disk": "ide:no such.img"}, "command line: disk=no such.img: there is no such file; "
     "make one, for example: truncate -s 64M 'no such.img'"),
])
def test_mistakes_in_options(extra, text):
    with pytest.raises(UserError) as error:
        qemu.setup_of(Options(extra=extra))
    assert str(error.value) == text


def from_manifest(**table):
    fields = {key: field.default for key, field in RUN["qemu"].items()}
    return qemu.machine_of(SimpleNamespace(name="b", cpus=4, run={"qemu": {**fields, **table}}),
                           "qemu-of-arch")


def test_machine_from_a_manifest():
    assert from_manifest(machine="q35", args=["-S"]) == qemu.Machine(
        "qemu-of-arch", "q35", memory="256M", cpu="max", cpus=4, disk="ide",
        network="e1000,romfile=", sound="intel-hda", args=("-S",))
    assert from_manifest(machine="q35", system="my-qemu", memory="1G").memory == "1G"


def test_fixed_machine_from_a_manifest():
    assert from_manifest(machine="raspi3b", fixed=True, exit="semihosting") == qemu.Machine(
        "qemu-of-arch", "raspi3b", cpus=4, fixed=True, exit="semihosting")


def test_a_board_that_qemu_does_not_know():
    with pytest.raises(UserError, match="^board=null: QEMU doesn't emulate this board"):
        qemu.machine_of(SimpleNamespace(name="null", run={}), None)


def test_exit_status_in_words():
    assert qemu.explain_exit(33) == "" and qemu.explain_exit(0) == ""
    assert "failure" in qemu.explain_exit(35)
    assert "panicked" in qemu.explain_exit(97)
    assert qemu.explain_exit(1) == "QEMU ended with status 1; what it said is above"


def test_grub_config():
    assert "multiboot /boot/resea.img\n" in iso.grub_config()
    assert "multiboot /boot/resea.img run=help\\;test\n" in iso.grub_config("run=help;test")


def test_grub_config_refuses_what_grub_would_change():
    with pytest.raises(UserError, match="^command line: cmdline= can't hold \" in such an image"):
        iso.grub_config('run="help; test"')


def test_bochs_config():
    table = {"cpu": "ryzen", "memory": "1G", "options": ["debug: action=ignore"]}
    text = bochs.config("/b/resea.iso", "/b/bochs.log", table, cpus=4)
    assert 'path="/b/resea.iso"' in text and "model=ryzen, count=4" in text
    assert "megs: 1024\n" in text and text.endswith("debug: action=ignore\n")


def test_bochs_log_tells_shutdown_from_crash(tmp_path):
    log = tmp_path / "bochs.log"
    log.write_text("1p[UNMAP ] >>PANIC<< Shutdown port: shutdown requested\n")
    assert bochs.explain(str(log)) == ""
    log.write_text("1p[CPU0  ] >>PANIC<< exception(): 3rd (13) exception with no resolution\n")
    assert bochs.explain(str(log)).startswith("Bochs stopped: 1p[CPU0  ] >>PANIC<< exception()")


def test_cmdline_in_flash(tmp_path):
    """Where no boot loader passes it on: a page of flash, whose address the layout tells."""
    (tmp_path / "layout.json").write_text('{"cmdline": [1024, 32]}')
    board = qemu.Machine(program="q", machine="m", fixed=True, load="loader")
    image = str(tmp_path / "resea.img")
    words = qemu.command(board, qemu.Setup(cmdline="run=a"), image)
    device = next(w for w in words if "force-raw" in w)
    path = device[len("loader,file="):].partition(",")[0]
    assert device.endswith(",addr=0x400,force-raw=on")
    assert open(path, "rb").read() == b"run=a\0"
    assert "-append" not in words
    with pytest.raises(UserError, match="is too long: 31 bytes fit into flash"):
        qemu.command(board, qemu.Setup(cmdline="x" * 32), image)


def test_a_command_line_that_the_emulator_has_no_room_for():
    machine = replace(RASPI, cmdline_max=10)
    assert "-append 0123456789" in line(qemu.Setup(cmdline="0123456789"), machine)
    with pytest.raises(UserError, match="has room for 10 bytes, and this has 11"):
        line(qemu.Setup(cmdline="0123456789a"), machine)
