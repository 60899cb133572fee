"""The outputs for a sample that has all the language has, and that they do not vary."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import golden
from resea import idl

TOP = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", ["idl.h", "idl_validate.h", "idl_client.h", "idl_server.h",
                                  "idl_names.h", "idl.html", "idl.json"])
def test_output_is_the_golden_one(name):
    expected = (golden.FOLDER / name).read_text(encoding="utf-8")
    assert golden.outputs(golden.sample_model())[name] == expected


def test_no_output_is_without_a_golden_file():
    names = {path.name for path in golden.FOLDER.iterdir()}
    assert names == set(golden.outputs(golden.sample_model()))


def test_output_does_not_depend_on_the_hash_seed(tmp_path):
    """Sets must not decide an order."""
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "resea.idl", "--lock", "idl/ordinals.lock",
                   "--c", tmp_path / seed, "--html", tmp_path / seed / "html",
                   "--json", tmp_path / seed / "json", *sorted(Path(TOP / "idl").glob("*.idl"))]
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(TOP / "site_scons")}
        subprocess.run(command, check=True, cwd=TOP, env=env)
    for path in (tmp_path / "1").iterdir():
        assert path.read_text() == (tmp_path / "2" / path.name).read_text()


def test_output_does_not_depend_on_the_order_of_files():
    files = sorted((TOP / "idl").glob("*.idl"))
    lock = TOP / "idl" / "ordinals.lock"
    first = idl.generate_headers(idl.compile_files(files, lock=lock))
    second = idl.generate_headers(idl.compile_files(files[::-1], lock=lock))
    assert first["idl_server.h"] == second["idl_server.h"]


def test_included_files_are_read_once_and_listed():
    model = idl.compile_files([golden.HERE / "sample.idl", golden.HERE / "sample_net.idl"],
                              lock=golden.HERE / "sample.lock")
    assert [Path(name).name for name in model.files] == ["sample.idl", "sample_net.idl"]


def test_json_tells_numbers_and_offsets():
    document = json.loads(idl.generate_json(golden.sample_model()))
    files = next(i for i in document["interfaces"] if i["name"] == "files")
    open_ = next(m for m in files["messages"] if m["name"] == "files.open")
    # ool str, 3 words (4 on the smaller machine), interface 40, method 1
    assert open_["request"]["type"] == {"32": 2 << 24 | 4 << 19 | 40 << 9 | 1,
                                        "64": 2 << 24 | 3 << 19 | 40 << 9 | 1}
    fields = {field["name"]: field for field in open_["request"]["fields"]}
    assert fields["path"]["offset"] == {"32": 0, "64": 0}
    assert fields["mode"]["offset"] == {"32": 8, "64": 16}
    assert fields["path"]["bound"] == 31


def test_html_escapes_what_people_write():
    page = idl.generate_html(golden.sample_model())
    assert "<directories>" not in page
    assert "Files &amp; &lt;directories&gt;." in page
