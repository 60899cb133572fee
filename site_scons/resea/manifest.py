"""Board manifests: boards/<board>/board.toml, read strictly.

Everything a manifest says is checked here, but for Kconfig values (`kconfig`) and for what names of
one table mean to another (`rights`). docs/ has the format for people.
"""

import re
from dataclasses import dataclass, field

from resea import qemu, rights, schema, tomlfile
from resea.errors import UserError, unknown
from resea.schema import Field

_IMAGE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")

NAME_LEN = 32  # MANIFEST_NAME_LEN
TASK_NAME_MAX = 23  # TASK_NAME_LEN, less the NUL
PRIORITY_MAX = 7
MEMORY_ALIGN = 8  # what the stack pointer is aligned to
STACK_MIN = 192   # the command line, guard words, saved registers, and something to run in
MAX_CPUS = 16
RESTART_POLICIES = {"never": 0, "on_crash": 1, "always": 2}
RIGHTS = {"task": 1 << 0, "map": 1 << 1, "power": 1 << 3, "debug": 1 << 4, "launch": 1 << 5,
          "console": 1 << 6, "trace": 1 << 7}
ALL_RIGHTS = sum(RIGHTS.values()) | 1 << 2  # with TASK_RIGHT_PHYS
VM = "vm"


@dataclass
class Device:
    """Hardware that a server can be given: lists of (base, len) and of interrupt lines."""

    name: str
    ports: list
    mmio: list
    irqs: list
    shared: bool


@dataclass
class Server:
    """An entry [server.NAME], or [app_default] under the name that is no program's."""

    name: str
    program: str = None  # Another entry's, if it isn't a program of its own.
    autostart: bool = False
    priority: int = 4
    provides: list = field(default_factory=list)
    may_call: list = field(default_factory=list)
    devices: list = field(default_factory=list)
    rights: int = 0
    restart: dict = None
    options: dict = field(default_factory=dict)
    max_memory: int = 0
    memory: dict = None
    commands: list = field(default_factory=list)
    calls: list = field(default_factory=list)  # indices into Manifest.servers, by rights.resolve


@dataclass
class Manifest:
    """A checked board manifest. `folders` are the board's own and those it extends. `flash_memory`
    and `ram_memory` are (base, len), and None with an MMU."""

    name: str
    file: tomlfile.TomlFile
    folders: list
    arch: str
    description: str
    cpus: int
    flash_memory: tuple
    ram_memory: tuple
    run: dict
    flashing: dict
    kernel: dict
    devices: dict
    servers: list
    app_default: Server
    default_programs: list
    files: dict
    images: dict

    def programs(self):
        """The names of all programs that bootfs holds, vm first."""
        own = [s.name for s in self.servers if s is not self.app_default and not s.program]
        return own + self.default_programs

    def twins(self):
        """Entries that have the program of another one: {name: program}."""
        return {s.name: s.program for s in self.servers if s.program}

    def commands(self):
        """The further names of programs: {command: program}."""
        return {command: s.name for s in self.servers for command in s.commands}


def _rights(file, path, value):
    if value == "phys":
        raise schema.Invalid("the right 'phys' is vm's alone: it gives all of the machine")
    return schema.choice("right", RIGHTS)(file, path, value)


def _pattern(file, path, value):
    """An element of may_call: a name in which `*` stands for anything."""
    schema.string(file, path, value)
    plain = value.replace("*", "x")
    schema.check_name(plain, NAME_LEN)
    return value


BOARD = {
    "arch": Field(schema.string, required=True),
    "description": Field(schema.string, required=True),
    "cpus": Field(schema.integer(1, MAX_CPUS), default=1),
    "extends": Field(schema.string),
    "flash": Field(schema.address_range(1 << 32)),
    "ram": Field(schema.address_range(1 << 32)),
}
RUN = {
    "qemu": {
        "system": Field(schema.string),
        "machine": Field(schema.string, required=True),
        "memory": Field(schema.string, default=None),
        "cpu": Field(schema.string, default=None),
        "fixed": Field(schema.boolean, default=False),
        "exit": Field(schema.choice("way to exit", tuple(qemu.EXITS))),
        "load": Field(schema.choice("way to load", tuple(qemu.LOADERS)), default="kernel"),
        "icount_shift": Field(schema.integer(0, 10), default=0),
        "cmdline_max": Field(schema.integer(1, 65536), default=None),
        "disk": Field(schema.choice("kind of disk", qemu.DISK_KINDS)),
        "network": Field(schema.string, default=None),
        "keyboard": Field(schema.string, default=None),
        "sound": Field(schema.string, default=None),
        "args": Field(schema.list_of(schema.string), default=[]),
    },
    "bochs": {
        "cpu": Field(schema.string, default=None),
        "memory": Field(schema.string, default=None),
        "options": Field(schema.list_of(schema.string), default=[]),
    },
}
FLASH = {
    "sdcard": {
        "kernel": Field(schema.string, default="kernel8.img"),
        "config": Field(schema.string, default="config.txt"),
    },
    "openocd": {
        "scripts": Field(schema.list_of(schema.string), required=True),
        "image": Field(schema.string, default="resea.hex"),
    },
}
DEVICE = {
    "ports": Field(schema.one_or_list_of(schema.address_range(1 << 16)), default=[]),
    "mmio": Field(schema.one_or_list_of(schema.address_range(1 << 52)), default=[]),
    "irq": Field(schema.one_or_list_of(schema.number_range(0, 1023)), default=[]),
    "shared": Field(schema.boolean, default=False),
}
RESTART = {
    "policy": Field(schema.choice("restart policy", RESTART_POLICIES), required=True),
    "max": Field(schema.integer(0, 0xffff), default=10),
    "backoff_ms": Field(schema.integer(0, 0xffff), default=50),
}
MEMORY = {
    "ram": Field(schema.size, required=True),
    "stack": Field(schema.size, required=True),
    "ool": Field(schema.size, default=0),
    "overlay": Field(schema.name(NAME_LEN)),
}
TASK = {
    "priority": Field(schema.integer(0, PRIORITY_MAX), default=4),
    "may_call": Field(schema.list_of(_pattern), default=[]),
    "rights": Field(schema.list_of(_rights), default=[]),
    "restart": Field(schema.table(RESTART)),
    "max_memory": Field(schema.size, default=0),
    "memory": Field(schema.table(MEMORY)),
}
SERVER = {
    **TASK,
    "program": Field(schema.string),
    "autostart": Field(schema.boolean, default=False),
    "provides": Field(schema.list_of(schema.name(NAME_LEN)), default=[]),
    "devices": Field(schema.list_of(schema.string), default=[]),
    "options": Field(schema.values_table, default={}),
    "commands": Field(schema.list_of(schema.name(TASK_NAME_MAX + 1)), default=[]),
}
APP_DEFAULT = {
    **TASK,
    "programs": Field(schema.list_of(schema.name(TASK_NAME_MAX + 1)), default=[]),
}
VM_SERVER = {
    "options": SERVER["options"],
    "memory": TASK["memory"],
}
TABLES = ("board", "run", "flash", "kernel", "device", "server", "app_default", "files",
          "images")

# The formats of [images]: what llvm-objcopy -O calls them.
IMAGE_FORMATS = ("binary", "ihex")


def load(name, find_folder):
    """The manifest of board `name`; `find_folder(name)` gives a board's folder or raises."""
    file, folders = _load_chain(name, find_folder, [])
    return parse(name, file, folders)


def _load_chain(name, find_folder, seen):
    folder = find_folder(name)
    shown = _shown(folder / "board.toml")
    file = tomlfile.load(folder / "board.toml", shown)
    base = file.data.get("board", {})
    base = base.get("extends") if isinstance(base, dict) else None
    if not isinstance(base, str):
        return file, [folder]
    if base in seen + [name]:
        raise file.error(("board", "extends"), "the boards extend each other: "
                         + " -> ".join(seen + [name, base]))
    try:
        base_file, base_folders = _load_chain(base, find_folder, seen + [name])
    except KeyError as e:
        raise file.error(("board", "extends"), unknown("board", base, e.args[0])) from e
    return file.over(base_file), [folder] + base_folders


def _shown(path):
    """How messages call a file: relative to the tree if it is in there."""
    try:
        return str(path.relative_to(path.cwd()))
    except ValueError:
        return str(path)


def parse(name, file, folders):
    """Checks the parsed file and gives the Manifest."""
    for key in file.data:
        if key not in TABLES:
            raise file.error((key,), unknown("table", key, TABLES))
    if "board" not in file.data:
        raise UserError(file.name, "the table [board] is missing")
    board = schema.read_table(file, ("board",), BOARD)
    servers = _servers(file)
    app_default = _app_default(file, {s.name for s in servers})
    if app_default:
        servers.append(app_default)
    manifest = Manifest(
        name=name, file=file, folders=folders, arch=board["arch"], cpus=board["cpus"],
        description=board["description"], flash_memory=board["flash"], ram_memory=board["ram"],
        run=_tools(file, "run", "emulator", RUN),
        flashing=_tools(file, "flash", "way to flash", FLASH), servers=servers,
        kernel=_table(file, "kernel"), devices=_devices(file), app_default=app_default,
        default_programs=_default_programs(file), files=_files(file), images=_images(file))
    _check_twins(manifest)
    _check_commands(manifest)
    rights.check(manifest)
    return manifest


def _table(file, key):
    return schema.values_table(file, (key,), file.data.get(key, {}))


def _subtables(file, key):
    data = file.data.get(key, {})
    if not isinstance(data, dict):
        raise file.error((key,), f"expects a table, not {schema.describe(data)}")
    return data


def _tools(file, key, kind, tables):
    """[run.*] or [flash.*]: a table for each tool that can do it."""
    found = {}
    for tool in _subtables(file, key):
        if tool not in tables:
            raise file.error((key, tool), unknown(kind, tool, tables))
        found[tool] = schema.read_table(file, (key, tool), tables[tool])
    return found


def _devices(file):
    devices = {}
    for name in _subtables(file, "device"):
        _check_name(file, ("device", name), name, NAME_LEN)
        values = schema.read_table(file, ("device", name), DEVICE)
        if not (values["ports"] or values["mmio"] or values["irq"]):
            raise file.error(("device", name), "the device has nothing: give it ports, mmio or irq")
        irqs = [irq for lines in values["irq"] for irq in lines]
        devices[name] = Device(name, values["ports"], values["mmio"], irqs, values["shared"])
    return devices


def _check_name(file, path, name, max_len):
    try:
        schema.check_name(name, max_len)
    except schema.Invalid as e:
        raise file.error(path, str(e)) from e


def _servers(file):
    """All [server.*], vm first whether it is mentioned or not."""
    servers = [Server(VM, autostart=True, priority=0, rights=ALL_RIGHTS)]
    for name in _subtables(file, "server"):
        if name == VM:
            values = schema.read_table(file, ("server", name), VM_SERVER)
            servers[0].options, servers[0].memory = values["options"], values["memory"]
            continue
        _check_name(file, ("server", name), name, TASK_NAME_MAX + 1)
        servers.append(_server(name, schema.read_table(file, ("server", name), SERVER)))
    if len(servers) > rights.MAX_SERVERS - 1:
        raise file.error(("server",), f"too many servers: {len(servers)}, at most "
                                      f"{rights.MAX_SERVERS - 1}")
    return servers


def _server(name, values):
    values = dict(values)
    values["rights"] = sum(set(values["rights"]))
    return Server(name, **values)


def _app_default(file, taken):
    if "app_default" not in file.data:
        return None
    values = schema.read_table(file, ("app_default",), APP_DEFAULT)
    for index, program in enumerate(values.pop("programs")):
        if program in taken:
            raise file.error(("app_default", "programs", index),
                             f"'{program}' has an entry of its own, [server.{program}]: "
                             "remove one of the two")
    return _server("app_default", values)


def _default_programs(file):
    if "app_default" not in file.data:
        return []
    return schema.read_table(file, ("app_default",), APP_DEFAULT)["programs"]


def _check_twins(manifest):
    """What is compiled into a program, or known by its name, is its own entry's."""
    programs = [s.name for s in manifest.servers[1:] if not s.program]
    for server in manifest.servers:
        path = ("server", server.name, "program")
        if server.program and server.program not in programs:
            raise manifest.file.error(path, unknown("program", server.program, programs))
        if server.program and (server.options or server.commands or server.memory):
            raise manifest.file.error(path, "options, commands and memory are those of "
                                            f"[server.{server.program}]")


def _check_commands(manifest):
    """A command launches one program, and nobody starts it but who asks for it by name."""
    file, taken = manifest.file, {name: f"the program '{name}'"
                                  for name in [*manifest.programs(), *manifest.twins()]}
    for server in manifest.servers:
        for index, command in enumerate(server.commands):
            path = ("server", server.name, "commands", index)
            if command in taken:
                raise file.error(path, f"'{command}' is the name of {taken[command]} already")
            taken[command] = f"a command of '{server.name}'"
        if server.commands and server.restart:
            raise file.error(("server", server.name, "restart"),
                             "a program with commands isn't restarted: they end when they are done")


def _files(file):
    files = _table(file, "files")
    for name, path in files.items():
        if not isinstance(path, str):
            raise file.error(("files", name), f"expects a path, not {schema.describe(path)}")
        if not 0 < len(name.encode()) < 48:
            raise file.error(("files", name), "a file's name has 1 to 47 bytes")
    return files


def _images(file):
    """More files made of the kernel: {name: format}."""
    images = _table(file, "images")
    for name, kind in images.items():
        path = ("images", name)
        if not _IMAGE_NAME.fullmatch(name):
            raise file.error(path, f"'{name}' is not a file's name: letters, digits, '.', '-', '_'")
        try:
            schema.choice("format", IMAGE_FORMATS)(file, path, kind)
        except schema.Invalid as e:
            raise file.error(path, str(e)) from e
    return images


def check_arch(manifest, arch):
    """What depends on the architecture: I/O ports exist, and memory is laid out, or not."""
    file = manifest.file
    for device in manifest.devices.values():
        if device.ports and not arch.ports:
            raise file.error(("device", device.name, "ports"),
                             f"{arch.name} has no I/O ports: use mmio")
    if len(manifest.servers) > arch.max_servers:
        raise file.error(("server",), f"too many servers: {len(manifest.servers)}, at most "
                                      f"{arch.max_servers} on {arch.name}")
    for server in manifest.servers:
        path = rights.path_of(manifest, server)
        if server.memory and arch.mmu:
            raise file.error(path + ("memory",), f"{arch.name} has an MMU: vm finds memory as it "
                                                 "is needed; max_memory limits it")
        if not arch.mmu:
            _check_memory(manifest, server, path, arch)
        if server.commands and not arch.mmu:
            raise file.error(path + ("commands",), f"{arch.name} has no MMU, and so no bootfs, "
                                                   "which is what knows them")
    for key in ("flash", "ram"):
        _check_board_memory(manifest, key, arch)
    if manifest.files and not arch.mmu:
        raise file.error(("files",), f"{arch.name} has no MMU, and so no bootfs: there are no "
                                     "files")


def _check_board_memory(manifest, key, arch):
    """[board] flash and ram are there if and only if the build lays out memory."""
    given = getattr(manifest, key + "_memory")
    if given and arch.mmu:
        raise manifest.file.error(("board", key), f"{arch.name} has an MMU: the kernel is told by "
                                                  "the boot loader where memory is")
    if not given and not arch.mmu:
        raise manifest.file.error(("board",), f"the key '{key}' is missing: {arch.name} has no "
                                              "MMU, so the build lays out flash and RAM")
    if given and (given[0] % arch.page_size or given[1] % arch.page_size):
        raise manifest.file.error(("board", key), f"expects a multiple of {arch.page_size} bytes")


def _check_memory(manifest, server, path, arch):
    """A program's RAM is of a fixed size where there is no MMU."""
    file, memory = manifest.file, server.memory
    if not memory:
        raise file.error(path, f"the key 'memory' is missing: {arch.name} has no MMU")
    if server.max_memory:
        raise file.error(path + ("max_memory",), f"{arch.name} has no MMU: memory = {{ ram = … }} "
                                                 "is all that a program has")
    for key in ("ram", "stack"):
        if memory[key] % MEMORY_ALIGN or not memory[key]:
            raise file.error(path + ("memory", key), f"expects a multiple of {MEMORY_ALIGN} bytes")
    if memory["stack"] < STACK_MIN:
        raise file.error(path + ("memory", "stack"), f"is too small: a stack has {STACK_MIN} bytes "
                                                     "or more")
    if memory["stack"] >= memory["ram"]:
        raise file.error(path + ("memory", "stack"), f"{memory['stack']} bytes leave nothing of "
                                                     f"the {memory['ram']} bytes of 'ram'")
    if memory["overlay"] and server.autostart:
        raise file.error(path + ("memory", "overlay"), "programs of an overlay take turns, so none "
                                                       "of them can start at boot")


def check_config(manifest, config):
    """What depends on Kconfig values."""
    for server in manifest.servers:
        ool_max = config.value("OOL_MAX") if server.memory else 0
        if server.memory and server.memory["ool"] > ool_max:
            raise manifest.file.error(rights.path_of(manifest, server) + ("memory", "ool"),
                                      f"{server.memory['ool']} is out of range: 0 to {ool_max} "
                                      "(CONFIG_OOL_MAX)")
    num_irqs = config.value("NUM_IRQS")
    for device in manifest.devices.values():
        for irq in device.irqs:
            if irq >= num_irqs:
                raise manifest.file.error(("device", device.name, "irq"),
                                          f"{irq} is out of range: 0 to {num_irqs - 1} "
                                          "(CONFIG_NUM_IRQS)")


def extra_files(manifest, top):
    """[files] as a dict of bootfs name to Path; paths are relative to the manifest that says it."""
    files = {}
    for name, path in manifest.files.items():
        found = [p for p in [folder / path for folder in manifest.folders] + [top / path]
                 if p.exists()]
        if not found:
            raise manifest.file.error(("files", name), f"there is no file '{path}' in the board's "
                                                       "folder or the tree")
        if found[0].is_dir() and not name.endswith(".tar"):
            raise manifest.file.error(("files", name), f"'{path}' is a folder: the name of the "
                                                       "tarball that it becomes ends with .tar")
        if name in [*manifest.programs(), *manifest.twins(), *manifest.commands(), "manifest"]:
            raise manifest.file.error(("files", name), "bootfs has another file of this name")
        files[name] = found[0]
    return files
