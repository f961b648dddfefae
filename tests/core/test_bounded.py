"""What is kept stays within its room, and what was kept first goes first."""

from app.core.bounded import Bounded


def test_the_oldest_goes_when_there_is_no_room() -> None:
    kept: Bounded[str, int] = Bounded(100)
    for number in range(5):
        kept.put(str(number), number, 30)
    assert [kept.get(str(number)) for number in range(5)] == [None, None, 2, 3, 4]
    assert len(kept) == 3


def test_what_is_put_again_counts_once() -> None:
    kept: Bounded[str, int] = Bounded(100)
    for number in range(50):
        kept.put("same", number, 40)
    kept.put("other", 1, 40)
    assert (kept.get("same"), kept.get("other")) == (49, 1)


def test_one_large_value_does_not_drive_out_all_others() -> None:
    kept: Bounded[str, int] = Bounded(100)
    kept.put("small", 1, 10)
    kept.put("large", 2, 90)
    assert (kept.get("small"), kept.get("large")) == (1, None)
