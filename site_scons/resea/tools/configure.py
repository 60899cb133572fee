"""The command that edits a build's options: menuconfig."""

from resea.commands import command


@command("menuconfig", "edits the options of kernel and servers in build/<board>-<mode>/.config",
         needs=["config"])
def menuconfig(ctx):
    from resea import menuconfig as menu
    return menu.run(ctx.build)
