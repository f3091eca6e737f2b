import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AsyncQueue } from '../../../src/core/queue.ts';
import type { RecognitionEvent, RecognitionStream } from '../../../src/core/recognition.ts';
import { createRecognizerPool, type RecognizerPool } from '../../../src/workers/recognizer.ts';
import type { RecognizerModel } from '../../../src/workers/recognizer-model.ts';
import { startThread } from '../../../src/workers/thread.ts';
import { createCallerVoice, joined, noise, type CallerVoice } from '../../support/caller-voice.ts';
import { testModelStore } from '../../support/models.ts';
import type { MortalData } from '../../support/mortal-recognizer-thread.ts';

let caller: CallerVoice;
const pools: RecognizerPool[] = [];

function model(): RecognizerModel {
  const folder = testModelStore().path('moonshine-tiny-en');
  return {
    id: 'moonshine-tiny-en',
    languages: ['en'],
    files: {
      family: 'moonshine',
      encoder: join(folder, 'encoder_model.ort'),
      mergedDecoder: join(folder, 'decoder_model_merged.ort'),
      tokens: join(folder, 'tokens.txt'),
    },
  };
}

beforeAll(() => {
  caller = createCallerVoice();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

async function start(threads = 1): Promise<RecognizerPool> {
  const pool = createRecognizerPool({ model: model(), threads });
  pools.push(pool);
  await pool.ready;
  return pool;
}

/** A pool whose workers die of their first `deaths` requests. */
async function startMortal(
  threads: number,
  deaths: number,
  onRestart: (worker: string) => void = () => undefined,
): Promise<RecognizerPool> {
  const data: MortalData = { ...model().files, deaths: new Int32Array(new SharedArrayBuffer(4)) };
  const pool = createRecognizerPool({
    model: model(),
    threads,
    onRestart,
    // Loading a model again takes longer on a busy machine than a caller would wait.
    finalLimitMs: 60_000,
    startThread: (options) =>
      startThread({
        ...options,
        entry: new URL('../../support/mortal-recognizer-thread.ts', import.meta.url),
        data,
      }),
  });
  pools.push(pool);
  await pool.ready;
  Atomics.store(data.deaths, 0, deaths);
  return pool;
}

interface Call {
  readonly stream: RecognitionStream;
  readonly events: RecognitionEvent[];
  /** Waits for the answer to `request`. */
  readonly answer: (request: number) => Promise<RecognitionEvent>;
}

function open(pool: RecognizerPool): Call {
  const events: RecognitionEvent[] = [];
  const queue = new AsyncQueue<RecognitionEvent>();
  const reader = queue[Symbol.asyncIterator]();
  const stream = pool.open({
    language: 'en',
    onEvent: (event) => {
      events.push(event);
      if (event.type !== 'partial') queue.push(event);
    },
  });
  const answer = async (request: number): Promise<RecognitionEvent> => {
    for (;;) {
      const next = await reader.next();
      if (next.done === true) throw new Error('the stream ended');
      if (next.value.type !== 'partial' && next.value.request === request) return next.value;
    }
  };
  return { stream, events, answer };
}

function write(stream: RecognitionStream, turn: number, clip: Int16Array): void {
  for (let at = 0; at < clip.length; at += 320) {
    stream.write(turn, { samples: clip.subarray(at, at + 320), sampleRateHz: 16_000, mediaMs: at / 16 });
  }
}

async function textOf(call: Call, turn: number, clip: Int16Array): Promise<string> {
  write(call.stream, turn, clip);
  call.stream.finish(turn, turn);
  const event = await call.answer(turn);
  call.stream.drop(turn);
  return event.type === 'final' ? event.text : event.type;
}

const words = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();

describe('recognition with Moonshine', () => {
  it('reads sentences and single words over a telephone line', async () => {
    const call = open(await start());
    const sentences = [
      'What is the status of my order?',
      'Can you help me with something?',
      'Yes.',
      'No, thank you.',
    ];
    for (const [index, sentence] of sentences.entries()) {
      const text = await textOf(call, index + 1, joined(240, caller.say(sentence), 160));
      expect(words(text)).toBe(words(sentence));
    }
  });

  it('tells partial texts while the caller speaks, and the final after them', async () => {
    const call = open(await start());
    const clip = joined(240, caller.say('I would like to know where my order is, please.'), 160);
    for (let at = 0; at < clip.length; at += 320) {
      call.stream.write(1, { samples: clip.subarray(at, at + 320), sampleRateHz: 16_000, mediaMs: at / 16 });
      // Lets the worker's answers come in between, faster than real time.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    call.stream.finish(1, 1);
    await call.answer(1);
    const types = call.events.map(({ type }) => type);
    expect(types[0]).toBe('partial');
    expect(types.indexOf('final')).toBe(types.length - 1);
  });

  it('reads a turn that is longer than the model takes at once, and loses no part of it', async () => {
    const call = open(await start());
    const parts = [
      'I bought a jacket two weeks ago.',
      'The boots arrived last Friday.',
      'Where is the jacket?',
    ];
    const clips = parts.map((part) => caller.say(part, 0.7));
    const clip = joined(
      240,
      ...clips.flatMap((part) => [part, 400]),
      ...clips.flatMap((part) => [part, 400]),
    );
    expect(clip.length / 16_000).toBeGreaterThan(10);
    const text = words(await textOf(call, 1, clip));
    expect(text.match(/jacket/g)).toHaveLength(4);
    expect(text.match(/boots/g)).toHaveLength(2);
  });

  it('recognises nothing in silence, hiss and clicks', async () => {
    const call = open(await start());
    const sounds = [
      new Int16Array(16_000),
      noise(1500, -55),
      noise(1500, -30),
      joined(300, noise(5, -20), 300),
    ];
    for (const [index, sound] of sounds.entries()) {
      expect(await textOf(call, index + 1, sound)).toBe('');
    }
  });

  it('survives the death of its worker with a request: the final comes, and the call goes on', async () => {
    const restarts: string[] = [];
    const pool = await startMortal(1, 1, (worker) => restarts.push(worker));
    const call = open(pool);
    const text = await textOf(call, 1, joined(240, caller.say('What is the status of my order?'), 160));
    expect(words(text)).toBe('what is the status of my order');
    expect(restarts).toEqual(['recognizer-moonshine-tiny-en-1']);
    expect(words(await textOf(call, 2, joined(240, caller.say('Yes.'), 160)))).toBe('yes');
  });

  it('goes on at the other worker when one dies', async () => {
    const pool = await startMortal(2, 1);
    const calls = [open(pool), open(pool)];
    const clip = joined(240, caller.say('Yes.'), 160);
    const texts = await Promise.all(calls.map((call) => textOf(call, 1, clip)));
    expect(texts.map(words)).toEqual(['yes', 'yes']);
  });

  it('fails a final that kills two workers, and reads the next turn', async () => {
    const call = open(await startMortal(1, 2));
    const clip = joined(240, caller.say('Yes.'), 160);
    // The partial text that is due before the final would take one of the deaths.
    write(call.stream, 1, clip.subarray(0, 400 * 16));
    call.stream.finish(1, 1);
    expect((await call.answer(1)).type).toBe('failed');
    call.stream.drop(1);
    expect(words(await textOf(call, 2, clip))).toBe('yes');
  });

  it('closes in the middle of a decode', async () => {
    const pool = await start();
    const call = open(pool);
    write(call.stream, 1, joined(240, caller.say('What is the status of my order?'), 160));
    call.stream.finish(1, 1);
    await pool.close();
    expect(call.events.filter(({ type }) => type === 'final')).toEqual([]);
  });

  it('closes while its workers still load their models', async () => {
    const pool = createRecognizerPool({ model: model(), threads: 2 });
    await pool.close();
    await expect(pool.ready).rejects.toMatchObject({ code: 'aborted' });
  });

  it('fails to start, with the reason, when the files are missing', async () => {
    const files = {
      family: 'moonshine',
      encoder: '/none.ort',
      mergedDecoder: '/none.ort',
      tokens: '/none.txt',
    } as const;
    const pool = createRecognizerPool({ model: { ...model(), files }, threads: 1 });
    pools.push(pool);
    await expect(pool.ready).rejects.toMatchObject({ code: 'worker_failed' });
  });
});
