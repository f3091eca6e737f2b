import { describe, expect, it } from 'vitest';
import type { AudioFrame } from '../../../src/core/audio.ts';
import type { RecognitionEvent, RecognitionStream } from '../../../src/core/recognition.ts';
import { createRecognizerPool, type RecognizerPool } from '../../../src/workers/recognizer.ts';
import type { RecognizerFiles } from '../../../src/workers/recognizer-model.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { scriptedThreads, type ScriptedThread } from '../../support/scripted-recognizer-thread.ts';

const moonshine: RecognizerFiles = { family: 'moonshine', encoder: 'e', mergedDecoder: 'd', tokens: 't' };
const zipformer: RecognizerFiles = {
  family: 'zipformer',
  encoder: 'e',
  decoder: 'd',
  joiner: 'j',
  tokens: 't',
};

interface Call {
  readonly stream: RecognitionStream;
  readonly events: RecognitionEvent[];
  /** Writes frames of 20 ms: speech, or silence. */
  speak(turn: number, durationMs: number): void;
  pause(turn: number, durationMs: number): void;
  finals(): string[];
}

interface Harness {
  readonly pool: RecognizerPool;
  readonly threads: ScriptedThread[];
  readonly clock: ManualClock;
  readonly restarts: string[];
  readonly call: () => Call;
  /** The only thread of a pool of one. */
  readonly thread: ScriptedThread;
}

function harness(threadCount = 1, files: RecognizerFiles = moonshine): Harness {
  const clock = new ManualClock();
  const { threads, start } = scriptedThreads();
  const restarts: string[] = [];
  const pool = createRecognizerPool({
    model: { id: 'fake', languages: ['en'], files },
    threads: threadCount,
    clock,
    startThread: start,
    onRestart: (worker) => restarts.push(worker),
  });
  for (const thread of threads) thread.start();
  const [thread] = threads;
  if (!thread) throw new Error('the pool started no thread');
  return { pool, threads, clock, restarts, thread, call: () => openCall(pool) };
}

function openCall(pool: RecognizerPool): Call {
  const events: RecognitionEvent[] = [];
  const stream = pool.open({ language: 'en', onEvent: (event) => events.push(event) });
  const write = (turn: number, durationMs: number, sample: (index: number) => number): void => {
    for (let atMs = 0; atMs < durationMs; atMs += 20) {
      const frame: AudioFrame = {
        samples: Int16Array.from({ length: 320 }, (_, index) => sample(index)),
        sampleRateHz: 16_000,
        mediaMs: 0,
      };
      stream.write(turn, frame);
    }
  };
  return {
    stream,
    events,
    speak: (turn, durationMs) => {
      write(turn, durationMs, (index) => (index % 20 < 10 ? 6000 : -6000));
    },
    pause: (turn, durationMs) => {
      write(turn, durationMs, () => 0);
    },
    finals: () =>
      events.flatMap((event) => (event.type === 'final' ? [`${event.request} ${event.text}`] : [])),
  };
}

/** Lets answers that are given without a worker arrive. */
const settled = (): Promise<void> => Promise.resolve();

describe('a recogniser pool', () => {
  it('tells texts while the caller speaks and a final when it is asked', () => {
    const { call, thread } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 300);
    thread.answer('Where is');
    caller.speak(1, 600);
    thread.answer('Where is my order');
    caller.pause(1, 160);
    caller.stream.finish(1, 7);
    thread.answer('Where is my order?', 80);
    expect(caller.events).toEqual([
      { type: 'partial', turn: 1, text: 'Where is' },
      { type: 'partial', turn: 1, text: 'Where is my order' },
      {
        type: 'final',
        turn: 1,
        request: 7,
        text: 'Where is my order?',
        confidence: undefined,
        alternatives: [],
        decodeMs: 80,
        waitMs: 0,
      },
    ]);
  });

  it('reads the whole turn each time, and no partial again before half a second of new speech', () => {
    const { call, thread } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 300);
    expect(thread.waiting).toMatchObject({ type: 'read' });
    thread.answer('a');
    caller.speak(1, 300);
    expect(thread.waiting).toBeUndefined();
    caller.speak(1, 220);
    const waiting = thread.waiting;
    expect(waiting && waiting.samples.length / 16).toBeGreaterThanOrEqual(940);
  });

  it('leaves slow partials more time', () => {
    const { call, thread } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 300);
    thread.answer('a', 200);
    caller.speak(1, 1000);
    expect(thread.waiting).toBeUndefined();
    caller.speak(1, 620);
    expect(thread.waiting).toBeDefined();
  });

  it('starts no partial in a pause, so that the final finds the worker idle', () => {
    const { call, thread } = harness();
    const caller = call();
    caller.speak(1, 440);
    caller.pause(1, 400);
    expect(thread.waiting).toBeUndefined();
    expect(thread.requests).toEqual([]);
  });

  it('answers finals before partials, in the order asked', () => {
    const { call, thread } = harness();
    const [first, second, third] = [call(), call(), call()];
    for (const caller of [first, second, third]) {
      caller.pause(1, 240);
      caller.speak(1, 600);
    }
    third.stream.finish(1, 1);
    second.stream.finish(1, 1);
    thread.answer('partial of the first');
    thread.answer('third');
    thread.answer('second');
    expect(first.events).toMatchObject([{ type: 'partial' }]);
    expect(third.finals()).toEqual(['1 third']);
    expect(second.finals()).toEqual(['1 second']);
  });

  it('answers with one reading when asked again before the worker came to it', () => {
    const { call, thread } = harness();
    const [busy, caller] = [call(), call()];
    busy.pause(1, 240);
    busy.speak(1, 500);
    caller.pause(1, 240);
    caller.speak(1, 500);
    caller.stream.finish(1, 1);
    caller.speak(1, 500);
    caller.stream.finish(1, 2);
    thread.answer('busy');
    thread.answer('all of it');
    expect(caller.finals()).toEqual(['1 all of it', '2 all of it']);
    expect(thread.waiting).toBeUndefined();
  });

  it('knows the final again without the worker while only silence has come', async () => {
    const { call, thread } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 200);
    caller.stream.finish(1, 1);
    thread.answer('Yes.');
    caller.pause(1, 600);
    caller.stream.finish(1, 2);
    await settled();
    expect(caller.finals()).toEqual(['1 Yes.', '2 Yes.']);
    expect(thread.waiting).toBeUndefined();
    caller.speak(1, 400);
    caller.stream.finish(1, 3);
    expect(thread.waiting).toBeDefined();
  });

  it('recognises nothing in silence or steady noise, without asking the worker', async () => {
    const { call, thread } = harness();
    const caller = call();
    caller.pause(1, 2000);
    caller.stream.finish(1, 1);
    caller.stream.finish(2, 2);
    caller.speak(3, 400);
    caller.stream.finish(3, 3);
    await settled();
    expect(caller.finals()).toEqual(['1 ', '2 ', '3 ']);
    expect(thread.requests).toEqual([]);
  });

  it('tells nothing more of a dropped turn or a closed stream', () => {
    const { call, thread } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 600);
    caller.stream.drop(1);
    thread.answer('a partial');
    caller.pause(2, 240);
    caller.speak(2, 200);
    caller.stream.finish(2, 1);
    caller.stream.drop(2);
    thread.answer('a final');
    caller.pause(3, 240);
    caller.speak(3, 200);
    caller.stream.finish(3, 2);
    caller.stream.close();
    caller.stream.close();
    thread.answer('another');
    expect(caller.events).toEqual([]);
  });

  it('fails a final that the worker cannot decode', () => {
    const { call, thread } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 200);
    caller.stream.finish(1, 1);
    thread.fail('broken');
    expect(caller.events).toEqual([{ type: 'failed', turn: 1, request: 1, message: 'broken' }]);
  });

  it('spreads calls over its workers', () => {
    const { call, threads } = harness(2);
    for (let count = 0; count < 4; count += 1) {
      const caller = call();
      caller.pause(1, 240);
      caller.speak(1, 200);
      caller.stream.finish(1, 1);
    }
    for (const thread of threads) {
      thread.answer('one');
      thread.answer('two');
      expect(thread.waiting).toBeUndefined();
    }
  });

  it('refuses a language it does not know, a sample rate it cannot read, and calls after its end', async () => {
    const { pool, call } = harness();
    expect(() => pool.open({ language: 'zh', onEvent: () => undefined })).toThrow('does not understand zh');
    const frame: AudioFrame = { samples: new Int16Array(160), sampleRateHz: 8000, mediaMs: 0 };
    expect(() => {
      call().stream.write(1, frame);
    }).toThrow('16 kHz');
    await pool.close();
    expect(() => pool.open({ language: 'en', onEvent: () => undefined })).toThrow('closed');
  });

  it('closes its workers and leaves no timer behind', async () => {
    const { pool, call, threads, clock } = harness(2);
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 200);
    caller.stream.finish(1, 1);
    caller.speak(1, 200);
    caller.stream.finish(1, 2);
    await Promise.all([pool.close(), pool.close()]);
    expect(threads.map(({ closed }) => closed)).toEqual([true, true]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a recogniser worker that dies', () => {
  it('in the middle of a final has it read again by another worker, and the call goes on there', () => {
    const { call, threads, restarts } = harness(2);
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 200);
    caller.stream.finish(1, 1);
    const [first, second] = threads;
    first?.die();
    expect(restarts).toEqual(['recognizer-fake-1']);
    second?.answer('said once');
    expect(caller.finals()).toEqual(['1 said once']);
    caller.pause(2, 240);
    caller.speak(2, 200);
    caller.stream.finish(2, 2);
    second?.answer('and again');
    expect(caller.finals()).toEqual(['1 said once', '2 and again']);
  });

  it('alone reads the final after its restart', () => {
    const { call, thread, clock } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 200);
    caller.stream.finish(1, 1);
    thread.die();
    clock.advance(3000);
    expect(caller.events).toEqual([]);
    thread.start();
    thread.answer('late');
    expect(caller.finals()).toEqual(['1 late']);
  });

  it('of the same final twice fails it, and serves the next turn', () => {
    const { call, thread } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 200);
    caller.stream.finish(1, 1);
    thread.die();
    thread.start();
    thread.die();
    expect(caller.events).toMatchObject([{ type: 'failed', turn: 1, request: 1 }]);
    thread.start();
    caller.pause(2, 240);
    caller.speak(2, 200);
    caller.stream.finish(2, 2);
    thread.answer('fine');
    expect(caller.finals()).toEqual(['2 fine']);
  });

  it('and does not come back in time fails the final', () => {
    const { call, thread, clock } = harness();
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 200);
    thread.die();
    caller.stream.finish(1, 1);
    clock.advance(6000);
    expect(caller.events).toMatchObject([{ type: 'failed', turn: 1, request: 1 }]);
    expect(caller.events[0]).toMatchObject({ message: 'The recogniser gave no text within 6000 ms.' });
    thread.start();
    expect(thread.waiting).toBeUndefined();
  });
});

describe('a streaming recogniser', () => {
  it('is fed only what is new, and gives a partial text every tenth of a second', () => {
    const { call, thread } = harness(1, zipformer);
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 100);
    expect(thread.waiting).toMatchObject({ type: 'feed', final: false });
    thread.answer('wh');
    caller.speak(1, 100);
    thread.answer('where');
    caller.pause(1, 160);
    caller.stream.finish(1, 1);
    expect(thread.waiting).toMatchObject({ type: 'feed', final: true });
    thread.answer('where is it');
    const fed = thread.requests.flatMap((request) =>
      request.type === 'feed' ? [request.samples.length / 16] : [],
    );
    expect(fed.reduce((sum, ms) => sum + ms, 0)).toBe(240 + 100 + 100 + 160);
    expect(caller.events.map(({ type }) => type)).toEqual(['partial', 'partial', 'final']);
    caller.stream.drop(1);
    expect(thread.requests.at(-1)).toMatchObject({ type: 'forget' });
  });

  it('hears a turn from the beginning again when its worker has died', () => {
    const { call, threads } = harness(2, zipformer);
    const caller = call();
    caller.pause(1, 240);
    caller.speak(1, 300);
    const [first, second] = threads;
    first?.answer('where');
    first?.die();
    caller.stream.finish(1, 1);
    expect(second?.waiting?.samples.length).toBe(540 * 16);
  });
});
