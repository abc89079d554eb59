"""The libraries that lookalike is compared with: a file of vectors -> all pairs at or above a threshold.

    python adapters.py TOOL SETTING VECTORS.npy THRESHOLD THREADS PAIRS.npy [AGAINST.npy]

Runs one tool with one setting (JSON) in this process, so that its seconds and its memory are its own. What it took
is printed as one line of JSON: from the vectors being in memory to all pairs being known. With AGAINST, VECTORS are
new rows; the index over AGAINST is made beforehand and not counted. Libraries are imported where they are used.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

BLOCK = 8_192


def blocks(count, size=BLOCK):
    return (slice(i, min(i + size, count)) for i in range(0, count, size))


def in_range(index, rows, threshold):
    """Pairs (row, stored row) of a faiss index that has range_search. It takes what is strictly above the radius."""
    radius = float(np.nextafter(np.float32(threshold), np.float32(-1)))
    for block in blocks(len(rows)):
        ends, _, ids = index.range_search(np.ascontiguousarray(rows[block]), radius)
        yield np.repeat(np.arange(block.start, block.stop), np.diff(ends).astype(np.int64)), ids


def by_nearest(query, rows, threshold, k, stored):
    """Pairs from k nearest: where the last of k is still at or above the threshold, twice as many are asked for.

    query(rows, k) -> (ids, similarities), best first, similarity -inf where there is none.
    """
    todo = np.arange(len(rows))
    while len(todo):
        k, more = min(k, stored), []
        # About as many results at once, whatever k is.
        for block in blocks(len(todo), max(64, BLOCK * 16 // k)):
            here = todo[block]
            ids, similarity = query(np.ascontiguousarray(rows[here]), k)
            hit = similarity >= np.float32(threshold)
            yield here[np.nonzero(hit)[0]], ids[hit]
            more.append(here[hit[:, -1]])
        todo = np.concatenate(more) if k < stored else []
        k *= 2


def numpy_half(rows, setting, threads, threshold):
    """What people write by hand: blocks of the product, half of the square."""

    def search(queries):
        half = queries is rows
        for i in blocks(len(queries), 1_024):
            for j in blocks(len(rows)):
                if half and j.stop <= i.start:
                    continue
                a, b = np.nonzero(queries[i] @ rows[j].T >= np.float32(threshold))
                yield a + i.start, b + j.start

    return search


def faiss_flat(rows, setting, threads, threshold):
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    return lambda queries: in_range(index, queries, threshold)


def faiss_ivf(rows, setting, threads, threshold):
    """About sqrt(n) cells."""
    import faiss

    faiss.omp_set_num_threads(threads)
    cells = int(len(rows) ** 0.5)
    coarse = faiss.IndexFlatIP(rows.shape[1])
    index = faiss.IndexIVFFlat(coarse, rows.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
    index.train(rows)
    index.add(rows)
    index.nprobe = min(setting["nprobe"], cells)
    return lambda queries: in_range(index, queries, threshold)


def faiss_hnsw(rows, setting, threads, threshold):
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexHNSWFlat(rows.shape[1], setting["M"], faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = setting["efc"]
    index.add(rows)

    def query(queries, k):
        index.hnsw.efSearch = max(setting["ef"], k)
        similarity, ids = index.search(queries, k)
        return ids, np.where(ids < 0, -np.inf, similarity)

    return lambda queries: by_nearest(query, queries, threshold, setting["k"], len(rows))


def hnswlib(rows, setting, threads, threshold):
    import hnswlib

    index = hnswlib.Index("ip", rows.shape[1])
    index.init_index(len(rows), M=setting["M"], ef_construction=setting["efc"], random_seed=100)
    index.add_items(rows, num_threads=threads)

    def query(queries, k):
        index.set_ef(max(setting["ef"], k))
        try:
            ids, distance = index.knn_query(queries, k, num_threads=threads)
        except RuntimeError:
            # It refuses a whole batch in which one row reaches fewer than k others.
            return one_by_one(index, queries, k)
        return ids.astype(np.int64), 1 - distance

    return lambda queries: by_nearest(query, queries, threshold, setting["k"], len(rows))


def one_by_one(index, queries, k):
    """For each row as many of k as the graph of hnswlib reaches: k is halved until it gives them."""
    ids, similarity = np.zeros((len(queries), k), np.int64), np.full((len(queries), k), -np.inf, np.float32)
    for i, row in enumerate(queries):
        count = k
        while count:
            try:
                found, distance = index.knn_query(row[None], count, num_threads=1)
            except RuntimeError:
                count //= 2
                continue
            ids[i, :count], similarity[i, :count] = found[0], 1 - distance[0]
            break
    return ids, similarity


def usearch(rows, setting, threads, threshold):
    from usearch.index import Index

    shape = {"connectivity": setting["M"], "expansion_add": setting["efc"], "expansion_search": setting["ef"]}
    index = Index(ndim=rows.shape[1], metric="ip", dtype="f32", **shape)
    index.add(np.arange(len(rows), dtype=np.uint64), rows, threads=threads)

    def query(queries, k):
        index.expansion_search = max(setting["ef"], k)
        found = index.search(queries, k, threads=threads)
        ids = np.atleast_2d(found.keys).astype(np.int64)
        similarity = 1 - np.atleast_2d(found.distances)
        counts = np.atleast_1d(getattr(found, "counts", len(ids[0])))
        return ids, np.where(np.arange(ids.shape[1]) < counts[:, None], similarity, -np.inf)

    return lambda queries: by_nearest(query, queries, threshold, setting["k"], len(rows))


TOOLS = {
    "numpy half": numpy_half,
    "faiss flat": faiss_flat,
    "faiss IVF": faiss_ivf,
    "faiss HNSW": faiss_hnsw,
    "hnswlib": hnswlib,
    "usearch": usearch,
}


def loaded(path):
    """The rows, all of them touched, so that reading the file is not part of what follows."""
    rows = np.load(path, mmap_mode="r").view(np.ndarray)
    for block in blocks(len(rows)):
        rows[block].max()
    return rows


def self_join(search, rows):
    """Unique pairs a < b."""
    n, keys = len(rows), []
    for a, b in search(rows):
        keep = a != b
        low, high = np.minimum(a[keep], b[keep]), np.maximum(a[keep], b[keep])
        keys.append(np.unique(low.astype(np.int64) * n + high))
    keys = np.unique(np.concatenate(keys))
    return np.stack([keys // n, keys % n], 1)


def two_join(search, rows):
    pairs = [np.stack([a, b], 1).astype(np.int64) for a, b in search(rows)]
    return np.unique(np.concatenate(pairs), axis=0)


def main(tool, setting, vectors, threshold, threads, out, against=None):
    make, setting, threshold, threads = TOOLS[tool], json.loads(setting), float(threshold), int(threads)
    rows = loaded(vectors)
    if against:
        search = make(loaded(against), setting, threads, threshold)
        cpu, wall = time.process_time(), time.perf_counter()
        built, pairs = cpu, two_join(search, rows)
    else:
        cpu, wall = time.process_time(), time.perf_counter()
        search = make(rows, setting, threads, threshold)
        built = time.process_time()
        pairs = self_join(search, rows)
    took = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall, "build_cpu_s": built - cpu}
    np.save(out, pairs)
    print(json.dumps(took))


if __name__ == "__main__":
    # Libraries of the same name as a function here must not be found in this folder.
    sys.path[:] = [place for place in sys.path if Path(place or ".").resolve() != Path(__file__).parent.resolve()]
    main(*sys.argv[1:])
