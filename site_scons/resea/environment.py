"""SCons environments: the toolchain and its flags, explicitly, and nothing that SCons detects."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from SCons.Script import Action, Builder, Environment

from resea import output
from resea.errors import UserError

WARNINGS = ["-Wall", "-Wextra", "-Wundef", "-Wvla", "-Wstrict-prototypes",
            "-Wmissing-prototypes", "-Wpointer-arith", "-Wwrite-strings",
            "-Wimplicit-fallthrough"]
COMMON = ["-std=gnu11", "-ffreestanding", "-g", "-ffunction-sections", "-fdata-sections",
          "-fno-common", "-fno-strict-aliasing", "-fno-asynchronous-unwind-tables"] + WARNINGS
LINK = ["-nostdlib", "-static", "--gc-sections", "--build-id=none", "--fatal-warnings",
        "-z", "noexecstack"]


@dataclass(frozen=True)
class Toolchain:
    """Programs, and the flags that not all compilers and linkers understand. `programs` are by the
    names of SCons' variables; an architecture's prefix goes before each."""

    programs: dict
    common: list
    debug: list
    release: list
    link: list


# Debug builds of the GNU toolchain trap on undefined behaviour, without a word: its parts' flash
# has no room for words.
TOOLCHAINS = {
    "llvm": Toolchain(
        programs={"CC": "clang", "LD": "ld.lld", "AR": "llvm-ar", "STRIP": "llvm-strip",
                  "OBJCOPY": "llvm-objcopy"},
        common=["-nostdlibinc"],
        debug=["-Og", "-fno-omit-frame-pointer", "-fstack-protector-strong",
               "-fsanitize=undefined"],
        release=["-O2", "-momit-leaf-frame-pointer"], link=["-z", "separate-loadable-segments"]),
    "gnu": Toolchain(
        programs={"CC": "gcc", "LD": "ld", "AR": "ar", "STRIP": "strip", "OBJCOPY": "objcopy"},
        # GCC takes the end of a list for an element (LIST_FOR_EACH in <list.h>) and warns of it.
        common=["-Wno-array-bounds"],
        debug=["-Og", "-fstack-protector-strong", "-fsanitize=undefined",
               "-fsanitize-undefined-trap-on-error"],
        release=["-O2"], link=[]),
}
# Native unit tests: hosted, so that the sanitizers' runtime works.
UNITTEST = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-fno-common",
            "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DUNITTEST"] + WARNINGS
# Fuzzers: the same, faster. What libFuzzer drives tells it where it has been.
FUZZER = ["-O2" if flag == "-O1" else flag for flag in UNITTEST]
GUIDED_FUZZER = FUZZER + ["-fsanitize=fuzzer-no-link"]


def step_action(command, word, what, verbose):
    """A shell command that shows as one short line, or whole with verbose=1."""
    return Action(command) if verbose else Action(command, output.step(word, what))


def _linker_words(flags):
    """Flags of the linker's as the compiler passes them on. What it makes of objects for the
    linker's optimiser lacks a note, of which fatal warnings would speak."""
    return "-Wl,--no-warn-execstack," + ",".join(flags)


def _builders(verbose):
    def builder(command, word, what="$TARGET", **options):
        return Builder(action=step_action(command, word, what, verbose), **options)

    compile_c = "$CC $CCFLAGS $( $DIAGNOSTICS $) $_CPPINCFLAGS -c -o $TARGET $SOURCE"
    return {
        "Compile": builder(compile_c, "CC", "$SOURCE"),
        "Archive": builder("$AR rcsD $TARGET $SOURCES", "AR"),
        "Link": builder("$LD $LINKFLAGS -T $LINKER_SCRIPT -o $TARGET "
                        "--start-group $SOURCES $LIBGCC --end-group", "LD"),
        "LinkWhole": builder("$CC $CCFLAGS -nostdlib ${LINKER_WORDS(LINKFLAGS)} "
                             "-T $LINKER_SCRIPT -o $TARGET $SOURCES $LIBGCC", "LTO"),
        "LinkNative": builder("$CC $CCFLAGS -o $TARGET $SOURCES", "LD"),
        "Strip": builder("$STRIP --strip-all -o $TARGET $SOURCE", "STRIP"),
        "Convert": builder("$OBJCOPY --strip-all $FORMAT $SOURCE $TARGET", "IMAGE"),
    }


def make(options, flags, linkflags=(), programs=None, libgcc=""):
    """An environment for one set of flags. Differences between files are overrides of it: a clone
    costs more than all else that a null build does."""
    programs = programs or TOOLCHAINS["llvm"].programs
    colour = "-fdiagnostics-color" if "gcc" in programs["CC"] else "-fcolor-diagnostics"
    return Environment(
        tools=[], BUILDERS=_builders(options.verbose), ENV=_process_environment(), **programs,
        CCFLAGS=flags, LINKFLAGS=list(linkflags), LIBGCC=libgcc,
        LINKER_WORDS=_linker_words, INCPREFIX="-I", INCSUFFIX="",
        DIAGNOSTICS=colour if output.coloured() else "")


def make_half(options, arch, half, mode):
    """The environment of the kernel's or user's half of an architecture."""
    programs = {name: arch.prefix + program
                for name, program in TOOLCHAINS[arch.toolchain].programs.items()}
    flags = half_flags(arch, half, mode)
    return make(options, flags, half_linkflags(arch, half), programs,
                _libgcc(arch, programs["CC"], flags) if arch.toolchain == "gnu" else "")


def _libgcc(arch, compiler, flags):
    """The compiler's own library, for what the machine has no instruction for (division)."""
    if not arch.links:
        return ""
    target = [flag for flag in flags if flag.startswith("-m")]
    try:
        done = subprocess.run([compiler, *target, "-print-libgcc-file-name"], check=True,
                              stdout=subprocess.PIPE, text=True)
    except OSError:
        return ""  # No compiler: the first step that needs it says so.
    return done.stdout.strip()


def _process_environment():
    kept = ("PATH", "HOME", "TERM", "TMPDIR", "LANG", "LC_ALL")
    return {key: os.environ[key] for key in kept if key in os.environ}


def half_flags(arch, half, mode):
    """Compiler flags of the kernel's or user's half of an architecture: a list."""
    part, tools = getattr(arch, half), TOOLCHAINS[arch.toolchain]
    target = [f"--target={arch.triple}"] if arch.triple else []
    optimise = tools.debug if mode == "debug" else tools.release
    own = part.cflags_debug if mode == "debug" else part.cflags_release
    return target + COMMON + tools.common + optimise + part.cflags + own


def half_linkflags(arch, half):
    return (LINK + TOOLCHAINS[arch.toolchain].link
            + ["-z", f"max-page-size={arch.page_size}"] + getattr(arch, half).ldflags)


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
    callable_object = _Function(function, modules)
    action = Action(callable_object, output.step(word, what) if word else None)
    # Of a callable object, SCons looks at the code of __call__ alone, unless it is told.
    action.gc = callable_object.get_contents
    return action
