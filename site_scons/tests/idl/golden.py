"""Makes the golden files. After a wanted change of the output:

    PYTHONPATH=site_scons python3 site_scons/tests/idl/golden.py

and look at the difference before you commit it.
"""

from pathlib import Path

from resea import idl

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "golden"


def sample_model():
    return idl.compile_files([HERE / "sample.idl"], lock=HERE / "sample.lock")


def outputs(model) -> dict[str, str]:
    return {**idl.generate_headers(model), "idl.html": idl.generate_html(model),
            "idl.json": idl.generate_json(model)}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in outputs(sample_model()).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
