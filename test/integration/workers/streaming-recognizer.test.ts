import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecognitionEvent } from '../../../src/core/recognition.ts';
import { createRecognizerPool, type RecognizerPool } from '../../../src/workers/recognizer.ts';
import type { RecognizerFiles } from '../../../src/workers/recognizer-model.ts';
import { joined, noise } from '../../support/caller-voice.ts';
import { writeTinyParaformer, writeTinyTransducer } from '../../support/tiny-recognizers.ts';

const folders: string[] = [];
const pools: RecognizerPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function start(write: (folder: string) => Promise<RecognizerFiles>): Promise<RecognizerPool> {
  const folder = await mkdtemp(join(tmpdir(), 'kefu-tiny-'));
  folders.push(folder);
  const pool = createRecognizerPool({
    model: { id: 'tiny', languages: ['en', 'zh'], files: await write(folder) },
    threads: 1,
  });
  pools.push(pool);
  await pool.ready;
  return pool;
}

describe.each([
  ['transducer', writeTinyTransducer, true],
  ['paraformer', writeTinyParaformer, false],
] as const)('a streaming %s', (_family, write, hasConfidence) => {
  it('tells texts while audio comes, goes on after a final, and starts every turn anew', async () => {
    const pool = await start(write);
    const events: RecognitionEvent[] = [];
    let wake: () => void = () => undefined;
    const stream = pool.open({
      language: 'zh',
      onEvent: (event) => {
        events.push(event);
        wake();
      },
    });
    const speak = async (turn: number, clip: Int16Array): Promise<void> => {
      for (let at = 0; at < clip.length; at += 320) {
        stream.write(turn, { samples: clip.subarray(at, at + 320), sampleRateHz: 16_000, mediaMs: at / 16 });
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    const final = async (
      turn: number,
      request: number,
    ): Promise<Extract<RecognitionEvent, { type: 'final' }>> => {
      stream.finish(turn, request);
      for (;;) {
        const answer = events.find((event) => event.type === 'final' && event.request === request);
        if (answer?.type === 'final') return answer;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const count = (text: string): number => text.split(/\s+/).filter((word) => word === 'sound').length;

    await speak(1, joined(240, noise(1200, -20), 200));
    const first = await final(1, 1);
    expect(events[0]?.type).toBe('partial');
    expect(count(first.text)).toBeGreaterThan(2);
    await speak(1, joined(noise(1200, -20), 200));
    const second = await final(1, 2);
    expect(count(second.text)).toBeGreaterThan(count(first.text) + 2);
    if (hasConfidence) {
      expect(first.confidence).toBeGreaterThan(0.5);
      expect(first.confidence).toBeLessThanOrEqual(1);
    } else {
      expect(first.confidence).toBeUndefined();
    }
    stream.drop(1);

    await speak(2, joined(240, noise(400, -20), 200));
    const other = await final(2, 3);
    expect(count(other.text)).toBeGreaterThan(0);
    expect(count(other.text)).toBeLessThan(count(first.text));
    stream.close();
  });
});
