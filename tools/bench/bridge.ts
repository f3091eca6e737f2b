import { setTimeout as sleep } from 'node:timers/promises';
import { deskAudio } from '../../src/core/desk.ts';
import { encodeMulaw } from '../../src/media/g711.ts';
import { connectDesk, type DeskClient } from '../../test/support/desk-client.ts';
import { setUpStaff } from '../../test/support/staff.ts';
import { connectTwilioCaller, type TwilioCaller } from '../lib/twilio-caller.ts';
import {
  findKefu,
  kefuOptions,
  kefuUsage,
  numberOption,
  openKefu,
  UsageError,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { usageOf } from './lib/process-usage.ts';
import { atMost, formatTable, formatTargets } from './lib/report.ts';
import { summarize } from './lib/statistics.ts';

const targets = { delayP95Ms: 80, gapMs: 40, cpuPercentOf20: 15 } as const;
/** A click each half second: long enough to be told apart, short enough to be no speech. */
const clickEveryMs = 500;
const packetMs = 20;
/** A click that has not come by then is lost. */
const clickLimitMs = 400;
/** Around the answer, music and voice must follow each other without a gap. */
const switchWindowMs = { before: 300, after: 1_000 } as const;

/** Callers and agents in conversation: what the bridge adds to the delay, and what it costs. */
export const bridge: Benchmark = {
  name: 'bridge',
  about: 'Callers joined with agents: delay both ways, the gap at the switch from music to agent, CPU.',
  usage: [
    '--calls N           conversations at once (default 20)',
    '--seconds S         how long each state is measured (default 15)',
    ...kefuUsage,
  ],
  options: {
    ...kefuOptions,
    calls: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '15' },
  },
  run,
};

interface Pair {
  readonly caller: TwilioCaller;
  readonly desk: DeskClient;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, print, note, signal } = context;
  const calls = numberOption(values, 'calls', { min: 1, max: 20 });
  const seconds = numberOption(values, 'seconds', { min: 2, max: 600 });
  const url = await findKefu(context);
  if (url !== undefined)
    throw new UsageError('This benchmark sets people up, and does so in a Kefu of its own only.');
  const kefu = await openKefu(context, url);
  const { pid } = kefu;
  if (pid === undefined) throw new UsageError('The process of Kefu cannot be looked at.');
  const pairs: Pair[] = [];
  const cpuPercentOver = async (): Promise<number> => {
    const before = await usageOf(pid);
    const startMs = performance.now();
    await sleep(seconds * 1000, undefined, { signal });
    return (((await usageOf(pid)).cpuS - before.cpuS) / ((performance.now() - startMs) / 1000)) * 100;
  };
  try {
    note('Setting agents up ...');
    const staff = await setUpStaff(kefu.url);
    for (let index = 0; index < calls; index += 1) {
      const { cookie } = await staff.add(`agent${String(index)}`, 'agent');
      const [desk, caller] = await Promise.all([
        connectDesk(kefu.url, { cookie }),
        connectTwilioCaller({ url: kefu.url, from: `+1555000${String(1000 + index)}`, to: '+18005550100' }),
      ]);
      pairs.push({ caller, desk });
    }
    await Promise.all(pairs.map(({ caller }) => caller.untilQuiet({ quietMs: 1500, limitMs: 60_000 })));
    note('Callers are silent ...');
    const silent = await cpuPercentOver();
    await Promise.all(pairs.map(({ caller }) => caller.pressKeys('0')));
    await sleep(12_000, undefined, { signal });
    note('Callers wait with music ...');
    const waiting = await cpuPercentOver();

    note('Agents answer ...');
    const joined = await joinAll(pairs);
    const gaps = joined.map(({ pair, answeredMs }) => longestGap(pair.caller, answeredMs));
    note('Callers and agents talk ...');
    const clicks = Promise.all(joined.map(({ pair }) => measureClicks(pair, seconds)));
    const talking = await cpuPercentOver();
    const delays = await clicks;
    const toAgent = delays.flatMap((each) => each.toAgent);
    const toCaller = delays.flatMap((each) => each.toCaller);
    const [agentSummary, callerSummary, gapSummary] = [toAgent, toCaller, gaps].map(summarize);
    const bridging = talking - silent;
    print(
      formatTable(
        ['delay added, ms', 'clicks', 'p50', 'p95', 'max'],
        [
          ['caller to agent', toAgent.length, agentSummary?.p50, agentSummary?.p95, agentSummary?.max],
          ['agent to caller', toCaller.length, callerSummary?.p50, callerSummary?.p95, callerSummary?.max],
        ],
      ),
    );
    print();
    print(
      formatTable(
        [`CPU of ${String(calls)} calls, % of one core`, ''],
        [
          ['callers silent, Kefu listens', silent],
          ['waiting with music', waiting],
          ['talking with agents, both are listened to', talking],
        ],
        1,
      ),
    );
    print();
    print(
      formatTargets([
        atMost('delay caller to agent, p95', agentSummary?.p95, targets.delayP95Ms, 'ms'),
        atMost('delay agent to caller, p95', callerSummary?.p95, targets.delayP95Ms, 'ms'),
        atMost('longest gap at the switch', gapSummary?.max, targets.gapMs, 'ms'),
        atMost('bridging beside silence', (bridging * 20) / calls, targets.cpuPercentOf20, '% for 20 calls'),
      ]),
    );
    return {
      settings: { calls, seconds },
      summary: {
        delayMs: { toAgent: agentSummary, toCaller: callerSummary },
        gapMs: gapSummary,
        cpuPercent: { silent, waiting, talking, bridging },
      },
      measurements: { toAgent, toCaller, gaps },
    };
  } finally {
    await Promise.all(pairs.map(async ({ caller, desk }) => Promise.all([caller.hangUp(), desk.close()])));
    await kefu.close();
  }
}

/** Every agent answers whom they are offered, while their sound is coming in already. */
async function joinAll(pairs: readonly Pair[]): Promise<{ pair: Pair; answeredMs: number }[]> {
  const byCall = new Map(pairs.map(({ caller }) => [caller.callId, caller]));
  return Promise.all(
    pairs.map(async ({ desk }) => {
      desk.send({ type: 'choose', choice: { state: 'available' } });
      const { card } = await desk.until('offer');
      const caller = byCall.get(card.call.callId);
      if (!caller) throw new Error('An agent was offered a call that nobody made.');
      const stop = keepTalking(desk);
      await sleep(500);
      desk.send({ type: 'accept', entryId: card.entryId });
      await desk.until('conversation');
      const answeredMs = caller.nowMs;
      await sleep(switchWindowMs.after + 500);
      stop();
      return { pair: { caller, desk }, answeredMs };
    }),
  );
}

/** A tone without a break, 20 ms by 20 ms. Returns what ends it. */
function keepTalking(desk: DeskClient): () => void {
  const packet = tone(deskAudio.sampleRateHz);
  let dueMs = performance.now();
  let stopped = false;
  const step = () => {
    if (stopped) return;
    for (; dueMs <= performance.now(); dueMs += packetMs) desk.sendPacket(packet);
    setTimeout(step, Math.max(1, dueMs - performance.now()));
  };
  step();
  return () => {
    stopped = true;
  };
}

/** The longest time around the answer in which the caller heard nothing at all. */
function longestGap({ playback }: TwilioCaller, answeredMs: number): number {
  const packets = playback.heard.filter(
    ({ startMs }) =>
      startMs > answeredMs - switchWindowMs.before && startMs < answeredMs + switchWindowMs.after,
  );
  const gaps = packets.slice(1).map(({ startMs }, index) => startMs - (packets[index]?.endMs ?? startMs));
  return Math.max(0, ...gaps);
}

/** Clicks of both sides, and how long each was on its way. */
async function measureClicks(
  { caller, desk }: Pair,
  seconds: number,
): Promise<{ readonly toAgent: readonly number[]; readonly toCaller: readonly number[] }> {
  const count = Math.floor((seconds * 1000) / clickEveryMs) - 1;
  const silence = encodeMulaw(new Int16Array((clickEveryMs - packetMs) * 8));
  const click = encodeMulaw(tone(8000));
  const one = new Uint8Array([...click, ...silence]);
  const mulaw = new Uint8Array(one.length * count);
  for (let index = 0; index < count; index += 1) mulaw.set(one, index * one.length);
  /** What turns line times into those of this process. */
  const lineToClock = performance.now() - caller.nowMs;
  const [sent, clicked] = await Promise.all([
    caller.play({ name: 'clicks', mulaw }),
    clickFromDesk(desk, count),
  ]);
  await sleep(clickLimitMs);
  const sentAtMs = Array.from(
    { length: count },
    (_, index) => (sent?.startMs ?? 0) + index * clickEveryMs + packetMs + lineToClock,
  );
  const heardAtMs = caller.playback.heard
    .filter(({ audible }) => audible)
    .map(({ startMs }) => startMs + lineToClock);
  return { toAgent: delaysOf(sentAtMs, desk.audibleAtMs), toCaller: delaysOf(clicked, heardAtMs) };
}

async function clickFromDesk(desk: DeskClient, count: number): Promise<number[]> {
  const [click, silence] = [tone(deskAudio.sampleRateHz), new Int16Array(deskAudio.packetBytes / 2)];
  const startMs = performance.now();
  const sentAtMs: number[] = [];
  for (let packet = 0; packet < (count * clickEveryMs) / packetMs; packet += 1) {
    const waitMs = startMs + packet * packetMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const isClick = packet % (clickEveryMs / packetMs) === 0;
    if (isClick) sentAtMs.push(performance.now());
    desk.sendPacket(isClick ? click : silence);
  }
  return sentAtMs;
}

/** From each click that was sent to the first that was heard after it. */
function delaysOf(sentAtMs: readonly number[], heardAtMs: readonly number[]): number[] {
  return sentAtMs.flatMap((sent) => {
    const heard = heardAtMs.find((at) => at >= sent - packetMs && at - sent < clickLimitMs);
    return heard === undefined ? [] : [heard - sent];
  });
}

/** 20 ms of 1 kHz at -12 dBFS. */
function tone(rateHz: number): Int16Array {
  return Int16Array.from({ length: (rateHz * packetMs) / 1000 }, (_, index) =>
    Math.round(8192 * Math.sin((2 * Math.PI * 1000 * index) / rateHz)),
  );
}
