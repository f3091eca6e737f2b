import { createMemoryQueueStore } from '../../src/store/memory-handoff.ts';
import { createRedisQueueStore } from '../../src/store/redis-handoff.ts';
import type { RoutingRulesSource } from '../../src/handoff/rules.ts';
import { startRedis } from '../../test/support/servers.ts';
import {
  numberOption,
  textOption,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { outcomeOf, type DayOutcome, type Waits } from './lib/handoff-measures.ts';
import { measureOffers, simulateDay } from './lib/handoff-runs.ts';
import { atLeastPercent, atMost, formatTable, formatTargets, type Target } from './lib/report.ts';
import { summarize, type Summary } from './lib/statistics.ts';

const estimateLimitPercent = 30;
const offerLimitMs = 300;
const usualRules: RoutingRulesSource = {};
/** Nothing counts but who came first. */
const plainRules: RoutingRulesSource = {
  headStartSeconds: {},
  angerSeconds: 0,
  value: { full: 1000, seconds: 0 },
};

/** The queue for people under a crowd. */
export const handoff: Benchmark = {
  name: 'handoff',
  about:
    'The queue for people: a crowded day in accelerated time, beside a plain queue; time from free to ring over Redis.',
  usage: [
    '--calls N           calls of the day (default 10000)',
    '--callers N         callers at once (default 500)',
    '--agents N          (default 30)',
    '--redis-calls N     calls of the day over Redis (default 10000)',
    '--offers N          offers to time over Redis (default 500)',
    '--seed N            another day (default 2)',
    '--redis URL         a Redis that runs already; keys kefu:bench:* stay in it (default: one of its own, by redis-server)',
  ],
  options: {
    calls: { type: 'string', default: '10000' },
    callers: { type: 'string', default: '500' },
    agents: { type: 'string', default: '30' },
    'redis-calls': { type: 'string', default: '10000' },
    offers: { type: 'string', default: '500' },
    seed: { type: 'string', default: '2' },
    redis: { type: 'string' },
  },
  run,
};

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, print, note, signal } = context;
  const calls = numberOption(values, 'calls', { min: 1, max: 1_000_000 });
  const redisCalls = numberOption(values, 'redis-calls', { min: 1, max: 1_000_000 });
  const callersAtOnce = numberOption(values, 'callers', { min: 1, max: 10_000 });
  const agents = numberOption(values, 'agents', { min: 1, max: 1_000 });
  const offers = numberOption(values, 'offers', { min: 1, max: 100_000 });
  const seed = numberOption(values, 'seed', { min: 0, max: 2 ** 31 });
  const day = { callersAtOnce, agents, seed, signal };
  const own = textOption(values, 'redis') === undefined ? await startRedis() : undefined;
  try {
    const url = own?.url ?? textOption(values, 'redis') ?? '';
    let opened = 0;
    const newPrefix = (): string => `{kefu:bench:${process.pid}:${(opened += 1)}}`;

    const rings = await offersOver(url, newPrefix(), {
      offers,
      agents,
      waiting: callersAtOnce - agents,
      signal,
    });
    const inMemory = async (name: string, rules: RoutingRulesSource): Promise<DayOutcome> =>
      outcomeOf(
        await simulateDay({
          ...day,
          calls,
          rules,
          isRemote: false,
          openStore: (clock, log) => createMemoryQueueStore({ clock, log }),
          note: (text) => note(`${name}: ${text}`),
        }),
      );
    const memory = await inMemory('memory', usualRules);
    const plain = await inMemory('first come, first served', plainRules);
    const prefix = newPrefix();
    const redis = outcomeOf(
      await simulateDay({
        ...day,
        calls: redisCalls,
        rules: usualRules,
        isRemote: true,
        openStore: (_clock, log) => createRedisQueueStore({ url, log, prefix }),
        note: (text) => note(`Redis: ${text}`),
      }),
    );

    const days = { memory, redis, plain };
    print(formatDays(days));
    print();
    print(formatWaits({ 'rules of Kefu': memory, 'first come, first served': plain }));
    print();
    print(formatRings(rings));
    print();
    const targets = targetsOf({ memory, redis }, rings);
    print(formatTargets(targets));
    for (const [name, { violations }] of Object.entries(days))
      for (const violation of violations.slice(0, 10)) print(`${name}: ${violation}`);
    return {
      settings: {
        calls,
        redisCalls,
        callersAtOnce,
        agents,
        offers,
        seed,
        estimateLimitPercent,
        offerLimitMs,
      },
      summary: { days, rings, targets },
      measurements: { days, rings },
    };
  } finally {
    await own?.close();
  }
}

async function offersOver(
  url: string,
  prefix: string,
  options: { offers: number; agents: number; waiting: number; signal: AbortSignal },
): Promise<Summary> {
  const { freeToRingMs } = await measureOffers({
    ...options,
    openStore: (log) => createRedisQueueStore({ url, log, prefix }),
  });
  return summarize(freeToRingMs);
}

function formatDays(days: Readonly<Record<'memory' | 'redis' | 'plain', DayOutcome>>): string {
  const names = { memory: 'in memory', redis: 'over Redis', plain: 'first come, first served' };
  return formatTable(
    [
      'day',
      'calls',
      'served',
      'called back',
      'abandoned',
      'violations',
      'alike, swapped',
      'refused',
      'no answer',
      'desks lost',
      'broken off',
      'estimate off by %',
    ],
    Object.entries(days).map(([name, day]) => [
      names[name as keyof typeof names],
      day.calls,
      day.served,
      day.calledBack,
      day.abandoned,
      day.violations.length,
      `${day.alikeSwapped} of ${day.alikePairs}`,
      day.counts.declines,
      day.counts.noAnswers,
      day.counts.deskCrashes,
      day.counts.broken,
      percent(day.estimateError),
    ]),
    1,
  );
}

function formatWaits(days: Readonly<Record<string, DayOutcome>>): string {
  const row = (name: string, who: string, waits: Waits) => [
    name,
    who,
    waits.callers,
    waits.medianS,
    waits.p95S,
    waits.longestS,
    percent(waits.gaveUp),
  ];
  return formatTable(
    ['queue', 'callers', 'how many', 'wait p50 s', 'p95', 'longest', 'gave up %'],
    Object.entries(days).flatMap(([name, { angriest, calm, all }]) => [
      row(name, 'angriest', angriest),
      row(name, 'calm, little at stake', calm),
      row(name, 'all', all),
    ]),
    1,
  );
}

function formatRings({ count, p50, p95, max }: Summary): string {
  return formatTable(
    ['over Redis, two nodes', 'offers', 'p50 ms', 'p95 ms', 'longest'],
    [['free to ring', count, p50, p95, max]],
    1,
  );
}

function targetsOf(days: Readonly<Record<string, DayOutcome>>, rings: Summary): Target[] {
  return [
    ...Object.entries(days).flatMap(([name, day]) => [
      atMost(`${name}: calls not ended exactly once, or worse`, day.violations.length, 0, 'calls'),
      atLeastPercent(
        `${name}: alike callers offered in order`,
        day.alikePairs - day.alikeSwapped,
        day.alikePairs,
        100,
      ),
      atMost(`${name}: error of the estimate, median`, percent(day.estimateError), estimateLimitPercent, '%'),
    ]),
    atMost('free to ring over Redis, p95', rings.p95, offerLimitMs, 'ms'),
  ];
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : share * 100;
}
