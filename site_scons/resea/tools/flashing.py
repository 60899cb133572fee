"""The commands that bring the system onto a board: sdcard and flash."""

from resea import output
from resea.commands import Option, command
from resea.errors import UserError
from resea.probe import PROBE

_CMDLINE = Option("cmdline", "TEXT", "the kernel's command line, for example 'run=\"hello\"'")


def _table(ctx, *ways):
    """The board's table [flash.WAY] for one of the ways, and its name."""
    flash = ctx.build.manifest.flashing
    for way in ways:
        if way in flash:
            return way, flash[way]
    raise UserError(f"board={ctx.build.board}", "this command isn't for the board: its manifest "
                    f"has no table [flash.{'] or [flash.'.join(ways)}]")


def _built(ctx, name):
    """A file that building the board has made."""
    path = ctx.build.folder / name
    if not path.is_file():
        raise UserError(f"board={ctx.build.board}", f"its build makes no {name}, which its "
                        "manifest's table [flash] names")
    return path


def _make_card(ctx):
    from resea import firmware, sdcard
    _, table = _table(ctx, "sdcard")
    size = sdcard.parse_size(ctx.options.get("size", "64M"))
    kernel, config = _built(ctx, table["kernel"]), ctx.build.board_file(table["config"])
    if not config.is_file():
        raise UserError(ctx.build.shown(config), "the file is missing; the card's config.txt")
    found = firmware.find(ctx.options.get("firmware"), ctx.top / "build" / "firmware",
                          lambda text: print(text, flush=True))
    image = ctx.build.folder / "sdcard.img"
    sdcard.make(image, sdcard.files_of(kernel, config, found, ctx.options.get("cmdline", ""),
                                       ctx.build.manifest.description), size)
    return image


@command("sdcard", "makes an image of the board's SD card, build/<board>-<mode>/sdcard.img",
         needs=["image"], default_board="raspi3", options=[
             Option("size", "SIZE", "how large the card is, from 64M (default) to 32G"),
             Option("firmware", "DIR", "takes the board's firmware from here, not from Debian"),
             _CMDLINE])
def sdcard(ctx):
    print(ctx.build.shown(_make_card(ctx)))


@command("flash", "writes the system onto a board's SD card, or into the board itself",
         needs=["image"], options=[
             Option("device", "/dev/X", "the card, or a file in its place"),
             Option("yes", "0|1", "doesn't ask before it overwrites the card"),
             Option("force", "0|1", "unmounts the card; takes one that isn't removable"),
             PROBE,
             _CMDLINE])
def flash(ctx):
    way, table = _table(ctx, "sdcard", "openocd")
    return _flash_card(ctx) if way == "sdcard" else _flash_chip(ctx, table)


def _flash_card(ctx):
    from resea import blockdev, cardwriter
    device = ctx.options.get("device")
    if not device:
        raise UserError("scons flash", "which card? device=/dev/X names it; "
                        + blockdev.candidates(blockdev.disks()))
    return cardwriter.start(ctx.top, _make_card(ctx), device, ctx.options.flag("yes"),
                            ctx.options.flag("force"))


def _flash_chip(ctx, table):
    from resea import probe
    if ctx.build.config.value("DEBUG_EXIT"):
        output.warning("CONFIG_DEBUG_EXIT is on: poweroff asks a debugger to end, which is a fault "
                       "where there is none; CONFIG_DEBUG_EXIT=n leaves it out")
    return probe.flash(ctx.build, table, _built(ctx, table["image"]), ctx.options.get("cmdline"),
                       ctx.options.get("probe"))
