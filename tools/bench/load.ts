import { connectSipCaller } from '../lib/sip-caller.ts';
import {
  findKefu,
  kefuOptions,
  kefuUsage,
  numberOption,
  openKefu,
  textOption,
  UsageError,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { makeClips } from './lib/clips.ts';
import { gapTable, partsTable, summarizeTurns } from './lib/gaps.ts';
import { runLoadLines, staggerMs, type LatePackets, type LoadFigures } from './lib/load-lines.ts';
import { atMost, formatTable, formatTargets, share, type Target } from './lib/report.ts';
import { orderScenarios, sayingsOf } from './lib/scenarios.ts';
import { sum, summarize } from './lib/statistics.ts';
import { openTrunkLine } from './lib/trunk-line.ts';

/** At this many calls on two cores. */
const targets = { calls: 8, p50: 700, p95: 1300, cpuSPerCallMinute: 6 } as const;
/** Calls over RTP may be so much slower and dearer than those over a WebSocket. */
const rtpMorePercent = 10;
/** Different conversations; a line that has had them all begins again. */
const conversations = 16;
/** What calls go over. */
const ways = { websocket: 'the WebSocket of Twilio', rtp: 'SIP and RTP' } as const;
type Way = keyof typeof ways;

/** What many calls at once do to the answers, and what they cost. */
export const load: Benchmark = {
  name: 'load',
  about: 'Many calls at once: how long callers wait, what a call costs, what comes late.',
  usage: [
    '--calls N           calls at once (default 8)',
    '--minutes M         how long lines go on calling (default 3)',
    '--over WAY          websocket (default), rtp, or both, one after the other and compared',
    '--seed N            other orders and words (default 1)',
    ...kefuUsage,
  ],
  options: {
    ...kefuOptions,
    calls: { type: 'string', default: '8' },
    minutes: { type: 'string', default: '3' },
    over: { type: 'string', default: 'websocket' },
    seed: { type: 'string', default: '1' },
  },
  run,
};

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, store, signal, print, note } = context;
  const lines = numberOption(values, 'calls', { min: 1, max: 200 });
  const minutes = numberOption(values, 'minutes', { min: 0.1, max: 600, whole: false });
  const seed = numberOption(values, 'seed', { min: 0, max: 2 ** 31 });
  const over = waysOf(textOption(values, 'over') ?? '');
  const scenarios = orderScenarios(conversations, seed);
  const url = await findKefu(context);
  if (url !== undefined && over.includes('rtp'))
    throw new UsageError(
      'Calls over rtp need a Kefu with a trunk for them: leave out --url to have one started.',
    );
  note('Making what the callers say ...');
  const clips = await makeClips(store, scenarios.flatMap(sayingsOf), signal);
  const trunk = over.includes('rtp') ? await openTrunkLine() : undefined;
  const measured: MeasuredLoad[] = [];
  let complaints: readonly string[];
  try {
    const kefu = await openKefu(context, url, trunk && { settings: trunk.settings });
    const { apiToken } = kefu;
    try {
      const common = { kefu, lines, scenarios, clips, signal, note };
      // What a process does once must not fall on the first of the two: every line calls before, once at least.
      if (over.length > 1) await runLoadLines({ ...common, minutes: (lines * staggerMs) / 60_000 });
      for (const way of over) {
        const figures = await runLoadLines({
          ...{ ...common, minutes },
          connect:
            way === 'rtp' && trunk
              ? (numbers) =>
                  connectSipCaller({ ...{ dialer: trunk.dialer, url: kefu.url, apiToken }, ...numbers })
              : undefined,
        });
        const { calls, turns } = figures;
        measured.push({ way, calls, turns, summary: summaryOf(figures) });
      }
    } finally {
      await kefu.close();
    }
    complaints = kefu.own?.complaints ?? [];
  } finally {
    await trunk?.close();
  }
  const atTheTarget = lines === targets.calls;
  const checked: Target[] = [];
  for (const load of measured) {
    printLoad(load, lines, print);
    const name = measured.length > 1 ? ` over ${load.way}` : '';
    checked.push(
      ...(atTheTarget
        ? [
            atMost(`response gap${name}, p50`, load.summary.gap.p50, targets.p50, 'ms'),
            atMost(`response gap${name}, p95`, load.summary.gap.p95, targets.p95, 'ms'),
          ]
        : []),
      atMost(`CPU per call minute${name}`, load.summary.cpuSPerCallMinute, targets.cpuSPerCallMinute, 's'),
    );
  }
  const [websocket, rtp] = measured;
  if (websocket && rtp) checked.push(...compared(websocket, rtp));
  print(`\n${formatTargets(checked)}`);
  if (!atTheTarget) print(`The gaps have a target at ${targets.calls} calls only.`);
  if (complaints.length > 0)
    print(`\nKefu's log has ${complaints.length} warnings or errors; see the results file.`);
  for (const { way, calls, summary } of measured)
    print(`\n${share(summary.rightOrders, calls.length)} calls over ${way} were told the right order.`);
  return {
    settings: { calls: lines, minutes, over, seed, staggerMs, url },
    summary: {
      ...Object.fromEntries(measured.map(({ way, summary }) => [way, summary])),
      targets: checked,
    },
    measurements: {
      ...Object.fromEntries(measured.map(({ way, calls, turns }) => [way, { calls, turns }])),
      complaints,
    },
  };
}

function waysOf(over: string): readonly Way[] {
  if (over === 'both') return ['websocket', 'rtp'];
  if (over === 'websocket' || over === 'rtp') return [over];
  throw new UsageError('--over takes websocket, rtp or both.');
}

/** The calls over one way, and what follows from them. */
interface MeasuredLoad extends Pick<LoadFigures, 'calls' | 'turns'> {
  readonly way: Way;
  readonly summary: ReturnType<typeof summaryOf>;
}

function summaryOf({ calls, turns, cost }: LoadFigures) {
  const { all, ...gaps } = summarizeTurns(turns);
  const callMinutes = sum(calls.map(({ seconds }) => seconds)) / 60;
  return {
    ...{ gap: all, ...gaps, ...cost, callMinutes },
    cpuSPerCallMinute: cost.cpuS === undefined ? undefined : cost.cpuS / callMinutes,
    packetsMissed: sum(calls.map(({ packetsMissed }) => packetsMissed)),
    rightOrders: calls.filter((call) => call.toldOrder === call.orderNumber).length,
  };
}

function printLoad(load: MeasuredLoad, lines: number, print: BenchmarkContext['print']): void {
  const { way, calls, summary } = load;
  const { gap, byKind, parts, counts, cpuS, wallS } = summary;
  const callerLate = summarize(calls.map(({ callerLateMs }) => callerLateMs));
  print(`Response gap in milliseconds with ${lines} calls at once over ${ways[way]}\n`);
  print(gapTable(gap, byKind));
  print(`\nWhere the time of an answer goes, in milliseconds (means)\n`);
  print(partsTable(parts));
  print();
  print(
    formatTable(
      ['', 'value', ''],
      [
        ['calls', calls.length, `${summary.callMinutes.toFixed(1)} call minutes in ${wallS.toFixed(0)} s`],
        ['told the right order', summary.rightOrders, ''],
        ['turns cut into', counts.cutIn, 'not in the gaps'],
        ['turns without answer', counts.unanswered, ''],
        ['CPU of Kefu per call minute', summary.cpuSPerCallMinute, 's, all its threads'],
        ['CPU of Kefu', cpuS && (100 * cpuS) / wallS, '% of one core'],
        ['CPU of these callers', (100 * summary.callerCpuS) / wallS, '% of one core, on the same machine'],
        ['memory of Kefu before', summary.memoryBeforeMb, 'MB resident'],
        ['memory of Kefu at most', summary.peakMemoryMb, 'MB resident'],
        ['packets Kefu sent late', summary.late.count, lateWords(summary.late.byLimitS)],
        ['breaks in sentences heard', summary.packetsMissed, 'by the callers'],
        ['latest packet of a caller', callerLate.max, 'ms'],
      ],
      1,
    ),
  );
  const threadWords = Object.entries(summary.threadCpuS).map(
    ([name, threadS]) => `${name} ${threadS.toFixed(1)} s`,
  );
  if (threadWords.length > 0) print(`\nCPU by thread: ${threadWords.slice(0, 10).join(', ')}\n`);
}

/** Whether calls over RTP are as good and as cheap as those over a WebSocket. */
function compared(websocket: MeasuredLoad, rtp: MeasuredLoad): Target[] {
  const more = (name: string, of: (load: MeasuredLoad) => number | undefined): Target => {
    const [before, after] = [of(websocket), of(rtp)];
    const percent = before === undefined || after === undefined ? undefined : 100 * (after / before - 1);
    return atMost(`${name}, rtp against websocket`, percent, rtpMorePercent, '% more');
  };
  return [
    more('response gap, p50', ({ summary }) => summary.gap.p50),
    more('response gap, p95', ({ summary }) => summary.gap.p95),
    more('CPU per call minute', ({ summary }) => summary.cpuSPerCallMinute),
  ];
}

function lateWords(byLimitS: LatePackets['byLimitS']): string {
  const total = byLimitS['+Inf'] ?? 0;
  const within = byLimitS['0.02'] ?? 0;
  return total === 0 ? '' : `${total - within} of them by more than 20 ms`;
}
