"""FAT volumes between this library (libs/fat, on this machine) and the tools that people have: what
one side writes, the other one reads; power cuts, with fsck.fat's verdict; damaged volumes."""

import filecmp
import os
import re
import subprocess

import pytest

from support import builds, disks

# mkfs.fat's options: the kind, how many KiB, sectors of a cluster, and more. All kinds, all sizes
# of clusters.
VOLUMES = ["12 300 1", "12 1440 2", "12 4000 4", "12 8000 8", "12 16000 16", "12 30000 32",
           "12 60000 64", "12 100000 128", "16 8000 1", "16 12000 2", "16 20000 4", "16 36000 8",
           "16 66000 16", "16 140000 32", "16 270000 64", "16 530000 128", "32 40000 1",
           "32 80000 2", "32 140000 4", "32 270000 8", "12 4000 1 -S 4096", "16 20000 2 -S 1024",
           "32 140000 1 -S 2048", "32 40000 1 -f 1", "12 1440 1 -r 512"]
# Power is cut at each write of so many steps.
CUTS = ["12 300 1", "16 2200 1", "32 600 1", "12 1440 4"]
CUT_STEPS = 160
CUT_SEED = 5
STEPS = 400
LIMIT = 900


@pytest.fixture(scope="session")
def campaign():
    """The program that drives the library (libs/fat/tests/campaign.c)."""
    done = builds.scons("unittest", "target=libs/fat")
    assert done.returncode == 0, done.stdout
    return builds.BUILD / "x64-debug" / "unittests" / "libs-fat-fuzz"


def run(*words):
    """Runs the program; what it printed."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=disks.ENV,
                          text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def make(path, volume):
    """A volume of VOLUMES."""
    bits, kib, cluster, *options = volume.split()
    disks.run("mkfs.fat", "-C", "-F", bits, "-s", cluster, "-n", "TESTVOL", *options, path, kib)
    return path


def assert_same(left, right):
    """Two folders have the same files with the same contents, and the same folders."""
    compared = filecmp.dircmp(left, right, ignore=[])
    assert not compared.left_only and not compared.right_only, (compared.left_only,
                                                                compared.right_only)
    _, different, odd = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    assert not different and not odd, (different, odd)
    for folder in compared.common_dirs:
        assert_same(left / folder, right / folder)


def copy_out(image, folder):
    """Everything on a volume, as mtools read it."""
    folder.mkdir()
    if disks.names(image):
        disks.run("mcopy", "-s", "-n", "-Q", "-i", image, "::*", folder)


@pytest.mark.heavy(60)
def test_what_the_library_writes_is_read_by_others(campaign, tmp_path, report):
    for seed, volume in enumerate(VOLUMES):
        image = make(tmp_path / f"{seed}.img", volume)
        written, read = tmp_path / f"written-{seed}", tmp_path / f"read-{seed}"
        written.mkdir()
        restarts = ["--restarts"] if seed % 2 else []
        run(campaign, f"--image={image}", f"--seed={seed}", f"--steps={STEPS}",
            f"--export={written}", *restarts)
        disks.check(image)
        copy_out(image, read)
        assert_same(written, read)
        image.unlink()
    report(f"FAT: {len(VOLUMES)} kinds of volumes, {STEPS} random operations on each, then read by "
           "mtools")


def test_what_others_write_is_read_by_the_library(campaign, tmp_path):
    names = {"README.TXT": b"short", "lower.txt": b"small letters", "Mixed Case.text": b"long",
             "ünïcödé.txt": b"Latin", "Привет мир.txt": b"Cyrillic", "empty": b"",
             "folder/inner/deep file.bin": os.urandom(100_000), "x" * 200: b"very long",
             "a.b.c.d": b"dots", "big.bin": os.urandom(700_000)}
    for number, volume in enumerate(VOLUMES):
        image = make(tmp_path / f"{number}.img", volume)
        room = int(volume.split()[1]) > 1000
        files = {name: data for name, data in names.items() if room or len(data) < 50_000}
        for name, data in files.items():
            disks.write(image, name, data)
        folder = tmp_path / f"read-{number}"
        said = run(campaign, f"--extract={image}", f"--export={folder}")
        assert f"FAT{volume.split()[0]}, label 'TESTVOL'" in said
        there = {str(path.relative_to(folder)): path.read_bytes()
                 for path in folder.rglob("*") if path.is_file()}
        assert there == files
        image.unlink()


@pytest.mark.heavy(60)
@pytest.mark.parametrize("volume", CUTS)
def test_power_cuts_lose_nothing_that_was_flushed(campaign, tmp_path, report, volume):
    image = make(tmp_path / "cut.img", volume)
    said = run(campaign, f"--cut={image}", f"--seed={CUT_SEED}", f"--steps={CUT_STEPS}",
               f"--scratch={tmp_path / 'scratch.img'}")
    counts = re.search(r"(\d+) sectors written, (\d+) power cuts, (\d+) files checked", said)
    assert counts and int(counts[2]) > 100 and int(counts[3]) > 0, said
    report(f"FAT{volume.split()[0]}, power cuts: {said.strip()}")


@pytest.mark.heavy(60)
def test_damaged_volumes_are_errors_and_nothing_worse(report):
    done = builds.scons("soak", "what=fat", "minutes=1", f"seed={CUT_SEED}")
    assert done.returncode == 0, done.stdout
    counts = re.search(r"(\d+) damaged volumes, (\d+) steps, (\d+) power cuts, 0 failures",
                       done.stdout)
    assert counts and int(counts[1]) > 1000 and int(counts[2]) > 1000, done.stdout
    report(f"FAT: {counts[0]}")
