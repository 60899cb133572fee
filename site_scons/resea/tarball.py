"""Folders as tarballs, for bootfs: what the server tarfs reads."""

import io
import tarfile


def sources(path):
    """The files that a file of bootfs is made of: itself, or what a folder holds."""
    if not path.is_dir():
        return [path]
    return [p for p in sorted(path.rglob("*")) if p.is_file()]


def contents(path):
    """The bytes of a file of bootfs; a folder becomes a tarball."""
    return pack(path) if path.is_dir() else path.read_bytes()


def pack(folder):
    """A tarball of all that is in a folder. It depends on names and contents only."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            info = tarfile.TarInfo(str(path.relative_to(folder)))
            if path.is_dir():
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            else:
                data = path.read_bytes()
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return output.getvalue()
