import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { KefuError } from '../../../src/core/errors.ts';
import type { FlowFiles } from '../../../src/core/store.ts';
import { goalsIn, reportOn, type Exploration, type Found } from '../explore.ts';
import type { ExplorerStart } from './thread.ts';

/** What a thread may take beyond its limit, in milliseconds: for compiling the flows and for the end of what it is at. */
const graceMs = 60_000;

/**
 * Walks through flows in several threads, each after other missing branches. What one reaches, all know. Which walks are made depends on
 * how quickly each thread runs, so that two runs that end for lack of time may differ in a few branches.
 *
 * @throws KefuError `flow_invalid` when the flows cannot be loaded, `internal` when a thread dies or does not end.
 */
export async function exploreTogether(
  files: FlowFiles,
  { limitMs, threads }: { readonly limitMs: number; readonly threads: number },
): Promise<Exploration> {
  const startedMs = performance.now();
  // Mistakes in the files are told before any thread begins.
  const goals = goalsIn(files);
  const ports: MessagePort[] = [];
  const workers: Worker[] = [];
  try {
    const found = await Promise.all(
      Array.from({ length: threads }, (_, index) => {
        const { port1, port2 } = new MessageChannel();
        port1.on('message', (names: readonly string[]) => {
          for (const other of ports) if (other !== port1) other.postMessage(names);
        });
        ports.push(port1);
        const start: ExplorerStart = { files, limitMs, index, size: threads, port: port2 };
        const worker = new Worker(new URL('../../../src/workers/run-typescript.js', import.meta.url), {
          argv: [new URL('./thread.ts', import.meta.url).href],
          execArgv: [],
          workerData: start,
          transferList: [port2],
        });
        workers.push(worker);
        return foundBy(worker, limitMs + graceMs);
      }),
    );
    return reportOn(files, goals, found, performance.now() - startedMs);
  } finally {
    for (const port of ports) port.close();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function foundBy(worker: Worker, limitMs: number): Promise<Found> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Found>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new KefuError('internal', `An explorer did not end within ${String(limitMs / 1000)} s.`));
      }, limitMs);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => {
        reject(new KefuError('internal', `An explorer ended with code ${String(code)} and without a result.`));
      });
    });
  } finally {
    clearTimeout(timer);
  }
}
