import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData, type Transferable } from 'node:worker_threads';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';

/** What a thread does with requests once it is ready. */
export interface ThreadService<Request> {
  /** Takes one request. Failures of a request belong in a reply: a throw ends the thread, and the supervisor restarts it. */
  handle(request: Request): void | Promise<void>;
  /** Frees what the service holds. The thread ends after it. */
  close?(): void | Promise<void>;
}

/** Sends a reply to the owner of the thread; buffers in `transfer` are moved, not copied. */
export type SendReply<Reply> = (reply: Reply, transfer?: readonly Transferable[]) => void;

/**
 * The thread's side of `startThread`: call it once at the top level of a thread entry. `start` loads the model and returns the
 * service; the owner's `ready` settles with it. `data` is what the owner gave as `data`, as a structured clone. Requests that come
 * while `start` runs wait for it, in order.
 */
export function serveThread<Request, Reply>(
  start: (data: unknown, reply: SendReply<Reply>) => ThreadService<Request> | Promise<ThreadService<Request>>,
): void {
  if (parentPort === null) throw new Error('A thread entry was run outside of a worker thread.');
  const port = parentPort;
  const { data, closing } = workerData as ThreadStart;
  stepBehindMainThread();
  const send = (message: FromThread<Reply>, transfer: readonly Transferable[] = []): void => {
    port.postMessage(message, transfer);
  };

  // Started at once, listened to at once: messages that come before the service is ready wait on this promise.
  const starting = Promise.resolve().then(() =>
    start(data, (reply, transfer) => send({ type: 'reply', reply }, transfer)),
  );
  starting.then(
    () => send({ type: 'ready' }),
    (thrown: unknown) => {
      send({ type: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) });
      port.close();
    },
  );

  port.on('message', (message: ToThread<Request>) => {
    void receive(message);
  });

  async function receive(message: ToThread<Request>): Promise<void> {
    if (message.type === 'ping') {
      send({ type: 'pong', ping: message.ping });
      return;
    }
    const service = await starting;
    if (message.type === 'request') {
      // Requests in front of the close are not worth their time any more: their owner has failed them.
      if (Atomics.load(closing, 0) === 1) return;
      await service.handle(message.request);
    } else {
      await service.close?.();
      // With its port closed nothing keeps the thread alive, so that it ends by itself with code 0.
      port.close();
    }
  }
}

/** By so much threads are nicer than the main thread: about a third of its share where both want the same core. */
const niceness = 5;

/**
 * The main thread has a packet of every call to send each 20 ms and little to do for it; a model may wait. On Linux each thread has a
 * priority of its own, which threads that it starts take over (setpriority(2)); elsewhere all stay alike.
 */
function stepBehindMainThread(): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, Math.min(constants.priority.PRIORITY_LOW, getPriority(thread) + niceness));
  } catch (error) {
    // A sandbox may forbid it. Kefu works all the same, with more late packets on a full machine.
    process.emitWarning(`A model's thread keeps its priority: ${String(error)}`);
  }
}
