"""Options: their values, which source of values wins, and mistakes."""

from types import SimpleNamespace

import pytest

from resea import kconfig, menuconfig, options
from resea.errors import UserError

from test_manifest import at, parse

KERNEL = '''
config NUM_TASKS
    int "Task slots"
    default 128
    range 4 1023

config NAME
    string "Name"
    default "a \\"b\\""

config KDEBUG
    bool "Debugger"
    default DEBUG

config BASE
    hex "Base"
    default 0x1000
    range 0x0 0xffff

config OUTPUT
    int "Output"
    default 7
    depends on KDEBUG

config DERIVED
    bool
    default KDEBUG
'''
TCPIP = '''
config TCPIP_DHCP
    bool "DHCP"

config TCPIP_PORTS
    int "Ports"
    default 8
    range 1 64
'''


class Folder:
    """A build folder with Kconfig files, and steps to load them as a build does."""

    def __init__(self, path, mode="debug"):
        self.folder = self.include = path
        self.board = "b"
        self.mode = mode
        self.options = options.Options()
        self.arch = SimpleNamespace(mmu=True)
        self.library = SimpleNamespace(shown=lambda p: str(p.relative_to(path)))
        for name, text in (("kernel", KERNEL), ("tcpip", TCPIP)):
            (path / name).mkdir(exist_ok=True)
            (path / name / "Kconfig").write_text(text)
        self.manifest = parse("")

    def kconfig_files(self):
        return [(self.folder / name / "Kconfig", name) for name in ("kernel", "tcpip", "none")]

    def load(self, manifest="", saved=None, **arguments):
        self.manifest = parse(manifest)
        self.options.config = arguments
        if saved is not None:
            (self.folder / ".config").write_text(saved)
        return kconfig.load_all(self)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_defaults(folder):
    config = folder.load()
    assert config.value("NUM_TASKS") == 128
    assert config.value("NAME") == 'a "b"'
    assert config.value("KDEBUG") is True
    assert config.value("BASE") == 0x1000
    assert config.origin("NUM_TASKS") == "default"
    assert config.origin("DEBUG") == "build=debug"


def test_release_turns_debugging_off(tmp_path):
    config = Folder(tmp_path, "release").load()
    assert (config.value("DEBUG"), config.value("KDEBUG")) == (False, False)


def test_header(folder):
    folder.load()
    header = (folder.folder / "config.h").read_text()
    assert header.splitlines()[1:] == [
        "#define CONFIG_BASE 0x1000", "#define CONFIG_DEBUG 1", "#define CONFIG_DERIVED 1",
        "#define CONFIG_KDEBUG 1", "#define CONFIG_MMU 1",
        '#define CONFIG_NAME "a \\"b\\""',
        "#define CONFIG_NUM_TASKS 128", "#define CONFIG_OUTPUT 7", "#define CONFIG_TCPIP_PORTS 8"]


def test_header_is_left_alone_if_nothing_changed(folder):
    folder.load()
    header = folder.folder / "config.h"
    before = header.stat().st_mtime_ns
    folder.load()
    assert header.stat().st_mtime_ns == before
    folder.load("[kernel]\nnum_tasks = 5")
    assert "CONFIG_NUM_TASKS 5" in header.read_text()


MANIFEST = "[kernel]\nnum_tasks = 20\nname = 'x'\n[server.tcpip]\noptions = { dhcp = true }"


def test_who_wins(folder):
    assert folder.load(MANIFEST).value("NUM_TASKS") == 20
    assert folder.load(MANIFEST, "CONFIG_NUM_TASKS=30\n").value("NUM_TASKS") == 30
    config = folder.load(MANIFEST, NUM_TASKS="40")
    assert config.value("NUM_TASKS") == 40
    assert config.value("TCPIP_DHCP") is True


def test_origins(folder):
    config = folder.load(MANIFEST, "CONFIG_NAME=\"y\"\n", BASE="0x20")
    assert config.origin("NUM_TASKS") == at(2)[:-2]
    assert config.origin("TCPIP_DHCP") == at(5)[:-2]
    assert config.origin("NAME") == ".config:1"
    assert config.origin("BASE") == "command line"
    assert ("BASE", 0x20, "command line") in config.describe()


@pytest.mark.parametrize("manifest, message", [
    ("[kernel]\nnum_task = 1",
     at(2) + "kernel.num_task: unknown option 'num_task'; did you mean 'num_tasks'?"),
    ("[kernel]\nNUM_TASKS = 1", at(2) + "kernel.NUM_TASKS: options are written in lower case here; "
                                        "did you mean 'num_tasks'?"),
    ("[kernel]\nnum_tasks = 'many'",
     at(2) + "kernel.num_tasks: expects a number, not 'many'"),
    ("[kernel]\nnum_tasks = true", at(2) + "kernel.num_tasks: expects a number, not true"),
    ("[kernel]\nnum_tasks = 3", at(2) + "kernel.num_tasks: 3 is out of range: 4 to 1023"),
    ("[kernel]\nbase = 65536", at(2) + "kernel.base: 0x10000 is out of range: 0x0 to 0xffff"),
    ("[kernel]\nkdebug = 1", at(2) + "kernel.kdebug: expects true or false, not 1"),
    ("[kernel]\nname = 1", at(2) + "kernel.name: expects a string, not 1"),
    ("[kernel]\nderived = true",
     at(2) + "kernel.derived: can't be set: it follows from other options"),
    ("[kernel]\ntcpip_dhcp = true\n[server.tcpip]",
     at(2) + "kernel.tcpip_dhcp: unknown option 'tcpip_dhcp'; valid: base, kdebug, name, "
             "num_tasks, output"),
    ("[server.tcpip]\noptions = { dchp = true }",
     at(2) + "server.tcpip.options.dchp: unknown option 'dchp'; did you mean 'dhcp'?"),
    ("[kernel]\nkdebug = false\noutput = 3",
     at(3) + "kernel.output: has no effect: it depends on KDEBUG"),
    ("[server.tcpip]\n[server.tcpip.options]\nports = 0",
     at(3) + "server.tcpip.options.ports: 0 is out of range: 1 to 64"),
    ("[server.rand]\n[server.rand.options]\nseed = 1",
     at(3) + "server.rand.options.seed: unknown option 'seed'; there are none"),
])
def test_mistakes_in_the_manifest(folder, manifest, message):
    with pytest.raises(UserError) as e:
        folder.load(manifest)
    assert str(e.value) == message


@pytest.mark.parametrize("line, message", [
    ("CONFIG_NUM_TASKS=2", ".config:2: CONFIG_NUM_TASKS: 2 is out of range: 4 to 1023"),
    ("CONFIG_NUM_TASK=2", ".config:2: CONFIG_NUM_TASK: unknown option 'NUM_TASK'; did you mean "
                          "'NUM_TASKS'?"),
    ("CONFIG_KDEBUG=maybe", ".config:2: CONFIG_KDEBUG: expects true or false, not 'maybe'"),
])
def test_mistakes_in_the_saved_file(folder, line, message):
    with pytest.raises(UserError) as e:
        folder.load("", f"# A comment.\n{line}\n")
    assert str(e.value) == message + " (scons menuconfig repairs the file)"


@pytest.mark.parametrize("name, value, message", [
    ("NUM_TASKS", "x", "CONFIG_NUM_TASKS=x: expects a number, not 'x'"),
    ("NUM_TSKS", "5", "CONFIG_NUM_TSKS=5: unknown option 'CONFIG_NUM_TSKS'; did you mean "
                      "'CONFIG_NUM_TASKS'?"),
    ("KDEBUG", "2", "CONFIG_KDEBUG=2: expects true or false, not '2'"),
    ("OUTPUT", "3", "CONFIG_OUTPUT=3: has no effect: it depends on KDEBUG"),
    ("NUM_TASKS", "9999", "CONFIG_NUM_TASKS=9999: 9999 is out of range: 4 to 1023"),
])
def test_mistakes_on_the_command_line(folder, name, value, message):
    with pytest.raises(UserError) as e:
        folder.load("[kernel]\nkdebug = false", **{name: value})
    assert str(e.value) == "command line: " + message


@pytest.mark.parametrize("value, expected", [("y", True), ("n", False), ("1", True), ("0", False),
                                             ("true", True), ("false", False)])
def test_words_for_booleans(folder, value, expected):
    assert folder.load(KDEBUG=value).value("KDEBUG") is expected


def test_switching_off_what_another_value_depends_on_is_fine(folder):
    config = folder.load("[kernel]\noutput = 3", KDEBUG="n")
    assert config.value("KDEBUG") is False


def test_mistake_in_a_kconfig_file(folder):
    path = folder.folder / "kernel/Kconfig"
    path.write_text('config A\n    itn "A"\n')
    with pytest.raises(UserError) as e:
        folder.load()
    assert str(e.value).startswith(f"{path}:2: Kconfig: ")


def test_menuconfig_keeps_what_differs_from_the_manifest(folder):
    folder.load(MANIFEST)
    edited, saved = folder.folder / "edited", folder.folder / ".config"
    edited.write_text('CONFIG_NUM_TASKS=20\nCONFIG_NAME="new \\"name\\""\nCONFIG_BASE=0x1000\n'
                      "# CONFIG_KDEBUG is not set\nCONFIG_DEBUG=y\nCONFIG_TCPIP_PORTS=9\n")
    menuconfig.keep_changes(folder, edited, saved)
    assert saved.read_text().splitlines()[1:] == [
        'CONFIG_NAME="new \\"name\\""', "# CONFIG_KDEBUG is not set", "CONFIG_TCPIP_PORTS=9"]
    config = folder.load(MANIFEST)
    assert config.value("NAME") == 'new "name"'
    assert config.value("KDEBUG") is False


def test_repair_skips_mistakes(folder):
    (folder.folder / ".config").write_text("CONFIG_NUM_TASKS=2\nCONFIG_TCPIP_PORTS=9\n")
    config = kconfig.load_all(folder, repair=True)
    assert (config.value("NUM_TASKS"), config.value("TCPIP_PORTS")) == (128, 9)
