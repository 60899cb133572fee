"""`scons doctor`: which tools are there, how to get the others, and where options come from."""

from resea import packages

_WIDTH = 14


def tool_lines(catalog, paint=lambda text, _: text):
    """One line a tool; two if it is missing."""
    lines = []
    for tool in catalog.tools.values():
        lacking = tool.missing()
        state = paint("missing", "ERROR") if lacking else paint("ok     ", "CC")
        lines.append(f"  {state}  {tool.name:<{_WIDTH}} {tool.use}")
        lines += ["           " + line for line in advice(catalog, tool)] if lacking else []
    return lines


def advice(catalog, tool):
    """Which commands miss it, and how to get it."""
    users = [name for name in catalog.sections["command"]
             if tool.name in catalog.command_tools(name, "all")]
    macos = [f"brew install {' '.join(tool.homebrew)}"] if tool.homebrew else []
    macos += [f"pip install {' '.join(tool.pip)}"] if tool.pip else []
    return [f"needed by: {', '.join(users) or 'an option'}",
            f"Debian, Ubuntu: apt-get install {' '.join(tool.debian)}",
            f"macOS: {' and '.join(macos)}"]


def summary(catalog):
    """The last word about tools: what to type."""
    lacking = [tool for tool in catalog.tools.values() if tool.missing()]
    if not lacking:
        return "Nothing is missing."
    return (f"{len(lacking)} of {len(catalog.tools)} tools are missing. ./bootstrap scons COMMAND "
            "installs what COMMAND needs and nothing else.")


def config_lines(rows):
    """A table of (name, value, origin)."""
    shown = [(name, show_value(value), origin) for name, value, origin in rows]
    names = max((len(name) for name, _, _ in shown), default=0)
    values = max((len(value) for _, value, _ in shown), default=0)
    return [f"  {name:<{names}}  {value:<{values}}  {origin}" for name, value, origin in shown]


def show_value(value):
    """A value as Kconfig files have it."""
    if isinstance(value, bool):
        return "y" if value else "n"
    return f'"{value}"' if isinstance(value, str) else str(value)


def load_catalog():
    """packages.ini."""
    return packages.Catalog()


def configurations(ctx):
    """(title, table) of the asked board's options, all from what the build would do."""
    from resea.build import Build
    board = ctx.options.board or "x64"
    boards = ctx.library.boards() if board == "all" else [board]
    for name in sorted(boards):
        build = Build(ctx.top, ctx.options, ctx.library, name)
        build.configure()
        yield f"Options of {name} ({build.mode})", config_lines(build.config.describe())
