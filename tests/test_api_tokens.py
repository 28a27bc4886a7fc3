"""Bearer tokens of an issuer that really answers over HTTP and signs with real keys."""

import asyncio
import hmac
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode

from api import tokens
from api.guard import refuse_customer
from api.tokens import Tokens
from schema.access import NO_CUSTOMER, Caller, Role, TokenIssuer
from schema.errors import BadInput, Forbidden, Unauthenticated, Unavailable

RSA = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("old", "new", "forger")}


class Issuer:
    """An issuer on this machine: it publishes keys, counts who reads them, and signs."""

    def __init__(self):
        self.published, self.num_reads = ["old"], 0
        issuer = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(issuer.page(self.path)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        self.num_reads += 1
        algorithm = jwt.algorithms.RSAAlgorithm
        return {
            "keys": [
                {**algorithm.to_jwk(RSA[name].public_key(), as_dict=True), "kid": name, "use": "sig"}
                for name in self.published
            ]
        }

    def token(self, kid="old", *, key=None, algorithm="RS256", **changes):
        now = int(time.time())
        claims = {"iss": self.address, "aud": "shelfgraph", "sub": "ann", "exp": now + 60, "roles": ["viewer"]}
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(claims, key or RSA[kid], algorithm=algorithm, headers={"kid": kid})

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def running():
    issuer = Issuer()
    try:
        yield issuer
    finally:
        issuer.stop()


@pytest.fixture
def issuer():
    with running() as one:
        yield one


def reader(issuer, *, retry_seconds=0.0, **claims):
    return Tokens(TokenIssuer(issuer.address, "shelfgraph", **claims), retry_seconds=retry_seconds)


def caller(read, token):
    return asyncio.run(read.caller(token))


def test_a_token_names_its_bearer_and_the_strongest_role(issuer):
    read = reader(issuer, customer_claim="customer")
    assert caller(read, issuer.token()) == Caller("token:ann", Role.VIEWER, NO_CUSTOMER)
    assert caller(read, issuer.token(roles=["viewer", "planner", "x"])).role is Role.PLANNER
    assert caller(read, issuer.token(roles="frontend", customer="c1")).customer_id == "c1"
    assert issuer.num_reads == 1


def test_roles_are_found_by_a_path_of_claims(issuer):
    read = reader(issuer, role_claim="realm_access.roles")
    assert caller(read, issuer.token(realm_access={"roles": ["admin"]})).role is Role.ADMIN


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"aud": None},
        {"iss": "http://elsewhere"},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"nbf": int(time.time()) + 600},
        {"sub": None},
        {"roles": []},
        {"roles": ["nothing"]},
        {"roles": {"admin": True}},
        {"key": RSA["forger"]},
        {"kid": "forger"},
    ],
)
def test_a_token_that_is_not_ours_does_not_count(issuer, changes):
    with pytest.raises(Unauthenticated):
        caller(reader(issuer), issuer.token(**changes))


def by_hand(algorithm, claims, secret):
    """A token as a forger makes it who takes the public key, which everybody knows, for an HMAC secret."""
    parts = [json.dumps({"alg": algorithm, "kid": "old"}), json.dumps(claims)]
    signed = b".".join(base64url_encode(part.encode()) for part in parts)
    digest = hmac.new(secret, signed, algorithm.replace("HS", "sha")).digest() if secret else b""
    return (signed + b"." + base64url_encode(digest)).decode()


def test_only_asymmetric_signatures_count(issuer):
    read, public = reader(issuer), RSA["old"].public_key()
    page = json.dumps(jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)).encode()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = {"iss": issuer.address, "aud": "shelfgraph", "sub": "ann", "exp": time.time() + 60, "roles": "admin"}
    for algorithm, secret in (("HS256", page), ("HS256", pem), ("HS512", pem), ("none", b""), ("None", b"")):
        with pytest.raises(Unauthenticated):
            caller(read, by_hand(algorithm, claims, secret))
    with pytest.raises(Unauthenticated):
        caller(read, issuer.token(key=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"))


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "..", "x" * 20_000, "é.é.é", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_does_not_count(issuer, token):
    with pytest.raises(Unauthenticated):
        caller(reader(issuer), token)


def test_a_new_signing_key_is_found_and_an_old_one_forgotten(issuer):
    read = reader(issuer)
    caller(read, issuer.token())
    issuer.published = ["new"]
    assert caller(read, issuer.token("new")).name == "token:ann"
    with pytest.raises(Unauthenticated):
        caller(read, issuer.token("old"))


def test_forged_key_ids_do_not_load_the_issuer(issuer):
    read = reader(issuer, retry_seconds=60)
    caller(read, issuer.token())
    for number in range(50):
        with pytest.raises(Unauthenticated):
            caller(read, jwt.encode({}, RSA["forger"], algorithm="RS256", headers={"kid": f"k{number}"}))
    assert issuer.num_reads == 1


def test_while_the_issuer_is_away_known_keys_go_on(monkeypatch):
    with running() as issuer:
        read, known, late = reader(issuer), issuer.token(), reader(issuer)
        caller(read, known)
    monkeypatch.setattr(tokens, "FRESH_SECONDS", 0.0)
    assert caller(read, known).name == "token:ann"
    with pytest.raises(Unavailable):
        caller(late, known)


def test_an_issuer_that_anybody_could_play_is_refused(issuer):
    for address in ("http://issuer.example", "ftp://127.0.0.1", "file:///etc", "issuer"):
        with pytest.raises(BadInput, match="not safe"):
            Tokens(TokenIssuer(address, "shelfgraph"))


def test_where_tokens_name_customers_one_that_names_none_sees_none(issuer):
    read = reader(issuer, customer_claim="customer")
    bound = caller(read, issuer.token(roles=["frontend"]))
    assert bound.customer_id == NO_CUSTOMER
    with pytest.raises(Forbidden):
        refuse_customer(bound, "customerId", "c1")
    assert caller(read, issuer.token(roles=["operator"])).customer_id is None
    assert caller(reader(issuer), issuer.token(roles=["frontend"])).customer_id is None
