"""python3 run.py MODULE FOLDER CHUNK ROUNDS: the same as run.mjs in wasmtime, the package of PyPI on the path."""
import sys
import time
from pathlib import Path

from wasmtime import Config, Engine, Instance, Module, Store

module, folder, chunk, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
config = Config()
config.cranelift_opt_level = "speed"
store = Store(Engine(config))
exports = Instance(store, Module.from_file(store.engine, module), []).exports(store)
memory, run = exports["memory"], exports["run"]
for number in range(13):
    data = (folder / f"{number}.bin").read_bytes()
    memory.write(store, data, exports["buffer"](store, number, len(data)) & 0xFFFFFFFF)
exports["open"](store)


def place(kind, round):
    return (1, round * chunk) if kind == 2 else (0, (kind * rounds + round) * chunk)


for kind in range(3):
    for round in range(rounds):
        for table in range(6):
            start = time.thread_time_ns()
            sum = run(store, table, *place(kind, round), chunk) & 0xFFFFFFFF
            print(kind, table, round, (time.thread_time_ns() - start) / chunk, sum)
