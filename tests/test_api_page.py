"""GraphiQL in a real browser: its own policy lets it work, and it asks with the development key by itself."""

import shutil
import subprocess

import pytest
import service_shop as shop
from service_client import listening_service

from journal.store import Journal

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.graph
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_graphiql_works_under_its_policy_and_knows_the_key(neo4j_server, tmp_path):
    neo4j_server.start()
    contexts: list = []
    journal = Journal(str(tmp_path / "journal.db"))
    with listening_service(neo4j_server, journal, model=shop.artefact(), on_context=contexts.append) as port:
        command = [
            str(CHROMIUM),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--enable-logging=stderr",
            "--virtual-time-budget=15000",
            "--dump-dom",
            f"http://127.0.0.1:{port}/graphql",
        ]
        shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "graphiql-container" in shown.stdout, shown.stderr[-2_000:]
    refused = [line for line in shown.stderr.splitlines() if "CONSOLE" in line and "Content Security Policy" in line]
    assert not refused
    # Its first request reads the contract, which only callers with a key may.
    assert "development" in {context.caller.name for context in contexts}
