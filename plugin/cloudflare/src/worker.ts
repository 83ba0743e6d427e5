// The gate as a Cloudflare Worker: translates between the platform and the core, nothing else. Bodies are streams that are
// handed on; not a byte of them enters the module's memory.

import { env } from "cloudflare:workers";
import { nonce, now, type Answer, type Header, type Pass } from "./core.js";
import { Gate, type Store } from "./gate";
import module from "./weighbridge.wasm";
import packaged from "./weighbridge.blob";

interface Settings {
  /** A KV namespace or an R2 bucket with newer blobs. */
  BLOBS?: Store;
  /** The blob's key there. */
  BLOB_KEY?: string;
  /** Seconds between two looks at it. */
  BLOB_SECONDS?: string;
}

const CHECK_PATH = "/.weighbridge/check";
/** The largest body of the test-only check route. Everything else has no limit, because it is never read. */
const CHECK_LIMIT = 16 << 20;
/** Headers of one connection (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
/** Statuses whose response has no body (Fetch, "null body status"). */
const NO_BODY = [101, 204, 205, 304];

/** Seconds that the origin may take for the head of its response, where that is set; the core refuses what is no number. */
const TIMEOUT = Number((env as Record<string, unknown>)["WEIGHBRIDGE_UPSTREAM_TIMEOUT"] ?? 0);

const settings = env as unknown as Settings & Record<string, unknown>;
const gate = new Gate({
  module,
  // A deployment whose blob comes from a store alone has an empty file here.
  packaged: packaged.byteLength > 0 ? packaged : undefined,
  settings: Object.entries(settings).filter((entry): entry is Header => entry[0].startsWith("WEIGHBRIDGE_") && typeof entry[1] === "string"),
  store: settings.BLOBS,
  key: settings.BLOB_KEY ?? "weighbridge.blob",
  seconds: Number(settings.BLOB_SECONDS ?? 60),
});
gate.start();

export default {
  async fetch(request: Request, _env: unknown, context: ExecutionContext): Promise<Response> {
    const first = gate.refresh((promise) => context.waitUntil(promise));
    if (first) await first;
    // Each look at a property of the request's is a call of the runtime.
    const { method, headers } = request;
    const { authority, path } = target(request.url);
    if (path === CHECK_PATH && method === "POST" && gate.testRoutes) {
      if (Number(headers.get("content-length")) > CHECK_LIMIT) return new Response(null, { status: 413 });
      return answer(gate.check(await request.text()), method);
    }
    const verdict = gate.gate({ now: now(), nonce: nonce(), method, authority, path, headers: pairs(headers), ...vouched(request) });
    if (verdict.kind === "pass") return forward(request, method, verdict);
    if (verdict.record) console.log(verdict.record);
    return answer(verdict, method);
  },
};

/** Names and values. Half the time of iterating, which makes a list and a result for each. */
function pairs(headers: Headers): Header[] {
  const pairs: Header[] = [];
  headers.forEach((value, name) => pairs.push([name, value]));
  return pairs;
}

/** As the runtime takes them soonest: an object, unless a name is there twice. */
function init(pairs: Header[]): HeadersInit {
  const named = Object.fromEntries(pairs);
  return Object.keys(named).length === pairs.length ? named : pairs;
}

/** What Cloudflare itself says of the client. Without `request.cf` no edge has seen it, and the header is the client's own word. */
function vouched(request: Request): { address?: string; country?: string; region?: string; asn?: number } {
  const cf = request.cf as { country?: string; region?: string; regionCode?: string; asn?: number } | undefined;
  if (!cf) return {};
  return {
    address: request.headers.get("cf-connecting-ip") ?? "",
    country: cf.country ?? "",
    // The name where there is no code: the gate knows Ukraine's.
    region: cf.regionCode || cf.region || "",
    ...(cf.asn === undefined ? {} : { asn: cf.asn }),
  };
}

/** Authority and target of an absolute URL, byte for byte: a parsed URL has its dots resolved. */
function target(url: string): { authority: string; path: string } {
  const start = url.indexOf("://") + 3;
  const slash = url.slice(start).search(/[/?#]/);
  const end = slash < 0 ? url.length : start + slash;
  return { authority: url.slice(start, end), path: url.slice(end) || "/" };
}

async function forward(request: Request, method: string, pass: Pass): Promise<Response> {
  let upstream: Response;
  const slow = TIMEOUT ? new AbortController() : undefined;
  // For the head of the response alone: a body may take as long as it takes.
  const timer = slow ? setTimeout(() => slow.abort(), TIMEOUT * 1000) : null;
  try {
    const how = { method, headers: init(pass.requestHeaders), body: request.body, redirect: "manual" as const, ...(slow ? { signal: slow.signal } : {}) };
    // Whatever is wrong with it shows where it is waited for.
    const asked = (async () => fetch(pass.upstream, how))();
    // While the origin works, and before anything of its answer goes on.
    if (pass.record) console.log(pass.record);
    upstream = await asked;
  } catch (error) {
    console.error(`weighbridge: the upstream did not answer: ${String(error)}`);
    const [status, title, detail] = slow?.signal.aborted
      ? [504, "Gateway Timeout", "the origin did not answer in time"]
      : [502, "Bad Gateway", "the origin did not answer"];
    const headers = { "content-type": "application/problem+json", "cache-control": "private, no-store" };
    return new Response(JSON.stringify({ type: "about:blank", title, status, detail }), { status, headers });
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
  // The origin's own, so that what it sent twice stays twice.
  const response = new Response(upstream.body, upstream);
  const { headers } = response;
  // To look which of them are there takes longer.
  for (const name of HOP_BY_HOP) headers.delete(name);
  for (const name of pass.responseRemove) headers.delete(name);
  for (const [name, value] of pass.responseAdd) headers.set(name, value);
  return response;
}

function answer({ status, headers, body }: Answer, method: string): Response {
  return new Response(method === "HEAD" || NO_BODY.includes(status) ? null : body, { status, headers: init(headers) });
}
