"""Files that the build writes while it reads what there is to build."""

from pathlib import Path


def write_if_changed(path, content):
    """Leaves a file and its time alone when it already holds `content`, text or bytes."""
    data = content.encode() if isinstance(content, str) else content
    path = Path(path)
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
