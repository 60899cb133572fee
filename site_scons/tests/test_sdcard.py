"""SD cards and the firmware on them: what needs no other tool."""

import subprocess
from pathlib import Path

import pytest

from resea import firmware, sdcard
from resea.errors import UserError


@pytest.mark.parametrize("text, size", [("64M", 64 << 20), ("1g", 1 << 30), ("32G", 32 << 30)])
def test_sizes(text, size):
    assert sdcard.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "32M", "100M", "64G", "64", "64MB", "-64M", "1.5G"])
def test_sizes_that_no_emulator_takes(text):
    with pytest.raises(UserError, match="a power of two from 64M to 32G"):
        sdcard.parse_size(text)


@pytest.mark.parametrize("text", ["two\nlines", "é", "tab\t"])
def test_command_lines_that_the_firmware_would_cut(text):
    with pytest.raises(UserError, match="cmdline.txt holds one line of ASCII text"):
        sdcard.check_cmdline(text)


def test_firmware_needs_its_files_and_its_licence(tmp_path):
    for name in firmware.NEEDED:
        (tmp_path / name).write_text("x")
    with pytest.raises(UserError, match="lacks LICENCE.broadcom; firmware=DIR takes it from"):
        firmware.from_folder(tmp_path)
    (tmp_path / "copyright").write_text("x")
    assert firmware.from_folder(tmp_path).files["LICENCE.broadcom"] == tmp_path / "copyright"
    with pytest.raises(UserError, match="there is no such folder"):
        firmware.from_folder(tmp_path / "none")


def test_extras_are_taken_if_they_are_there(tmp_path):
    (tmp_path / "overlays").mkdir()
    for name in ("bcm2710-rpi-3-b.dtb", "overlays/disable-bt.dtbo", "kernel7.img"):
        (tmp_path / name).write_text("x")
    assert set(firmware.pick(tmp_path)) == {"bcm2710-rpi-3-b.dtb", "overlays/disable-bt.dtbo"}


@pytest.mark.parametrize("line, expected", [
    ("deb http://m/debian bookworm main contrib", "deb http://m/debian bookworm"),
    ("deb [arch=amd64 signed-by=/k] http://m/debian bookworm-updates main # why",
     "deb [arch=amd64 signed-by=/k] http://m/debian bookworm-updates"),
    ("deb-src http://m/debian bookworm main", ""),
    ("# deb http://m/debian bookworm main", ""),
    ("deb http://other/apt stable extra", ""),
])
def test_one_line_sources(line, expected):
    wanted = f"{expected} non-free-firmware\n" if expected else ""
    assert firmware.rewrite_line(line) == wanted


STANZAS = """\
# Debian's own.
Types: deb deb-src
URIs: http://m/debian
Suites: bookworm
 bookworm-updates
Components: main
 contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://off/debian
Suites: sid
Components: main
Enabled: no

Types: deb
URIs: http://other/
Suites: stable
Components: things
"""


def test_sources_in_stanzas():
    assert firmware.rewritten({"a.sources": STANZAS, "b.list": "", "c.save": "deb x y main"}) == {
        "a.sources": "Types: deb\nURIs: http://m/debian\nSuites: bookworm\n bookworm-updates\n"
                     "Components: non-free-firmware\nSigned-By:\n"
                     " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
                     " -----END PGP PUBLIC KEY BLOCK-----\n"}


def test_the_system_s_sources_are_found(tmp_path, monkeypatch):
    (tmp_path / "parts").mkdir()
    (tmp_path / "sources.list").write_text("deb http://a/ one main\n")
    (tmp_path / "parts/b.list").write_text("deb http://b/ two main\n")
    (tmp_path / "apt.conf").write_text(f'Dir::Etc "{tmp_path}/";\nDir::Etc::sourceparts "parts";\n'
                                       'Dir::Etc::sourcelist "sources.list";\n')
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    assert firmware.apt_sources() == {
        "sources.list": "deb http://a/ one non-free-firmware\n",
        "b.list": "deb http://b/ two non-free-firmware\n"}


def repository(folder, files):
    """A Debian repository in a folder, with a firmware package that has `files`."""
    root, pool = folder / "root", folder / "repo/dists/test/non-free-firmware/binary-all"
    for name, text in {**files, "DEBIAN/control": (
            "Package: raspi-firmware\nVersion: 1.2-3\nArchitecture: all\n"
            "Maintainer: Nobody <nobody@example.org>\nDescription: nothing\n")}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    pool.mkdir(parents=True)
    package = folder / "repo/raspi-firmware_1.2-3_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, package], check=True,
                   stdout=subprocess.DEVNULL)
    digest = subprocess.run(["sha256sum", package], stdout=subprocess.PIPE, check=True,
                            text=True).stdout.split()[0]
    (pool / "Packages").write_text(
        (root / "DEBIAN/control").read_text()
        + f"Filename: {package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n")
    arch = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, check=True,
                          text=True).stdout.strip()
    (pool.parent / f"binary-{arch}").symlink_to("binary-all")
    index = (pool / "Packages").read_bytes()
    digest = subprocess.run(["sha256sum"], input=index, stdout=subprocess.PIPE,
                            check=True).stdout.split()[0].decode()
    (folder / "repo/dists/test/Release").write_text(
        f"Suite: test\nCodename: test\nArchitectures: all {arch}\nComponents: non-free-firmware\n"
        "SHA256:\n" + "".join(
            f" {digest} {len(index)} non-free-firmware/binary-{name}/Packages\n"
            for name in ("all", arch)))
    return {"test.list": f"deb [trusted=yes] file:{folder}/repo test non-free-firmware\n"}


FILES = {**{f"usr/lib/raspi-firmware/{name}": name for name in firmware.NEEDED},
         "usr/lib/raspi-firmware/start4.elf": "not for this board",
         "usr/share/doc/raspi-firmware/copyright": "the licence"}


def test_the_package_is_fetched_once_and_kept(tmp_path, monkeypatch):
    sources, said = repository(tmp_path, FILES), []
    monkeypatch.setattr(firmware, "apt_sources", lambda: sources)
    found = firmware.find(None, tmp_path / "cache", said.append)
    assert found.origin == "Debian's raspi-firmware 1.2-3"
    assert {name: path.read_text() for name, path in found.files.items()} == {
        **{name: name for name in firmware.NEEDED}, "LICENCE.broadcom": "the licence"}
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["files", "origin"]
    monkeypatch.setattr(firmware, "fetch", None)
    assert firmware.find(None, tmp_path / "cache", said.append) == found and len(said) == 1


def test_a_package_without_the_licence_is_refused(tmp_path, monkeypatch):
    files = {name: text for name, text in FILES.items() if "copyright" not in name}
    sources = repository(tmp_path, files)
    monkeypatch.setattr(firmware, "apt_sources", lambda: sources)
    with pytest.raises(UserError, match="package raspi-firmware has no LICENCE.broadcom; firmware"):
        firmware.find(None, tmp_path / "cache", print)
    assert not (tmp_path / "cache/origin").exists()


def test_without_a_package_the_message_says_what_else_does(tmp_path, monkeypatch):
    sources = {"test.list": f"deb [trusted=yes] file:{tmp_path}/none test non-free-firmware\n"}
    monkeypatch.setattr(firmware, "apt_sources", lambda: sources)
    with pytest.raises(UserError, match="(?s)^the Pi's firmware: apt-get could not fetch Debian's "
                       "package raspi-firmware; it said:.*firmware=DIR takes it from a folder"):
        firmware.find(None, tmp_path / "cache", print)
    monkeypatch.setattr(firmware, "apt_sources", dict)
    with pytest.raises(UserError, match="no Debian mirror to fetch it from; firmware=DIR"):
        firmware.find(None, tmp_path / "cache", print)


def test_without_apt_the_message_says_what_else_does(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="there is no apt-get; firmware=DIR takes it from a folder"):
        firmware.find(None, tmp_path / "cache", print)


def test_the_config_says_where_the_kernel_is_linked():
    text = (Path(__file__).parents[2] / "boards/raspi3/config.txt").read_text()
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    assert {"arm_64bit=1", "kernel=kernel8.img", "kernel_address=0x80000"} <= set(lines)
    # The firmware reads no more than 98 characters of a line.
    assert max(map(len, text.splitlines())) <= 98
