import { resolve } from 'node:path';
import { projectDir } from '../../src/app/config.ts';
import { createDemoShop, type DemoShop } from '../../src/commerce/demo-shop/demo-shop.ts';
import { toRequest } from '../../src/commerce/routes.ts';
import type { ShopOperation } from '../../src/core/commerce.ts';
import type { DialogEvent, DialogState, DialogStep, TaskResult } from '../../src/core/dialog.ts';
import { createDialogEngine } from '../../src/dialog/engine.ts';
import { loadFlowPack } from '../../src/dialog/flow-pack.ts';
import {
  numberOption,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { benchConversations, type BenchConversation, type BenchTurn } from './lib/dialog-conversations.ts';
import { formatTable } from './lib/report.ts';
import { summarize } from './lib/statistics.ts';

const targetP95Ms = 1;

/** What the dialog engine costs, alone. */
export const dialog: Benchmark = {
  name: 'dialog',
  about: 'Turns of whole conversations through the dialog engine alone: no models, no network.',
  usage: [
    '--rounds N          how often each conversation is held (default 30)',
    '--dir DIR           the flows (default flows)',
  ],
  options: { rounds: { type: 'string', default: '30' }, dir: { type: 'string', default: 'flows' } },
  run,
};

interface TurnTimes {
  readonly conversation: string;
  /** What the caller said, taken by the engine: from the event to the effects. */
  readonly heardMs: number;
  /** What of it the processor was busy with: on a machine with other work the rest is waiting for a turn at the processor. */
  readonly busyMs: number;
  /** The same with every answer of the shop that followed, until Kefu listens again. */
  readonly wholeMs: number;
}

async function run({ values, print, signal }: BenchmarkContext): Promise<BenchmarkResults> {
  const rounds = numberOption(values, 'rounds', { min: 1, max: 10_000 });
  const directory = resolve(projectDir, typeof values.dir === 'string' ? values.dir : 'flows');
  const pack = await loadFlowPack(directory);
  const engine = createDialogEngine(pack, { voiceLanguages: ['en', 'zh'] });
  const turns: TurnTimes[] = [];
  // The first rounds are compiled while they run: a Kefu that has taken a few calls is what callers meet.
  const warmUpRounds = 3;
  for (let round = 0; round < rounds + warmUpRounds && !signal.aborted; round += 1) {
    for (const conversation of benchConversations) {
      const times = hold(engine, conversation);
      if (round >= warmUpRounds) turns.push(...times);
    }
  }
  const rows = [...benchConversations.map(({ name }) => name), undefined].map((name) => {
    const own = turns.filter(({ conversation }) => name === undefined || conversation === name);
    const heard = summarize(own.map(({ heardMs }) => heardMs));
    const whole = summarize(own.map(({ wholeMs }) => wholeMs));
    const busy = summarize(own.map(({ busyMs }) => busyMs));
    return { name: name ?? 'all', heard, busy, whole };
  });
  print(
    formatTable(
      ['conversation', 'turns', 'p50 ms', 'p95 ms', 'processor p50', 'p95', 'with the shop p50', 'p95'],
      rows.map(({ name, heard, busy, whole }) => [
        name,
        heard.count,
        heard.p50,
        heard.p95,
        busy.p50,
        busy.p95,
        whole.p50,
        whole.p95,
      ]),
      2,
    ),
  );
  const all = rows.at(-1);
  const isMet = (all?.busy.p95 ?? Infinity) < targetP95Ms;
  print(`\nA turn under ${String(targetP95Ms)} ms of processor time in 95 of 100: ${isMet ? 'yes' : 'no'}.`);
  return { settings: { rounds, targetP95Ms }, summary: { isMet, rows }, measurements: turns };
}

/** Holds a conversation; only the engine is timed. */
function hold(engine: ReturnType<typeof createDialogEngine>, conversation: BenchConversation): TurnTimes[] {
  const { name, language, from, turns } = conversation;
  const shop = createDemoShop({ seed: 7 });
  const first = engine.start({
    type: 'call-started',
    callId: 'call-1',
    gateway: 'bench',
    from,
    to: '',
    language,
    atEpochMs: Date.now(),
    channel: 'voice',
  });
  let state = settle(engine, shop, first).state;
  return turns.flatMap((turn) => {
    if (state.ended) return [];
    const event = eventOf(turn, conversation);
    const before = process.cpuUsage();
    const startedMs = performance.now();
    const step = engine.advance(state, event);
    const heardMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(before);
    const busyMs = (user + system) / 1000;
    const settled = settle(engine, shop, step);
    ({ state } = settled);
    return [{ conversation: name, heardMs, busyMs, wholeMs: heardMs + settled.tookMs }];
  });
}

function eventOf(turn: BenchTurn, { language }: BenchConversation): DialogEvent {
  if ('keys' in turn) return { type: 'digits', digits: turn.keys };
  const intents = turn.intent === undefined ? [] : [{ intent: turn.intent, score: 0.95 }];
  return {
    type: 'utterance',
    understanding: { text: turn.says, language, intents, entities: [] },
    confidence: 0.9,
    alternatives: [],
  };
}

/** Lets the shop answer until the caller has to do something. */
function settle(
  engine: ReturnType<typeof createDialogEngine>,
  shop: DemoShop,
  first: DialogStep,
): { readonly state: DialogState; readonly tookMs: number } {
  let { state } = first;
  let tookMs = 0;
  const open = first.effects.filter((effect) => effect.type === 'task');
  for (let task = open.shift(); task; task = open.shift()) {
    const { taskId, operation, input, idempotencyKey } = task;
    const { status, body } = shop.handle({ ...toRequest(operation as ShopOperation, input), idempotencyKey });
    const answer = JSON.parse(body) as { readonly code: string };
    const result: TaskResult =
      status === 200 ? { ok: true, value: answer } : { ok: false, code: answer.code };
    const startedMs = performance.now();
    const step = engine.advance(state, { type: 'task-finished', taskId, result });
    tookMs += performance.now() - startedMs;
    ({ state } = step);
    open.push(...step.effects.filter((effect) => effect.type === 'task'));
  }
  return { state, tookMs };
}
