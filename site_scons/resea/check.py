"""Style and static checks: clang-format, clang-tidy, sparse, and flake8 for Python."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import List

# The compiler's headers ask for __has_include_next, and for what is behind a 64-bit number, which
# sparse lacks.
_SPARSE_FLAGS = ["-Wno-decl", "-Wno-universal-initializer", "-std=gnu11", "-nostdinc", "-m64",
                 "-D__has_include_next(x)=0", "-D__INT64_C_SUFFIX__=L"]
# sparse aligns 64-bit numbers to four bytes on every 32-bit machine, and so can't read headers that
# rely on ARM's eight.
_NOT_FOR_SPARSE = "-mthumb"
_SPARSE_DROPS = ("-c", "-g", "-W", "-f", "-O", "-m", "--target", "-std", "-nostdlibinc")

# clang-tidy tells how many warnings it suppressed in the headers of others; sparse doesn't suppress
# those in the compiler's own.
_NOISE = re.compile(r"\d+ warnings? generated|Suppressed |Use -(header-filter|system-headers)"
                    r"|.*/clang/[0-9.]+/include/|.*: note: in included file ")


@dataclass
class Finding:
    """What a checker said about a file, or about many."""

    tool: str
    text: str


def tracked_files(top: Path, *patterns: str) -> List[str]:
    """The files of the tree under version control that match, and new ones not yet ignored."""
    done = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard",
                           *patterns], cwd=top, stdout=subprocess.PIPE, text=True, check=True)
    return sorted(name for name in set(done.stdout.split("\n"))
                  if name and (top / name).is_file())


def run(words: List[str], top: Path) -> str:
    """What a checker has to say; nothing if it is content."""
    done = subprocess.run(words, cwd=top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    text = "\n".join(line for line in done.stdout.splitlines() if not is_noise(line)).strip()
    return text or (f"{words[0]} failed with status {done.returncode}" if done.returncode else "")


def is_noise(line: str) -> bool:
    """Whether a line of a checker's output tells nothing about our files."""
    return bool(_NOISE.match(line))


def format_commands(files: List[str]) -> List[List[str]]:
    """clang-format, in batches: it starts slower than it works."""
    return [["clang-format", "--dry-run", "--Werror", *files[i:i + 40]]
            for i in range(0, len(files), 40)]


def tidy_command(entry, folder: Path) -> List[str]:
    """clang-tidy on one file of the compilation database in a folder. What only GCC understands of
    its command line is of no interest."""
    return ["clang-tidy", "--quiet", "--warnings-as-errors=*", "-p", str(folder),
            "--extra-arg=-Wno-unused-command-line-argument", entry["file"]]


def sparse_command(entry, resource_dir: str) -> List[str]:
    """sparse on one file: the compiler's own headers and the file's -I and -D options."""
    kept = [word for word in entry["arguments"][1:] if not word.startswith(_SPARSE_DROPS)]
    output = kept.index("-o")
    del kept[output:output + 2]
    source = kept.pop()
    return ["sparse", *_SPARSE_FLAGS, *kept, "-isystem", os.path.join(resource_dir, "include"),
            source]


def python_command(files: List[str]) -> List[str]:
    """flake8, with the rules of .flake8."""
    return [sys.executable, "-m", "flake8", *files]


def style_jobs(top: Path) -> list:
    """The checks that don't depend on a board, as (tool, command line)."""
    c_files = tracked_files(top, "*.c", "*.h")
    py_files = tracked_files(top, "*.py", "SConstruct", "**/SConscript")
    listed = [("clang-format", words) for words in format_commands(c_files)]
    return listed + [("flake8", python_command(py_files))]


def file_jobs(top: Path, folder: Path, entries) -> list:
    """The checks of a board's C files, as (tool, command line)."""
    resource_dir = run(["clang", "-print-resource-dir"], top)
    listed = [("sparse", sparse_command(entry, resource_dir)) for entry in entries
              if _NOT_FOR_SPARSE not in entry["arguments"]]
    return listed + [("clang-tidy", tidy_command(entry, folder)) for entry in entries]


def check(top: Path, folder: Path, entries, whole_tree=True) -> List[Finding]:
    """Runs all checks, several at once; returns what they found. `folder` is the build's, with the
    compilation database; without `whole_tree`, only the entries' files are looked at."""
    jobs = (style_jobs(top) if whole_tree else []) + file_jobs(top, folder, entries)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda job: Finding(job[0], run(job[1], top)), jobs)
        return [finding for finding in results if finding.text]
