"""Secure by default: without keys this machine alone may ask, by a key that nobody else can read."""

import os
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import own_process
import pytest
import service_shop as shop

from commands.door import development_key, key_to_serve
from commands.settings import Settings
from journal.keys import Keys
from schema.access import AccessPolicy, Role, TokenIssuer
from schema.errors import BadInput

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Door:
    """What of a shop decides who gets in."""

    home: Path
    keys: object
    access_policy: AccessPolicy = field(default_factory=AccessPolicy)
    api_host: str = "127.0.0.1"

    def clock(self):
        return shop.NOON


@pytest.fixture
def door(tmp_path):
    keys = Keys(str(tmp_path / "journal.db"))
    return Door(tmp_path, lambda: keys)


def test_a_shop_without_keys_serves_this_machine_by_one_lasting_key(door):
    key = key_to_serve(door)
    assert len(key) > 50
    assert key_to_serve(door) == key
    file = door.home / "development.key"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert development_key(door.home) == key
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "::", "shop.example"])
def test_a_shop_without_keys_is_not_served_to_others(door, host):
    with pytest.raises(BadInput, match="no keys yet") as refused:
        key_to_serve(replace(door, api_host=host))
    assert "keys create" in refused.value.remedy


def test_a_key_or_an_issuer_opens_the_door_and_ends_the_development_key(door):
    issuer = AccessPolicy(tokens=TokenIssuer("https://issuer.example", "shelfgraph"))
    assert key_to_serve(replace(door, api_host="0.0.0.0", access_policy=issuer)) is None
    key, _ = door.keys().create(Role.FRONTEND, created_at=shop.NOON - timedelta(days=1))
    assert key_to_serve(replace(door, api_host="0.0.0.0")) is None
    door.keys().revoke(key.key_id, revoked_at=shop.NOON)
    assert key_to_serve(door)


def test_settings_that_would_leave_the_door_open_are_refused():
    with pytest.raises(BadInput, match="AUDIENCE"):
        _ = Settings(oidc_issuer="https://issuer.example").access_policy
    with pytest.raises(BadInput, match="nobody"):
        _ = Settings(points_per_minute={"nobody": 1}).access_policy
    policy = Settings(
        points_per_minute={"viewer": 5}, cors_origins="https://a.example, https://b.example"
    ).access_policy
    assert policy.points_per_minute["viewer"] == 5
    assert policy.cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.slow
def test_keys_are_made_listed_and_revoked_by_commands(tmp_path):
    env = {**os.environ, "SHELFGRAPH_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    def run(*words, code=0):
        ended, told = own_process.shelfgraph(env, "keys", *words)
        assert ended == code, told
        return told

    token = run("create", "--role", "frontend", "--customer", "c1", "--expires", "2099-01-01", "--name", "web")
    secret = token.split("Bearer ")[1].strip()
    key_id = secret.split("_")[1]
    listed = run("list")
    assert "counts until 2099-01-01" in listed
    assert secret not in listed
    run("revoke", key_id)
    assert "revoked" in run("list")
    assert "There is no key zzz" in run("revoke", "zzz", code=4)
    assert "past" in run("create", "--role", "viewer", "--expires", "2001-01-01", code=2)
