"""Vectors as NumPy, pyarrow and pandas write them, joined, and the pairs as DuckDB reads them.

Run by tests/stories/join.rs: join.py LOOKALIKE, in an empty folder."""

import subprocess, sys
import duckdb, numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq

lookalike = sys.argv[1]
rng = np.random.default_rng(0)
x = np.repeat(rng.standard_normal((50, 32)), 3, axis=0) + 0.1 * rng.standard_normal((150, 32))
u = x / np.linalg.norm(x, axis=1, keepdims=True)
i, j = np.nonzero(np.triu(u @ u.T >= 0.9, 1))
wanted = {(int(a), int(b)) for a, b in zip(i, j)}
assert len(wanted) >= 100, len(wanted)

names = [f"n{row:03}" for row in range(150)]
half = x.astype(np.float16)
np.save("float32.npy", u.astype(np.float32))
np.save("float64.npy", x)
np.save("half.npy", half)
with open("version3.npy", "wb") as file:
    np.lib.format.write_array(file, x.astype(">f4"), version=(3, 0))
lists = {
    "list": pa.array(list(x), pa.list_(pa.float64())),
    "large": pa.array(list(x.astype(np.float32)), pa.large_list(pa.float32())),
    "fixed": pa.FixedSizeListArray.from_arrays(pa.array(half.ravel(), pa.float16()), 32),
}
for name, vectors in lists.items():
    for number, ids in enumerate([pa.array(names, pa.large_string()), pa.array(range(150), pa.int32())]):
        pq.write_table(pa.table({"vector": vectors, "id": ids}), f"{name}{number}.parquet")
pd.DataFrame({"vector": list(x), "id": names}).to_parquet("pandas0.parquet")

def pairs(path, *more):
    run = [lookalike, "join", path, "--threshold", "0.9", "--out", "pairs.parquet", "-q", *more]
    subprocess.run(run, check=True)
    rows = duckdb.sql("SELECT id_a, id_b, similarity FROM 'pairs.parquet'").fetchall()
    assert [s for _, _, s in rows] == sorted((s for _, _, s in rows), reverse=True)
    frame = pd.read_parquet("pairs.parquet")
    assert list(frame.columns) == ["id_a", "id_b", "similarity"] and len(frame) == len(rows)
    return {(a, b) for a, b, _ in rows}

for path in ["float32.npy", "float64.npy", "half.npy", "version3.npy", "list0.parquet"]:
    assert pairs(path) == wanted, path
for path in ["list", "large", "fixed", "pandas"]:
    named = {(names[a], names[b]) for a, b in wanted}
    assert pairs(f"{path}0.parquet", "--id", "id") == named, path
    if path != "pandas":
        assert pairs(f"{path}1.parquet", "--id", "id") == wanted, path
        assert pq.read_schema("pairs.parquet").field("id_a").type == pa.int32()

for compression in ["none", "snappy", "gzip", "lz4", "zstd"]:
    pq.write_table(pa.table({"vector": lists["fixed"]}), "packed.parquet", compression=compression)
    assert pairs("packed.parquet") == wanted, compression

np.save("fortran.npy", np.asfortranarray(x))
refused = subprocess.run([lookalike, "join", "fortran.npy", "--threshold", "0.9", "--out", "p"], capture_output=True)
assert refused.returncode == 2 and b"Fortran" in refused.stderr, refused
np.save("fortran.npy", np.ascontiguousarray(x).astype(np.float32))
assert pairs("fortran.npy") == wanted
print("all pairs")
