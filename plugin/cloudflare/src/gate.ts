// The gate in one isolate: which instance decides, and how it is replaced. An instance that panicked is thrown away; a
// newer blob takes over only when it has opened; otherwise the last good one keeps deciding.

import { Core, Trap, nonce, now, type Answer, type GateRequest, type Header, type Verdict } from "./core.js";

/** Where a newer blob may come from: a KV namespace or an R2 bucket. */
export type Store = KVNamespace | R2Bucket;

export interface Options {
  module: WebAssembly.Module;
  /** The blob that was deployed with the Worker, checked by the packager. */
  packaged: ArrayBuffer | undefined;
  settings: Header[];
  store?: Store | undefined;
  /** Its key there. */
  key: string;
  /** Seconds between two looks at the store. */
  seconds: number;
}

interface Loaded {
  core: Core;
  blob: ArrayBuffer | undefined;
  vouched: boolean;
  version: string | undefined;
}

const log = (what: string) => console.error(`weighbridge: ${what}`);

export class Gate {
  #loaded: Loaded | undefined;
  /** The highest sequence number that was in force in this isolate. */
  #accepted: number | undefined;
  #looked = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(private readonly options: Options) {}

  /** Opens the packaged blob. Costs milliseconds, so a Worker does it while it starts. */
  start(): void {
    if (this.#loaded || !this.options.packaged) return;
    this.#open(this.options.packaged, true, undefined);
  }

  /** Looks for a newer blob. The first request of an isolate without a packaged one has to wait for it. */
  refresh(wait: (promise: Promise<unknown>) => void): Promise<void> | undefined {
    const { store, seconds } = this.options;
    if (!store || this.#looking || now() - this.#looked < seconds) return this.#loaded ? undefined : this.#looking;
    this.#looked = now();
    this.#looking = this.#look(store)
      .catch((error: unknown) => log(`the blob in the store was not taken, the last good one stays: ${String(error)}`))
      .finally(() => (this.#looking = undefined));
    wait(this.#looking);
    return this.#loaded ? undefined : this.#looking;
  }

  get testRoutes(): boolean {
    return this.#loaded?.core.testRoutes ?? false;
  }

  gate(request: GateRequest): Verdict {
    return this.#guarded((core) => core.gate(request));
  }

  check(cases: string): Answer {
    return this.#guarded((core) => core.check(now(), nonce(), cases));
  }

  /** Asks the instance; one that traps is replaced, and the request that it failed on is refused. */
  #guarded<T>(ask: (core: Core) => T): T | Answer {
    const loaded = this.#loaded ?? this.#open(undefined, true, undefined);
    try {
      return ask(loaded.core);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      log(`the engine failed and was started anew: ${error.message}`);
      this.#loaded = undefined;
      return this.#open(loaded.blob, loaded.vouched, loaded.version).core.refuse(nonce(), `the engine failed: ${error.message}`);
    }
  }

  #open(blob: ArrayBuffer | undefined, vouched: boolean, version: string | undefined): Loaded {
    const core = new Core(this.options.module, blob, this.options.settings, vouched, this.#accepted);
    if (core.reason) log(`every request is refused: ${core.reason}`);
    else this.#accept(core);
    return (this.#loaded = { core, blob, vouched, version });
  }

  async #look(store: Store): Promise<void> {
    const found = await newer(store, this.options.key, this.#loaded?.version);
    if (!found) return;
    // What a store holds is checked whole: its signature if keys are trusted, every hash, its last day, its number.
    const core = new Core(this.options.module, found.blob, this.options.settings, false, this.#accepted);
    if (core.reason) throw new Error(core.reason);
    this.#accept(core);
    this.#loaded = { core, blob: found.blob, vouched: false, version: found.version };
    console.log(`weighbridge: the blob ${found.version} is in force`);
  }

  #accept(core: Core): void {
    this.#accepted = Math.max(this.#accepted ?? 0, core.ask("inspect").sequence as number);
  }
}

/** The blob in the store, unless it is the one at hand. */
async function newer(store: Store, key: string, have: string | undefined): Promise<{ blob: ArrayBuffer; version: string } | undefined> {
  if ("head" in store) {
    const found = await store.get(key, have === undefined ? {} : { onlyIf: { etagDoesNotMatch: have } });
    if (!found) throw new Error(`R2 holds no \`${key}\``);
    return "body" in found ? { blob: await found.arrayBuffer(), version: found.etag } : undefined;
  }
  const blob = await store.get(key, "arrayBuffer");
  if (!blob) throw new Error(`KV holds no \`${key}\``);
  // KV has no version of its own.
  const version = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", blob)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return version === have ? undefined : { blob, version };
}
