"""Reads the files of a program: those given and those that they include, each once."""

import glob
from pathlib import Path

from .errors import IdlError, Source, error_at, suggest
from .nodes import FileNode, IncludeNode
from .parser import parse


def load(paths: list[Path], external: list[Path]) -> list[FileNode]:
    """`external` names the files from outside the tree; what they include is external too."""
    loaded: dict[Path, FileNode] = {}
    problems: list[str] = []
    for is_external, group in ((False, paths), (True, external)):
        for path in group:
            try:
                _load(Path(path), is_external, loaded)
            except IdlError as error:
                problems += error.messages
    if problems:
        raise IdlError(problems)
    return list(loaded.values())


def _load(path: Path, external: bool, loaded: dict[Path, FileNode]) -> None:
    key = path.resolve()
    if key in loaded:
        return
    node = parse(Source(str(path), _read(path)), external)
    loaded[key] = node
    for include in node.includes:
        for found in _expand(path, include):
            _load(found, external, loaded)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise IdlError([f"{path}: error: the file is not UTF-8 text ({error.reason} at byte"
                        f" {error.start}); save it as UTF-8"]) from error
    except OSError as error:
        near = suggest(path.name, [p.name for p in path.parent.glob("*.idl")])
        text = f"{path}: error: can't read the IDL file: {error.strerror}{near}"
        raise IdlError([text]) from error


def _expand(path: Path, include: IncludeNode) -> list[Path]:
    folder = path.parent
    # The pattern is not resolved against the folder by hand: its name may hold '*' or '['.
    names = sorted(glob.glob(include.pattern, root_dir=folder, recursive=True))
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        known = [p.name for p in folder.glob("*.idl")]
        text = f"no file matches '{include.pattern}' in {folder}"
        raise error_at(include.location, text + suggest(include.pattern, known))
    return found
