"""Kconfig's menus. Only what differs from the manifest is kept, so that a later change of the
manifest is not hidden by an old copy of its values."""

import os

from resea import kconfig, output


def run(build):
    """Shows the menus and saves the result; gives an exit status."""
    import menuconfig
    path = build.folder / ".config"
    edited = build.folder / ".config.edited"
    build.config.kconf.write_config(str(edited), save_old=False)
    os.environ["KCONFIG_CONFIG"] = str(edited)
    os.environ.setdefault("MENUCONFIG_STYLE", "aquatic")
    menuconfig.menuconfig(build.config.kconf)
    keep_changes(build, edited, path)
    for leftover in edited.parent.glob(edited.name + "*"):
        leftover.unlink()
    print(f"{build.library.shown(path)}: {output.plural(count(path), 'option')} set")
    return 0


def keep_changes(build, edited, path):
    """Writes to `path` the lines of `edited` that manifest and defaults don't already say."""
    base = kconfig.load(build.folder / "Kconfig", "", build.mode, build.kconfig_files())
    kconfig.apply_manifest(base, build.manifest)
    lines = [line for line in edited.read_text().splitlines() if _differs(base, line)]
    path.write_text("\n".join(["# Options set by scons menuconfig."] + lines) + "\n")


def _differs(base, line):
    name, value = kconfig.parse_line(line)
    symbol = base.kconf.syms.get(name)
    return bool(symbol and symbol.nodes and any(n.prompt for n in symbol.nodes)
                and symbol.str_value != value)


def count(path):
    return sum(kconfig.parse_line(line)[0] is not None for line in path.read_text().splitlines())
