"""What a command is given."""

from dataclasses import dataclass, field
from pathlib import Path

from resea.components import Library
from resea.options import Options


@dataclass
class Context:
    """`build`, a build.Build, is there if the command needs a board; `unittests` likewise."""

    top: Path
    options: Options
    library: Library
    targets: list
    build: object = None
    unittests: list = field(default_factory=list)
    nodes: dict = field(default_factory=dict)  # what SCons makes, by the names of `needs`
