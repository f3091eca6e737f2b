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
import { summarizeTurns } from './lib/gaps.ts';
import { OrderCaller, toldOrder } from './lib/order-caller.ts';
import { atLeastPercent, formatTable, formatTargets } from './lib/report.ts';
import { numberScenarios, sayingsOf, wordsOf } from './lib/scenarios.ts';
import { groupBy } from './lib/statistics.ts';
import { measureTurns, type MeasuredTurn } from './lib/turns.ts';

const targetPercent = 90;

/** Whether spoken order numbers arrive. */
export const numbers: Benchmark = {
  name: 'numbers',
  about: 'Order numbers read aloud in many ways over 8 kHz calls: how many find the right order.',
  usage: [
    '--calls N           calls, the styles of reading in turn (default 44: each style four times)',
    '--at-once N         calls at once (default 2)',
    '--seed N            other orders (default 1)',
    ...kefuUsage,
  ],
  options: {
    ...kefuOptions,
    calls: { type: 'string', default: '44' },
    'at-once': { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
  },
  run,
};

/** How a number arrived. Being asked again, or having to correct what was read back, is a repair; a read-back that is right is none. */
interface NumberCall {
  readonly callId: string | undefined;
  readonly style: string;
  readonly orderNumber: string;
  readonly said: string;
  /** What Kefu understood of the answers to its question for the number. */
  readonly heard: readonly string[];
  readonly toldOrder: string | undefined;
  readonly right: boolean;
  readonly repairs: number;
  readonly readBacks: number;
  readonly endedBy: string;
  readonly events: readonly CallEvent[];
}

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, store, signal, print, note } = context;
  const seed = numberOption(values, 'seed', { min: 0, max: 2 ** 31 });
  const scenarios = numberScenarios(numberOption(values, 'calls', { min: 1, max: 400 }), seed);
  const atOnce = numberOption(values, 'at-once', { min: 1, max: 50 });
  const url = await findKefu(context);
  note('Making what the callers say ...');
  const clips = await makeClips(store, scenarios.flatMap(sayingsOf), signal);
  const kefu = await openKefu(context, url);
  const calls: NumberCall[] = [];
  const turns: MeasuredTurn[] = [];
  const waiting = [...scenarios.entries()];

  async function line(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      signal.throwIfAborted();
      const [index, scenario] = next;
      const caller = new OrderCaller(scenario.orderNumber, wordsOf(scenario, clips));
      const call = await makeSpokenCall({
        url: kefu.url,
        from: `+1646557${String(index).padStart(4, '0')}`,
        to: '+18005550100',
        apiToken: kefu.apiToken,
        steps: [],
        // The status has been told or is being told: what comes after it is not measured.
        nextStep: (events) =>
          signal.aborted || toldOrder(events) !== undefined ? undefined : caller.nextStep(events),
      });
      const measured = measureTurns(call);
      turns.push(...measured);
      const told = toldOrder(call.events);
      calls.push({
        callId: call.callId,
        style: scenario.style,
        orderNumber: scenario.orderNumber,
        said: wordsOf(scenario, clips).number.name,
        heard: measured.filter(({ kind }) => kind === 'order_number').map(({ heard }) => heard),
        toldOrder: told,
        right: told === scenario.orderNumber,
        repairs: Math.max(0, caller.numbersSaid - 1),
        readBacks: caller.readBacks.count,
        endedBy: call.end.by,
        events: call.events,
      });
      note(`${calls.length} of ${scenarios.length} calls ...`);
    }
  }

  try {
    await Promise.all(Array.from({ length: atOnce }, line));
  } finally {
    await kefu.close();
  }

  const rows = [...groupBy(calls, ({ style }) => style), ['all styles', calls] as const].map(
    ([style, those]) => {
      const right = those.filter((call) => call.right);
      return [
        style,
        those.length,
        right.filter(({ repairs }) => repairs === 0).length,
        right.filter(({ repairs }) => repairs <= 1).length,
        right.length,
        those.filter((call) => call.toldOrder !== undefined && !call.right).length,
        those.filter(({ readBacks }) => readBacks > 0).length,
      ] as const;
    },
  );
  print(`Order numbers that found the right order\n`);
  print(
    formatTable(['style', 'calls', 'at once', 'one repair', 'in the end', 'wrong order', 'read back'], rows),
  );
  const failed = calls.filter((call) => !call.right || call.repairs > 0);
  if (failed.length > 0) {
    print(`\nNot taken over at once\n`);
    print(
      formatTable(
        ['number', 'said', 'heard', 'told'],
        failed.map((call) => [
          call.orderNumber,
          call.said,
          call.heard.join(' / '),
          call.toldOrder ?? 'nothing',
        ]),
      ),
    );
  }
  const taken = calls.filter((call) => call.right && call.repairs <= 1).length;
  const checked = [atLeastPercent('taken over after at most one repair', taken, calls.length, targetPercent)];
  print(`\n${formatTargets(checked)}`);
  const { all, byKind, parts, counts } = summarizeTurns(turns);
  const complaints = kefu.own?.complaints ?? [];
  if (complaints.length > 0)
    print(`\nKefu's log has ${complaints.length} warnings or errors; see the results file.`);
  return {
    settings: { calls: scenarios.length, atOnce, seed, url },
    summary: {
      taken,
      atOnce: calls.filter((call) => call.right && call.repairs === 0).length,
      wrongOrder: calls.filter((call) => call.toldOrder !== undefined && !call.right).length,
      calls: calls.length,
      gap: all,
      byKind,
      parts,
      counts,
      targets: checked,
    },
    measurements: { calls, turns, complaints },
  };
}
