"""Small C programs of the tests: compiled for this machine, or for a board."""

import subprocess
from pathlib import Path

FLASH = Path(__file__).resolve().parents[1] / "flash"

# Seconds that a compiler may take on a busy machine.
LIMIT = 120


def run(*words, **options):
    """Runs a tool that must succeed; what it printed."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=options.pop("timeout", LIMIT), check=False, **options)
    assert done.returncode == 0, f"{words[0]}: status {done.returncode}\n{done.stdout}"
    return done.stdout


def program(output, sources):
    """A program for this machine, with sanitizers."""
    run("clang", "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror",
        "-fsanitize=address,undefined", "-fno-sanitize-recover", "-o", output, *sources)
    return output


def shim(output, source):
    """A library to be loaded before others (LD_PRELOAD)."""
    run("clang", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", output,
        source)
    return output


def board_image(output, triple, script, sources, flags=()):
    """An ELF file for a board; its raw and hex forms lie beside it."""
    objects = []
    for source in sources:
        objects.append(output.with_name(f"{output.stem}-{Path(source).stem}.o"))
        run("clang", f"--target={triple}", "-O1", "-ffreestanding", *flags, "-c", "-o", objects[-1],
            source)
    run("ld.lld", "-T", script, "-o", output, *objects)
    run("llvm-objcopy", "-O", "binary", output, output.with_suffix(".bin"))
    run("llvm-objcopy", "-O", "ihex", output, output.with_suffix(".hex"))
    return output
