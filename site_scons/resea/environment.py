"""SCons environments: the toolchain and its flags, explicitly, and nothing that SCons detects."""

import os
from pathlib import Path

from SCons.Script import Action, Builder, Environment

from resea import output
from resea.errors import UserError

WARNINGS = ["-Wall", "-Wextra", "-Wundef", "-Wvla", "-Wstrict-prototypes",
            "-Wmissing-prototypes", "-Wpointer-arith", "-Wwrite-strings",
            "-Wimplicit-fallthrough"]
COMMON = ["-std=gnu11", "-ffreestanding", "-nostdlibinc", "-g", "-ffunction-sections",
          "-fdata-sections", "-fno-common", "-fno-strict-aliasing",
          "-fno-asynchronous-unwind-tables"] + WARNINGS
DEBUG = ["-Og", "-fno-omit-frame-pointer", "-fstack-protector-strong", "-fsanitize=undefined"]
RELEASE = ["-O2"]
LINK = ["-nostdlib", "-static", "--gc-sections", "--build-id=none", "--fatal-warnings",
        "-z", "noexecstack", "-z", "separate-loadable-segments"]
# Native unit tests: hosted, so that the sanitizers' runtime works.
UNITTEST = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-fno-common",
            "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DUNITTEST"] + WARNINGS


def step_action(command, word, what, verbose):
    """A shell command that shows as one short line, or whole with verbose=1."""
    return Action(command) if verbose else Action(command, output.step(word, what))


def _builders(verbose):
    def builder(command, word, what="$TARGET", **options):
        return Builder(action=step_action(command, word, what, verbose), **options)

    compile_c = "$CC $CCFLAGS $( $DIAGNOSTICS $) $_CPPINCFLAGS -c -o $TARGET $SOURCE"
    return {
        "Compile": builder(compile_c, "CC", "$SOURCE"),
        "Archive": builder("$AR rcsD $TARGET $SOURCES", "AR"),
        "Link": builder("$LD $LINKFLAGS -T $LINKER_SCRIPT -o $TARGET "
                        "--start-group $SOURCES --end-group", "LD"),
        "LinkNative": builder("$CC $CCFLAGS -o $TARGET $SOURCES", "LD"),
        "Strip": builder("$STRIP --strip-all -o $TARGET $SOURCE", "STRIP"),
        "Convert": builder("$OBJCOPY --strip-all $FORMAT $SOURCE $TARGET", "IMAGE"),
    }


def make(options, flags, linkflags=()):
    """An environment for one set of flags. Differences between files are overrides of it: a clone
    costs more than all else that a null build does."""
    return Environment(
        tools=[], BUILDERS=_builders(options.verbose), ENV=_process_environment(),
        CC="clang", LD="ld.lld", AR="llvm-ar", STRIP="llvm-strip", OBJCOPY="llvm-objcopy",
        CCFLAGS=flags, LINKFLAGS=list(linkflags), INCPREFIX="-I", INCSUFFIX="",
        DIAGNOSTICS="-fcolor-diagnostics" if output.coloured() else "")


def _process_environment():
    kept = ("PATH", "HOME", "TERM", "TMPDIR", "LANG", "LC_ALL")
    return {key: os.environ[key] for key in kept if key in os.environ}


def half_flags(arch, half, mode):
    """Compiler flags of the kernel's or user's half of an architecture: a list."""
    part = getattr(arch, half)
    own = part.cflags_debug if mode == "debug" else part.cflags_release
    optimise = DEBUG if mode == "debug" else RELEASE
    return [f"--target={arch.triple}"] + COMMON + optimise + part.cflags + own


def half_linkflags(arch, half):
    return LINK + ["-z", f"max-page-size={arch.page_size}"] + getattr(arch, half).ldflags


class _Function:
    """A Python function as SCons' action. What it would be re-run for is the text of the modules
    that do the work; SCons' own choice, what the function's closure holds, differs every time."""

    def __init__(self, function, modules):
        self._function = function
        self._signature = b"".join(Path(m.__file__).read_bytes() for m in modules)

    def get_contents(self, target, source, env):
        return self._signature

    def __call__(self, target, source, env):
        try:
            self._function(Path(target[0].path))
        except UserError as e:
            output.error(e)
            return 1
        return 0


def python_action(function, modules, word=None, what="$TARGET"):
    """An action that calls `function(path of the target)`; a user's mistake shows as one line.

    It is done anew when one of `modules` changes. Without `word` it shows nothing.
    """
    return Action(_Function(function, modules), output.step(word, what) if word else None)
