"""Numbers are part of the ABI: what gives them, and that nothing changes them by the way."""

from pathlib import Path

import pytest

from resea import idl

TOP = Path(__file__).resolve().parents[3]

A = "namespace a { oneway x(); oneway y(); }"
B = "namespace b { oneway x(); }"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def numbers(model):
    result = {interface.name: interface.number for interface in model.interfaces}
    return result | {message.full_name: message.number for message in model.messages()}


def write(**sources):
    for name, text in sources.items():
        Path(f"{name}.idl").write_text(text)
    return sorted(Path(f"{name}.idl") for name in sources)


def update(paths, **options):
    return idl.compile_files(paths, lock=Path("lock"), update_lock=True, **options)


def lock_lines():
    return [line for line in Path("lock").read_text().splitlines() if not line.startswith("#")]


def test_new_names_get_the_next_free_number():
    update(write(b=B))
    assert lock_lines() == ["b 1", "b.x 1"]
    update(write(a=A, b=B))
    assert lock_lines() == ["b 1", "b.x 1", "a 2", "a.x 1", "a.y 2"]


def test_removing_and_adding_files_changes_nobody_else():
    before = numbers(update(write(a=A, b=B)))
    without = numbers(update(write(b=B)))
    assert without == {name: before[name] for name in ("b", "b.x")}
    # What has gone keeps its number, and gets it back.
    assert numbers(update(write(a=A, b=B, c="namespace c { oneway x(); }")))["c"] == 3
    assert numbers(update(write(a=A, b=B))) == before


def test_the_order_of_the_source_does_not_matter_once_locked():
    before = numbers(update(write(a=A)))
    assert numbers(update(write(a="namespace a { oneway y(); oneway x(); }"))) == before


def test_updating_twice_writes_the_same():
    update(write(a=A, b=B))
    first = Path("lock").read_text()
    update(write(a=A, b=B))
    assert Path("lock").read_text() == first


def test_missing_entry_is_an_error_and_the_lock_stays_as_it_is():
    update(write(b=B))
    before = Path("lock").read_text()
    with pytest.raises(idl.IdlError) as caught:
        idl.compile_files(write(b="namespace b { oneway x(); oneway z(); }"), lock=Path("lock"))
    assert str(caught.value) == (
        "b.idl:1:34: error: 'b.z' has no number in lock; run 'scons idl_lock' to give it the next"
        " free one, and commit the file\n"
        "    namespace b { oneway x(); oneway z(); }\n"
        "                                     ^")
    assert Path("lock").read_text() == before


def test_a_bad_file_does_not_change_the_lock():
    with pytest.raises(idl.IdlError):
        update(write(a="namespace a { oneway x(b: qqqqqq); }"))
    assert not Path("lock").exists()


def test_explicit_numbers_need_no_lock_and_are_not_given_again():
    source = "@ordinal(7) namespace a { @ordinal(5) oneway x(); oneway y(); }"
    assert numbers(update(write(a=source, b=B))) == {"a": 7, "a.x": 5, "a.y": 6, "b": 8, "b.x": 1}
    assert lock_lines() == ["a.y 6", "b 8", "b.x 1"]


def test_explicit_number_of_another_is_an_error():
    update(write(b=B))
    with pytest.raises(idl.IdlError) as caught:
        update(write(a="@ordinal(1) namespace a { oneway x(); }", b=B))
    assert str(caught.value).splitlines()[0] == \
        "a.idl:1:10: error: 1 is the number of 'b' already"


def test_no_number_is_left():
    messages = " ".join(f"oneway m{i}();" for i in range(256))
    with pytest.raises(idl.IdlError) as caught:
        update(write(a=f"namespace a {{ {messages} }}"))
    assert "no number is left for 'a.m255': all up to 255 are taken" in str(caught.value)


def test_external_interfaces_have_numbers_of_their_own():
    tree = write(b=B)
    update(tree)
    Path("ext").mkdir()
    for name in ("q", "p"):
        Path(f"ext/{name}.idl").write_text(f"namespace {name} {{ oneway x(); }}")
    outside = [Path("ext/q.idl"), Path("ext/p.idl")]
    model = idl.compile_files(tree, lock=Path("lock"), external=outside)
    assert numbers(model) == {"b": 1, "b.x": 1, "p": 512, "p.x": 1, "q": 513, "q.x": 1}


def test_external_lock():
    Path("ext.idl").write_text("namespace q { oneway x(); }")
    options = {"external": [Path("ext.idl")], "external_lock": Path("ext.lock")}
    idl.compile_files([], update_lock=True, **options)
    Path("ext.idl").write_text("namespace p { oneway x(); }\nnamespace q { oneway x(); }")
    with pytest.raises(idl.IdlError) as caught:
        idl.compile_files([], **options)
    assert str(caught.value).splitlines()[0] == (
        "ext.idl:1:11: error: 'p' has no number in ext.lock; write '@ordinal(N)' before it, or"
        " delete the lock file")
    assert numbers(idl.compile_files([], update_lock=True, **options))["q"] == 512


def test_external_messages_need_a_namespace():
    Path("ext.idl").write_text("oneway x();")
    with pytest.raises(idl.IdlError) as caught:
        idl.compile_files([], external=[Path("ext.idl")])
    assert str(caught.value).splitlines()[0] == (
        "ext.idl:1:8: error: only the tree's own messages can be outside of a namespace; write"
        " 'namespace NAME { … }' around it")


@pytest.mark.parametrize("line, expected", [
    ("a", "expected 'interface NUMBER' or 'interface.message NUMBER'"),
    ("a x", "expected 'interface NUMBER' or 'interface.message NUMBER'"),
    ("b 3", "'b' has a number already, 1"),
    ("a 1", "1 is the number of 'b' already"),
    ("a 1024", "the number is not one of 1 to 1023"),
    ("a.x 256", "the number is not one of 1 to 255"),
])
def test_bad_lock_file(line, expected):
    Path("lock").write_text(f"# A comment.\nb 1\n{line}\n")
    with pytest.raises(idl.IdlError) as caught:
        idl.compile_files(write(b=B), lock=Path("lock"))
    assert str(caught.value) == f"lock:3: error: {expected}\n    {line}"


def test_the_kernel_s_messages_have_the_numbers_it_knows():
    model = idl.compile_files(sorted((TOP / "idl").glob("*.idl")),
                              lock=TOP / "idl" / "ordinals.lock")
    kernel = model.interfaces[0]
    assert (kernel.name, kernel.number) == ("global", 0)
    assert {m.name: m.number for m in kernel.messages} == {
        "notifications": 1, "exception": 2, "page_fault": 3, "abi_hook": 4, "async": 8,
        "invalid": 9}
