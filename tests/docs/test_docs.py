"""The book's reference pages mention all there is, and nothing that there isn't."""

import re
import subprocess
from pathlib import Path

import pytest

from resea import arch, commands, manifest, options
from resea import book as sphinx

TOP = Path(__file__).resolve().parents[2]
DOCS = TOP / "docs"


def page(name):
    """The text of a page."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def source(path):
    """The text of a file of the tree."""
    return (TOP / path).read_text(encoding="utf-8")


def files_of(*patterns):
    """The tree's files that match, as paths from its top."""
    return sorted(str(path.relative_to(TOP)) for pattern in patterns for path in TOP.glob(pattern))


def missing(names, text):
    """Those of the names that the text does not have as `code`, also within a longer piece."""
    code = set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`\n]+)`", text))))
    return sorted(set(names) - code)


def enum_items(header, enum):
    """The (name, value) pairs of a C enum whose items all have values."""
    body = re.search(rf"enum {enum} \{{(.*?)\}};", source(header), re.DOTALL)[1]
    return re.findall(r"^\s*(\w+) = (\d+)", body, re.MULTILINE)


ABI = "libs/common/include/kernel_abi.h"


def test_system_calls():
    rows = re.findall(r"^\| (\d+) \| \[`(SYS_\w+)`\]", page("syscalls"), re.MULTILINE)
    calls = enum_items(ABI, "syscall_number")
    assert calls and [(name, number) for number, name in rows] == calls
    headings = re.findall(r"^## (SYS_\w+)$", page("syscalls"), re.MULTILINE)
    assert headings == [name for name, _ in calls]
    assert f"It has {len(calls)} [system calls]" in page("architecture")


@pytest.mark.parametrize("prefix", ["IPC", "TASK_RIGHT", "MAP", "GRANT", "POWER", "INFO"])
def test_flags_of_system_calls(prefix):
    defined = set(re.findall(rf"\b({prefix}_[A-Z]+)\b", source(ABI)))
    internal = {"IPC_FLAGS", "MAP_FLAGS", "TASK_RIGHTS"}
    assert defined and missing(defined - internal, page("syscalls")) == []


def test_task_states_and_exceptions():
    states = [name for name, _ in enum_items(ABI, "task_state")]
    assert states and missing(states, page("tasks")) == []
    exceptions = [name for name, _ in enum_items(ABI, "exception_type")]
    assert exceptions and missing(exceptions, page("faults")) == []


def test_errors_of_system_calls_exist():
    errors = set(re.findall(r"#define (ERR_\w+)", source("libs/common/include/types.h")))
    for path in DOCS.glob("*.md"):
        told = set(re.findall(r"`(ERR_[A-Z_]+)`", path.read_text(encoding="utf-8")))
        assert told <= errors, path.name


def test_notifications():
    bits = re.findall(r"#define (NOTIFY_\w+)", source("libs/common/include/types.h"))
    assert bits and missing(bits, page("ipc")) == []


def test_manifest_keys():
    text = page("manifest")
    for table in (manifest.BOARD, *manifest.RUN.values(), *manifest.FLASH.values(),
                  manifest.DEVICE, manifest.SERVER, manifest.APP_DEFAULT, manifest.RESTART,
                  manifest.MEMORY):
        assert missing(table, text) == []
    for table in manifest.TABLES:
        assert re.search(rf"^## \[{table}\b", text, re.MULTILINE), table
    for emulator in manifest.RUN:
        assert f"## [run.{emulator}]\n" in text
    for way in manifest.FLASH:
        assert f"## [flash.{way}]\n" in text


@pytest.mark.parametrize("words", [manifest.RIGHTS, manifest.RESTART_POLICIES])
def test_manifest_words(words):
    assert missing(words, page("manifest")) == []


def test_keys_of_arch_toml():
    assert missing([*arch._FIELDS, *arch._PART], page("porting")) == []


def test_options():
    files = [TOP / name for name in files_of("kernel/Kconfig", "arch/*/Kconfig",
                                             "boards/*/Kconfig", "libs/*/Kconfig",
                                             "servers/**/Kconfig")]
    symbols = {f"CONFIG_{name}" for file in files
               for name in re.findall(r"^config (\w+)$", file.read_text(), re.MULTILINE)}
    text = page("options")
    assert symbols and missing(symbols, text) == []
    told = set(re.findall(r"^\| `(CONFIG_\w+)`", text, re.MULTILINE))
    assert told == symbols


def test_defaults_and_ranges_of_options():
    entries = re.findall(r"^config (\w+)\n    int .*\n    default (\d+)\n    range (\d+) (\d+)",
                         source("kernel/Kconfig"), re.MULTILINE)
    assert entries
    for name, default, low, high in entries:
        row = rf"\| `CONFIG_{name}` \| \w+ \| {default} \| {low} to {high} \|"
        assert re.search(row, page("options")), name


def test_debugger_commands():
    table = re.search(r"commands\[\] = \{(.*?)\};", source("kernel/kdebug.c"), re.DOTALL)[1]
    names = re.findall(r'\{"(\w+)",', table)
    assert names and missing(names, page("debugging")) == []


def test_gdb_commands():
    names = re.findall(r'"(resea \w+)", gdb\.', source("site_scons/resea/gdb_commands.py"))
    assert names
    for name in names:
        assert f"`{name}" in page("debugging"), name


def test_shell_commands():
    names = re.findall(r'^    \{"(\w+)", "', source("servers/shell/builtin.c"), re.MULTILINE)
    assert names and missing(names, page("shell")) == []


def test_commands_and_their_options():
    known = commands.load()
    text = page("commands")
    assert missing(known, text) == []
    names = {option.name for entry in known.values() for option in entry.options}
    names |= {option.name for option in options.OPTIONS}
    assert missing(names, text.replace("=", " ")) == []


def test_programs_of_the_x64_board():
    programs = manifest.load("x64", lambda name: TOP / "boards" / name).programs()
    text = page("shell") + page("tour") + page("testing")
    assert missing(set(programs), text) == []


@pytest.mark.parametrize("contract", ["hal", "board"])
def test_entries_of_the_port_contracts(contract):
    header = source(f"kernel/{contract}.h")
    entries = re.findall(r"^[a-z][\w \*]*?\b((?:arch|board|kernel)_\w+)\(", header, re.MULTILINE)
    assert len(entries) > 10 and missing(entries, page("porting")) == []


def test_headers_of_libraries():
    text = page("libraries")
    for library in files_of("libs/*/include/**/*.h"):
        name = library.split("/include/")[1]
        assert f"<{name}>" in text, library


def test_folders_and_kernel_files():
    code = " ".join(re.findall(r"`([^`\n]+)`", page("tour"))).replace("/ ", " ").split()
    tops = [path for path in TOP.iterdir() if path.is_dir() and path.name[0] != "."]
    tops += [path for name in ("arch", "boards", "libs", "servers", "site_scons", "tests")
             for path in (TOP / name).iterdir() if path.is_dir() and path.name[0] not in "._"]
    folders = [str(path.relative_to(TOP)) for path in tops]
    assert [name for name in sorted(folders) if name + "," not in code and name not in code
            and name + "/" not in code] == []
    files = [Path(name).name for name in files_of("kernel/*.c")]
    assert files and missing(files, page("tour")) == []


def test_interfaces():
    names = [Path(name).stem for name in files_of("idl/*.idl")]
    assert names and missing(names, page("tour") + page("caveats")) == []


def test_metrics():
    text = "".join(source(name) for name in files_of("servers/apps/benchmark/*.c",
                                                     "servers/shell/monitor.c"))
    names = re.findall(r'(?:METRIC|measure|measure_slow)\("([\w.]+)"', text)
    assert names and missing(names, page("benchmarks")) == []


def test_addresses_of_the_memory_map():
    header = source("arch/x64/include/arch_types.h")
    defined = dict(re.findall(r"#define (USER_\w+|BOOT\w+)\s+0x([0-9a-f]+)ul", header))
    rows = re.findall(r"^\| `0x([0-9a-f_]+)` \| ([^|]*) \|", page("memory-map"), re.MULTILINE)
    told = {name: address.replace("_", "") for address, names in rows
            for name in re.findall(r"`([A-Z_]+)`", names)}
    assert len(told) > 5
    for name, address in told.items():
        assert int(address, 16) == int(defined[name], 16), name


def test_tutorial_writes_the_tree_s_server():
    """The tutorial's first version of rand is the one that the tree has, but for white space."""
    from support import book
    written = {}
    for block in book.blocks(page("tutorial")):
        if block.action == "file":
            written.setdefault(block.path, block.text)
    for path in ("servers/rand/SConscript", "servers/rand/main.c"):
        assert written[path].split() == source(path).split(), path


def test_the_book_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx")
    pytest.importorskip("furo")
    pytest.importorskip("myst_parser")
    words = sphinx.command(TOP)
    words[words.index("-d") + 1] = str(tmp_path / "doctrees")
    words[-1] = str(tmp_path / "html")
    done = subprocess.run(words, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "LICENSE.md"])
def test_links_of_pages_outside_of_the_book(name):
    for target in re.findall(r"\]\(([^)#]+)", source(name)):
        assert target.startswith("https://") or (TOP / target).exists(), target


def test_links_within_the_book():
    """What Sphinx checks, too, but without Sphinx: files and headings exist."""
    for path in DOCS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\(((?!https?:)[^)#]*)(#[^)]+)?\)", text):
            file = path.parent / target if target else path
            assert file.exists(), f"{path.name}: {target}"
            if anchor:
                assert anchor[1:] in anchors(file), f"{path.name}: {target}{anchor}"


def anchors(file):
    """The names of a page's headings in links."""
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
