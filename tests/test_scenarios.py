"""The main job from end to end, as `make demo` shows it."""

from tests.walk import walk


def test_one_agreement_is_read_registered_watched_breached_noticed_suspended_and_reinstated(tmp_path):
    said = []

    walk(tmp_path, said.append)

    assert any("SERVICE_PERIOD_ENDED" in line for line in said)
