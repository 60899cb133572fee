"""Kconfig: collects the options of kernel, board, libraries and servers, and gives them values.

The command line is over menuconfig's file, that over the manifest, that over Kconfig's defaults.
Each source of values is checked by itself, so that a mistake is told with the place it stands at
even if another source hides it.
"""

import os
import re

import kconfiglib
from kconfiglib import BOOL, HEX, INT, STRING

from resea.errors import UserError, hint, unknown
from resea.files import write_if_changed

_TYPE_NAMES = {BOOL: "true or false", INT: "a number", HEX: "a number", STRING: "a string"}
_BOOLS = {"y": "y", "n": "n", "1": "y", "0": "n", "true": "y", "false": "n"}
_LINE = re.compile(r'CONFIG_(\w+)=(?:"((?:\\.|[^"\\])*)"|(.*))$|# CONFIG_(\w+) is not set$')


class Config:
    """The options of one build. `origins` maps a symbol to where its value came from."""

    def __init__(self, kconf):
        self.kconf = kconf
        self.origins = {}
        self.wanted = {}  # symbols that were set, with the text and how to tell of a mistake

    def check_effects(self):
        """Refuses what was set since the last call but does nothing, because of a `depends on`."""
        for symbol, (text, error) in self.wanted.items():
            if symbol.str_value != text:
                raise error("has no effect: it depends on "
                            + kconfiglib.expr_str(symbol.direct_dep))
        self.wanted.clear()

    def symbols(self):
        """All options, as kconfiglib's Symbol objects."""
        return [s for s in self.kconf.unique_defined_syms if s.type in _TYPE_NAMES]

    def value(self, name):
        """An option's value: bool, int or str."""
        symbol = self.kconf.syms[name]
        if symbol.type == BOOL:
            return symbol.tri_value == 2
        if symbol.type in (INT, HEX):
            return int(symbol.str_value or "0", 0)
        return symbol.str_value

    def origin(self, name):
        """Where an option's value comes from, in words."""
        return self.origins.get(name, "default")

    def describe(self):
        """(name, value, origin) of all options, for `doctor`."""
        return [(s.name, self.value(s.name), self.origin(s.name)) for s in self.symbols()]

    def write_header(self, path):
        """config.h; the file is only touched if something changed."""
        lines = ["// Made by the build from Kconfig, manifest and command line."]
        for symbol in sorted(self.symbols(), key=lambda s: s.name):
            line = _header_line(symbol)
            lines += [line] if line else []
        write_if_changed(path, "\n".join(lines) + "\n")


def _header_line(symbol):
    name = f"CONFIG_{symbol.name}"
    if symbol.type == BOOL:
        return f"#define {name} 1" if symbol.tri_value == 2 else None
    if symbol.type == STRING:
        escaped = symbol.str_value.replace("\\", "\\\\").replace('"', '\\"')
        return f'#define {name} "{escaped}"'
    return f"#define {name} {symbol.str_value}" if symbol.str_value else None


def load_all(build, repair=False):
    """The options of a build, with their values; writes config.h. `repair` skips mistakes in
    menuconfig's file."""
    config = load(build.folder / "Kconfig", f"Resea for {build.board}", build.mode,
                  build.kconfig_files(), build.arch.mmu)
    apply_manifest(config, build.manifest)
    config.check_effects()
    path = build.folder / ".config"
    apply_file(config, path, build.library.shown(path), repair)
    apply_command_line(config, build.options.config)
    config.check_effects()
    config.write_header(build.include / "config.h")
    return config


def load(top_file, title, mode, files, mmu=True):
    """Reads the Kconfig files that exist among `files`, a list of (path, menu title)."""
    lines = [f'mainmenu "{title}"', "", "config DEBUG", "    bool",
             f"    default {'y' if mode == 'debug' else 'n'}", "", "config MMU", "    bool",
             f"    default {'y' if mmu else 'n'}", ""]
    for path, menu in files:
        if path.is_file():
            lines += [f'menu "{menu}"', f'source "{path}"', "endmenu", ""]
    write_if_changed(top_file, "\n".join(lines))
    os.environ["CONFIG_"] = "CONFIG_"
    try:
        kconf = kconfiglib.Kconfig(str(top_file), warn_to_stderr=False, suppress_traceback=False)
    except kconfiglib.KconfigError as e:
        raise _kconfig_error(str(e), top_file) from e
    if kconf.warnings:
        raise _kconfig_error(kconf.warnings[0], top_file)
    config = Config(kconf)
    config.origins["DEBUG"] = f"build={mode}"
    config.origins["MMU"] = "the architecture"
    return config


def _kconfig_error(text, top_file):
    text = " ".join(text.split())
    match = re.match(r"(?:(?:error|warning): )?(\S+:\d+): (.*)", text)
    where, what = match.groups() if match else (top_file, text)
    return UserError(where, f"Kconfig: {what}")


class Source:
    """Sets values from one place. `name` is the origin that `doctor` shows."""

    def __init__(self, config, name):
        self.config = config
        self.name = name

    def set(self, symbol_name, value, error, shown=None, valid=None):
        """Sets a checked value; `error(what)` makes the exception. `valid` are the names that a
        hint may suggest, mapped to how they are written here."""
        symbol = self._find(symbol_name, error, shown or symbol_name, valid)
        text = _text(symbol, value)
        if text is None:
            raise error(f"expects {_TYPE_NAMES[symbol.type]}, not {_show(value)}")
        _check_range(symbol, text, error)
        if not _is_settable(symbol):
            raise error("can't be set: it follows from other options")
        symbol.set_value(text)
        self.config.wanted[symbol] = text, error
        self.config.origins[symbol.name] = self.name

    def _find(self, name, error, shown, valid):
        known = {s.name: s for s in self.config.symbols()}
        valid = valid if valid is not None else {n: n for n in known}
        if name not in known or name not in valid:
            raise error(unknown("option", shown, [
                written for n, written in valid.items() if n in known and _is_settable(known[n])]))
        return known[name]


def _is_settable(symbol):
    return any(node.prompt for node in symbol.nodes)


def _show(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)


def _text(symbol, value):
    """A TOML or command line value as Kconfig's text, or None if the type is wrong."""
    if symbol.type == BOOL:
        if isinstance(value, bool):
            return "y" if value else "n"
        return _BOOLS.get(value) if isinstance(value, str) else None
    if isinstance(value, bool):
        return None
    if symbol.type == STRING:
        return value if isinstance(value, str) else None
    try:
        number = int(value, 0) if isinstance(value, str) else value
    except ValueError:
        return None
    return hex(number) if symbol.type == HEX else str(number)


def _check_range(symbol, text, error):
    for low, high, condition in symbol.ranges:
        if symbol.type in (INT, HEX) and kconfiglib.expr_value(condition):
            if not int(low.str_value, 0) <= int(text, 0) <= int(high.str_value, 0):
                raise error(f"{text} is out of range: {low.str_value} to {high.str_value}")


def apply_manifest(config, manifest):
    """[kernel] and each server's options."""
    programs = {s.name: s.name.upper() + "_" for s in manifest.servers}
    owned = {s.name: n for s in config.symbols() for n, prefix in programs.items()
             if s.name.startswith(prefix) and _in_server(s, n)}
    general = {s.name: s.name.lower() for s in config.symbols() if s.name not in owned}
    for key, value in manifest.kernel.items():
        _set_manifest(config, manifest, ("kernel", key), key.upper(), value, general)
    for server in manifest.servers:
        prefix = programs[server.name]
        valid = {n: n[len(prefix):].lower() for n, owner in owned.items() if owner == server.name}
        for key, value in server.options.items():
            path = ("server", server.name, "options", key)
            _set_manifest(config, manifest, path, prefix + key.upper(), value, valid)


def _in_server(symbol, name):
    return any(f"/{name}/Kconfig" in node.filename for node in symbol.nodes)


def _set_manifest(config, manifest, path, symbol, value, valid):
    def error(what):
        return manifest.file.error(path, what)
    if path[-1] != path[-1].lower():
        raise error("options are written in lower case here" + hint(path[-1], valid.values()))
    source = Source(config, manifest.file.where(path))
    source.set(symbol, value, error, path[-1], valid)


def apply_file(config, path, shown, repair=False):
    """The file that menuconfig wrote, if there is one."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        name, value = parse_line(line)
        if not name:
            continue
        where = f"{shown}:{number}"
        try:
            Source(config, where).set(name, value, lambda what: UserError(
                where, f"CONFIG_{name}: {what} (scons menuconfig repairs the file)"))
        except UserError:
            if not repair:
                raise
    # An option that a later one makes void is no mistake here: menus save it like any other.
    config.wanted.clear()


def parse_line(line):
    """(name, text) of a line of a .config file, or (None, None)."""
    match = _LINE.match(line.strip())
    if not match:
        return None, None
    name, quoted, plain, unset = match.groups()
    if unset:
        return unset, "n"
    return name, plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


def apply_command_line(config, values):
    """CONFIG_X=VALUE arguments, a dict without the prefix."""
    source = Source(config, "command line")
    valid = {s.name: f"CONFIG_{s.name}" for s in config.symbols()}
    for name, value in values.items():
        source.set(name, value, lambda what: UserError(
            "command line", f"CONFIG_{name}={value}: {what}"), f"CONFIG_{name}", valid)
