"""The IDL compiler: idl/*.idl to C headers, HTML and JSON.

From Python (all errors are an IdlError, whose str() is the text to print):

    model = compile_files([Path("idl/fs.idl"), …], lock=Path("idl/ordinals.lock"))
    for name, text in generate_headers(model).items():   # "idl.h", "idl_client.h", …
        (include_dir / name).write_text(text)
    model.files         # everything that was read, included files too: the dependencies

From a shell, with PYTHONPATH=site_scons:

    python3 -m resea.idl --lock idl/ordinals.lock --c DIR --html FILE --json FILE idl/*.idl
    python3 -m resea.idl --lock idl/ordinals.lock --update-lock idl/*.idl

Files are outside of the tree (`external`) or in it; docs/ explains the language, the numbers and
the generated C, ordinals.py the lock file.
"""

from pathlib import Path

from .checker import check
from .errors import IdlError
from .loader import load
from .model import Model
from .ordinals import Lock
from .to_c import generate_c
from .to_client import generate_client
from .to_html import generate_html
from .to_json import generate_json
from .to_names import generate_names
from .to_server import generate_server
from .to_validate import generate_validate

__all__ = ["IdlError", "Model", "compile_files", "generate_c", "generate_client",
           "generate_headers", "generate_html", "generate_json", "generate_names",
           "generate_server", "generate_validate"]


def compile_files(paths: list[Path], lock: Path | None = None, external: list[Path] = (),
                  external_lock: Path | None = None, update_lock: bool = False) -> Model:
    """Reads and checks files. Raises IdlError with all the mistakes found.

    Without `lock` the tree's numbers are made up in the order of names: for tests. With
    `update_lock` the lock files get a line for each name that has none, and are written.
    """
    files = load(list(paths), list(external))
    locks = [Lock.read(Path(path)) if path else Lock() for path in (lock, external_lock)]
    model = check(files, *locks, update_lock)
    if update_lock:
        for each in locks:
            if each.path:
                write_if_changed(each.path, each.text())
    return model


def generate_headers(model: Model) -> dict[str, str]:
    """The C headers by file name; all of them go into one include directory."""
    return {
        "idl.h": generate_c(model),
        "idl_validate.h": generate_validate(model),
        "idl_client.h": generate_client(model),
        "idl_server.h": generate_server(model),
        "idl_names.h": generate_names(model),
    }


def write_if_changed(path: Path, text: str) -> None:
    """Leaves an equal file alone, so that what depends on it is not built again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
