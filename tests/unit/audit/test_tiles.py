"""Tiles: the specification's own examples, and any subtree back out of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import merkle, tiles
from audit.tiles import Resource, TileError
from tests.unit.audit import trees

LEAVES = trees.leaf_hashes(70_000)


def lookup_in(stored: dict[tuple[int, int], bytes]) -> tiles.TileLookup:
    return lambda level, n: stored[level, n]


def grown(*batches: int) -> dict[tuple[int, int], bytes]:
    """The tiles of a tree that grew by these batches."""
    stored: dict[tuple[int, int], bytes] = {}
    frontier = merkle.Frontier.empty()
    for batch in batches:
        extension = merkle.extend(frontier, LEAVES[frontier.size : frontier.size + batch])
        stored |= tiles.updated_tiles(lookup_in(stored), extension.completed)
        frontier = extension.frontier
    return stored


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (Resource(0, 0), "tile/0/000"),
        (Resource(0, 1234067), "tile/0/x001/x234/067"),
        (Resource(63, 999), "tile/63/999"),
        (Resource(1, 1000, 255), "tile/1/x001/000.p/255"),
        (Resource(2, 0, 1), "tile/2/000.p/1"),
        (Resource(None, 273, 112), "tile/entries/273.p/112"),
        (Resource(None, 7), "tile/entries/007"),
    ],
)
def test_paths_are_those_of_the_specification(resource: Resource, path: str) -> None:
    assert resource.path() == path
    assert tiles.parse_path(path) == resource


@given(st.none() | st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_a_path_leads_back_to_its_tile(level: int | None, n: int, width: int) -> None:
    resource = Resource(level, n, width)
    assert tiles.parse_path(resource.path()) == resource


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/-1/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x001/x002",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/",
        "tile/0/000/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/Entries/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/0/" + "x999/" * 5000 + "999",
        "tile/0/../../000",
    ],
)
def test_another_path_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        tiles.parse_path(path)


@given(st.text(max_size=40) | st.text(alphabet="tile/0123456789x.pentris", max_size=40))
def test_any_path_has_one_spelling_or_is_refused(path: str) -> None:
    try:
        assert tiles.parse_path(path).path() == path
    except TileError:
        return


@pytest.mark.parametrize(
    ("level", "n", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 2**63, 1), (0, 0, 0), (None, 0, 257)]
)
def test_no_tile_stands_out_of_range(level: int | None, n: int, width: int) -> None:
    with pytest.raises(TileError):
        Resource(level, n, width)


def test_seventy_thousand_leaves_have_the_tiles_that_the_specification_names() -> None:
    found = list(tiles.tiles_of(70_000))
    full = [(one.level, one.n) for one in found if one.width == 256]
    assert full == [(0, n) for n in range(273)] + [(1, 0)]
    assert [one for one in found if one.width < 256] == [
        Resource(0, 273, 112),
        Resource(1, 1, 17),
        Resource(2, 0, 1),
    ]
    assert list(tiles.tiles_of(256)) == [Resource(0, 0), Resource(1, 0, 1)]
    assert list(tiles.tiles_of(0)) == []


@pytest.mark.parametrize(
    "batches", [(1,), (256,), (255, 1, 1), (257,), (100, 412, 0, 1), (70_000,), (65_535, 1, 4_464)]
)
def test_a_tree_grown_by_batches_stores_the_tiles_of_its_size(batches: tuple[int, ...]) -> None:
    stored = grown(*batches)
    expected = {(one.level, one.n): one.width for one in tiles.tiles_of(sum(batches))}
    assert {place: len(tiles.split_hashes(data)) for place, data in stored.items()} == expected
    for (level, n), data in stored.items():
        for position, digest in enumerate(tiles.split_hashes(data)[-2:], start=expected[level, n] - 2):
            if position >= 0:
                start = (n * 256 + position) << (8 * level)
                assert digest == merkle.root_of(LEAVES[start : start + (1 << (8 * level))])


@given(st.integers(1, 1500), st.data())
def test_proofs_from_tiles_verify(size: int, data: st.DataObject) -> None:
    stored = SNAPSHOTS.setdefault(size, grown(size))
    node = tiles.node_from_tiles(lambda level, n: stored.get((level, n), b""))
    hashes = LEAVES[:size]
    root = trees.mth(hashes)
    index = data.draw(st.integers(0, size - 1))
    merkle.verify_inclusion(hashes[index], index, size, merkle.inclusion_proof(index, size, node), root)
    proof = merkle.consistency_proof(index + 1, size, node)
    merkle.verify_consistency(index + 1, size, proof, trees.mth(hashes[: index + 1]), root)


SNAPSHOTS: dict[int, dict[tuple[int, int], bytes]] = {}


def test_a_tile_is_looked_up_once() -> None:
    stored, asked = grown(600), []

    def lookup(level: int, n: int) -> bytes:
        asked.append((level, n))
        return stored[level, n]

    node = tiles.node_from_tiles(lookup)
    merkle.inclusion_proof(300, 600, node)
    merkle.inclusion_proof(301, 600, node)
    assert len(asked) == len(set(asked)) > 0


@pytest.mark.parametrize("tile", [b"", bytes(32), bytes(33), bytes(8193), bytes(8224)])
def test_a_tile_that_lacks_the_subtree_or_is_malformed_is_refused(tile: bytes) -> None:
    node = tiles.node_from_tiles(lambda level, n: tile)
    with pytest.raises(TileError):
        node(3, 1)


def test_a_batch_that_does_not_continue_the_stored_tile_is_refused() -> None:
    extension = merkle.extend(merkle.extend(merkle.Frontier.empty(), LEAVES[:3]).frontier, LEAVES[3:5])
    for stored in (b"", bytes(64), bytes(128), bytes(95)):
        with pytest.raises(TileError):
            tiles.updated_tiles(lookup_in({(0, 0): stored}), extension.completed)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=256))
def test_entries_survive_their_bundle(entries: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(entries)) == tuple(entries)


def test_a_bundle_is_length_prefixed() -> None:
    assert tiles.encode_bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"
    assert len(tiles.encode_bundle([bytes(65535)])) == 65537
    for entries in ([], [b""] * 257, [bytes(65536)]):
        with pytest.raises(TileError):
            tiles.encode_bundle(entries)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_bundle_or_are_refused(data: bytes) -> None:
    try:
        assert tiles.encode_bundle(tiles.decode_bundle(data)) == data
    except TileError:
        return


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x02a", b"\x00\x01ab", b"\x00\x00" * 257])
def test_a_malformed_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(TileError):
        tiles.decode_bundle(data)
