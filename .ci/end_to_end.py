"""The main job on real rows, from raw files to asserted answers: Complete Journey, then Online Retail."""

import csv
import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHELFGRAPH = str(Path(sys.executable).with_name("shelfgraph"))
PAGE = """query ($sku: String!, $store: String) { product(sku: $sku) { name
  substitutes(first: 5) { edges { probability modelVersion node { sku name } } }
  complements(first: 5) { edges { probability explanation { sentence } node { sku name } } } }
  recommendations(for: {product: $sku, storeId: $store}, first: 10) {
    products { score reason product { sku name } } withheld { reason product { sku } } } }"""
COUNT = "{ products(first: 1) { totalCount } }"
RECORD = """mutation ($input: RecordStockInput!) { recordStock(input: $input) {
  sequence userErrors { field message code } } }"""


class Shop:
    """One shop in a home of its own, driven by the command line and asked over HTTP."""

    def __init__(self, home: Path) -> None:
        bolt, http, api = free_ports(3)
        self.url = f"http://127.0.0.1:{api}/graphql"
        self.env = {
            **os.environ,
            "SHELFGRAPH_HOME": str(home),
            "SHELFGRAPH_BOLT_PORT": str(bolt),
            "SHELFGRAPH_HTTP_PORT": str(http),
            "SHELFGRAPH_API_PORT": str(api),
        }

    def run(self, *words: str) -> float:
        """Run a command, show it, and answer its seconds."""
        started = time.monotonic()
        print("$ shelfgraph", *words, flush=True)
        subprocess.run([SHELFGRAPH, *words], env=self.env, check=True)
        took = time.monotonic() - started
        print(f"  took {took:.1f} s", flush=True)
        return took

    def ask(self, query: str, **variables: object) -> dict:
        body = json.dumps({"query": query, "variables": variables}).encode()
        key = (Path(self.env["SHELFGRAPH_HOME"]) / "development.key").read_text().strip()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        request = urllib.request.Request(self.url, body, headers)
        for _ in range(3):
            with urllib.request.urlopen(request, timeout=30) as response:
                answer = json.load(response)
            if [error["extensions"]["code"] for error in answer.get("errors", [])] != ["TIMEOUT"]:
                break  # a Neo4j that has just started may take longer than an operation may
            print("  timed out, asked again", flush=True)
        assert not answer.get("errors"), answer
        return answer["data"]

    @contextmanager
    def serving(self) -> Iterator[float]:
        """`serve` running; yields the seconds to the first GraphQL answer."""
        started = time.monotonic()
        process = subprocess.Popen([SHELFGRAPH, "serve"], env=self.env, stdout=subprocess.DEVNULL)
        try:
            while True:
                try:
                    self.ask(COUNT)
                    break
                except OSError:
                    assert process.poll() is None, "serve ended"
                    assert time.monotonic() - started < 60, "serve did not answer within 60 s"
                    time.sleep(0.02)
            yield time.monotonic() - started
        finally:
            process.terminate()
            process.wait(30)


def free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def column(path: Path, name: str) -> list[str]:
    with gzip.open(path, "rt", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def complete_journey(data: Path, home: Path) -> None:
    shop = Shop(home)
    shop.run("graph", "start")
    try:
        took = shop.run("load", "complete-journey", str(data))
        assert took <= 180, f"loading took {took:.0f} s"  # the goal is 90 s on a quiet machine
        shop.run("check")
        shop.run("train")
        shop.run("check")
        with shop.serving() as first:
            print(f"  first answer after {first:.1f} s")
            counts = shop.ask(COUNT)
            assert counts["products"]["totalCount"] == len(set(column(data / "products.csv.gz", "product_id")))
            bought = column(data / "transactions_sample.csv.gz", "product_id")
            page = shop.ask(PAGE, sku=max(set(bought), key=bought.count))
            assert page["recommendations"]["products"], page
        shop.run("load", "complete-journey", str(data))
        shop.run("doctor")
    finally:
        shop.run("graph", "stop")


def online_retail(data: Path, home: Path) -> None:
    shop = Shop(home)
    shop.run("graph", "start")
    try:
        shop.run("load", "online-retail", str(data))
        shop.run("train")
        shop.run("check")
        with shop.serving() as first:
            print(f"  first answer after {first:.1f} s")
            page = shop.ask(PAGE, sku="22697")  # GREEN REGENCY TEACUP AND SAUCER
            assert "REGENCY" in page["product"]["name"]
            goes_with = {edge["node"]["sku"] for edge in page["product"]["complements"]["edges"]}
            offered = {offer["product"]["sku"] for offer in page["recommendations"]["products"]}
            family = {"22698", "22699", "22423"}  # the pink and roses teacups, the cake stand
            assert family & (goes_with | offered), page
            offers_of_out_of_stock(shop, next(iter(offered)))
    finally:
        shop.run("graph", "stop")


def offers_of_out_of_stock(shop: Shop, sku: str) -> None:
    """A product recorded as out is withheld from the next answer."""
    change = {"storeId": "online", "sku": sku, "onHandUnits": "0", "countedAt": "2011-10-01T00:00:00Z"}
    answer = shop.ask(RECORD, input={"changes": [change], "idempotencyKey": "out"})["recordStock"]
    assert not answer["userErrors"], answer
    time.sleep(2)
    page = shop.ask(PAGE, sku="22697", store="online")["recommendations"]
    assert sku not in {offer["product"]["sku"] for offer in page["products"]}, page


def main() -> None:
    data = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        complete_journey(data / "completejourney", Path(folder) / "complete-journey")
        online_retail(data / "onlineretail", Path(folder) / "online-retail")
    print("end to end: 2 passed, 0 failed")


if __name__ == "__main__":
    main()
