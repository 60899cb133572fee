"""Makes idl.h and its sisters from idl/*.idl."""

from pathlib import Path

from resea import environment
from resea.errors import UserError

HEADERS = ["idl.h", "idl_validate.h", "idl_client.h", "idl_server.h"]


def add_nodes(env, roots, include):
    """Tells SCons how to make the headers in the folder `include`."""
    top, external = roots[0], roots[1:]
    tree = sorted((top / "idl").glob("*.idl"))
    outside = sorted(path for root in external for path in (root / "idl").glob("*.idl"))
    lock = top / "idl" / "ordinals.lock"
    outside_locks = [root / "idl" / "ordinals.lock" for root in external
                     if (root / "idl" / "ordinals.lock").is_file()]

    def write(target):
        from resea import idl
        try:
            model = idl.compile_files([p.relative_to(top) for p in tree], lock=lock,
                                      external=outside,
                                      external_lock=outside_locks[0] if outside_locks else None)
        except idl.IdlError as e:
            raise UserError(None, str(e)) from e
        for name, text in idl.generate_headers(model).items():
            (include / name).write_text(text)

    locks = ([lock] if lock.is_file() else []) + outside_locks
    sources = [str(p) for p in tree + outside + locks]
    node = env.Command([str(include / name) for name in HEADERS], sources,
                       environment.python_action(write, [], "GEN", "idl.h"))
    compiler = Path(__file__).parent / "idl"
    env.Depends(node, [str(p) for p in sorted(compiler.glob("*.py"))])
    return node
