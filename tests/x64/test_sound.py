"""Sound: what `play` makes the sound card play, captured by QEMU, against the file."""

import re
import struct
import wave

import pytest

from resea import qemu
from support import builds

# In the tarball that comes with the system: 16000 Hz, 8 bits, one channel.
SONG = builds.TOP / "servers/fs/tarfs/files/song.wav"
RATE = 16000


def card(path, rate):
    """A sound card that plays into a file."""
    return ("-audiodev", f"wav,id=a,path={qemu.escape(str(path))},out.frequency={rate}",
            "-device", "intel-hda", "-device", "hda-output,audiodev=a")


def frames_of(data):
    """16-bit stereo samples as a list of (left, right)."""
    return list(struct.iter_unpack("<hh", data[:len(data) // 4 * 4]))


def captured(path):
    """The frames that QEMU has captured, from the first one on that isn't silent; behind a header
    of 44 bytes."""
    return from_first_sound(frames_of(path.read_bytes()[44:]))


def from_first_sound(frames):
    """Leaves out the silence at the beginning."""
    first = next((i for i, frame in enumerate(frames) if frame != (0, 0)), len(frames))
    return frames[first:]


def song():
    """The song as it should be heard."""
    with wave.open(str(SONG)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 1)
        data = file.readframes(file.getnframes())
    return from_first_sound([((byte - 128) * 256,) * 2 for byte in data])


@pytest.fixture
def play(machines, tmp_path):
    """Boots with a sound card and runs commands; returns what was heard and what was said."""
    def run(commands, rate=RATE, extra=(), **setup):
        out = tmp_path / "out.wav"
        guest = machines.boot("release", extra=(*extra, *card(out, rate)),
                              cmdline=f'run="{commands}"', **setup)
        assert guest.wait() == qemu.EXIT_SUCCESS, guest.text()
        return captured(out), guest.text()

    return run


@pytest.mark.parametrize("machine, count, icount", [("pc", 1, True), ("q35", 4, False)])
def test_a_file_is_heard_sample_by_sample(play, machine, count, icount):
    heard, text = play("play song.wav", cpus=count, icount=icount, extra=("-machine", machine))
    expected = song()
    assert heard[:len(expected)] == expected
    assert all(frame == (0, 0) for frame in heard[len(expected):])
    assert "song.wav: 16000 Hz, 8 bits, mono, 0:01" in text


def test_files_are_heard_one_behind_the_other(play):
    heard, _ = play("play song.wav /song.wav", icount=True)
    expected = song()
    assert heard[:len(expected)] == expected
    assert from_first_sound(heard[len(expected):])[:len(expected)] == expected


def loudness(frames):
    """The mean of the samples' magnitudes."""
    return sum(abs(left) for left, _ in frames) / max(1, len(frames))


def test_volume(play):
    heard, _ = play("volume 50; play song.wav", icount=True)
    assert 0 < loudness(heard) < loudness(song()) * 0.7
    heard, text = play("volume mute; play song.wav; volume", icount=True)
    assert heard == [] and "100 %, muted" in text


def test_a_driver_that_dies_while_it_plays(machines, tmp_path):
    guest = machines.boot("debug", sound=str(tmp_path / "out.wav"))
    guest.prompt()
    guest.send("play song.wav song.wav song.wav &\n")
    guest.expect("16000 Hz")
    task = re.search(r"(\d+) hdaudio\b", guest.command("ps")).group(1)
    guest.command(f"kill {task}")
    guest.expect("play has ended$")
    assert int(re.search(r"(\d+) hdaudio\b", guest.command("ps")).group(1)) != int(task)
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS


def test_what_cannot_be_played(machines, tmp_path):
    commands = "play; play /none.wav; play /; play poem.txt; volume 101; volume"
    guest = machines.boot("debug", extra=card(tmp_path / "out.wav", RATE),
                          cmdline=f'run="{commands}"')
    guest.expect("usage: play FILE")
    guest.expect("play: /none.wav: no such file")
    guest.expect("play: /: it is a directory")
    guest.expect("play: poem.txt: it is no WAV file")
    guest.expect("usage: volume")
    guest.expect("^100 %")
    assert guest.wait() == qemu.EXIT_FAILURE


def test_without_a_sound_card(machines):
    guest = machines.boot("debug", cmdline='run="volume; play song.wav"')
    guest.expect("volume: there is no sound")
    guest.expect("play: song.wav: there is no sound device")
    assert guest.wait() == qemu.EXIT_FAILURE
