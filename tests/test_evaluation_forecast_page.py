"""The page of a forecast's evaluation: all in one file, its figures those of the report."""

from datetime import date
from html.parser import HTMLParser

import pytest

from evaluation.forecast_page import page, save_page
from evaluation.report import OURS, Curve, Report

ROW = {"wape": 30.0, "mape": 44.0, "pinball": 2.3, "coverage_90": 0.9, "bias": -1.0, "wrmsse": 0.8}
SLICES = {f"{part}_{metric}": ROW[metric] for part in ("promo", "slow", "fast") for metric in ("wape", "pinball")}
COVERED = {"promo_coverage_90": 0.97, "slow_coverage_90": 0.9, "fast_coverage_90": 0.88}


def report_of(**changed):
    rows = {**ROW, **SLICES, **COVERED}
    worse = {name: value + 7 if name.endswith("wape") else value for name, value in rows.items()}
    gap = {"mean": -7.0, "low": -9.0, "high": -5.0}
    return Report(
        **{
            "protocol": "forecast",
            "tables": "shop <of> Ann",
            "data_hash": "abc",
            "as_of": date(2024, 3, 4),
            "seed": 0,
            "fit_seconds": 12.0,
            "peak_mib": 900.0,
            "results": {OURS: rows, "mean": worse, "without relations": rows},
            "differences": {
                "wape": {"against": "mean", **gap},
                "wape_without_relations": {"against": "without relations", **gap},
            },
            "notes": ("A note with <angles>.",),
            "curves": (Curve("calibration", {OURS: ([0, 1], [0.0, 1.0])}, ([0, 1], [0, 1])),),
        }
        | changed
    )


class Tags(HTMLParser):
    """Addresses that a page would fetch, and its words."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.words, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.fetched += [value for name, value in attrs if name in {"src", "href"} and not str(value).startswith("#")]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def told():
    return page(report_of())


def test_the_page_fetches_nothing(told):
    tags = Tags(told)
    assert [one for one in tags.fetched if one] == []
    assert {"script", "link", "img"}.isdisjoint(tags.tags)
    assert tags.tags.count("svg") == 3


def test_the_page_tells_the_reports_figures(told):
    words = " ".join(Tags(told).words)
    for shown in ("30.00", "37.00", "90.0 %", "97.0 %", "-7.00 against mean", "shop <of> Ann", "A note with <angles>."):
        assert shown in words
    assert "<td class=out>97.0 %</td>" in told


def test_equal_reports_give_equal_pages(told, tmp_path):
    save_page(report_of(), tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == told
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
