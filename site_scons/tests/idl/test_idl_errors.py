"""Each mistake that an IDL file can have, and the exact text that tells it."""

import subprocess
import sys
from pathlib import Path

import pytest

from resea import idl

TOP = Path(__file__).resolve().parents[3]


def errors_of(folder, monkeypatch, **files):
    """Compiles x.idl in a folder; the text of the errors. `_` in a file's name stands for `.`."""
    monkeypatch.chdir(folder)
    for name, text in files.items():
        Path(name.replace("_", ".", 1)).write_text(text)
    with pytest.raises(idl.IdlError) as caught:
        idl.compile_files([Path("x.idl")])
    return str(caught.value)


def message(fields):
    return f"namespace n {{ rpc a({fields}) -> (); }}"


# What is wrong, the text of x.idl, and the first line of the error without "x.idl:".
MISTAKES = [
    ("unknown type", message("b: strr"), "1:24: error: unknown type 'strr'; did you mean 'str'?"),
    ("unknown type, none near", message("b: qqqqqq"), "1:24: error: unknown type 'qqqqqq'"),
    ("alias is the nearest", "type macaddr = uint8[6]; " + message("b: macadr"),
     "1:49: error: unknown type 'macadr'; did you mean 'macaddr'?"),
    ("alias of another namespace", "namespace m { type t9 = int; }\n" + message("b: t9"),
     "2:24: error: unknown type 't9'"),
    ("unknown const", "const LEN: int = 3; " + message("b: uint8[LENN]"),
     "1:50: error: unknown const 'LENN'; did you mean 'LEN'?"),
    ("statement", "namespce n { }", "1:1: error: expected a statement (type, const, enum, rpc,"
     " oneway, async, namespace, include), found 'namespce'; did you mean 'namespace'?"),
    ("statement in a namespace", "namespace n {\n  rcp a() -> ();\n}",
     "2:3: error: expected a statement (type, const, enum, rpc, oneway, async), found 'rcp';"
     " did you mean 'rpc'?"),
    ("nested namespace", "namespace n { namespace m { } }",
     "1:15: error: 'namespace' can't stand inside a namespace; close 'n' first"),
    ("open namespace", "namespace n {\n", "2:1: error: expected '}' to close namespace 'n' of line"
     " 1, found the end of the file"),
    ("no semicolon", "namespace n { oneway a() }",
     "1:26: error: expected ';' after 'a', found '}'"),
    ("no type", "namespace n { oneway a(b); }",
     "1:25: error: expected ':' and a type after field 'b', found ')'"),
    ("no comma", message("a: int b: int"),
     "1:28: error: expected ')' or ',' after a field, found 'b'"),
    ("no reply", "namespace n { rpc a(); }",
     "1:22: error: expected '->' and the reply of rpc 'a', found ';'; an empty reply is '-> ()',"
     " a message without one is a oneway"),
    ("oneway with a reply", "namespace n { oneway a() -> (); }",
     "1:26: error: 'a' is a oneway, which has no reply; make it an rpc"),
    ("async alone", "namespace n { async rcp a() -> (); }",
     "1:21: error: expected 'rpc' or 'oneway' after 'async', found 'rcp'; did you mean 'rpc'?"),
    ("character", "namespace n { oneway a(); % }", "1:27: error: unexpected character '%'"),
    ("string", 'include "a.idl;\n', "1:9: error: the string does not end on its line; close it"
     " with '\"'"),
    ("include without quotes", "include a;", "1:9: error: expected a file pattern in quotes,"
     " found 'a'"),
    ("unknown include", 'include "xx.idl";', "1:9: error: no file matches 'xx.idl' in .;"
     " did you mean 'x.idl'?"),
    ("enum item without a number", "enum e { A, B }",
     "1:11: error: expected '=' after 'A' (every item of an enum has a number), found ','"),
    ("enum without items", "enum e { }", "1:6: error: enum 'e' has no items"),
    ("enum number twice", "enum e { A = 1, B = 1 }", "1:21: error: 'B' has the number of 'A', 1"),
    ("enum item twice", "enum e { A = 1, A = 2 }",
     "1:17: error: item 'A' of enum 'e' and item 'A' of enum 'e' would both be E_A in C; rename"
     " one"),
    ("enum number too big", "enum e { A = 0x80000000 }",
     "1:14: error: 2147483648 does not fit an enum, which holds -2147483648 to 2147483647"),
    ("const too big", "const C: uint8 = 256;",
     "1:18: error: 256 does not fit 'uint8', which holds 0 to 255"),
    ("const of str", "const C: str = 1;",
     "1:10: error: a const can't be of type 'str'; it is a whole number"),
    ("const by itself", "const A: int = B;\nconst B: int = A;",
     "1:7: error: 'A' is defined by itself"),
    ("type by itself", "type a = b;\ntype b = a;", "1:6: error: 'a' is defined by itself"),
    ("type twice", "type a = int;\ntype a = int;",
     "2:6: error: 'a' is defined already, at x.idl:1:6"),
    ("type of the language", "type size = int;",
     "1:6: error: 'size' is a type of the language; choose another name"),
    ("type of types.h", "type error = int;",
     "1:6: error: type 'error' and error_t of <types.h> would both be error_t in C; rename one"),
    ("namespace twice", "namespace n { oneway a(); }\nnamespace n { oneway b(); }",
     "2:11: error: namespace 'n' is defined already, at x.idl:1:11"),
    ("namespace global", "namespace global { oneway a(); }",
     "1:11: error: 'global' is the name of what stands outside of namespaces; choose another"),
    ("message twice", "namespace n { oneway a(); oneway a(); }",
     "1:34: error: message 'a' and message 'a' would both be N_A_MSG in C; rename one"),
    ("message and reply", "namespace n { rpc a() -> (); oneway a_reply(); }",
     "1:37: error: message 'a_reply' and the reply of message 'a' would both be N_A_REPLY_MSG in"
     " C; rename one"),
    ("message across namespaces", "namespace a { oneway b_c(); }\nnamespace a_b { oneway c(); }",
     "2:24: error: message 'c' and message 'b_c' would both be A_B_C_MSG in C; rename one"),
    ("member of struct message", "oneway src();",
     "1:8: error: 'src' is a member of struct message already; choose another name"),
    ("field twice", message("b: int, b: int"),
     "1:29: error: there is a field 'b' before this one already"),
    ("field is a length", message("b: str, b_len: int"),
     "1:29: error: 'b_len' is the length of 'b' in C; choose another name"),
    ("keyword of C", message("register: int"),
     "1:21: error: 'register' is a keyword of C; choose another name, such as 'register_'"),
    ("keyword of C as a message", "namespace n { oneway default(); }",
     "1:22: error: 'default' is a keyword of C; choose another name, such as 'default_'"),
    ("reserved", message("__x: int"),
     "1:21: error: '__x' starts with '__', which is reserved; leave the underscores out"),
    ("two payloads", message("b: str, c: int, d: bytes"),
     "1:37: error: a message carries one bytes, str or pages at most; send this one in another"
     " message"),
    ("pages and a payload", message("b: str, d: pages"),
     "1:29: error: a message carries one bytes, str or pages at most; send this one in another"
     " message"),
    ("pages in a reply", "namespace n { rpc a() -> (b: pages); }",
     "1:27: error: only the request of an rpc that isn't async lends pages; send bytes"),
    ("pages in a oneway", "namespace n { oneway a(b: writable_pages); }",
     "1:24: error: only the request of an rpc that isn't async lends pages; send bytes"),
    ("asynchronous pages", "namespace n { async rpc a(b: pages) -> (); }",
     "1:27: error: only the request of an rpc that isn't async lends pages; send bytes"),
    ("too large everywhere", message("b: uint8[300]"),
     "1:19: error: 'a' has 300 bytes on a 32-bit machine, 244 more than a message holds; send bulk"
     " data as bytes"),
    ("reply too large", "namespace n { rpc a() -> (b: uint32[15]); }",
     "1:19: error: the reply of 'a' has 60 bytes on a 32-bit machine, 4 more than a message holds;"
     " send bulk data as bytes"),
    ("array of none", message("b: uint8[0]"),
     "1:30: error: an array has at least one element, not 0"),
    ("array of minus", message("b: uint8[-1]"),
     "1:30: error: an array has at least one element, not -1"),
    ("array beyond reason", message("b: uint8[70000]"),
     "1:30: error: an array has at least one element and less than 65536, not 70000"),
    ("array of str", message("b: str[3]"),
     "1:28: error: there are no arrays of 'str'; an array holds numbers, bools, chars or enums"),
    ("array of arrays", "type t = uint8[2]; " + message("b: t[3]"),
     "1:45: error: there are no arrays of an array; an array holds numbers, bools, chars or enums"),
    ("bound of int", message("b: int<4>"),
     "1:28: error: 'int' takes no greatest length; only bytes and str do"),
    ("bound of none", message("b: str<0>"),
     "1:28: error: the greatest length is at least 1, not 0"),
    ("ordinal of a type", "@ordinal(3) type t = int;",
     "1:13: error: @ordinal numbers a namespace, an rpc or a oneway; found 'type'"),
    ("ordinal of 0", "namespace n { @ordinal(0) oneway a(); }",
     "1:24: error: the number of 'n.a' must be 1 to 255, not 0"),
    ("ordinal too big", "@ordinal(512) namespace n { oneway a(); }",
     "1:10: error: the number of 'n' must be 1 to 511, not 512"),
    ("ordinal twice", "namespace n { @ordinal(3) oneway a(); @ordinal(3) oneway b(); }",
     "1:48: error: 3 is the number of 'n.a' already"),
]


@pytest.mark.parametrize("source, expected", [m[1:] for m in MISTAKES],
                         ids=[m[0] for m in MISTAKES])
def test_mistake(tmp_path, monkeypatch, source, expected):
    text = errors_of(tmp_path, monkeypatch, x_idl=source)
    assert text.splitlines()[0] == f"x.idl:{expected}"


def test_error_shows_the_line_and_a_caret(tmp_path, monkeypatch):
    source = "namespace n {\n\trpc a(b: strr) -> ();\n}\n"
    assert errors_of(tmp_path, monkeypatch, x_idl=source) == (
        "x.idl:2:11: error: unknown type 'strr'; did you mean 'str'?\n"
        "    \trpc a(b: strr) -> ();\n"
        "    \t         ^~~~")


def test_all_mistakes_are_told_in_the_order_of_the_source(tmp_path, monkeypatch):
    source = message("b: one_") + "\ntype size = uint8;\n"
    lines = errors_of(tmp_path, monkeypatch, x_idl=source).splitlines()
    assert [line.split(" error")[0] for line in lines[::3]] == ["x.idl:1:24:", "x.idl:2:6:"]


def test_mistake_in_an_included_file_names_that_file(tmp_path, monkeypatch):
    text = errors_of(tmp_path, monkeypatch, x_idl='include "y*.idl";', y_idl="type t = nit;")
    assert text.splitlines()[0] == "y.idl:1:10: error: unknown type 'nit'; did you mean 'int'?"


def test_missing_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("abc.idl").write_text("")
    with pytest.raises(idl.IdlError) as caught:
        idl.compile_files([Path("abd.idl")])
    assert str(caught.value) == ("abd.idl: error: can't read the IDL file: No such file or"
                                 " directory; did you mean 'abc.idl'?")


def test_file_that_is_not_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.idl").write_bytes(b"// \xff")
    with pytest.raises(idl.IdlError) as caught:
        idl.compile_files([Path("x.idl")])
    assert str(caught.value) == ("x.idl: error: the file is not UTF-8 text (invalid start byte at"
                                 " byte 3); save it as UTF-8")


def test_command_prints_the_error_and_fails(tmp_path):
    (tmp_path / "x.idl").write_text("oneway")
    result = subprocess.run([sys.executable, "-m", "resea.idl", "--c", "out", "x.idl"], text=True,
                            cwd=tmp_path, env={"PYTHONPATH": str(TOP / "site_scons")},
                            stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert result.stderr == ("x.idl:1:7: error: expected the name of the oneway, found the end of"
                             " the file\n    oneway\n          ^\n")
    assert not (tmp_path / "out").exists()
