"""The device servers of the micro:bit, through the demo that uses them, and looked at from outside:
LEDs and buttons through qtest, the flash by reading it."""

import re

import pytest

from microbit import (BUTTON_A, BUTTON_B, Board, Debugger, function_address, storage,
                      with_storage)
from resea import qemu
from support import builds

pytestmark = pytest.mark.board("microbit")


@pytest.fixture
def board_at(machines, tmp_path):
    """Boots boards of one test, one after another."""
    boards = []

    def start(mode, **setup):
        boards.append(Board(machines, mode, tmp_path / f"qtest{len(boards)}.sock", **setup))
        return boards[-1]

    yield start
    for board in boards:
        board.__exit__()


def power_off(board):
    board.guest.send("poweroff\n")
    assert board.guest.wait() == qemu.EXIT_SUCCESS


def test_random_pictures_are_shown(board_at, mode):
    board = board_at(mode)
    pictures = []
    for _ in range(4):
        pictures.append(board.picture())
        board.wait_for_picture(pictures[-1])
        # And it stays.
        assert [board.look() for _ in range(3)] == [pictures[-1]] * 3
    power_off(board)

    board = board_at(mode)
    pictures += [board.picture() for _ in range(4)]
    power_off(board)
    # 25 random bits each: two that are equal are a fault, not chance.
    assert len(set(pictures)) == len(pictures)


def test_a_text_scrolls_through_and_leaves_the_display_dark(board_at, mode):
    board = board_at(mode)
    # QEMU's thermometer never answers, which is told and shown.
    with board.pressed(BUTTON_A):
        board.guest.expect(r"\[demo\] no temperature: ERR_UNAVAILABLE")
    seen = set()
    while True:
        picture = board.look()
        if picture == 0 and seen:
            break
        seen |= {picture} - {0}
    # The question mark comes in from the right and leaves to the left.
    columns = [sum(1 << pixel for pixel in range(x, 25, 5)) for x in range(5)]
    assert all(any(picture & column for picture in seen) for column in columns)
    assert [board.look() for _ in range(5)] == [0] * 5
    power_off(board)


def test_a_button_that_is_held_down_is_pressed_once(board_at, mode):
    board = board_at(mode)
    with board.pressed(BUTTON_B):
        # The whole line: what is typed would be echoed in the middle of it.
        board.guest.expect(r"\[demo\] picture: \w+\n")
        board.sleep(300)
        # The other one works meanwhile.
        with board.pressed(BUTTON_A):
            board.guest.expect(r"\[demo\] no temperature")
    text = board.guest.text()
    assert len(re.findall(r"\[demo\] picture", text)) == 1
    assert len(re.findall(r"\[demo\] no temperature", text)) == 1
    power_off(board)


def test_ten_tasks_are_alive_at_once(board_at, mode):
    board = board_at(mode)
    board.guest.send("utils sleep 600000 &\n")
    board.guest.prompt()
    board.guest.send("test_peer &\n")
    board.guest.prompt()
    rows = [line.split() for line in board.guest.command("ps").splitlines()[1:]]
    names = {row[1] for row in rows if row and row[0].isdigit()}
    assert names == {"vm", "shell", "nrf_rng", "nrf_thermometer", "nrf_display", "nrf_buttons",
                     "nrf_kvs", "demo", "utils", "test_peer"}
    # And do their work.
    board.wait_for_picture(board.picture())
    power_off(board)


def test_values_are_there_after_a_reset(board_at, mode):
    board = board_at(mode, extra=("-action", "reboot=reset"))
    board.guest.expect_all(["[demo] start 1\n"])
    for number in range(2, 5):
        board.guest.send("reboot\n")
        board.guest.expect(rf"\[demo\] start {number}$")
    power_off(board)


def test_values_are_there_after_power_was_off(board_at, mode, tmp_path):
    content = b"\xff" * storage(mode)[1]
    for number in range(1, 4):
        board = board_at(mode, extra=with_storage(mode, content, tmp_path / "storage"))
        board.guest.expect_all([f"[demo] start {number}\n"])
        content = board.qtest.read(*storage(mode))
        power_off(board)


def test_foreign_content_of_the_storage_is_no_obstacle(board_at, tmp_path):
    content = bytes(i * 37 % 251 for i in range(storage("debug")[1]))
    board = board_at("debug", extra=with_storage("debug", content, tmp_path / "storage"))
    board.guest.expect_all(["[demo] start 1\n"])
    power_off(board)


def test_power_may_go_before_each_write_to_the_storage(board_at, machines, mode, tmp_path):
    """The demo counts from 1 to 2: that has happened, or not, whenever the power goes."""
    board = board_at(mode)
    before = board.qtest.read(*storage(mode))
    power_off(board)

    starts = []
    for number, after in enumerate(cut_power_at_each_write(machines, mode, before, tmp_path)):
        board = board_at(mode, extra=with_storage(mode, after, tmp_path / f"after{number}"))
        starts.append(int(board.guest.expect(r"\[demo\] start (\d+)$").group(1)))
        power_off(board)
    # The last write, the commit, makes the difference.
    assert starts == [2] * (len(starts) - 1) + [3]
    assert len(starts) > 4


def cut_power_at_each_write(machines, mode, before, folder):
    """What is in the storage if power goes before the first, second, … write of a boot; and after
    all of them."""
    write = function_address(builds.build("microbit", mode) / "servers" / "nrf_kvs.elf",
                             "write_word")
    contents = []
    with Debugger(machines, mode, folder / "gdb.sock",
                  extra=with_storage(mode, before, folder / "before")) as debugger:
        debugger.break_at(write)
        while debugger.go_on(until="[demo] start 2"):
            contents.append(debugger.read(*storage(mode)))
        return contents + [debugger.read(*storage(mode))]


@pytest.mark.parametrize("server", ["nrf_display", "nrf_rng"])
def test_pictures_go_on_when_a_driver_has_crashed(board_at, mode, server):
    board = board_at(mode)
    board.picture()
    board.overflow(server)
    picture = board.picture()
    assert f"[vm] WARN: {server}: stack overflow" in board.guest.text()
    assert f"[vm] WARN: {server} ended: restart 1" in board.guest.text()
    board.wait_for_picture(picture)
    power_off(board)


def test_a_crashed_thermometer_comes_back(board_at, mode):
    board = board_at(mode)
    board.overflow("nrf_thermometer")
    with board.pressed(BUTTON_A):
        board.guest.expect(r"\[vm\] WARN: nrf_thermometer ended: restart 1")
        board.guest.expect(r"\[demo\] no temperature: ERR_UNAVAILABLE")
    power_off(board)


def test_subscribers_are_back_when_the_buttons_are(board_at, mode):
    board = board_at(mode)
    board.overflow("nrf_buttons")
    board.guest.expect(r"\[vm\] WARN: nrf_buttons: stack overflow")
    board.guest.expect(r"\[demo\] the buttons are back")
    board.wait_for_picture(board.picture())
    power_off(board)


def test_a_demo_that_crashed_starts_again_and_so_does_a_crashed_storage(board_at, mode):
    board = board_at(mode)
    board.guest.expect_all(["[demo] start 1\n"])
    board.overflow("nrf_kvs")
    board.overflow("demo")
    board.set_button(BUTTON_A, True)
    board.guest.expect(r"\[vm\] WARN: demo ended: restart 1")
    board.guest.expect(r"\[vm\] WARN: nrf_kvs ended: restart 1")
    board.guest.expect(r"\[demo\] start 2$")
    power_off(board)
