"""What the build knows about an architecture: arch/<arch>/arch.toml."""

from dataclasses import dataclass

from resea import rights, schema, tomlfile
from resea.errors import UserError, unknown
from resea.schema import Field

_FLAGS = Field(schema.list_of(schema.string), default=[])
_PART = {
    "cflags": _FLAGS,
    "cflags_debug": _FLAGS,
    "cflags_release": _FLAGS,
    "cflags_libs": _FLAGS,
    "ldflags": _FLAGS,
}
_FIELDS = {
    "description": Field(schema.string, required=True),
    "triple": Field(schema.string, default=""),
    "toolchain": Field(schema.choice("toolchain", ("llvm", "gnu")), default="llvm"),
    "prefix": Field(schema.string, default=""),
    "page_size": Field(schema.integer(1, 1 << 24), required=True),
    "mmu": Field(schema.boolean, default=True),
    "ports": Field(schema.boolean, default=False),
    "max_servers": Field(schema.integer(2, rights.MAX_SERVERS), default=rights.MAX_SERVERS),
    "links": Field(schema.boolean, default=True),
    "entries": _FLAGS,
    "image": Field(schema.string),
    "qemu": Field(schema.string),
    "gdb": Field(schema.string),
    "kernel": Field(schema.table(_PART), required=True),
    "user": Field(schema.table(_PART), required=True),
}


@dataclass
class Part:
    """Flags of the kernel's or of the user's half."""

    cflags: list
    cflags_debug: list
    cflags_release: list
    cflags_libs: list
    ldflags: list


@dataclass
class Arch:
    """`links` is false for a null port, whose objects are all that can be built of it. `image` is
    the BFD name of the format that the boot loader wants (objcopy -O), None for the ELF file. A
    `triple` is what clang needs; GCC has the target in its `prefix`."""

    name: str
    description: str
    triple: str
    toolchain: str
    prefix: str
    page_size: int
    mmu: bool
    ports: bool
    max_servers: int
    links: bool
    entries: list
    image: str
    qemu: str
    gdb: str
    kernel: Part
    user: Part


def load(top, name, error):
    """The architecture `name`; `error(what)` makes the exception that says there is none."""
    path = top / "arch" / name / "arch.toml"
    if not path.is_file():
        valid = [p.parent.name for p in (top / "arch").glob("*/arch.toml")]
        raise error(unknown("architecture", name, valid))
    return parse(name, tomlfile.load(path, f"arch/{name}/arch.toml"))


def parse(name, file):
    values = schema.read_table(file, (), _FIELDS)
    if values["page_size"] & (values["page_size"] - 1):
        raise UserError(file.where(("page_size",)), "page_size: expects a power of two")
    if values["toolchain"] == "llvm" and not values["triple"]:
        raise file.error((), "the key 'triple' is missing")
    for half in ("kernel", "user"):
        values[half] = Part(**values[half])
    return Arch(name=name, **values)
