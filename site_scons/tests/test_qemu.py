"""The command lines that start emulators, and the messages about their options."""

import pytest

from resea import bochs, iso, qemu
from resea.errors import UserError

MACHINE = qemu.Machine(cpus=2)


def line(options=qemu.Options(), **boot):
    return " ".join(qemu.command(MACHINE, options, **(boot or {"image": "resea.img"})))


def test_plain_run():
    assert line() == (
        "qemu-system-x86_64 -no-reboot -nodefaults -machine pc -accel tcg -cpu max -m 256M -smp 2 "
        "-vga std -display none -serial stdio -device isa-debug-exit,iobase=0x501,iosize=4 "
        "-kernel resea.img")


def test_options_override_the_manifest():
    text = line(qemu.Options(cpus=4, memory="16M", accel="kvm", gui=True))
    for part in ("-smp 4", "-m 16M", "-accel kvm", "-cpu host", "-display gtk"):
        assert part in text


def test_kernel_command_line_is_one_word():
    words = qemu.command(MACHINE, qemu.Options(cmdline='run="test; help"'), image="i")
    assert words[words.index("-append") + 1] == 'run="test; help"'


def test_an_iso_has_its_own_command_line():
    text = line(qemu.Options(cmdline="run=test"), iso="resea.iso")
    assert "-cdrom resea.iso -boot d" in text and "-append" not in text and "-kernel" not in text


def test_counting_instructions_takes_one_thread():
    text = line(qemu.Options(icount=True))
    assert "-accel tcg,thread=single" in text and "-icount shift=0,sleep=off,align=off" in text


def test_networks():
    assert qemu.network_arguments("none") == []
    assert qemu.network_arguments("user")[1] == "user,id=net0"
    assert qemu.network_arguments("tap:tap3")[1] == (
        "tap,id=net0,ifname=tap3,script=no,downscript=no")


def test_disk_with_a_comma_in_its_name():
    assert qemu.disk_arguments("a,b.img") == ["-drive", "file=a,,b.img,format=raw,if=ide"]


def test_parsing_all_options(tmp_path):
    disk = tmp_path / "disk.img"
    disk.touch()
    options = qemu.parse_options({"cpus": "4", "accel": "kvm", "gui": "1", "disk": str(disk),
                                  "net": "tap:tap0"})
    assert options == qemu.Options(cpus=4, accel="kvm", gui=True, disk=str(disk), net="tap:tap0",
                                   serial="mon:stdio")


@pytest.mark.parametrize("arguments, text", [
    ({"cpus": "0"}, "command line: cpus=0 is out of range; give a number from 1 to 16"),
    ({"cpus": "two"}, "command line: cpus=two is out of range; give a number from 1 to 16"),
    ({"accel": "kmv"},
     "command line: accel=kmv is not one of the values of accel; did you mean 'kvm'?"),
    ({"gui": "yes"}, "command line: gui=yes is not one of the values of gui; valid: 0, 1"),
    ({"net": "tap:"},
     "command line: net=tap: is not a network; give one of: none, user, tap:IF"),
    ({"disk": "no such.img"}, "command line: disk=no such.img is not a file; "
     "make one, for example: truncate -s 64M 'no such.img'"),
])
def test_mistakes_in_options(arguments, text):
    with pytest.raises(UserError) as error:
        qemu.parse_options(arguments)
    assert str(error.value) == text


def test_exit_status_in_words():
    assert qemu.explain_exit(33) == "" and qemu.explain_exit(0) == ""
    assert "failure" in qemu.explain_exit(35)
    assert "panicked" in qemu.explain_exit(97)
    assert qemu.explain_exit(1) == "QEMU ended with status 1; what it said is above"


def test_grub_config():
    assert "multiboot /boot/resea.img\n" in iso.grub_config()
    assert "multiboot /boot/resea.img run=help\\;test\n" in iso.grub_config("run=help;test")


def test_grub_config_refuses_what_grub_would_change():
    with pytest.raises(UserError, match="^command line: cmdline= can't hold \" in an ISO image"):
        iso.grub_config('run="help; test"')


def test_bochs_config():
    text = bochs.config("/b/resea.iso", "/b/serial.log", "/b/bochs.log", cpus=4, megs=64)
    assert 'path="/b/resea.iso"' in text and "count=4" in text and "megs: 64" in text


def test_bochs_log_tells_shutdown_from_crash(tmp_path):
    log = tmp_path / "bochs.log"
    log.write_text("1p[UNMAP ] >>PANIC<< Shutdown port: shutdown requested\n")
    assert bochs.explain(str(log)) == ""
    log.write_text("1p[CPU0  ] >>PANIC<< exception(): 3rd (13) exception with no resolution\n")
    assert bochs.explain(str(log)).startswith("Bochs stopped: 1p[CPU0  ] >>PANIC<< exception()")
