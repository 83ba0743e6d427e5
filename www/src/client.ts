// The main thread's side of the worker: one promise for each question.

import type { Questions, Told } from "./engine";

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

interface Waiting {
  resolve: (answer: never) => void;
  reject: (error: Error) => void;
  progress: (done: number) => void;
}

const waiting = new Map<number, Waiting>();
let last = 0;

worker.onmessage = ({ data }: MessageEvent<Told>) => {
  const one = waiting.get(data.id);
  if (one === undefined) return;
  if ("done" in data) {
    one.progress(data.done);
    return;
  }
  waiting.delete(data.id);
  if ("error" in data) one.reject(new Error(data.error));
  else one.resolve(data.answer as never);
};

worker.onerror = (event) => {
  for (const one of waiting.values()) one.reject(new Error(event.message || "the engine's worker could not be started"));
  waiting.clear();
};

/** Asks the engine. Rejects with its words where it has no answer. */
export function ask<K extends keyof Questions>(
  what: K,
  args: Questions[K][0],
  transfer: Transferable[] = [],
  progress: (done: number) => void = () => undefined,
): Promise<Questions[K][1]> {
  last += 1;
  const id = last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, progress });
    worker.postMessage({ id, what, with: args }, transfer);
  });
}

/** Runs questions of which only the newest matters: while one is under way, later ones replace each other. */
export function newest<T>(work: () => Promise<T>, show: (answer: T) => void, fail: (error: Error) => void): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      try {
        const answer = await work();
        if (!again) show(answer);
      } catch (error) {
        if (!again) fail(error instanceof Error ? error : new Error(String(error)));
      }
    } while (again);
    running = false;
  };
  return () => void run();
}
