"""The command line: which options there are, and what this run of scons was given."""

from dataclasses import dataclass, field
from pathlib import Path

from resea.commands import Option
from resea.errors import UserError, hint, unknown

WHERE = "command line"
DEFAULT_BOARD = "x64"

OPTIONS = [
    Option("board", "BOARD", "the board to build for; 'all' builds every one"),
    Option("build", "debug|release", "with all runtime checks (default), or optimised"),
    Option("verbose", "0|1", "shows whole command lines"),
    Option("external", "DIR", "a folder outside the tree with more boards, servers, libs, idl "
                              "(several: separated by ':')"),
    Option("cpus", "N", "how many CPUs an emulator gives the board"),
    Option("CONFIG_X", "VALUE", "sets the option X, over menuconfig and manifest"),
]


@dataclass
class Options:
    """What the command line asks for. `board` is None if it names none."""

    board: str = None
    mode: str = "debug"
    verbose: bool = False
    external: list = field(default_factory=list)
    cpus: int = None
    config: dict = field(default_factory=dict)
    extra: dict = field(default_factory=dict)  # the options of commands, as text

    def get(self, name, default=None):
        """The text of a command's own option."""
        return self.extra.get(name, default)

    def flag(self, name):
        """Whether a command's own 0|1 option is on."""
        return self.extra.get(name) == "1"

    def number(self, name, default=None, low=0, high=1 << 31):
        """The value of a command's own option that is a number."""
        return parse_number(name, self.extra[name], low, high) if name in self.extra else default


def error(name, value, what):
    return UserError(WHERE, f"{name}={value}: {what}")


def parse_number(name, value, low, high):
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise error(name, value, f"expects a number from {low} to {high}")
    return int(value)


def parse(arguments, commands, cwd="."):
    """The Options from scons' NAME=VALUE arguments, a dict."""
    valid = {option.name: option for option in OPTIONS if option.name != "CONFIG_X"}
    for entry in commands.values():
        valid.update({option.name: option for option in entry.options})
    options = Options()
    for name, value in arguments.items():
        if name.startswith("CONFIG_"):
            options.config[name[len("CONFIG_"):]] = value
            continue
        if name not in valid:
            raise UserError(WHERE, f"unknown option '{name}'"
                            + hint(name, list(valid) + ["CONFIG_X"]))
        _check_choice(valid[name], value)
        _store(options, name, value, Path(cwd))
    return options


def _check_choice(option, value):
    choices = option.choices()
    if choices and value not in choices:
        raise error(option.name, value, "unknown value" + hint(value, choices))


def _store(options, name, value, cwd):
    if name == "board":
        options.board = value
    elif name == "build":
        options.mode = value
    elif name == "verbose":
        options.verbose = value == "1"
    elif name == "cpus":
        options.cpus = parse_number(name, value, 1, 16)
    elif name == "external":
        options.external = [_external(value, part, cwd) for part in value.split(":") if part]
    else:
        options.extra[name] = value


def _external(value, part, cwd):
    path = (cwd / Path(part).expanduser()).resolve()
    if not path.is_dir():
        raise error("external", value, f"there is no folder {path}")
    if not any((path / name).is_dir() for name in ("boards", "servers", "libs", "idl")):
        raise error("external", value, "has none of the folders boards, servers, libs and idl")
    return path


def check_targets(targets, commands):
    """Refuses a word on the command line that is no command."""
    for target in targets:
        if target not in commands:
            raise UserError(WHERE, unknown("command", target, commands))


def help_text(commands, boards):
    """What `scons --help` prints."""
    lines = ["usage: scons [board=BOARD] [OPTION=VALUE ...] [COMMAND]", "",
             "Without a command, builds the board into build/<board>-<mode>/.",
             "Boards: " + ", ".join(boards), "", "Options:"]
    lines += [_help_line(f"{o.name}={o.values}", o.help) for o in OPTIONS]
    lines += [_help_line("-c", "removes what was built, for the boards asked for"),
              _help_line("-jN", "runs N steps at once (default: one a CPU)"), "", "Commands:"]
    for name, entry in commands.items():
        lines.append(_help_line(name, entry.help))
        lines += [_help_line(f"  {o.name}={o.values}", o.help) for o in entry.options]
    return "\n".join(lines) + "\n"


def _help_line(left, right):
    return f"  {left:<26} {right}" if len(left) <= 26 else f"  {left}\n  {'':<26} {right}"
