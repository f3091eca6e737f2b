import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { CallerClip } from '../lib/caller.ts';
import { connectTwilioCaller, type TwilioCaller } from '../lib/twilio-caller.ts';
import {
  kefuOptions,
  kefuUsage,
  numberOption,
  findKefu,
  openKefu,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
  type MeasuredKefu,
} from './lib/benchmark.ts';
import { makeClips, nameOf, saying } from './lib/clips.ts';
import type { Inspection } from './lib/kefu-process.ts';
import { fetchMetrics, samplesOf, totalOf } from './lib/metrics.ts';
import { countByName, kindOfFile, openFilesOf, usageOf } from './lib/process-usage.ts';
import { atMost, formatTable, formatTargets } from './lib/report.ts';
import { groupBy, quantile } from './lib/statistics.ts';

const maxGrowthPercent = 10;
/** Caches fill and code is compiled during the first calls; growth counts from here. */
const warmCalls = 50;
/** Memory is looked at this often, in calls. */
const lookEvery = 10;

/** Whether calls leave anything behind. */
export const soak: Benchmark = {
  name: 'soak',
  about: 'Many short calls, hung up in every state: does memory grow, does anything stay open?',
  usage: [
    '--calls N           calls (default 200, about 15 minutes one after another)',
    '--at-once N         calls at once (default 1)',
    ...kefuUsage,
  ],
  options: {
    ...kefuOptions,
    calls: { type: 'string', default: '200' },
    'at-once': { type: 'string', default: '1' },
  },
  run,
};

/** Words that the short calls say. */
interface Words {
  readonly question: CallerClip;
  readonly number: CallerClip;
}

interface ShortCall {
  readonly name: string;
  make(url: string, words: Words): Promise<void>;
}

const callOptions = { from: '+16465580000', to: '+18005550100' } as const;
const connectLimitMs = 10_000;
const answerLimitMs = 15_000;

/** A call that does something and then hangs up as `end` says. */
function voiceCall(
  name: string,
  act: (caller: TwilioCaller, words: Words) => Promise<unknown>,
  end: (caller: TwilioCaller) => Promise<unknown> = (caller) => caller.hangUp(),
): ShortCall {
  return {
    name,
    async make(url, words) {
      const caller = await connectTwilioCaller({ url, ...callOptions });
      try {
        await act(caller, words);
      } finally {
        await end(caller);
      }
    },
  };
}

const spend = (caller: TwilioCaller, ms: number) => {
  const untilMs = caller.nowMs + ms;
  return caller.waitUntil(() => caller.nowMs >= untilMs, ms + 1000);
};
const untilKefuSpeaks = (caller: TwilioCaller, afterMs = 0) =>
  caller.waitUntil(() => (caller.playback.lastAudibleMs ?? 0) > afterMs, answerLimitMs);
const untilKefuListens = (caller: TwilioCaller) =>
  caller.untilQuiet({ quietMs: 900, limitMs: answerLimitMs });

/** What the calls do, in turn: the states in which people hang up. */
const shortCalls: readonly ShortCall[] = [
  voiceCall('hung up at once', () => Promise.resolve()),
  voiceCall('hung up during the greeting', async (caller) => {
    await untilKefuSpeaks(caller);
    await spend(caller, 600);
  }),
  voiceCall('a question, hung up during the answer', async (caller, { question }) => {
    await untilKefuListens(caller);
    const said = await caller.play(question);
    await untilKefuSpeaks(caller, said?.endMs);
  }),
  voiceCall('hung up while speaking', async (caller, { question }) => {
    await untilKefuListens(caller);
    void caller.play(question);
    await spend(caller, question.mulaw.length / 16);
  }),
  voiceCall('hung up right after speaking', async (caller, { question }) => {
    await untilKefuListens(caller);
    await caller.play(question);
    await spend(caller, 200);
  }),
  voiceCall('interrupted Kefu, then hung up', async (caller, { question }) => {
    await untilKefuSpeaks(caller);
    await caller.play(question);
    await spend(caller, 400);
  }),
  voiceCall('an order by keys, hung up during the answer', async (caller) => {
    await untilKefuSpeaks(caller);
    await caller.pressKeys('1');
    await spend(caller, 300);
    await caller.pressKeys('2378156');
    await spend(caller, 1500);
  }),
  voiceCall('an order by voice, hung up during the answer', async (caller, { question, number }) => {
    await untilKefuListens(caller);
    await caller.play(question);
    await caller.untilQuiet({ quietMs: 500, limitMs: answerLimitMs, afterMs: caller.nowMs });
    await caller.play(number);
    await untilKefuSpeaks(caller, caller.nowMs);
    await spend(caller, 1000);
  }),
  // Twilio asks the action URL and is told to connect again: the call goes on with a second stream.
  voiceCall('the stream broke, then hung up', async (caller) => {
    await untilKefuSpeaks(caller);
    caller.breakStream();
    await spend(caller, 1500);
  }),
  {
    name: 'a text conversation, to its end',
    make: (url) => textCall(url, ['Where is my order?', 'W2378156', 'No, thank you. Goodbye.']),
  },
  {
    name: 'a text conversation, left in the middle',
    make: (url) => textCall(url, ['Where is my order?', undefined]),
  },
];

/** A typed conversation: each text is sent when Kefu listens; undefined leaves without a word. */
async function textCall(url: string, texts: readonly (string | undefined)[]): Promise<void> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/channels/text`);
  const limit = setTimeout(() => socket.terminate(), 30_000);
  const waiting = [...texts];
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => resolve());
      socket.once('open', () =>
        socket.send(JSON.stringify({ type: 'start', from: callOptions.from, language: 'en' })),
      );
      socket.on('message', (data) => {
        const message = JSON.parse((data as Buffer).toString('utf8')) as { readonly type: string };
        if (message.type !== 'listening') return;
        const text = waiting.shift();
        if (text === undefined) socket.terminate();
        else socket.send(JSON.stringify({ type: 'text', text }));
      });
    });
  } finally {
    clearTimeout(limit);
  }
}

/** What a process holds at one time. */
interface Look {
  readonly calls: number;
  readonly memoryMb: number;
  readonly heapMb: number | undefined;
  readonly inspection: Inspection | undefined;
}

interface OpenThings {
  readonly paths: readonly string[];
  readonly files: Readonly<Record<string, number>>;
  readonly handles: Readonly<Record<string, number>>;
  readonly resources: Readonly<Record<string, number>>;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, store, signal, print, note } = context;
  const count = numberOption(values, 'calls', { min: 1, max: 100_000 });
  const atOnce = numberOption(values, 'at-once', { min: 1, max: 50 });
  const question = saying('Where is my order?');
  const number = saying('W two three seven eight one five six.');
  const url = await findKefu(context);
  note('Making what the callers say ...');
  const clips = await makeClips(store, [question, number], signal);
  const words = { question: clipOf(nameOf(question)), number: clipOf(nameOf(number)) };
  const kefu = await openKefu(context, url, { probe: true });
  const { pid } = kefu;
  const looks: Look[] = [];
  const failures: { readonly call: number; readonly name: string; readonly message: string }[] = [];
  let next = 0;
  let done = 0;

  function clipOf(name: string): CallerClip {
    const clip = clips.get(name);
    if (!clip) throw new Error(`No clip was made of: ${name}`);
    return clip;
  }

  async function look(): Promise<void> {
    const inspection = await kefu.own?.inspect();
    if (pid === undefined) return;
    const { memoryMb } = await usageOf(pid);
    looks.push({ calls: done, memoryMb, heapMb: inspection?.heapMb, inspection });
    note(`${done} of ${count} calls, ${memoryMb.toFixed(0)} MB ...`);
  }

  async function line(until: number): Promise<void> {
    while (next < until) {
      signal.throwIfAborted();
      const call = next++;
      const kind = shortCalls[call % shortCalls.length];
      if (!kind) return;
      try {
        await withLimit(kind.make(kefu.url, words), connectLimitMs + 4 * answerLimitMs);
      } catch (error) {
        failures.push({
          call,
          name: kind.name,
          message: error instanceof Error ? error.message : String(error),
        });
      }
      done += 1;
    }
  }

  let before: OpenThings | undefined;
  let after: OpenThings | undefined;
  let restingS: number | undefined;
  try {
    before = await openThings(kefu);
    await look();
    while (done < count) {
      const until = Math.min(count, next + lookEvery);
      await Promise.all(Array.from({ length: atOnce }, () => line(until)));
      await look();
    }
    restingS = await untilAtRest(kefu, signal);
    after = await openThings(kefu);
    await look();
  } finally {
    await kefu.close();
  }

  const around = (from: number, to: number, of: (look: Look) => number | undefined) =>
    quantile(
      looks.filter(({ calls }) => calls >= from && calls <= to).flatMap((one) => of(one) ?? []),
      0.5,
    );
  const growth = (of: (look: Look) => number | undefined) => {
    const warm = Math.min(warmCalls, count / 2);
    const early = around(warm - lookEvery / 2, warm + lookEvery, of);
    const late = around(count - lookEvery, count, of);
    return {
      early,
      late,
      percent: early === undefined || late === undefined ? undefined : (100 * (late - early)) / early,
    };
  };
  const memory = growth(({ memoryMb }) => memoryMb);
  const heap = growth(({ heapMb }) => heapMb);
  print(`${count} short calls, ${atOnce === 1 ? 'one after another' : `${atOnce} at once`}\n`);
  print(
    formatTable(
      ['', `after ${Math.min(warmCalls, count / 2)}`, 'at the end', 'growth %'],
      [
        ['resident memory, MB', memory.early, memory.late, memory.percent],
        ['heap of the main thread after collection, MB', heap.early, heap.late, heap.percent],
      ],
      1,
    ),
  );
  print(`\nOpen before the first call and after the last\n`);
  print(formatTable(['', 'before', 'after'], compare(before, after)));
  if (restingS !== undefined)
    print(`\nNo call was left ${restingS.toFixed(1)} s after the last one had ended.`);
  else print('\nCALLS WERE STILL ACTIVE a minute after the last one had ended.');
  if (failures.length > 0) {
    print(`\nCalls that could not be made as meant\n`);
    print(
      formatTable(
        ['what', 'times', 'why'],
        [...groupBy(failures, ({ name, message }) => `${name}\t${message}`)].map(([key, those]) => {
          const [name = '', message = ''] = key.split('\t');
          return [name, those.length, message];
        }),
      ),
    );
  }
  const { dataDir } = kefu.own ?? {};
  const newPaths = added(before.paths, after.paths).map((path) => path.replace(`${dataDir ?? ''}/`, ''));
  if (newPaths.length > 0) {
    const folders = Object.entries(countByName(newPaths.map((path) => dirname(path))));
    print(
      `\nFiles that stayed open: ${folders.map(([folder, times]) => `${times} in ${folder}`).join(', ')}`,
    );
  }
  const checked = [atMost('growth of resident memory', memory.percent, maxGrowthPercent, '%')];
  print(`\n${formatTargets(checked)}`);
  const complaints = kefu.own?.complaints ?? [];
  if (complaints.length > 0)
    print(`\nKefu's log has ${complaints.length} warnings or errors; see the results file.`);
  return {
    settings: { calls: count, atOnce, url },
    summary: { memory, heap, before, after, newPaths, restingS, failures: failures.length, targets: checked },
    measurements: { looks, failures, complaints },
  };
}

/** A call that hangs must not hang the benchmark. */
async function withLimit(call: Promise<void>, limitMs: number): Promise<void> {
  const limit = new AbortController();
  try {
    await Promise.race([
      call,
      sleep(limitMs, undefined, { signal: limit.signal }).then(() => {
        throw new Error(`The call was not over after ${limitMs / 1000} s.`);
      }),
    ]);
  } finally {
    limit.abort();
  }
}

async function openThings({ url, pid, own, apiToken }: MeasuredKefu): Promise<OpenThings> {
  const metrics = await fetchMetrics(url, apiToken);
  const handles = Object.entries(samplesOf(metrics, 'nodejs_active_handles'));
  const open = pid === undefined ? [] : await openFilesOf(pid);
  return {
    paths: open.filter((path) => path.startsWith('/')),
    files: countByName(open.map(kindOfFile)),
    handles: Object.fromEntries(
      handles.map(([label, value]) => [/type="([^"]+)"/.exec(label)?.[1] ?? label, value]),
    ),
    resources: (await own?.inspect())?.resources ?? {},
  };
}

/** Waits until Kefu has no call and its timers of the last calls have run out; undefined when it still has after a minute. */
async function untilAtRest(kefu: MeasuredKefu, signal: AbortSignal): Promise<number | undefined> {
  const startedMs = performance.now();
  let restingS: number | undefined;
  while (performance.now() - startedMs < 60_000) {
    const active = totalOf(await fetchMetrics(kefu.url, kefu.apiToken), 'kefu_calls_active');
    if (active === 0) {
      restingS = (performance.now() - startedMs) / 1000;
      break;
    }
    await sleep(250, undefined, { signal });
  }
  // Carriers ask for the next step of a call up to ten seconds after its stream has ended; keep-alive sockets close after five.
  await sleep(12_000, undefined, { signal });
  return restingS;
}

/** What a list has more of than another; either may hold a name several times. */
function added(before: readonly string[], after: readonly string[]): string[] {
  const known = [...before];
  return after.filter((name) => {
    const at = known.indexOf(name);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

function compare(before: OpenThings, after: OpenThings): (readonly [string, number, number])[] {
  return (['files', 'handles', 'resources'] as const).flatMap((group) => {
    const kinds = [...new Set([...Object.keys(before[group]), ...Object.keys(after[group])])].sort();
    return kinds.map(
      (kind) => [`${group}: ${kind}`, before[group][kind] ?? 0, after[group][kind] ?? 0] as const,
    );
  });
}
