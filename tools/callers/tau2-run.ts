import type { ModelStore } from '../../src/models/store.ts';
import { KefuError } from '../../src/core/errors.ts';
import { readTau2Data, readTau2Tasks, type Tau2Data, type Tau2Task } from '../tau2/data.ts';
import { diffStates, rightEndState, type StateDifference } from '../tau2/end-state.ts';
import { createTau2Shop, type Tau2Shop } from '../tau2/shop.ts';
import type { KefuProcess } from '../bench/lib/kefu-process.ts';
import { unagreedWrites } from './conversation.ts';
import { causeOf, type Played } from './judge.ts';
import { recordShop, type RecordedShop } from './recorded-shop.ts';
import { playScript, type CallResult } from './run.ts';
import { closeAll, openLine, startKefuWith, type Mode } from './start.ts';
import { scriptOfTask } from './tau2-scripts.ts';

export interface Tau2RunOptions {
  readonly mode: Mode;
  readonly parallel: number;
  readonly seed: number;
  readonly limitMs: number;
  /** Only the tasks with these ids. */
  readonly names: readonly string[] | undefined;
  readonly dataDir: string | undefined;
  readonly flowsDir: string | undefined;
  readonly store: () => ModelStore;
  readonly signal: AbortSignal;
  readonly onCall: (result: CallResult) => void;
}

export interface Tau2Result extends CallResult {
  /** Where the shop's data differs from the right end; empty for a right call. */
  readonly differences: readonly StateDifference[];
}

/**
 * Lets the caller of each task call once and compares the shop's data with the task's right end. Each call meets a fresh shop; calls at
 * the same time have a shop and a Kefu each, so that nothing of one can be seen in another.
 */
export async function runTau2(directory: string, options: Tau2RunOptions): Promise<Tau2Result[]> {
  const data = await readTau2Data(directory);
  const tasks = (await readTau2Tasks(directory)).filter(({ id }) => options.names?.includes(id) ?? true);
  if (tasks.length === 0) throw new KefuError('config_invalid', 'No task of the folder is left to run.');
  const results: Tau2Result[] = [];
  const waiting = [...tasks.entries()];
  const line = await openLine(options.mode, options.store);
  const lanes: Lane[] = [];
  try {
    // One after the other: several that load their models at once would wait for each other past the limits of a start.
    while (lanes.length < Math.min(options.parallel, tasks.length)) {
      lanes.push(await openLane(data, lanes.length + 1, options));
    }
    await Promise.all(
      lanes.map(async ({ shop, recorded, kefu }) => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          options.signal.throwIfAborted();
          const [index, task] = next;
          shop.reset();
          const played = await playScript(
            { name: task.id, script: scriptOfTask(data, task) },
            { ...options, kefuUrl: kefu.url, apiToken: undefined, shop: recorded, line: line.line },
          );
          const result = judgeTask(data, task, played, shop.state);
          results[index] = result;
          options.onCall(result);
        }
      }),
    );
  } finally {
    await closeAll([...lanes.flatMap(({ kefu, recorded }) => [kefu, recorded]), line]);
  }
  return results;
}

/** A shop and the Kefu that works for it. */
interface Lane {
  readonly shop: Tau2Shop;
  readonly recorded: RecordedShop;
  readonly kefu: KefuProcess;
}

async function openLane(data: Tau2Data, number: number, options: Tau2RunOptions): Promise<Lane> {
  const shop = createTau2Shop(data);
  const recorded = await recordShop((request) => shop.handle(request));
  const dataDir = options.dataDir === undefined ? undefined : `${options.dataDir}-${String(number)}`;
  try {
    return { shop, recorded, kefu: await startKefuWith(recorded, { ...options, dataDir }) };
  } catch (error) {
    await closeAll([recorded]);
    throw error;
  }
}

/** A task's call is right when the shop's data is what the task's actions make of it, whatever was said. */
export function judgeTask(data: Tau2Data, task: Tau2Task, played: Played, state: Tau2Data): Tau2Result {
  const differences = diffStates(rightEndState(data, task).state, state);
  const unagreed = unagreedWrites(played.conversation.lines, played.writes);
  const right = differences.length === 0;
  const where = [...new Set(differences.map(({ path }) => path.split('.').slice(0, 2).join(' ')))].join(', ');
  const why = causeOf(played);
  const cause = right ? '' : [`not as it must be: ${where}`, ...(why === '' ? [] : [why])].join('; ');
  return { name: task.id, caller: `task ${task.id}`, ...played, right, cause, unagreed, differences };
}
