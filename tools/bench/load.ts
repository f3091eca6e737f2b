import { setTimeout as sleep } from 'node:timers/promises';
import type { CallEvent } from '../../src/core/events.ts';
import { makeSpokenCall } from '../lib/spoken-call.ts';
import {
  kefuOptions,
  kefuUsage,
  numberOption,
  findKefu,
  openKefu,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { makeClips } from './lib/clips.ts';
import { gapTable, partsTable, summarizeTurns } from './lib/gaps.ts';
import { fetchMetrics, samplesOf, totalOf, type MetricSamples } from './lib/metrics.ts';
import { OrderCaller, toldOrder } from './lib/order-caller.ts';
import { threadCpuOf, usageOf, watchMemory } from './lib/process-usage.ts';
import { atMost, formatTable, formatTargets, share } from './lib/report.ts';
import { orderScenarios, sayingsOf, wordsOf } from './lib/scenarios.ts';
import { sum, summarize } from './lib/statistics.ts';
import { measureTurns, type MeasuredTurn } from './lib/turns.ts';

/** At this many calls on two cores. */
const targets = { calls: 8, p50: 700, p95: 1300, cpuSPerCallMinute: 6 } as const;
/** Calls of one line follow each other after this pause. */
const betweenCallsMs = 500;
/** Callers begin this far apart, so that they are not all in the same place of the conversation. */
const staggerMs = 2300;
/** A caller who waits for longer asks whether somebody is there. */
const suspiciousGapMs = 2000;
/** Different conversations; a line that has had them all begins again. */
const conversations = 16;

/** What many calls at once do to the answers, and what they cost. */
export const load: Benchmark = {
  name: 'load',
  about: 'Many calls at once: how long callers wait, what a call costs, what comes late.',
  usage: [
    '--calls N           calls at once (default 8)',
    '--minutes M         how long lines go on calling (default 3)',
    '--seed N            other orders and words (default 1)',
    ...kefuUsage,
  ],
  options: {
    ...kefuOptions,
    calls: { type: 'string', default: '8' },
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
  },
  run,
};

interface LoadCall {
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

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, store, signal, print, note } = context;
  const lines = numberOption(values, 'calls', { min: 1, max: 200 });
  const minutes = numberOption(values, 'minutes', { min: 0.1, max: 600, whole: false });
  const seed = numberOption(values, 'seed', { min: 0, max: 2 ** 31 });
  const scenarios = orderScenarios(conversations, seed);
  const url = await findKefu(context);
  note('Making what the callers say ...');
  const clips = await makeClips(store, scenarios.flatMap(sayingsOf), signal);
  const kefu = await openKefu(context, url);
  const calls: LoadCall[] = [];
  const turns: MeasuredTurn[] = [];
  const usage = async () => (kefu.pid === undefined ? undefined : await usageOf(kefu.pid));
  const threadCpu = async () =>
    kefu.pid === undefined ? new Map<string, number>() : await threadCpuOf(kefu.pid);
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
      const call = await makeSpokenCall({
        url: kefu.url,
        from: `+1646556${String(index % 10_000).padStart(4, '0')}`,
        to: '+18005550100',
        apiToken: kefu.apiToken,
        steps: [],
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

  let measured;
  try {
    const before = {
      usage: await usage(),
      threads: await threadCpu(),
      metrics: await metrics(),
      own: process.cpuUsage(),
      atMs: performance.now(),
    };
    const memory = kefu.pid === undefined ? undefined : watchMemory(kefu.pid);
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
    const wallS = (after.atMs - before.atMs) / 1000;
    measured = {
      wallS,
      cpuS: before.usage && after.usage && after.usage.cpuS - before.usage.cpuS,
      memoryBeforeMb: before.usage?.memoryMb,
      peakMemoryMb,
      threads: after.usage?.threads,
      callerCpuS: (after.own.user + after.own.system) / 1e6,
      threadCpuS: busiestThreads(before.threads, after.threads, kefu.pid),
      late: latePackets(before.metrics, after.metrics),
    };
  } finally {
    await kefu.close();
  }

  const callMinutes = sum(calls.map(({ seconds }) => seconds)) / 60;
  const cpuSPerCallMinute = measured.cpuS === undefined ? undefined : measured.cpuS / callMinutes;
  const { all, byKind, parts, counts } = summarizeTurns(turns);
  print(`Response gap in milliseconds with ${lines} calls at once\n`);
  print(gapTable(all, byKind));
  print(`\nWhere the time of an answer goes, in milliseconds (means)\n`);
  print(partsTable(parts));
  print();
  const right = calls.filter((call) => call.toldOrder === call.orderNumber).length;
  const missed = sum(calls.map(({ packetsMissed }) => packetsMissed));
  const callerLate = summarize(calls.map(({ callerLateMs }) => callerLateMs));
  print(
    formatTable(
      ['', 'value', ''],
      [
        ['calls', calls.length, `${callMinutes.toFixed(1)} call minutes in ${measured.wallS.toFixed(0)} s`],
        ['told the right order', right, ''],
        ['turns cut into', counts.cutIn, 'not in the gaps'],
        ['turns without answer', counts.unanswered, ''],
        ['CPU of Kefu per call minute', cpuSPerCallMinute, 's, all its threads'],
        ['CPU of Kefu', measured.cpuS && (100 * measured.cpuS) / measured.wallS, '% of one core'],
        [
          'CPU of these callers',
          (100 * measured.callerCpuS) / measured.wallS,
          '% of one core, on the same machine',
        ],
        ['memory of Kefu before', measured.memoryBeforeMb, 'MB resident'],
        ['memory of Kefu at most', measured.peakMemoryMb, 'MB resident'],
        ['packets Kefu sent late', measured.late.count, lateWords(measured.late.byLimitS)],
        ['breaks in sentences heard', missed, 'by the callers'],
        ['latest packet of a caller', callerLate.max, 'ms'],
      ],
      1,
    ),
  );
  const threadWords = Object.entries(measured.threadCpuS).map(
    ([name, cpuS]) => `${name} ${cpuS.toFixed(1)} s`,
  );
  if (threadWords.length > 0) print(`\nCPU by thread: ${threadWords.slice(0, 10).join(', ')}`);
  const atTheTarget = lines === targets.calls;
  const checked = [
    ...(atTheTarget
      ? [
          atMost('response gap, p50', all.p50, targets.p50, 'ms'),
          atMost('response gap, p95', all.p95, targets.p95, 'ms'),
        ]
      : []),
    atMost('CPU per call minute', cpuSPerCallMinute, targets.cpuSPerCallMinute, 's'),
  ];
  print(`\n${formatTargets(checked)}`);
  if (!atTheTarget) print(`The gaps have a target at ${targets.calls} calls only.`);
  const complaints = kefu.own?.complaints ?? [];
  if (complaints.length > 0)
    print(`\nKefu's log has ${complaints.length} warnings or errors; see the results file.`);
  print(`\n${share(right, calls.length)} calls were told the right order.`);
  return {
    settings: { calls: lines, minutes, seed, staggerMs, url },
    summary: {
      gap: all,
      byKind,
      parts,
      counts,
      ...measured,
      callMinutes,
      cpuSPerCallMinute,
      packetsMissed: missed,
      rightOrders: right,
      targets: checked,
    },
    measurements: { calls, turns, complaints },
  };
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

interface LatePackets {
  readonly count: number;
  /** How many were at most so late, by limit in seconds. */
  readonly byLimitS: Readonly<Record<string, number>>;
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

function lateWords(byLimitS: LatePackets['byLimitS']): string {
  const total = byLimitS['+Inf'] ?? 0;
  const within = byLimitS['0.02'] ?? 0;
  return total === 0 ? '' : `${total - within} of them by more than 20 ms`;
}
