"""The demo's questions: asked again where the graph was slow, and told plainly where the service refuses."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from commands.showcase import SLOW_TRIES, ask
from schema.errors import Unavailable

SLOW = {"errors": [{"message": "This took too long.", "extensions": {"code": "TIMEOUT"}}]}
REFUSED = {"errors": [{"message": "No such field.", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}


@contextmanager
def answering(*answers):
    """The address of a server that gives these answers, one a request, and the bodies it was sent."""
    left, bodies = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps(left.pop(0)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/graphql", bodies
    finally:
        server.shutdown()
        server.server_close()


def test_a_slow_answer_is_asked_for_again():
    with answering(SLOW, SLOW, {"data": {"shop": "ours"}}) as (url, bodies):
        assert ask(url, "sg_key", "{ shop }", {"sku": "a"}) == {"shop": "ours"}
    assert bodies == [{"query": "{ shop }", "variables": {"sku": "a"}}] * 3


@pytest.mark.parametrize(("answer", "times"), [(REFUSED, 1), (SLOW, SLOW_TRIES)])
def test_a_refusal_is_told_at_once_and_slowness_in_the_end(answer, times):
    with answering(*[answer] * times) as (url, bodies):
        with pytest.raises(Unavailable, match=answer["errors"][0]["message"]):
            ask(url, "sg_key", "{ shop }", {})
        assert len(bodies) == times


def test_a_service_that_is_not_there_is_named():
    with answering() as (url, _):
        pass
    with pytest.raises(Unavailable, match=url):
        ask(url, "sg_key", "{ shop }", {})
