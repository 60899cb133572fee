"""The generated headers: they compile everywhere, have the layout that the JSON tells, and do what
they say (headers_test.c, run on this machine)."""

import json
import subprocess
from pathlib import Path

import pytest

import golden
from resea import idl

TOP = Path(__file__).resolve().parents[3]

TARGETS = {
    "64": ("x86_64-unknown-none-elf", TOP / "arch" / "x64" / "include"),
    "32": ("thumbv6m-none-eabi", golden.HERE / "arch32"),
}

WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wshadow",
            "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wconversion", "-Wno-sign-conversion"]


def tree_model():
    return idl.compile_files(sorted((TOP / "idl").glob("*.idl")),
                             lock=TOP / "idl" / "ordinals.lock")


MODELS = {"tree": tree_model, "sample": golden.sample_model}


def write_headers(model, folder):
    for name, text in idl.generate_headers(model).items():
        (folder / name).write_text(text)
    # What Kconfig makes; the headers of libs/resea ask for some of it.
    (folder / "config.h").write_text("")


def clang(folder, bits, *arguments):
    """Compiles for a target; asserts that there is nothing to complain about."""
    triple, arch = TARGETS[bits]
    includes = [folder, TOP / "libs/common/include", TOP / "libs/resea/include", arch]
    command = ["clang", f"--target={triple}", "-std=gnu11", "-ffreestanding", "-fsyntax-only",
               *WARNINGS, *(f"-I{path}" for path in includes), *arguments]
    result = subprocess.run([str(c) for c in command], text=True, stderr=subprocess.PIPE)
    assert result.stderr == ""
    assert result.returncode == 0


@pytest.mark.parametrize("bits", ["64", "32"])
@pytest.mark.parametrize("model", ["tree", "sample"])
def test_headers_compile_each_for_itself(tmp_path, model, bits):
    write_headers(MODELS[model](), tmp_path)
    for name in ("message.h", "idl_validate.h", "idl_client.h", "idl_server.h"):
        source = tmp_path / f"{name}.c"
        source.write_text(f"#include <{name}>\n")
        clang(tmp_path, bits, source)


@pytest.mark.parametrize("bits", ["64", "32"])
def test_layout_is_what_the_json_tells(tmp_path, bits):
    model = tree_model()
    write_headers(model, tmp_path)
    lines = ["#include <message.h>"]
    for message in _messages(model):
        for payload in filter(None, (message["request"], message["reply"])):
            lines += _asserts(payload, bits)
    source = tmp_path / "layout.c"
    source.write_text("\n".join(lines) + "\n")
    clang(tmp_path, bits, source)


def _messages(model):
    for interface in json.loads(idl.generate_json(model))["interfaces"]:
        yield from interface["messages"]


def _asserts(payload, bits):
    name = payload["c_name"]
    yield f'_Static_assert({name} == {payload["type"][bits]}, "{name}");'
    member = name.removesuffix("_MSG").lower()
    for field in payload["fields"]:
        where = f"__builtin_offsetof(struct {member}_fields, {field['name']})"
        yield f'_Static_assert({where} == {field["offset"][bits]}, "{name} {field["name"]}");'
    if payload["fields"]:
        yield (f'_Static_assert(sizeof(struct {member}_fields) == {payload["size"][bits]},'
               f' "{name}");')


def test_stubs_and_dispatch_do_what_they_say(tmp_path):
    write_headers(golden.sample_model(), tmp_path)
    program = tmp_path / "headers_test"
    includes = [tmp_path, TOP / "libs/common/include", TOP / "libs/resea/include",
                TARGETS["64"][1]]
    command = ["clang", "-std=gnu11", "-g", "-fsanitize=address,undefined",
               "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Werror",
               *(f"-I{path}" for path in includes), golden.HERE / "headers_test.c", "-o", program]
    subprocess.run([str(c) for c in command], check=True)
    result = subprocess.run([program], text=True, capture_output=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
