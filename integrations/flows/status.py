"""Which records leave: the status filter that each flow has as a setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.flows.contract import Captured, Decision, NotYet, Take
from integrations.systems.contract import Setting


def status_settings(*, leave: tuple[str, ...], cancel: tuple[str, ...], among: Sequence[str]) -> tuple[Setting, ...]:
    """The two settings of a flow's status filter with their defaults. `among`: the statuses that there are."""
    choices = choices_of(among)
    return (
        Setting(
            name="statuses",
            label="Statuses that are sent",
            kind="choices",
            choices=choices,
            default=[word for word in among if word in leave],
            help="A record with another status is kept as 'not yet' and goes when its status changes to one of these.",
        ),
        Setting(
            name="cancel_statuses",
            label="Statuses that cancel",
            kind="choices",
            choices=choices,
            default=[word for word in among if word in cancel],
            help="A record that comes into one of these goes out as a cancellation, if it had been sent.",
        ),
    )


def choices_of(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Words as the choices of a setting."""
    return tuple((word, word) for word in words)


def by_status(*, leave: tuple[str, ...], cancel: tuple[str, ...]) -> Callable[[Captured, Mapping[str, Any]], Decision]:
    """An `accepts` that goes by the record's status. What could not be read is taken too: it becomes a delivery that
    fails visibly."""

    def accepts(record: Captured, settings: Mapping[str, Any]) -> Decision:
        if record.problem or record.status in settings.get("statuses", leave):
            return Take("send")
        if record.status in settings.get("cancel_statuses", cancel):
            return Take("cancel")
        return NotYet(record.status)

    return accepts
