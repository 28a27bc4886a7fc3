"""A command that is told to end cleans up, whichever way it is told."""

import signal

import pytest

from commands.ending import ended_by_sigterm


def test_sigterm_ends_as_ctrl_c_does_and_only_within():
    before, cleaned = signal.getsignal(signal.SIGTERM), []

    def command():
        with ended_by_sigterm():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                cleaned.append(True)

    with pytest.raises(KeyboardInterrupt):
        command()
    assert (cleaned, signal.getsignal(signal.SIGTERM)) == ([True], before)
