import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import type { RecognizerRequest } from '../../src/workers/recognizer-messages.ts';
import type { ThreadStart, ToThread } from '../../src/workers/thread-messages.ts';

/** The real recogniser thread, which dies of as many requests as `deaths` still counts. */
export interface MortalData {
  readonly deaths: Int32Array;
}

const { deaths } = (workerData as ThreadStart).data as MortalData;
parentPort?.on('message', (message: ToThread<RecognizerRequest>) => {
  if (message.type === 'request' && Atomics.sub(deaths, 0, 1) > 0) process.exit(9);
});
await import('../../src/workers/recognizer-thread.ts');
