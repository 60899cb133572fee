"""SConscripts: finding them, and mistakes in them."""

from types import SimpleNamespace

import pytest

from resea.components import KERNEL, LIBRARY, SERVER, Library
from resea.errors import UserError


def fail(what):
    return UserError("board.toml:1", what)


def write(root, scripts, files=()):
    for name, text in scripts.items():
        path = root / name / "SConscript"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for source in files or ("main.c",):
            (path.parent / source).write_text("")


def library(top, *external):
    """A Library that runs SConscripts without SCons."""
    result = Library(top, external, None)
    kinds = {"ReseaServer": SERVER, "ReseaLibrary": LIBRARY, "ReseaKernelPart": KERNEL}
    methods = {name: lambda kind=kind, **values: result.declare(kind, values)
               for name, kind in kinds.items()}
    env = SimpleNamespace(**methods)
    result.set_reader(lambda path: exec(compile(path.read_text(), str(path), "exec"),
                                        {"env": env, "Import": lambda name: None}))
    return result


def server(name, more=""):
    return f'Import("env")\nenv.ReseaServer(name="{name}", sources=["main.c"]{more})\n'


def lib(name, more=""):
    return f'Import("env")\nenv.ReseaLibrary(name="{name}", sources=["main.c"]{more})\n'


def test_servers_are_found_at_any_depth(tmp_path):
    write(tmp_path, {"servers/vm": server("vm"), "servers/drivers/net/e1000": server("e1000"),
                     "servers/vm/tests": "not a server"})
    found = library(tmp_path)
    assert set(found.servers()) == {"vm", "e1000"}
    component = found.server("e1000", fail)
    assert component.folder == tmp_path / "servers/drivers/net/e1000"
    assert component.where == "servers/drivers/net/e1000/SConscript:2"
    assert not component.external


def test_sources_for_an_architecture(tmp_path):
    more = ', sources_for={"toy": ["toy.c"], "mmu": ["paged.c"], "nommu": ["fixed.c"], ' \
           '"ports": ["ports.c"]}'
    write(tmp_path, {"servers/vm": server("vm", more)},
          ["main.c", "toy.c", "paged.c", "fixed.c", "ports.c"])
    vm = library(tmp_path).server("vm", fail)
    assert vm.sources_on(SimpleNamespace(name="toy", mmu=True, ports=False)) == [
        "main.c", "paged.c", "toy.c"]
    assert vm.sources_on(SimpleNamespace(name="other", mmu=False, ports=True)) == [
        "main.c", "fixed.c", "ports.c"]


@pytest.mark.parametrize("value, message", [
    ('["toy.c"]', "sources_for: expects a dict"),
    ('{"toy": "toy.c"}', "sources_for: expects a dict"),
    ('{"toy": ["tou.c"]}', "sources_for, toy: there is no file 'tou.c'"),
])
def test_mistakes_in_sources_for(tmp_path, value, message):
    write(tmp_path, {"servers/vm": server("vm", f", sources_for={value}")}, ["main.c", "toy.c"])
    with pytest.raises(UserError, match=message):
        library(tmp_path).server("vm", fail)


def test_external_folder(tmp_path):
    top, outside = tmp_path / "top", tmp_path / "outside"
    write(top, {"servers/vm": server("vm")})
    write(outside, {"servers/mine": server("mine")})
    component = library(top, outside).server("mine", fail)
    assert component.external


def test_same_name_twice(tmp_path):
    write(tmp_path, {"servers/a/x": server("x"), "servers/b/x": server("x")})
    with pytest.raises(UserError) as e:
        library(tmp_path).servers()
    assert str(e.value) == (f"{tmp_path}/servers/b/x: another folder of this name is in "
                            f"{tmp_path}/servers/a: names of servers are unique")


def test_unknown_names(tmp_path):
    write(tmp_path, {"servers/rand": server("rand"), "libs/driver": lib("driver"),
                     "servers/bad": server("bad", ', libs=["drivr"]')})
    found = library(tmp_path)
    with pytest.raises(UserError) as e:
        found.server("rnd", fail)
    assert str(e.value) == "board.toml:1: unknown server 'rnd'; did you mean 'rand'?"
    with pytest.raises(UserError) as e:
        found.with_libs(found.server("bad", fail))
    assert str(e.value) == ("servers/bad/SConscript:2: libs: unknown library 'drivr'; did you mean "
                            "'driver'?")


def test_libraries_are_transitive_and_ordered(tmp_path):
    write(tmp_path, {"servers/s": server("s", ', libs=["virtio"]'),
                     "libs/virtio": lib("virtio", ', libs=["driver"]'),
                     "libs/driver": lib("driver", ', libs=["common"]'),
                     "libs/common": lib("common")})
    found = library(tmp_path)
    order = [c.name for c in found.with_libs(found.server("s", fail), ["common"])]
    assert order == ["virtio", "driver", "common"]


def test_library_cycle(tmp_path):
    write(tmp_path, {"servers/s": server("s", ', libs=["a"]'), "libs/a": lib("a", ', libs=["b"]'),
                     "libs/b": lib("b", ', libs=["a"]')})
    found = library(tmp_path)
    with pytest.raises(UserError) as e:
        found.with_libs(found.server("s", fail))
    assert str(e.value) == "libs/b/SConscript:2: libraries need each other: a -> b -> a"


@pytest.mark.parametrize("script, message", [
    ('env.ReseaServer(name="s", sorces=[])',
     ":1: sorces: ReseaServer has no such argument; did you mean 'sources'?"),
    ('env.ReseaServer(name="s")', ":1: ReseaServer needs the argument 'sources'"),
    ('env.ReseaServer(sources=[])', ":1: ReseaServer needs the argument 'name'"),
    ('env.ReseaServer(name="s", sources="main.c")', ":1: sources: expects a list of strings"),
    ('env.ReseaServer(name=3, sources=[])', ":1: name: expects a string"),
    ('env.ReseaServer(name="s", sources=["man.c"])',
     ":1: sources: there is no file 'man.c'; did you mean 'main.c'?"),
    ('\nenv.ReseaServer(name="t", sources=["main.c"])',
     ":2: name: is 't', but must be 's' like its folder"),
    ('', ": must call env.ReseaServer once, and nothing else of its kind"),
    ('env.ReseaLibrary(name="s", sources=["main.c"])',
     ": must call env.ReseaServer once, and nothing else of its kind"),
    ('env.ReseaServr(name="s")', ":1: unknown function 'env.ReseaServr'; did you mean "
                                 "'env.ReseaServer'?"),
    ('x = y', ":1: name 'y' is not defined"),
])
def test_mistakes(tmp_path, script, message):
    write(tmp_path, {"servers/s": script})
    with pytest.raises(UserError) as e:
        library(tmp_path).server("s", fail)
    assert str(e.value) == "servers/s/SConscript" + message


def test_missing_file(tmp_path):
    (tmp_path / "kernel").mkdir()
    with pytest.raises(UserError) as e:
        library(tmp_path).kernel_part(tmp_path / "kernel")
    assert str(e.value) == "kernel/SConscript: the file is missing; it says what to build here"


def test_python_mistake(tmp_path):
    write(tmp_path, {"servers/s": '\nenv.ReseaServer(name="s" sources=[])'})
    with pytest.raises(UserError) as e:
        library(tmp_path).server("s", fail)
    assert str(e.value).startswith("servers/s/SConscript:2: not valid Python: invalid syntax")
