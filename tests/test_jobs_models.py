"""Champions: approved, rolled back, and one of them whatever is killed in between; on both journals."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_registry_store import save

from jobs.models import Models
from journal.approval_log import ApprovalLog
from journal.job_log import JobLog
from registry.store import Registry
from schema.approvals import Approval, ApprovalAction, champions
from schema.errors import KeyReused, NotFound, Tampered
from schema.jobs import JobKind

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
WHO = {"approved_by": "key:ann", "at": NOON}


class Killed(BaseException):
    """A process that ends here."""


@pytest.fixture
def shop(tmp_path, journal_address):
    class Shop:
        registry = Registry(tmp_path / "registry")
        address = journal_address
        a, b, c = (save(Registry(tmp_path / "registry"), seed=seed).model_version for seed in range(3))

        def models(self):
            return Models(self.registry, ApprovalLog(self.address))

    return Shop()


def test_approvals_move_the_champion_and_roll_backs_return(shop):
    models = shop.models()
    models.trained(shop.a, at=NOON)
    first = models.approve(shop.b, reason="Better.", **WHO)
    assert (first.from_version, first.to_version, shop.registry.champion()) == (shop.a, shop.b, shop.b)
    models.approve(shop.c, reason="Better still.", **WHO)
    assert models.roll_back(reason="Worse.", **WHO).to_version == shop.b
    assert models.roll_back(reason="Worse too.", **WHO).to_version == shop.a
    assert shop.registry.champion() == shop.a
    with pytest.raises(NotFound):
        models.roll_back(reason="Further.", **WHO)
    told = [(each.action, each.from_version, each.to_version) for each in models.approvals(limit=9)]
    assert told[0] == (ApprovalAction.ROLLED_BACK, shop.b, shop.a)
    assert len(told) == 5
    assert [models.version(name).is_champion for name in (shop.a, shop.b)] == [True, False]


def test_each_change_but_a_training_queues_its_way_to_the_graph(shop):
    models = shop.models()
    assert models.trained(shop.a, at=NOON) is None
    approval = models.approve(shop.b, reason="Better.", **WHO)
    (job,) = JobLog(shop.address).jobs(limit=9)
    assert (job.kind, job.arguments, job.number) == (JobKind.PUBLISHING, {"model_version": shop.b}, approval.job)


def test_the_champion_of_before_there_were_approvals_can_be_returned_to(shop):
    shop.registry.promote(shop.a)
    shop.models().approve(shop.b, reason="Better.", **WHO)
    assert shop.models().roll_back(reason="Worse.", **WHO).to_version == shop.a


def test_a_repeat_changes_nothing(shop):
    models = shop.models()
    models.approve(shop.a, reason="First.", idempotency_key="1", **WHO)
    models.approve(shop.b, reason="Better.", idempotency_key="2", **WHO)
    back = models.roll_back(reason="Worse.", idempotency_key="3", **WHO)
    assert models.roll_back(reason="Worse.", idempotency_key="3", **WHO) == back
    assert models.approve(shop.b, reason="Better.", idempotency_key="2", **WHO).to_version == shop.b
    assert models.approve(shop.a, reason="Again.", **WHO) == back
    assert shop.registry.champion() == shop.a
    assert len(models.approvals(limit=9)) == 3
    for key, version in (("2", shop.c), ("3", shop.c)):
        with pytest.raises(KeyReused):
            models.approve(version, reason="Other.", idempotency_key=key, **WHO)


def test_killed_between_journal_and_registry_the_next_use_completes_it(shop, monkeypatch):
    shop.models().approve(shop.a, reason="First.", **WHO)

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "promote", killed)
        with pytest.raises(Killed):
            shop.models().approve(shop.b, reason="Better.", idempotency_key="k", **WHO)
    assert shop.registry.champion() == shop.a
    again = shop.models().approve(shop.b, reason="Better.", idempotency_key="k", **WHO)
    assert (shop.registry.champion(), again.from_version) == (shop.b, shop.a)
    assert len(shop.models().approvals(limit=9)) == 2
    assert shop.models().roll_back(reason="Worse.", **WHO).to_version == shop.a


def test_what_is_not_there_or_not_whole_is_never_served(shop):
    models = shop.models()
    with pytest.raises(NotFound):
        models.approve("nothing", reason="?", **WHO)
    (shop.registry.root / shop.b / "skus.arrow").write_bytes(b"other")
    with pytest.raises(Tampered):
        models.approve(shop.b, reason="?", **WHO)
    assert (models.approvals(limit=9), shop.registry.champion()) == ([], None)


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12))
def test_the_pile_is_what_an_editor_undoes(steps):
    """An oracle: undo pops, and approving what is on top already does nothing."""
    rows, pile = [], []
    for number, step in enumerate(steps, 1):
        top = pile[-1] if pile else None
        if step is None and len(pile) > 1:
            pile.pop()
            action = ApprovalAction.ROLLED_BACK
        elif step not in (None, top):
            pile.append(step)
            action = ApprovalAction.APPROVED
        else:
            continue
        rows.append(Approval(number, action, top, pile[-1], "ann", NOON, ""))
    assert champions(rows) == pile[::-1]
