"""Makes idl.h and its sisters from idl/*.idl."""

from pathlib import Path

from resea import environment
from resea.errors import UserError

HEADERS = ["idl.h", "idl_validate.h", "idl_client.h", "idl_server.h", "idl_names.h"]


class Files:
    """The .idl files of the tree, which is the first of the roots, and outside of it."""

    def __init__(self, roots):
        self.top, external = roots[0], roots[1:]
        self.tree = sorted((self.top / "idl").glob("*.idl"))
        self.outside = sorted(path for root in external for path in (root / "idl").glob("*.idl"))
        self.lock = self.top / "idl" / "ordinals.lock"
        self.outside_locks = [root / "idl" / "ordinals.lock" for root in external
                              if (root / "idl" / "ordinals.lock").is_file()]

    def all(self):
        """What a change of them changes."""
        locks = [self.lock] if self.lock.is_file() else []
        return self.tree + self.outside + locks + self.outside_locks

    def model(self):
        """All interfaces, as the IDL compiler understands them."""
        from resea import idl
        try:
            return idl.compile_files([p.relative_to(self.top) for p in self.tree], lock=self.lock,
                                     external=self.outside,
                                     external_lock=next(iter(self.outside_locks), None))
        except idl.IdlError as e:
            raise UserError(None, str(e)) from e


def add_nodes(env, roots, include):
    """Tells SCons how to make the headers in the folder `include`."""
    files = Files(roots)

    def write(target):
        from resea import idl
        for name, text in idl.generate_headers(files.model()).items():
            (include / name).write_text(text)

    sources = [str(p) for p in files.all()]
    node = env.Command([str(include / name) for name in HEADERS], sources,
                       environment.python_action(write, [], "GEN", "idl.h"))
    compiler = Path(__file__).parent / "idl"
    env.Depends(node, [str(p) for p in sorted(compiler.glob("*.py"))])
    return node
