"""The arithmetic and the protocol of the measurement: a wrong number there would be believed."""

import pytest

from bench.figures import Round, cpu_ratio, percentile, ratio, row
from bench.load import content_length, request_bytes


def test_percentiles_are_values_that_were_measured() -> None:
    ordered = list(range(1, 101))
    assert [percentile(ordered, percent) for percent in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7], 99) == 7


def test_a_target_that_answered_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no request"):
        percentile([], 50)


def test_a_row_pools_the_latencies_and_takes_the_middle_of_the_rates() -> None:
    rounds = [Round(1.0, (1000,) * 10), Round(1.0, (2000,) * 30), Round(1.0, (3000,) * 20)]
    found = row(rounds)
    assert (found.rate, found.slowest, found.fastest) == (20, 10, 30)
    assert (found.p50, found.p99) == (2.0, 3.0)
    assert found.cpu_server is None


def test_processor_time_is_told_for_each_request() -> None:
    found = row([Round(1.0, (1000,) * 100, 0.2, 0.1, 0.05)])
    assert (found.cpu_server, found.cpu_sources, found.cpu_load) == pytest.approx((2.0, 1.0, 0.5))


def test_the_ratio_compares_rounds_that_ran_next_to_each_other() -> None:
    bare = [Round(1.0, (1,) * 100), Round(1.0, (1,) * 10), Round(1.0, (1,) * 50)]
    full = [Round(1.0, (1,) * 60), Round(1.0, (1,) * 5), Round(1.0, (1,) * 40)]
    assert ratio(full, bare) == pytest.approx(0.6)


def test_the_ratio_by_processor_time_is_unknown_where_the_system_does_not_tell() -> None:
    told, untold = row([Round(1.0, (1,) * 10, 0.1)]), row([Round(1.0, (1,) * 10)])
    assert cpu_ratio(untold, told) is None
    assert cpu_ratio(row([Round(1.0, (1,) * 10, 0.2)]), told) == pytest.approx(0.5)


def test_a_request_says_how_long_its_body_is() -> None:
    sent = request_bytes(8900, "/v1/views", {"Authorization": "Bearer t"}, b'{"a":1}')
    head, _, body = sent.partition(b"\r\n\r\n")
    assert body == b'{"a":1}'
    assert content_length(head) == len(body)
    assert b"Host: 127.0.0.1:8900\r\n" in head


def test_an_answer_without_a_length_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="Content-Length"):
        content_length(b"HTTP/1.1 200 OK\r\nDate: now")
