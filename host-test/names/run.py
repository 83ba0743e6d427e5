"""python3 run.py MODULE FOLDER ROUNDS PEERS: the same as run.mjs in wasmtime, the package of PyPI on the path; with fuel too."""
import json
import sys
from pathlib import Path

from wasmtime import Config, Engine, Linker, Module, Store, WasiConfig

module, folder, rounds, peers = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])


def start(fuel):
    config = Config()
    config.cranelift_opt_level = "speed"
    config.consume_fuel = fuel
    store = Store(Engine(config))
    if fuel:
        store.set_fuel(1 << 62)
    linker = Linker(store.engine)
    linker.define_wasi()
    store.set_wasi(WasiConfig())
    exports = linker.instantiate(store, Module.from_file(store.engine, module)).exports(store)
    for number in (0, 1):
        data = (folder / f"{number}.bin").read_bytes()
        exports["memory"].write(store, data, exports["buffer"](store, number, len(data)) & 0xFFFFFFFF)
    return store, exports, exports["open"](store)


store, exports, count = start(False)
memory = exports["memory"]


def call(name, *args):
    return exports[name](store, *args) & 0xFFFFFFFF


def take(what, first, n):
    at = call("time", what, first, n)
    return memoryview(bytes(memory.read(store, at, at + n * 8))).cast("Q").tolist()


opened = [memory.data_len(store), call("allocated")]
sums = [call("ask", n) for n in range(count)]
take(2, 0, count)
searched = [memory.data_len(store), call("allocated")]
before = call("allocations")
all = [take(0, 0, count) for _ in range(rounds)]
each = (call("allocations") - before) / count / rounds
empty = take(2, 0, count)
peer = [take(1, 0, peers) for _ in range(3)]

# Fuel: WebAssembly instructions, the same on every machine.
fuelled, exports, _ = start(True)
ask, nothing = exports["ask"], exports["nothing"]


def spent(function, n):
    before = fuelled.get_fuel()
    function(fuelled, n)
    return before - fuelled.get_fuel()


for n in range(0, count, 7):
    ask(fuelled, n)
idle = spent(nothing, 0)
fuel = [spent(ask, n) - idle for n in range(count)]
print(json.dumps({"sums": sums, "all": all, "empty": empty, "peer": peer, "opened": opened, "searched": searched, "each": each, "fuel": fuel}))
