"""The command that numbers new interfaces and messages."""

from pathlib import Path

from resea.commands import command


@command("idl_lock", "gives new interfaces and messages their numbers, in idl/ordinals.lock")
def idl_lock(ctx):
    from resea import idl
    from resea.errors import UserError
    # Relative to the tree's top, where scons runs: that is what messages show.
    files = [path.relative_to(ctx.top) for path in sorted((ctx.top / "idl").glob("*.idl"))]
    try:
        idl.compile_files(files, lock=Path("idl/ordinals.lock"), update_lock=True)
    except idl.IdlError as e:
        raise UserError("idl", str(e)) from e
