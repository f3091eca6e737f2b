import { setTimeout as sleep } from 'node:timers/promises';
import type { CallEvent } from '../../../src/core/events.ts';
import type { Caller, CallerClip } from '../../lib/caller.ts';
import { makeSpokenCall } from '../../lib/spoken-call.ts';
import type { MeasuredKefu } from './benchmark.ts';
import { fetchMetrics, samplesOf, totalOf, type MetricSamples } from './metrics.ts';
import { OrderCaller, toldOrder } from './order-caller.ts';
import { threadCpuOf, usageOf, watchMemory } from './process-usage.ts';
import { wordsOf, type orderScenarios } from './scenarios.ts';
import { measureTurns, type MeasuredTurn } from './turns.ts';

export interface LoadCall {
  readonly callId: string | undefined;
  readonly line: number;
  readonly seconds: number;
  readonly orderNumber: string;
  readonly toldOrder: string | undefined;
  readonly endedBy: string;
  readonly detail: string | undefined;
  readonly callerLateMs: number;
  /** Gaps inside Kefu's sentences as the caller heard them. */
  readonly packetsMissed: number;
  /** Only of calls that went wrong somewhere, to look into. */
  readonly events: readonly CallEvent[] | undefined;
}

/** What the lines have measured together. */
export interface LoadFigures {
  readonly calls: readonly LoadCall[];
  readonly turns: readonly MeasuredTurn[];
  readonly cost: LoadCost;
}

/** What the calls of all lines took. */
export interface LoadCost {
  readonly wallS: number;
  /** Of Kefu, where its process can be looked at. */
  readonly cpuS: number | undefined;
  readonly memoryBeforeMb: number | undefined;
  readonly peakMemoryMb: number | undefined;
  readonly threads: number | undefined;
  readonly threadCpuS: Readonly<Record<string, number>>;
  readonly callerCpuS: number;
  readonly late: LatePackets;
}

export interface LatePackets {
  readonly count: number;
  /** How many were at most so late, by limit in seconds. */
  readonly byLimitS: Readonly<Record<string, number>>;
}

export interface LoadLinesOptions {
  readonly kefu: MeasuredKefu;
  /** How many call at once. */
  readonly lines: number;
  readonly minutes: number;
  readonly scenarios: ReturnType<typeof orderScenarios>;
  readonly clips: ReadonlyMap<string, CallerClip>;
  /** Calls Kefu from a number to another; by default over the Twilio protocol. */
  readonly connect?:
    ((numbers: { readonly from: string; readonly to: string }) => Promise<Caller>) | undefined;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** Calls of one line follow each other after this pause. */
const betweenCallsMs = 500;
/** Callers begin this far apart, so that they are not all in the same place of the conversation. */
export const staggerMs = 2300;
/** A caller who waits for longer asks whether somebody is there. */
const suspiciousGapMs = 2000;

/** Lets lines call Kefu, each with one call after another, and measures the calls and what they cost. */
export async function runLoadLines(options: LoadLinesOptions): Promise<LoadFigures> {
  const { kefu, lines, minutes, scenarios, clips, connect, signal, note } = options;
  const { pid } = kefu;
  const calls: LoadCall[] = [];
  const turns: MeasuredTurn[] = [];
  const usage = async () => (pid === undefined ? undefined : await usageOf(pid));
  const threadCpu = async () => (pid === undefined ? new Map<string, number>() : await threadCpuOf(pid));
  const metrics = () => fetchMetrics(kefu.url, kefu.apiToken);
  let next = 0;

  async function line(number: number, untilMs: number): Promise<void> {
    await sleep(number * staggerMs, undefined, { signal });
    while (performance.now() < untilMs) {
      signal.throwIfAborted();
      const index = next++;
      const scenario = scenarios[index % scenarios.length];
      if (!scenario) return;
      const caller = new OrderCaller(scenario.orderNumber, wordsOf(scenario, clips));
      const numbers = { from: `+1646556${String(index % 10_000).padStart(4, '0')}`, to: '+18005550100' };
      const call = await makeSpokenCall({
        ...{ url: kefu.url, apiToken: kefu.apiToken, ...numbers, steps: [] },
        ...(connect && { connect: () => connect(numbers) }),
        nextStep: (events) => (signal.aborted ? undefined : caller.nextStep(events)),
      });
      const measuredTurns = measureTurns(call);
      turns.push(...measuredTurns);
      const told = toldOrder(call.events);
      const suspicious =
        told !== scenario.orderNumber ||
        measuredTurns.some(({ cutIn, gapMs }) => cutIn || gapMs === undefined || gapMs > suspiciousGapMs);
      calls.push({
        callId: call.callId,
        line: number,
        seconds: call.sentAudio.length / 8000,
        orderNumber: scenario.orderNumber,
        toldOrder: told,
        endedBy: call.end.by,
        detail: call.end.detail,
        callerLateMs: Math.round(call.maxLateMs),
        packetsMissed: call.dropouts,
        events: suspicious ? call.events : undefined,
      });
      note(`${calls.length} calls done, ${turns.length} turns ...`);
      await sleep(betweenCallsMs, undefined, { signal });
    }
  }

  const before = {
    usage: await usage(),
    threads: await threadCpu(),
    metrics: await metrics(),
    own: process.cpuUsage(),
    atMs: performance.now(),
  };
  const memory = pid === undefined ? undefined : watchMemory(pid);
  note(`${lines} lines call for ${minutes} minutes ...`);
  const untilMs = performance.now() + minutes * 60_000;
  const outcomes = await Promise.allSettled(
    Array.from({ length: lines }, (_, number) => line(number, untilMs)),
  );
  const peakMemoryMb = memory?.stop();
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  const after = {
    usage: await usage(),
    threads: await threadCpu(),
    metrics: await metrics(),
    own: process.cpuUsage(before.own),
    atMs: performance.now(),
  };
  const cost = {
    wallS: (after.atMs - before.atMs) / 1000,
    cpuS: before.usage && after.usage && after.usage.cpuS - before.usage.cpuS,
    memoryBeforeMb: before.usage?.memoryMb,
    peakMemoryMb,
    threads: after.usage?.threads,
    callerCpuS: (after.own.user + after.own.system) / 1e6,
    threadCpuS: busiestThreads(before.threads, after.threads, pid),
    late: latePackets(before.metrics, after.metrics),
  };
  return { calls, turns, cost };
}

/** CPU seconds of the busiest threads: the main thread by its name, the others as they come; below a tenth of a second is left out. */
function busiestThreads(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  pid: number | undefined,
): Readonly<Record<string, number>> {
  const used = [...after].map(([thread, cpuS]) => [thread, cpuS - (before.get(thread) ?? 0)] as const);
  const busy = used.filter(([, cpuS]) => cpuS >= 0.1).sort(([, a], [, b]) => b - a);
  return Object.fromEntries(
    busy.map(([thread, cpuS]) => [thread === String(pid) ? 'main' : `thread ${thread}`, cpuS] as const),
  );
}

function latePackets(before: MetricSamples, after: MetricSamples): LatePackets {
  const name = 'kefu_packet_lateness_seconds';
  const buckets = samplesOf(after, `${name}_bucket`);
  const earlier = samplesOf(before, `${name}_bucket`);
  return {
    count: totalOf(after, `${name}_count`) - totalOf(before, `${name}_count`),
    byLimitS: Object.fromEntries(
      Object.entries(buckets).map(([label, value]) => [
        /le="([^"]+)"/.exec(label)?.[1] ?? label,
        value - (earlier[label] ?? 0),
      ]),
    ),
  };
}
