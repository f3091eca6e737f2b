import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPromptCache, promptKey } from '../../../src/speak/prompt-cache.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const sampleRateHz = 8000;
const durable = { sampleRateHz, durable: true } as const;
const key = (text: string): string => promptKey(text, 'voice', 1);
const sound = (length: number, value = 7): Int16Array => new Int16Array(length).fill(value);

describe('the prompt cache', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kefu-prompts-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const open = (
    options: { maxDiskBytes?: number; maxMemoryBytes?: number } = {},
    log = createCapturedLog(),
  ) => openPromptCache({ directory, clock: new ManualClock(Date.now()), log, ...options });
  const files = (): string[] => readdirSync(directory);

  it('gives back after a restart what it kept before', async () => {
    const first = await open();
    first.put(key('Hello.'), Int16Array.from([0, 1, -32768, 32767]), durable);
    await first.close();
    const second = await open();
    expect(second.peek(key('Hello.'))).toBeUndefined();
    expect(await second.get(key('Hello.'), sampleRateHz)).toEqual(Int16Array.from([0, 1, -32768, 32767]));
    expect(second.peek(key('Hello.'))).toBeDefined();
  });

  it('has another key for another voice, another text and another way of rendering', () => {
    const keys = [
      promptKey('a', 'v', 1),
      promptKey('b', 'v', 1),
      promptKey('a', 'w', 1),
      promptKey('a', 'v', 2),
    ];
    expect(new Set(keys).size).toBe(4);
  });

  it('keeps what is not durable in memory only', async () => {
    const cache = await open();
    cache.put(key('Your order W 1.'), sound(10), { sampleRateHz, durable: false });
    await cache.flush();
    expect(cache.peek(key('Your order W 1.'))).toEqual(sound(10));
    expect(files()).toEqual([]);
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 30)],
    ['empty', () => Buffer.alloc(0)],
    ['altered in the middle', (bytes: Buffer) => Buffer.from(bytes).fill(99, 60, 61)],
    ['of another sample rate', (bytes: Buffer) => Buffer.from(bytes).fill(0, 24, 28)],
  ])('removes a file that is %s and says so once', async (_name, damage) => {
    const first = await open();
    first.put(key('Hello.'), sound(100), durable);
    await first.close();
    const path = join(directory, `${key('Hello.')}.wav`);
    writeFileSync(path, damage(readFileSync(path)));
    const log = createCapturedLog();
    const second = await open({}, log);
    expect(await second.get(key('Hello.'), sampleRateHz)).toBeUndefined();
    await second.flush();
    expect(files()).toEqual([]);
    expect(log.lines.map((line) => line.level)).toEqual(['warn']);
    second.put(key('Hello.'), sound(100), { sampleRateHz, durable: false });
    await second.close();
    expect(await (await open()).get(key('Hello.'), sampleRateHz)).toEqual(sound(100));
  });

  it('removes the files that were unused for longest when the folder is full', async () => {
    const bytesEach = 44 + 200 + 4;
    const cache = await open({ maxDiskBytes: 3 * bytesEach });
    for (const text of ['a', 'b', 'c']) cache.put(key(text), sound(100), durable);
    await cache.flush();
    const reopened = await open({ maxDiskBytes: 3 * bytesEach, maxMemoryBytes: 0 });
    await reopened.get(key('a'), sampleRateHz);
    reopened.put(key('d'), sound(100), durable);
    await reopened.flush();
    expect(files()).toContain(`${key('d')}.wav`);
    expect(files().length).toBeLessThanOrEqual(3);
    expect(files()).not.toContain(`${key('b')}.wav`);
  });

  it('forgets what was unused for longest when memory is full', async () => {
    const cache = await open({ maxMemoryBytes: 600 });
    for (const text of ['a', 'b', 'c']) cache.put(key(text), sound(100), { sampleRateHz, durable: false });
    cache.peek(key('a'));
    cache.put(key('d'), sound(100), { sampleRateHz, durable: false });
    expect(cache.peek(key('a'))).toBeDefined();
    expect(cache.peek(key('b'))).toBeUndefined();
  });

  it('goes on in memory with one line in the log when the folder cannot be written', async () => {
    const log = createCapturedLog();
    const cache = await open({}, log);
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file where the folder was');
    for (const text of ['a', 'b', 'c']) cache.put(key(text), sound(100), durable);
    await cache.flush();
    expect(cache.peek(key('a'))).toEqual(sound(100));
    expect(log.lines.map((line) => line.message)).toEqual([
      'The prompt cache cannot write to disk and goes on in memory; free space or correct the folder',
    ]);
  });

  it('writes again some minutes later, once the folder can be written', async () => {
    const log = createCapturedLog();
    const clock = new ManualClock(Date.now());
    const cache = await openPromptCache({ directory: join(directory, 'prompts'), clock, log });
    rmSync(join(directory, 'prompts'), { recursive: true });
    cache.put(key('a'), sound(100), durable);
    await cache.flush();
    const repaired = await openPromptCache({ directory: join(directory, 'prompts'), clock, log });
    await repaired.close();
    cache.put(key('b'), sound(100), durable);
    await cache.flush();
    expect(readdirSync(join(directory, 'prompts'))).toEqual([]);
    clock.advance(6 * 60_000);
    cache.put(key('c'), sound(100), durable);
    await cache.flush();
    expect(readdirSync(join(directory, 'prompts'))).toEqual([`${key('c')}.wav`]);
  });

  it('cleans up what a process that died left unfinished', async () => {
    const abandoned = join(directory, `${key('a')}.wav.1.tmp`);
    writeFileSync(abandoned, 'half');
    utimesSync(abandoned, 1, 1);
    writeFileSync(join(directory, `${key('b')}.wav.2.tmp`), 'another process writes this now');
    await open();
    expect(files()).toEqual([`${key('b')}.wav.2.tmp`]);
  });

  it('works without a folder', async () => {
    const cache = await openPromptCache({ directory: undefined, clock: new ManualClock() });
    cache.put(key('a'), sound(5), durable);
    expect(await cache.get(key('a'), sampleRateHz)).toEqual(sound(5));
    expect(await cache.get(key('b'), sampleRateHz)).toBeUndefined();
    await cache.close();
    await cache.close();
  });
});
