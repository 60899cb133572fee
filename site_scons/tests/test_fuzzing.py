"""What `scons soak` runs of the fuzzers of inputs."""

import io
import random
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from resea import fuzz_samples, fuzzing, inputfuzz


def test_a_name_stands_for_one_input_or_all():
    assert fuzzing.inputs("tar") == ["tar"]
    assert fuzzing.inputs("inputs") == sorted(fuzzing.INPUTS)
    assert fuzzing.components("fat") == ["libs/fat"]
    assert fuzzing.components("inputs") == [fuzzing.INPUTS[name].component
                                            for name in sorted(fuzzing.INPUTS)]


@pytest.mark.parametrize("name", sorted(fuzzing.INPUTS))
def test_samples_fit(name):
    target = fuzzing.INPUTS[name]
    assert target.samples()
    assert all(0 < len(sample) <= target.max_len for sample in target.samples())


def test_tarballs_are_some():
    for sample in fuzz_samples.tarballs():
        assert "dir/file.txt" in tarfile.open(fileobj=io.BytesIO(sample[1:])).getnames()


def test_runs_begin_with_a_new_corpus_and_time_goes_on_with_the_old_one(tmp_path):
    build = SimpleNamespace(folder=tmp_path)
    for runs, folder in ((9, "runs"), (0, "corpus")):
        corpus = tmp_path / "fuzz-inputs" / "tar" / folder
        corpus.mkdir(parents=True)
        (corpus / "found").write_bytes(b"x")
        words = inputfuzz.command(build, "tar", inputfuzz.Plan(2, runs, random.Random(1)), 120)
        assert Path(words[0]).name == "servers-fs-tarfs-libfuzzer" and words[-1] == str(corpus)
        assert ("-runs=9" if runs else "-max_total_time=120") in words
        assert (corpus / "found").exists() == (not runs)
        assert (corpus / "sample-0").exists()


def test_inputs_take_turns_on_the_cpus():
    assert inputfuzz.rounds(["a", "b", "c"], 2) == [["a", "b"], ["c"]]
    assert inputfuzz.rounds(["a"], 8) == [["a"]]


def test_what_failed_is_printed_and_counted(tmp_path, monkeypatch, capsys):
    script = tmp_path / "fuzzer"
    script.write_text("#!/bin/sh\necho '#17 INITED'\necho it crashed >&2\nexit 77\n")
    script.chmod(0o755)
    monkeypatch.setattr(inputfuzz.unittests, "guided_fuzzer", lambda build, name: script)
    build = SimpleNamespace(folder=tmp_path, logs=tmp_path / "logs")
    plan = inputfuzz.Plan(1, 5, random.Random(1))
    assert inputfuzz.campaign(build, ["paths"], plan) == 1
    said = capsys.readouterr().out
    assert "paths: 17 inputs, failed" in said and "it crashed" in said and "1 failures" in said
