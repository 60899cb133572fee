"""Board manifests: what is valid, and the exact text about what is not."""

import re
import struct

import pytest

from resea import arch, manifest, manifest_image, tomlfile
from resea.errors import UserError

from tree import TOP

HEAD = '[board]\narch = "x64"\ndescription = "A board"\n'
HEAD_LINES = HEAD.count("\n")


def parse(text, head=HEAD):
    return manifest.parse("b", tomlfile.parse(head + text, "board.toml"), [])


def error(text, head=HEAD):
    with pytest.raises(UserError) as e:
        parse(text, head)
    return str(e.value)


def at(line):
    """board.toml:N of a line below the head."""
    return f"board.toml:{HEAD_LINES + line}: "


def test_least_manifest():
    board = parse("")
    assert (board.arch, board.cpus, board.description) == ("x64", 1, "A board")
    assert [s.name for s in board.servers] == ["vm"]
    assert board.servers[0].rights == manifest.ALL_RIGHTS
    assert board.programs() == ["vm"]


FULL = '''
[run.qemu]
machine = "pc"
args = ["-a", "b"]

[kernel]
num_tasks = 128

[device.uart0]
ports = "0x3f8+8"
irq = 4

[device.disk]
mmio = ["0xfe000000+4K", "0xff000000+1M"]
irq = [5, "6+1", "9+2"]

[server.vm]
options = { trace = true }

[server.tcpip]
autostart = true
priority = 3
provides = ["net.tcpip", "time"]
may_call = ["dm", "net.*"]
restart = { policy = "always", max = 10, backoff_ms = 50 }
options = { dhcp = true }

[server.dm]
rights = ["task", "map"]
devices = ["disk"]
restart = { policy = "on_crash" }
max_memory = "1M"

[server.e1000]
provides = ["net.card"]

[app_default]
priority = 6
may_call = ["time"]
programs = ["hello"]
'''


def test_full_manifest():
    board = parse(FULL)
    assert board.run["qemu"]["args"] == ["-a", "b"]
    assert board.devices["disk"].mmio == [(0xfe000000, 4096), (0xff000000, 1 << 20)]
    assert [s.name for s in board.servers] == ["vm", "tcpip", "dm", "e1000", "app_default"]
    vm, tcpip, dm, e1000, default = board.servers
    assert tcpip.calls == [0, 2, 3]
    assert dm.calls == e1000.calls == [0]
    assert default.calls == [0, 1]
    assert vm.calls == [0, 1, 2, 3, 4]
    assert dm.rights == 3
    assert board.programs() == ["vm", "tcpip", "dm", "e1000", "hello"]


@pytest.mark.parametrize("text, message", [
    ("[sever.rand]", at(1) + "sever: unknown table 'sever'; did you mean 'server'?"),
    ("[server.rand]\nprioritty = 1",
     at(2) + "server.rand.prioritty: unknown key; did you mean 'priority'?"),
    ("[server.rand]\npriority = 8", at(2) + "server.rand.priority: 8 is out of range: 0 to 7"),
    ("[server.rand]\npriority = true",
     at(2) + "server.rand.priority: expects a number, not true or false"),
    ("[server.rand]\nautostart = 1",
     at(2) + "server.rand.autostart: expects true or false, not a number"),
    ("[server.rand]\nmay_call = 'vm'",
     at(2) + "server.rand.may_call: expects a list, not a string"),
    ("[server.rand]\nprovides = [\n'a',\n3]",
     at(4) + "server.rand.provides: expects a string, not a number"),
    ("[server.rand]\nprovides = ['Net']",
     at(2) + "server.rand.provides: 'Net' is not a name: lower-case letters, digits and "
             "underscores, beginning with a letter, parts joined by dots"),
    ("[server.Rand]", at(1) + "server.Rand: 'Rand' is not a name: lower-case letters, digits and "
                              "underscores, beginning with a letter, parts joined by dots"),
    ("[server.a2345678901234567890123456]",
     at(1) + "server.a2345678901234567890123456: 'a2345678901234567890123456' is too long: at "
             "most 23 characters"),
    ("server = 3",
     at(1) + "board.server: unknown key; valid: arch, cpus, description, extends, "
     "flash, ram"),
    ("[server]\nrand = 3", at(2) + "server.rand: expects a table, not a number"),
    ("[kernel]\nx = 1.5", at(2) + "kernel.x: expects true or false, a number or a string, "
                                  "not a fraction"),
    ("[run.qmeu]", at(1) + "run.qmeu: unknown emulator 'qmeu'; did you mean 'qemu'?"),
    ("[run.qemu]\nmachin = 'pc'", at(2) + "run.qemu.machin: unknown key; did you mean 'machine'?"),
    ("[run.qemu]", at(1) + "run.qemu: the key 'machine' is missing"),
    ("[run.qemu]\nmachine = 'pc'\nexit = 'semihost'",
     at(3) + "run.qemu.exit: unknown way to exit 'semihost'; did you mean 'semihosting'?"),
    ("[run.qemu]\nmachine = 'pc'\nicount_shift = 11",
     at(3) + "run.qemu.icount_shift: 11 is out of range: 0 to 10"),
    ("[images]\n'a/b' = 'ihex'",
     at(2) + "images.a/b: 'a/b' is not a file's name: letters, digits, '.', '-', '_'"),
    ("[images]\n'resea.hex' = 'hex'",
     at(2) + "images.resea.hex: unknown format 'hex'; did you mean 'ihex'?"),
    ("[device.x]", at(1) + "device.x: the device has nothing: give it ports, mmio or irq"),
    ("[device.x]\nports = '0x3f8'", at(2) + "device.x.ports: expects a range: a string like "
                                            "\"0x3f8+8\", base and length"),
    ("[device.x]\nports = '0x3f8+0'", at(2) + "device.x.ports: the range is empty"),
    ("[device.x]\nports = '0xfffe+4'", at(2) + "device.x.ports: the range ends at 0x10002, beyond "
                                               "the last address 0xffff"),
    ("[device.x]\nirq = 2000", at(2) + "device.x.irq: 2000 is out of range: 0 to 1023"),
    ("[device.x]\nirq = '1000+25'",
     at(2) + "device.x.irq: the range ends at 0x401, beyond the last address 0x3ff"),
    ("[device.uart0]\nirq = 1\n[server.a]\ndevices = ['uart']",
     at(4) + "server.a.devices: unknown device 'uart'; did you mean 'uart0'?"),
    ("[server.a]\nrights = ['pwer']",
     at(2) + "server.a.rights: unknown right 'pwer'; did you mean 'power'?"),
    ("[server.a]\nrights = ['phys']", at(2) + "server.a.rights: the right 'phys' is vm's alone: it "
                                              "gives all of the machine"),
    ("[server.a]\nrestart = { policy = 'allways' }",
     at(2) + "server.a.restart.policy: unknown restart policy 'allways'; did you mean 'always'?"),
    ("[server.a]\nrestart = { max = 1 }", at(2) + "server.a.restart: the key 'policy' is missing"),
    ("[server.a]\nmax_memory = '1T'", at(2) + "server.a.max_memory: expects a size: a number of "
                                              "bytes, or a string like \"2K\" or \"16M\""),
    ("[server.vm]\nrights = []",
     at(2) + "server.vm.rights: unknown key; valid: memory, options"),
    ("[server.a]\nmay_call = ['bb']\n[server.b]",
     at(2) + "server.a.may_call: no server or service is called 'bb'; did you mean 'b'?"),
    ("[server.a]\nmay_call = ['fs.*']\n[server.b]",
     at(2) + "server.a.may_call: nothing matches 'fs.*'; valid: b, vm"),
    ("[server.a]\nprovides = ['b']\n[server.b]\nprovides = ['c']",
     at(2) + "server.a.provides: the service 'b' has the name of another server: rename one of "
             "them"),
    ("[app_default]\nprograms = ['a']\n[server.a]",
     at(2) + "app_default.programs: 'a' has an entry of its own, [server.a]: remove one of the "
             "two"),
    ("[server.a]\ncommands = ['Ls']",
     at(2) + "server.a.commands: 'Ls' is not a name: lower-case letters, digits and underscores, "
             "beginning with a letter, parts joined by dots"),
    ("[server.a]\ncommands = ['b']\n[server.b]",
     at(2) + "server.a.commands: 'b' is the name of the program 'b' already"),
    ("[server.a]\ncommands = ['ls', 'ls']",
     at(2) + "server.a.commands: 'ls' is the name of a command of 'a' already"),
    ("[app_default]\nprograms = ['ls']\n[server.a]\ncommands = ['ls']",
     at(4) + "server.a.commands: 'ls' is the name of the program 'ls' already"),
    ("[server.a]\ncommands = ['ls']\nrestart = { policy = 'always' }",
     at(3) + "server.a.restart: a program with commands isn't restarted: they end when they are "
             "done"),
    ("[files]\nx = 1", at(2) + "files.x: expects a path, not a number"),
])
def test_mistakes(text, message):
    assert error(text) == message


@pytest.mark.parametrize("text, message", [
    ("", "board.toml: the table [board] is missing"),
    ("[board]\narch = 'x64'", "board.toml:1: board: the key 'description' is missing"),
    ("[board]\narch = 'x'\ndescription = 'x'\ncpus = 17",
     "board.toml:4: board.cpus: 17 is out of range: 1 to 16"),
    ("board = 3", "board.toml:1: board: expects a table, not a number"),
])
def test_mistakes_in_the_head(text, message):
    assert error(text, "") == message


CYCLE = '''
[server.a]
may_call = ["b"]
[server.b]
may_call = ["c"]
[server.c]
may_call = ["x.a"]
'''


def test_commands():
    board = parse("[server.files]\ncommands = ['ls', 'cat']")
    assert board.commands() == {"ls": "files", "cat": "files"}
    assert board.programs() == ["vm", "files"]


def test_twins():
    board = parse("[server.nic]\noptions = { slow = true }\n[server.nic2]\nprogram = 'nic'")
    assert board.programs() == ["vm", "nic"]
    assert board.twins() == {"nic2": "nic"}
    assert [server.name for server in board.servers] == ["vm", "nic", "nic2"]


@pytest.mark.parametrize("text, message", [
    ("program = 'mic'", "unknown program 'mic'; did you mean 'nic'?"),
    ("program = 'nic2'", "unknown program 'nic2'; did you mean 'nic'?"),
    ("program = 'vm'", "unknown program 'vm'"),
    ("program = 'nic'\noptions = { slow = true }", "options, commands and memory are those of "
                                                   "[server.nic]"),
])
def test_mistakes_with_twins(text, message):
    assert message in error(f"[server.nic]\n[server.nic2]\n{text}")


def test_call_cycle():
    text = CYCLE.replace("[server.a]", "[server.a]\nprovides = ['x.a']")
    assert error(text) == (at(8) + "server.c.may_call: a call cycle, which can deadlock: "
                           "a -> b -> c -> a; let one of them notify the other instead")


def test_a_command_may_have_the_name_of_the_service_that_it_uses():
    board = parse("[server.driver]\nprovides = ['gpio']\n[server.gpio]\nmay_call = ['gpio']\n"
                  "[server.other]\nmay_call = ['gp*']")
    driver, command, other = board.servers[1:]
    assert command.calls == other.calls == [0, 1]
    assert driver.calls == [0]


def test_everybody_may_call_vm_without_a_cycle():
    assert parse("[server.a]\nmay_call = ['vm']").servers[1].calls == [0]


def test_wildcard_leaves_out_the_server_itself():
    board = parse("[server.a]\nprovides = ['net.a']\nmay_call = ['net.*']\n"
                  "[server.b]\nprovides = ['net.b']")
    assert board.servers[1].calls == [0, 2]


OWNERS = '''
[device.a]
irq = 4
ports = "0x100+8"
[device.b]
{b}
[server.one]
devices = ["a"]
[server.two]
devices = ["b"]
'''


@pytest.mark.parametrize("device, what", [
    ("irq = 4", "IRQ 4"),
    ("ports = '0x107+1'", "ports 0x107+0x1"),
    ("ports = '0x100+8'\nshared = true", "ports 0x100+0x8"),
])
def test_two_owners(device, what):
    text = OWNERS.replace("{b}", device)
    line = text.split("\n").index("[server.two]") + 2
    assert error(text) == (
        f"{at(line)}server.two.devices: {what} of 'b' already belongs to 'one' ('a', "
        f"{at(line - 2)[:-2]}); if they share it, both devices say 'shared = true'")


def test_neighbours_and_sharers_are_no_conflict():
    parse(OWNERS.replace("{b}", "ports = '0x108+8'"))
    parse(OWNERS.replace("irq = 4", "irq = 4\nshared = true", 1)
          .replace("{b}", "irq = 4\nshared = true"))


def test_one_device_two_servers():
    assert "IRQ 4 of 'a' already belongs to 'one'" in error(
        "[device.a]\nirq = 4\n[server.one]\ndevices = ['a']\n[server.two]\ndevices = ['a']")


def toy_arch(**changes):
    values = {"ports": True, "mmu": True, **changes}
    text = 'description = "x"\ntriple = "x"\npage_size = 4096\n[kernel]\n[user]\n'
    result = arch.parse("toy", tomlfile.parse(text, "arch.toml"))
    result.__dict__.update(values)
    return result


@pytest.mark.parametrize("text, changes, message", [
    ("[device.x]\nports = '1+1'", {"ports": False},
     at(2) + "device.x.ports: toy has no I/O ports: use mmio"),
    ("[server.a]\nmemory = { ram = '1K', stack = 1 }", {},
     at(2) + "server.a.memory: toy has an MMU: vm finds memory as it is needed; max_memory limits "
             "it"),
    ("[server.vm]\nmemory = { ram = '1K', stack = 256 }\n[server.a]", {"mmu": False},
     at(3) + "server.a: the key 'memory' is missing: toy has no MMU"),
    ("[server.vm]\nmemory = { ram = '1K', stack = 260 }", {"mmu": False},
     at(2) + "server.vm.memory.stack: expects a multiple of 8 bytes"),
    ("[server.vm]\nmemory = { ram = '1K', stack = 64 }", {"mmu": False},
     at(2) + "server.vm.memory.stack: is too small: a stack has 192 bytes or more"),
    ("[server.vm]\nmemory = { ram = '1K', stack = '1K' }", {"mmu": False},
     at(2) + "server.vm.memory.stack: 1024 bytes leave nothing of the 1024 bytes of 'ram'"),
    ("[server.vm]\nmemory = { ram = '1K', stack = 256, overlay = 'a' }", {"mmu": False},
     at(2) + "server.vm.memory.overlay: programs of an overlay take turns, so none of them can "
             "start at boot"),
    ("[server.vm]\nmemory = { ram = '1K', stack = 256 }\n[server.a]\nmax_memory = 1\n"
     "memory = { ram = '1K', stack = 256 }", {"mmu": False},
     at(4) + "server.a.max_memory: toy has no MMU: memory = { ram = … } is all that a program has"),
    ("[server.vm]\nmemory = { ram = '1K', stack = 256 }", {"mmu": False},
     "board.toml:1: board: the key 'flash' is missing: toy has no MMU, so the build lays out flash "
     "and RAM"),
    ("[server.a]", {"max_servers": 1},
     at(1) + "server: too many servers: 2, at most 1 on toy"),
])
def test_mistakes_about_the_architecture(text, changes, message):
    with pytest.raises(UserError) as e:
        manifest.check_arch(parse(text), toy_arch(**changes))
    assert str(e.value) == message


def test_binary_form():
    image = manifest_image.pack(parse(FULL), toy_arch())
    magic, version, servers, grants, services, default, _ = struct.unpack_from("<IHHHHHH", image)
    assert (magic, version, servers, grants, services, default) == (0x464d5352, 1, 5, 4, 3, 4)
    assert len(image) == 16 + 5 * 72 + 4 * 24 + 3 * 32
    dm = struct.unpack_from("<32sIBBBBHHHHHHI4I", image, 16 + 2 * 72)
    assert dm[0].rstrip(b"\0") == b"dm"
    # Rights, autostart, priority, restart, reserved, restart_max, backoff_ms.
    assert dm[1:8] == (3, 0, 4, 1, 0, 10, 50)
    # Grants, services, pages, calls.
    assert dm[8:] == (0, 4, 2, 0, 256, 1, 0, 0, 0)
    kinds = [struct.unpack_from("<IIQQ", image, 16 + 5 * 72 + i * 24) for i in range(4)]
    assert kinds == [(1, 0, 5, 2), (1, 0, 9, 2), (3, 0, 0xfe000000, 4096),
                     (3, 0, 0xff000000, 1 << 20)]
    assert image[-96:-64].rstrip(b"\0") == b"net.tcpip"


def constant(header, name):
    text = (TOP / "libs/common/include" / header).read_text()
    return int(text.split(f"define {name} ")[1].split()[0], 0)


def test_numbers_agree_with_the_headers():
    assert constant("manifest.h", "MANIFEST_NAME_LEN") == manifest.NAME_LEN
    assert constant("manifest.h", "MANIFEST_VERSION") == 1
    assert constant("types.h", "TASK_NAME_LEN") == manifest.TASK_NAME_MAX + 1
    assert constant("kernel_abi.h", "TASK_PRIORITY_MAX") == manifest.PRIORITY_MAX
    assert constant("kernel_abi.h", "NUM_SERVERS_MAX") == 128
    text = (TOP / "libs/common/include/kernel_abi.h").read_text()
    for name, bit in manifest.RIGHTS.items():
        match = re.search(rf"#define TASK_RIGHT_{name.upper()}[\\\s]+\(1u << (\d+)\)", text)
        assert 1 << int(match.group(1)) == bit


def test_real_boards_are_valid():
    for path in (TOP / "boards").glob("*/board.toml"):
        manifest.load(path.parent.name, lambda name: TOP / "boards" / name)


def folders(tmp_path, **boards):
    for name, text in boards.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "board.toml").write_text(text)

    def find(name):
        if name not in boards:
            raise KeyError(list(boards))
        return tmp_path / name
    return find


def test_extends(tmp_path):
    find = folders(tmp_path, base=HEAD + "[server.a]\npriority = 1\n",
                   mine="[board]\nextends = 'base'\ncpus = 2\n[server.a]\nautostart = true\n"
                        "[server.b]\n")
    board = manifest.load("mine", find)
    assert [p.name for p in board.folders] == ["mine", "base"]
    assert (board.arch, board.cpus) == ("x64", 2)
    assert [s.name for s in board.servers] == ["vm", "a", "b"]
    assert (board.servers[1].priority, board.servers[1].autostart) == (1, True)


def test_extends_mistakes(tmp_path):
    find = folders(tmp_path, base="[board]\nextends = 'mine'\n", mine="[board]\nextends = 'base'\n",
                   lost="[board]\nextends = 'bass'\n")
    with pytest.raises(UserError) as e:
        manifest.load("lost", find)
    assert str(e.value) == (f"{tmp_path}/lost/board.toml:2: board.extends: unknown board 'bass'; "
                            "did you mean 'base'?")
    with pytest.raises(UserError) as e:
        manifest.load("mine", find)
    assert str(e.value) == (f"{tmp_path}/base/board.toml:2: board.extends: the boards extend each "
                            "other: mine -> base -> mine")


NOMMU = ('[board]\narch = "toy"\ndescription = "A board"\nflash = "{}"\nram = "{}"\n'
         "[server.vm]\nmemory = {{ ram = '1K', stack = 256 }}\n{}")


def nommu(flash="0x0+64K", ram="0x20000000+8K", rest=""):
    return parse(NOMMU.format(flash, ram, rest), head="")


def test_a_board_without_an_mmu():
    board = nommu()
    manifest.check_arch(board, toy_arch(mmu=False))
    assert (board.flash_memory, board.ram_memory) == ((0, 64 << 10), (0x20000000, 8 << 10))
    assert board.servers[0].memory == {"ram": 1024, "stack": 256, "ool": 0, "overlay": None}


@pytest.mark.parametrize("values, changes, message", [
    ({"flash": "0x0+100"}, {"mmu": False},
     "board.toml:4: board.flash: expects a multiple of 4096 bytes"),
    ({}, {}, "board.toml:7: server.vm.memory: toy has an MMU: vm finds memory as it is needed; "
             "max_memory limits it"),
    ({"rest": "[files]\na = 'b'"}, {"mmu": False},
     "board.toml:8: files: toy has no MMU, and so no bootfs: there are no files"),
])
def test_mistakes_about_a_board_without_an_mmu(values, changes, message):
    with pytest.raises(UserError) as e:
        manifest.check_arch(nommu(**values), toy_arch(**changes))
    assert str(e.value) == message


def test_ways_to_flash():
    found = parse('[flash.sdcard]\n[flash.openocd]\nscripts = ["a.cfg"]\n').flashing
    assert found["sdcard"] == {"kernel": "kernel8.img", "config": "config.txt"}
    assert found["openocd"] == {"scripts": ["a.cfg"], "image": "resea.hex"}
    assert error("[flash.sdcad]\n") == (
        at(1) + "flash.sdcad: unknown way to flash 'sdcad'; did you mean 'sdcard'?")
    assert error("[flash.openocd]\n") == at(1) + "flash.openocd: the key 'scripts' is missing"
