"""Files that the build writes while it reads what there is to build, and paths."""

import os
from pathlib import Path


def write_if_changed(path, content):
    """Leaves a file and its time alone when it already holds `content`, text or bytes."""
    data = content.encode() if isinstance(content, str) else content
    path = Path(path)
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def shortest(path) -> str:
    """A path as seen from the working directory if that is shorter: the path of a socket has 107
    bytes at most, wherever the tree is."""
    return min(str(path), os.path.relpath(path), key=len)
