import type { Clock } from '../core/clock.ts';
import { KefuError, toKefuError } from '../core/errors.ts';
import type { CallEvent } from '../core/events.ts';
import type { Logger } from '../core/log.ts';

export interface EventWriterOptions {
  /** Makes events durable; returns those it refuses for good; throws a retryable error when nothing was written. */
  readonly write: (events: readonly CallEvent[]) => Promise<ReadonlyMap<CallEvent, KefuError>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxBuffered: number;
}

/** Writes events one batch after the other, in the order they came. */
export interface EventWriter {
  /** True while the database is away. */
  readonly failing: boolean;
  /** Settles when the event is durable; rejects when it never will be. */
  append(event: CallEvent): Promise<void>;
  /** Settles once what was appended so far is durable; rejects with the first event that was refused. */
  flush(): Promise<void>;
  /** As `flush`, for a reader: does not mind refused events, and rejects at once with `store_unavailable` while the database is away. */
  settled(): Promise<void>;
  /** Writes what waits, for at most `timeoutMs`; then the rest is rejected. */
  close(timeoutMs: number): Promise<void>;
}

interface Waiting {
  readonly event: CallEvent;
  readonly resolve: () => void;
  readonly reject: (error: KefuError) => void;
  readonly done: Promise<void>;
}

/** More at once does not go faster, but holds everybody up for longer. */
const maxBatch = 500;
const firstRetryMs = 200;
const slowestRetryMs = 5_000;

export function createEventWriter({ write, clock, log, maxBuffered }: EventWriterOptions): EventWriter {
  const waiting: Waiting[] = [];
  let writing = false;
  let failures = 0;
  let lastError: KefuError | undefined;
  let closed = false;
  /** Readers that wait for events to be written; told when the database goes away. */
  const readers = new Set<() => void>();
  /** Ends a wait between two tries. */
  let wake: () => void = () => undefined;

  /** Takes the first `count` events off and settles them. */
  const settle = (count: number, refused: ReadonlyMap<CallEvent, KefuError>): void => {
    for (const { event, resolve, reject } of waiting.splice(0, count)) {
      const error = refused.get(event);
      if (error) reject(error);
      else resolve();
    }
  };

  const writeBatch = async (): Promise<void> => {
    const batch = waiting.slice(0, maxBatch).map(({ event }) => event);
    try {
      settle(batch.length, await write(batch));
    } catch (thrown) {
      const error = toKefuError(thrown);
      if (error.retryable) throw error;
      // One event spoils the batch: each goes alone, and only that one is refused.
      for (const event of batch) settle(1, await writeAlone(event));
    }
  };

  const writeAlone = async (event: CallEvent): Promise<ReadonlyMap<CallEvent, KefuError>> => {
    try {
      return await write([event]);
    } catch (thrown) {
      const error = toKefuError(thrown);
      if (error.retryable) throw error;
      return new Map([[event, error]]);
    }
  };

  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.setTimer(resolve, delayMs);
      wake = () => {
        cancel();
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    if (writing) return;
    writing = true;
    // One turn of the event loop lets what happens at the same moment go out together.
    await Promise.resolve();
    while (waiting.length > 0) {
      try {
        await writeBatch();
        if (failures > 0) log.info({ failures }, 'the database is back: events are written again');
        failures = 0;
        lastError = undefined;
      } catch (thrown) {
        lastError = toKefuError(thrown);
        failures += 1;
        for (const tell of readers) tell();
        if (failures === 1)
          log.error(
            { err: thrown, events: waiting.length },
            'the database is away: events wait to be written',
          );
        await pause(Math.min(slowestRetryMs, firstRetryMs * 2 ** (failures - 1)));
      }
    }
    writing = false;
  };

  const rejectAll = (error: KefuError): void => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };

  return {
    get failing() {
      return failures > 0;
    },
    append(event) {
      if (closed)
        return Promise.reject(
          new KefuError('store_unavailable', 'The store is closed; the event is not kept.'),
        );
      if (waiting.length >= maxBuffered)
        return Promise.reject(
          new KefuError('store_unavailable', `The database is away and ${maxBuffered} events wait already.`, {
            cause: lastError,
          }),
        );
      let resolve: () => void = () => undefined;
      let reject: (error: KefuError) => void = () => undefined;
      const done = new Promise<void>((onDone, onRefused) => {
        resolve = onDone;
        reject = onRefused;
      });
      waiting.push({ event, resolve, reject, done });
      void run();
      return done;
    },
    async flush() {
      const results = await Promise.allSettled(waiting.map(({ done }) => done));
      for (const result of results) if (result.status === 'rejected') throw toKefuError(result.reason);
    },
    async settled() {
      let tell: () => void = () => undefined;
      const away = new Promise<void>((resolve) => (tell = resolve));
      readers.add(tell);
      if (failures === 0) await Promise.race([Promise.allSettled(waiting.map(({ done }) => done)), away]);
      readers.delete(tell);
      if (failures > 0)
        throw new KefuError('store_unavailable', 'The database is away.', { cause: lastError });
    },
    async close(timeoutMs) {
      closed = true;
      wake();
      let cancel: () => void = () => undefined;
      const limit = new Promise<void>((resolve) => {
        cancel = clock.setTimer(resolve, timeoutMs);
      });
      await Promise.race([Promise.allSettled(waiting.map(({ done }) => done)), limit]);
      cancel();
      if (waiting.length === 0) return;
      log.error({ events: waiting.length, err: lastError }, 'events could not be kept before the end');
      rejectAll(new KefuError('store_unavailable', 'The store was closed before the event could be kept.'));
      wake();
    },
  };
}
