"""python3 run.py MODULE FOLDER WARM_UP CHUNK ROUNDS: the same as run.mjs in wasmtime, the package of PyPI on the path."""
import sys
import time
from pathlib import Path

from wasmtime import Config, Engine, Instance, Module, Store

module, folder = sys.argv[1], Path(sys.argv[2])
warm_up, chunk, rounds = map(int, sys.argv[3:])
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
    return (1, round * (warm_up + chunk)) if kind == 2 else (0, (kind * rounds + round) * (warm_up + chunk))


for kind in range(3):
    for round in range(rounds):
        for table in range(6):
            family, first = place(kind, round)
            run(store, table, family, first, warm_up)
            start = time.thread_time_ns()
            sum = run(store, table, family, first + warm_up, chunk) & 0xFFFFFFFF
            print(kind, table, round, (time.thread_time_ns() - start) / chunk, sum)
