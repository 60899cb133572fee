"""The commands for files, the shell's patterns and completion, and what ends meanwhile."""

import pytest

from resea import qemu

pytestmark = pytest.mark.programs("files", "tarfs", "glob")


@pytest.fixture
def guest(machines):
    """A system at its prompt, which has to power off well afterwards."""
    booted = machines.boot()
    booted.prompt()
    yield booted
    booted.send("poweroff\n")
    assert booted.wait() == qemu.EXIT_SUCCESS


def lines(guest, command):
    """What a command printed."""
    return guest.command(command).split("\n")[:-1]


def status(guest, command):
    """The exit status of a command."""
    guest.command(command)
    return int(lines(guest, "echo $?")[0])


def test_commands(guest):
    guest.command("mkdir /t")
    guest.command("cd /t")
    assert lines(guest, "pwd") == ["/t"]

    # Writing, reading, appending.
    guest.command("write a.txt hello 'big  world'")
    assert lines(guest, "cat a.txt /t/./../t/a.txt") == ["hello big  world"] * 2
    guest.command("write -a a.txt more")
    assert lines(guest, "cat a.txt") == ["hello big  world", "more"]
    assert lines(guest, "hexdump -s 0x11 a.txt")[0].split() == [
        "00000011", "6d", "6f", "72", "65", "0a", "more."]
    assert lines(guest, "hexdump -n 2 a.txt")[0].split() == ["00000000", "68", "65", "he"]

    # Directories, copies.
    guest.command("mkdir -p one/two/three")
    guest.command("cp a.txt one/two")
    guest.command("cp -r one copy")
    assert lines(guest, "ls -1 copy/two") == ["a.txt", "three/"]
    assert lines(guest, "ls") == ["a.txt  copy/  one/"]
    long = lines(guest, "ls -l")
    assert [line.split()[0] for line in long] == ["-rw", "drw", "drw"]
    assert long[0].split()[1:] == ["22", "a.txt"]
    assert lines(guest, "ls -1 one copy") == ["one:", "two/", "copy:", "two/"]
    assert lines(guest, "ls -d one") == ["one/"]

    # Moves, also onto what is there, and into a directory.
    guest.command("mv copy moved")
    guest.command("mv a.txt moved")
    guest.command("mv one/two/a.txt moved/b.txt")
    guest.command("mv moved/b.txt moved/a.txt")
    assert lines(guest, "ls -1 moved one/two") == ["moved:", "a.txt", "two/",
                                                   "one/two:", "three/"]
    assert lines(guest, "cat moved/a.txt") == ["hello big  world", "more"]

    guest.command("rm -r one moved")
    assert lines(guest, "ls") == []
    guest.command("write .hidden x")
    assert lines(guest, "ls") == []
    assert lines(guest, "ls -a") == [".hidden"]
    guest.command("cd")
    guest.command("rm -r t")


def test_errors_are_told(guest):
    guest.command("mkdir /d")
    guest.command("write /f text")
    for command, text in [
            ("cat /x", "cat: /x: no such file or directory"),
            ("cat /d", "cat: /d: is a directory"),
            ("cat /f/x", "cat: /f/x: not the right kind of file"),
            ("ls /x /f", "ls: /x: no such file or directory"),
            ("cp /d /e", "cp: /d: is a directory; -r copies it"),
            ("cp -r /d /d/e", "cp: /d: can't be copied into itself"),
            ("cp /f /f", "cp: /f: source and target are the same file"),
            ("cp /f /x /nowhere", "cp: /nowhere: is not a directory"),
            ("mv /d /d/e", "mv: /d: can't be moved into itself"),
            ("mv /x /y", "mv: /x: no such file or directory"),
            ("rm /d", "rm: /d: is a directory; -r removes it with all that is in it"),
            ("rm /x", "rm: /x: no such file or directory"),
            ("mkdir /d", "mkdir: /d: exists already"),
            ("mkdir /x/y", "mkdir: /x/y: no such file or directory"),
            ("mkdir -p /f/y", "mkdir: /f: exists already"),
            ("umount /d", "umount: /d: nothing is mounted there"),
            ("mount no /m -t tar", "mount: no: there is no such volume, or no fs.tar"),
            ("mount README.txt /m -t x", "mount: README.txt: there is no such volume, or no fs.x"),
            ("mount files.tar / -t tar", "mount: /: something is mounted there already"),
            ("cd /x", "cd: /x: no such file or directory"),
            ("cd /f", "cd: /f: is not a directory"),
            ("write /" + 50 * "y" + "/x z", "no such file or directory")]:
        assert text in guest.command(command), command
        assert lines(guest, "echo $?") == ["1"], command
    for command in ("cat", "ls -z", "mount -t", "mkdir", "hexdump", "umount", "write /f"):
        assert guest.command(command).startswith("usage: " + command.split()[0]), command
        assert lines(guest, "echo $?") == ["2"], command
    assert status(guest, "rm -f /x") == 0
    guest.command("rm -r /d /f")


def test_a_full_volume(guest):
    """Copies twice as much each time, until there is no space; then removes all of it."""
    guest.command("mkdir /w")
    guest.command("write /w/f text")
    for size in range(20):
        said = guest.command("cp -r /w /v")
        if "no space is left" in said:
            break
        guest.command(f"mv /v /w/{size}")
    assert "cp: /v/" in said and size > 5
    assert "text" in guest.command("cat /w/f")
    assert " 99% " in guest.command("df /")
    guest.command("rm -r /w /v")
    assert lines(guest, "echo $?") == ["0"]
    assert " 0% " in guest.command("df /")


def test_patterns_and_completion(guest):
    guest.command("mkdir -p /g/dir1 /g/dir2")
    guest.command("cd /g")
    guest.command("write a.txt 1; write b.txt 2; write 'c d.txt' 3; write x.c 4")
    assert lines(guest, "echo *.txt") == ["a.txt b.txt c d.txt"]
    assert lines(guest, "cat *.txt") == ["1", "2", "3"]
    assert lines(guest, "cat [ab].*") == ["1", "2"]
    assert lines(guest, "cat ?.c") == ["4"]
    assert lines(guest, "echo '*' *.nothing") == ["* *.nothing"]
    guest.command("cp *.txt dir1")
    assert lines(guest, "ls -1 d*1") == ["a.txt", "b.txt", "c d.txt"]
    assert lines(guest, "echo dir?/*.txt") == ["dir1/a.txt dir1/b.txt dir1/c d.txt"]
    guest.command("rm *.txt")
    assert lines(guest, "ls") == ["dir1/  dir2/  x.c"]

    # Completion: the rest of a name, then the names that there are, then one in quotes.
    guest.send("cat x\t")
    guest.expect(r"cat x\.c ")
    guest.send("\n")
    guest.expect("^4")
    guest.prompt()
    guest.send("ls d\t")
    guest.expect("ls dir")
    guest.send("\t")
    guest.expect("dir1/  dir2/")
    guest.send("1\t")
    guest.expect("dir1/")
    guest.send("c\t")
    guest.expect("'dir1/c d.txt' ")
    guest.send("\n")
    guest.prompt()
    guest.command("cd")
    guest.command("rm -r /g")


def task_of(guest, name):
    """The ID of a task."""
    rows = [line.split() for line in lines(guest, "ps")]
    return next(row[0] for row in rows if name in row[:3])


def end(guest, name):
    """Ends a server, and waits until vm has started it again."""
    guest.send(f"kill {task_of(guest, name)}\n")
    guest.expect(f"started {name} ")
    guest.send("echo it is back\n")
    guest.expect("^it is back")
    guest.prompt()


def test_servers_that_end_come_back(guest):
    guest.command("mount files.tar /again -t tar")
    # tarfs starts from the tarball again, and is told of its volume when the next path leads there.
    guest.command("write /gone x")
    end(guest, "tarfs")
    assert "poem.txt" in guest.command("ls /")
    assert "gone" not in guest.command("ls /")
    assert "poem.txt" in guest.command("ls /again")

    # Without vfs, nobody has a path; a new one knows the mounts from the start.
    end(guest, "vfs")
    assert "poem.txt" in guest.command("ls /")
    assert "no such file" in guest.command("ls /again")


def test_mount_points_are_shown(guest):
    # One volume is either read-only or not, wherever it is mounted.
    assert "mount: files.tar: in use" in guest.command("mount -r files.tar /m/deep -t tar")
    guest.command("mount files.tar /m/deep -t tar")
    assert "m/" in guest.command("ls /")
    assert lines(guest, "ls /m") == ["deep/"]
    assert "files.tar at /m/deep (fs.tar)" in guest.command("mount")
    assert "mv: /m: something is mounted there" in guest.command("mv /m /x")
    assert "rm: /: something is mounted there" in guest.command("rm -r /")
    assert "/m/deep" in guest.command("df")
    guest.command("umount /m/deep")
    assert "m/" not in guest.command("ls /")
    # Without a root, there is nothing; then there is again.
    guest.command("umount /")
    assert "poem.txt" not in guest.command("ls /")
    assert "no such file" in guest.command("cat /poem.txt")
    guest.command("mount -r files.tar / -t tar")
    assert "(fs.tar, read-only)" in guest.command("mount")
    assert "write: /x: can't be written to" in guest.command("write /x y")
    assert "rm: /poem.txt: can't be written to" in guest.command("rm /poem.txt")
