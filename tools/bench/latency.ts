import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../src/core/errors.ts';
import type { CallEvent } from '../../src/core/events.ts';
import type { SileroModel } from '../../src/listen/silero.ts';
import type { ModelStore } from '../../src/models/store.ts';
import { readAudioFile } from '../lib/audio-file.ts';
import { callerClip, makeSpokenCall } from '../lib/spoken-call.ts';
import type { CallerClip } from '../lib/caller.ts';
import {
  kefuOptions,
  kefuUsage,
  numberOption,
  findKefu,
  openKefu,
  textOption,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { makeClips } from './lib/clips.ts';
import { gapTable, partsTable, summarizeTurns } from './lib/gaps.ts';
import { OrderCaller, toldOrder, type CallerWords } from './lib/order-caller.ts';
import { atMost, formatTargets, share } from './lib/report.ts';
import { orderScenarios, sayingsOf, wordsOf } from './lib/scenarios.ts';
import { openSilero, speechSegments } from './lib/speech-segments.ts';
import { measureTurns, type MeasuredTurn } from './lib/turns.ts';

const targets = { p50: 600, p95: 1000 } as const;
/** Fewer turns say little about a 95th percentile. */
const turnsWanted = 40;

/** How long callers wait for an answer when they are alone. */
export const latency: Benchmark = {
  name: 'latency',
  about: 'How long one caller at a time waits for an answer.',
  usage: [
    '--calls N           calls, one after another (default 10: some 50 turns, about 10 minutes)',
    '--seed N            other orders and words (default 1)',
    '--utterances DIR    recorded clips in place of made ones, by their file names: order_status*, yes*, no*, thank*',
    ...kefuUsage,
  ],
  options: {
    ...kefuOptions,
    calls: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    utterances: { type: 'string' },
  },
  run,
};

interface CallResult {
  readonly callId: string | undefined;
  readonly orderNumber: string;
  readonly style: string;
  readonly toldOrder: string | undefined;
  readonly endedBy: string;
  readonly detail: string | undefined;
  readonly callerLateMs: number;
  readonly events: readonly CallEvent[];
}

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, store, signal, print, note } = context;
  const scenarios = orderScenarios(
    numberOption(values, 'calls', { min: 1, max: 500 }),
    numberOption(values, 'seed', { min: 0, max: 2 ** 31 }),
  );
  const recorded = await readRecorded(textOption(values, 'utterances'), store);
  const url = await findKefu(context);
  note('Making what the callers say ...');
  const clips = await makeClips(store, scenarios.flatMap(sayingsOf), signal);
  const kefu = await openKefu(context, url);
  const calls: CallResult[] = [];
  const turns: MeasuredTurn[] = [];
  try {
    for (const [index, scenario] of scenarios.entries()) {
      signal.throwIfAborted();
      note(`Call ${index + 1} of ${scenarios.length} ...`);
      const caller = new OrderCaller(scenario.orderNumber, {
        ...wordsOf(scenario, clips),
        ...withRecorded(recorded, index),
      });
      const call = await makeSpokenCall({
        url: kefu.url,
        from: `+1646555${String(index).padStart(4, '0')}`,
        to: '+18005550100',
        apiToken: kefu.apiToken,
        steps: [],
        nextStep: (events) => (signal.aborted ? undefined : caller.nextStep(events)),
      });
      turns.push(...measureTurns(call));
      calls.push({
        callId: call.callId,
        orderNumber: scenario.orderNumber,
        style: scenario.style,
        toldOrder: toldOrder(call.events),
        endedBy: call.end.by,
        detail: call.end.detail,
        callerLateMs: Math.round(call.maxLateMs),
        events: call.events,
      });
    }
    signal.throwIfAborted();
  } finally {
    await kefu.close();
  }

  const { all, byKind, parts, counts } = summarizeTurns(turns);
  print(`Response gap in milliseconds: end of the caller's speech to the first audible packet\n`);
  print(gapTable(all, byKind));
  print(`\nWhere the time of an answer goes, in milliseconds (mean of the turns that the events explain)\n`);
  print(partsTable(parts));
  print();
  const right = calls.filter((call) => call.toldOrder === call.orderNumber).length;
  print(`Told the right order:                  ${share(right, calls.length)}`);
  print(
    `Kefu spoke into the caller's sentence: ${share(counts.cutIn, turns.length)} turns (not in the gaps)`,
  );
  print(`No answer:                             ${share(counts.unanswered, turns.length)} turns`);
  print(
    `Latest packet of the callers:          ${Math.max(0, ...calls.map((call) => call.callerLateMs))} ms`,
  );
  if (all.count < turnsWanted) print(`\nOnly ${all.count} turns: take more calls for figures to rely on.`);
  const checked = [
    atMost('response gap, p50', all.p50, targets.p50, 'ms'),
    atMost('response gap, p95', all.p95, targets.p95, 'ms'),
  ];
  print(`\n${formatTargets(checked)}`);
  const complaints = kefu.own?.complaints ?? [];
  if (complaints.length > 0)
    print(`\nKefu's log has ${complaints.length} warnings or errors; see the results file.`);
  return {
    settings: { calls: scenarios.length, seed: values.seed, utterances: values.utterances, url },
    summary: { gap: all, byKind, parts, counts, rightOrders: right, targets: checked },
    measurements: { calls, turns, complaints },
  };
}

/** Recorded clips by what they say. */
type Recorded = Readonly<Record<'opening' | 'yes' | 'no' | 'goodbye', readonly CallerClip[]>>;

const recordedNames: Readonly<Record<keyof Recorded, RegExp>> = {
  opening: /order_status|where|track/i,
  yes: /^yes/i,
  no: /^no(?![a-z])/i,
  goodbye: /thank|bye/i,
};

async function readRecorded(folder: string | undefined, store: ModelStore): Promise<Recorded | undefined> {
  if (folder === undefined) return undefined;
  const files = (await readFolder(folder)).filter((name) => /\.(?:wav|flac)$/i.test(name)).sort();
  const silero = openSilero(store);
  const read = (kind: keyof Recorded) =>
    Promise.all(
      files
        .filter((name) => recordedNames[kind].test(name))
        .map(async (name) => withoutTail(callerClip(name, await readAudioFile(join(folder, name))), silero)),
    );
  const reading = Promise.all([read('opening'), read('yes'), read('no'), read('goodbye')]);
  const [opening, yes, no, goodbye] = await reading.finally(() => silero.close());
  if (opening.length + yes.length + no.length + goodbye.length === 0) {
    throw new KefuError(
      'audio_invalid',
      `The folder ${folder} has no clip named order_status*, yes*, no* or thank*.`,
    );
  }
  return { opening, yes, no, goodbye };
}

/** The clip without the noise that a microphone went on recording: it would count as speech. */
function withoutTail(clip: CallerClip, silero: SileroModel): CallerClip {
  const endMs = speechSegments(clip.mulaw, silero).at(-1)?.endMs;
  if (endMs === undefined) throw new KefuError('audio_invalid', `There is no speech in ${clip.name}.`);
  return { ...clip, mulaw: clip.mulaw.subarray(0, Math.ceil(endMs * 8)) };
}

async function readFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KefuError('audio_invalid', `The folder ${folder} cannot be read: ${reason}`, { cause: error });
  }
}

/** The words that are there as recordings; the others stay made. */
function withRecorded(recorded: Recorded | undefined, index: number): Partial<CallerWords> {
  if (!recorded) return {};
  const one = (clips: readonly CallerClip[]) => clips[index % Math.max(1, clips.length)];
  const opening = one(recorded.opening);
  const yes = one(recorded.yes);
  const no = one(recorded.no);
  const goodbye = one(recorded.goodbye);
  return {
    ...(opening && { opening }),
    ...(yes && { yes }),
    ...(no && { no }),
    // Asked for more, the caller asks once again, so that a question with yes or no comes up.
    ...((opening ?? goodbye) && { more: [opening, goodbye ?? no].filter((clip) => clip !== undefined) }),
  };
}
