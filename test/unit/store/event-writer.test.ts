import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../src/core/errors.ts';
import type { CallEvent } from '../../../src/core/events.ts';
import { createEventWriter } from '../../../src/store/event-writer.ts';
import { eventScript, noted } from '../../support/call-events.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const away = new KefuError('store_unavailable', 'connection refused');

/** A writer on a database that a test lets answer, fail or refuse. */
function setUp(maxBuffered = 1000) {
  const clock = new ManualClock();
  const log = createCapturedLog();
  /** What was asked to be written, and how the test settles it. */
  const writes: {
    readonly events: readonly CallEvent[];
    readonly succeed: (refused?: ReadonlyMap<CallEvent, KefuError>) => Promise<void>;
    readonly fail: (error: Error) => Promise<void>;
  }[] = [];
  const writer = createEventWriter({
    clock,
    log,
    maxBuffered,
    write: (events) =>
      new Promise((resolve, reject) => {
        writes.push({
          events,
          succeed: (refused = new Map()) => {
            resolve(refused);
            return settled();
          },
          fail: (error) => {
            reject(error);
            return settled();
          },
        });
      }),
  });
  const script = eventScript();
  const events = (count: number): CallEvent[] =>
    Array.from({ length: count }, (_, index) => script.next(noted({ index })));
  /** Appends events; those that are refused are looked at later. */
  const append = (appended: readonly CallEvent[]): Promise<void>[] =>
    appended.map((event) => {
      const kept = writer.append(event);
      kept.catch(() => undefined);
      return kept;
    });
  return { clock, log, writes, writer, events, append };
}

/** Lets everything that follows from what happened run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What has become of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const pending = Symbol('pending');
  try {
    return (await Promise.race([promise, Promise.resolve(pending)])) === pending ? 'pending' : 'kept';
  } catch (error) {
    return error instanceof KefuError ? error.code : String(error);
  }
}

describe('the event writer', () => {
  it('writes what happens at once together, and what comes meanwhile as the next batch', async () => {
    const { writer, writes, events } = setUp();
    const [a, b, c, d] = events(4) as [CallEvent, CallEvent, CallEvent, CallEvent];
    const first = [writer.append(a), writer.append(b)];
    await settled();
    const second = [writer.append(c), writer.append(d)];
    await settled();
    expect(writes.map((write) => write.events)).toEqual([[a, b]]);
    expect(await stateOf(first[0] ?? Promise.reject(new Error('missing')))).toBe('pending');
    await writes[0]?.succeed();
    await Promise.all(first);
    expect(writes.map((write) => write.events)).toEqual([
      [a, b],
      [c, d],
    ]);
    await writes[1]?.succeed();
    await Promise.all(second);
  });

  it('writes at most 500 at once', async () => {
    const { writer, writes, events } = setUp(2000);
    const all = events(1100);
    const done = Promise.all(all.map((event) => writer.append(event)));
    for (const size of [500, 500, 100]) {
      await settled();
      expect(writes.at(-1)?.events).toHaveLength(size);
      await writes.at(-1)?.succeed();
    }
    await done;
    expect(writes.flatMap((write) => write.events)).toEqual(all);
  });

  it('tries again, more and more slowly, and keeps the order', async () => {
    const { clock, log, writer, writes, events } = setUp();
    const [a, b] = events(2) as [CallEvent, CallEvent];
    const first = writer.append(a);
    await settled();
    let second: Promise<void> | undefined;
    for (const delayMs of [200, 400, 800, 1600, 3200, 5000, 5000]) {
      await writes.at(-1)?.fail(away);
      second ??= writer.append(b);
      expect(writer.failing).toBe(true);
      const tries = writes.length;
      clock.advance(delayMs - 1);
      await settled();
      expect(writes).toHaveLength(tries);
      clock.advance(1);
      await settled();
      expect(writes).toHaveLength(tries + 1);
    }
    expect(writes.at(-1)?.events).toEqual([a, b]);
    await writes.at(-1)?.succeed();
    await Promise.all([first, second]);
    expect(writer.failing).toBe(false);
    expect(log.lines.map(({ message }) => message)).toEqual([
      'the database is away: events wait to be written',
      'the database is back: events are written again',
    ]);
  });

  it('refuses the one event that the database refuses, and writes the others', async () => {
    const { append, writes, writer, events } = setUp();
    const [a, b, c] = events(3) as [CallEvent, CallEvent, CallEvent];
    const appended = append([a, b, c]);
    await settled();
    await writes[0]?.fail(new KefuError('internal', 'wrong data'));
    await writes[1]?.succeed();
    await writes[2]?.fail(new KefuError('internal', 'wrong data'));
    await writes[3]?.succeed();
    expect(await Promise.all(appended.map(stateOf))).toEqual(['kept', 'internal', 'kept']);
    expect(writes.map((write) => write.events)).toEqual([[a, b, c], [a], [b], [c]]);
    expect(writer.failing).toBe(false);
  });

  it('goes on with the rest when the database goes away while it tries them one by one', async () => {
    const { append, clock, writes, events } = setUp();
    const [a, b] = events(2) as [CallEvent, CallEvent];
    const appended = append([a, b]);
    await settled();
    await writes[0]?.fail(new KefuError('internal', 'wrong data'));
    await writes[1]?.succeed();
    await writes[2]?.fail(away);
    clock.advance(200);
    await settled();
    expect(writes.at(-1)?.events).toEqual([b]);
    await writes.at(-1)?.succeed();
    expect(await Promise.all(appended.map(stateOf))).toEqual(['kept', 'kept']);
  });

  it('rejects what does not fit its buffer, and nothing else', async () => {
    const { append, clock, writes, events } = setUp(2);
    const appended = append(events(3));
    await settled();
    expect(await Promise.all(appended.map(stateOf))).toEqual(['pending', 'pending', 'store_unavailable']);
    await writes[0]?.fail(away);
    clock.advance(200);
    await settled();
    await writes[1]?.succeed();
    expect(await Promise.all(appended.slice(0, 2).map(stateOf))).toEqual(['kept', 'kept']);
  });

  it('lets a reader wait for what was appended before, but not for a database that is away', async () => {
    const { writer, writes, events } = setUp();
    await writer.settled();
    const [a, b] = events(2) as [CallEvent, CallEvent];
    void writer.append(a);
    await settled();
    const reading = writer.settled();
    expect(await stateOf(reading)).toBe('pending');
    await writes[0]?.succeed();
    expect(await stateOf(reading)).toBe('kept');
    const appended = writer.append(b);
    await settled();
    const failing = writer.settled();
    const failed = expect(failing).rejects.toMatchObject({ code: 'store_unavailable' });
    await writes[1]?.fail(away);
    await failed;
    await expect(writer.settled()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await stateOf(appended)).toBe('pending');
  });

  it('tells whoever flushes that an event was refused', async () => {
    const { writer, writes, events } = setUp();
    const [a] = events(1) as [CallEvent];
    const appended = writer.append(a);
    const flushed = writer.flush();
    const checks = Promise.all([
      expect(flushed).rejects.toMatchObject({ code: 'internal' }),
      expect(appended).rejects.toMatchObject({ code: 'internal' }),
    ]);
    await settled();
    await writes[0]?.succeed(new Map([[a, new KefuError('internal', 'another one')]]));
    await checks;
    await writer.flush();
  });

  it('tries once more at the end, and says what it could not keep', async () => {
    const { append, clock, log, writer, writes, events } = setUp();
    const appended = append(events(3));
    await settled();
    await writes[0]?.fail(away);
    const closing = writer.close(5000);
    await settled();
    expect(writes).toHaveLength(2);
    await writes[1]?.fail(away);
    clock.advance(5000);
    await closing;
    expect(await Promise.all(appended.map(stateOf))).toEqual(new Array(3).fill('store_unavailable'));
    expect(log.find('events could not be kept before the end')[0]?.fields).toMatchObject({ events: 3 });
    await expect(append(events(1))[0]).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    await settled();
    expect(clock.pendingTimers).toBe(0);
  });
});
