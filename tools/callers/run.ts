import { KefuError, toKefuError } from '../../src/core/errors.ts';
import type { CallSummary } from '../../src/core/store.ts';
import { SimulatedCaller } from './caller.ts';
import type { CallOptions, Conversation } from './conversation.ts';
import { judge, type Played, type Verdict } from './judge.ts';
import type { RecordedShop } from './recorded-shop.ts';
import type { NamedScript } from './script.ts';

/** A way to call: by text or by voice. */
export type Line = (caller: SimulatedCaller, options: CallOptions) => Promise<Conversation>;

export interface RunOptions {
  readonly kefuUrl: string;
  readonly apiToken: string | undefined;
  /** Undefined: the shop is out of sight, and only the ends of calls are judged. */
  readonly shop: RecordedShop | undefined;
  readonly line: Line;
  readonly parallel: number;
  readonly seed: number;
  /** A call ends after this, in milliseconds. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Told each call when it is over. */
  readonly onCall?: (result: CallResult) => void;
}

export interface CallResult extends Played, Verdict {
  readonly name: string;
  readonly caller: string;
}

/** Lets every script call once, at most `parallel` at a time; results stand in the order of the scripts. */
export async function runScripts(
  scripts: readonly NamedScript[],
  options: RunOptions,
): Promise<CallResult[]> {
  const results: CallResult[] = [];
  const waiting = [...scripts.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      options.signal.throwIfAborted();
      const [index, script] = next;
      const result = await runScript(script, options);
      results[index] = result;
      options.onCall?.(result);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, work));
  return results;
}

/** One call of one script, judged. A call that cannot be made is a wrong call, with the reason as its cause. */
export async function runScript({ name, script }: NamedScript, options: RunOptions): Promise<CallResult> {
  const played = await playScript({ name, script }, options);
  const expect = options.shop ? script.expect : { outcome: script.expect.outcome };
  return { name, caller: script.caller, ...played, ...judge(expect, played) };
}

let calls = 0;

export async function playScript({ name, script }: NamedScript, options: RunOptions): Promise<Played> {
  const { kefuUrl: url, apiToken, shop, limitMs } = options;
  const caller = new SimulatedCaller(script, {
    seed: options.seed,
    ...(shop && { verificationCode: () => shop.verificationCode() }),
  });
  calls += 1;
  const to = `callers-${process.pid}-${calls}-${name}`.slice(0, 200);
  let conversation: Conversation;
  try {
    conversation = await options.line(caller, {
      url,
      apiToken,
      limitMs,
      from: script.from,
      to,
      language: script.language,
    });
  } catch (error) {
    const detail = toKefuError(error).message;
    conversation = {
      callId: undefined,
      lines: [],
      end: { by: 'failure', outcome: undefined, detail },
      tookMs: 0,
    };
  }
  const callId = conversation.callId ?? (shop ? await callIdOf(url, apiToken, to) : undefined);
  return {
    conversation: { ...conversation, callId },
    goals: caller.reports,
    writes: shop?.writes.filter((write) => write.callId === callId) ?? [],
  };
}

/** Kefu's id of a typed conversation, which its client is not told: found by the number that was called. */
async function callIdOf(url: string, apiToken: string | undefined, to: string): Promise<string | undefined> {
  const response = await fetch(`${url.replace(/^ws/, 'http').replace(/\/+$/, '')}/api/calls?limit=100`, {
    signal: AbortSignal.timeout(10_000),
    ...(apiToken !== undefined && { headers: { authorization: `Bearer ${apiToken}` } }),
  });
  if (!response.ok) {
    throw new KefuError(
      'server_unreachable',
      `Kefu does not show its calls (${response.status}): set KEFU_API_TOKEN.`,
    );
  }
  const { calls: listed } = (await response.json()) as { calls: CallSummary[] };
  return listed.find((call) => call.to === to)?.callId;
}
