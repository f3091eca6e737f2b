import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KefuError } from '../../../src/core/errors.ts';
import type { RecordingStore } from '../../../src/core/store.ts';
import { parseWav } from '../../../src/media/wav.ts';
import { createRecordingStore } from '../../../src/store/recordings.ts';
import { createCapturedLog } from '../../support/captured-log.ts';

const rateHz = 8000;

describe('recordings', () => {
  let folder: string;
  let store: RecordingStore;
  let failures: KefuError[];
  const log = createCapturedLog();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kefu-recordings-'));
    failures = [];
    store = createRecordingStore({
      directory: join(folder, 'recordings'),
      log,
      onFailure: (_, error) => failures.push(error),
    });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const sound = (ms: number, value: number): Int16Array => new Int16Array((ms * rateHz) / 1000).fill(value);

  /** The two sides of a file, after checking that its header is right. */
  async function sidesOf(callId: string): Promise<{ caller: number[]; kefu: number[]; dataBytes: number }> {
    const path = await store.path(callId);
    const file = readFileSync(path ?? 'missing');
    const dataBytes = file.readUInt32LE(40);
    expect(file.readUInt32LE(4)).toBe(dataBytes + 36);
    expect(dataBytes % 4).toBe(0);
    expect(file.length).toBeGreaterThanOrEqual(44 + dataBytes);
    expect(parseWav(file)).toMatchObject({ channels: 2, sampleRateHz: rateHz });
    const sides = { caller: [] as number[], kefu: [] as number[], dataBytes };
    for (let offset = 44; offset < 44 + dataBytes; offset += 4) {
      sides.caller.push(file.readInt16LE(offset));
      sides.kefu.push(file.readInt16LE(offset + 2));
    }
    return sides;
  }

  it('have the caller left and Kefu right, each at its time, with silence where nobody speaks', async () => {
    const writer = store.open('call_a', rateHz);
    for (let atMs = 0; atMs < 10_000; atMs += 20) {
      writer.write('caller', atMs, sound(20, 100));
      if (atMs >= 4_000 && atMs < 5_000) writer.write('kefu', atMs, sound(20, 200));
    }
    await writer.close();
    await writer.close();
    const { caller, kefu } = await sidesOf('call_a');
    expect(caller).toEqual(new Array(80_000).fill(100));
    expect(kefu).toEqual(
      Array.from({ length: 80_000 }, (_, index) => (index >= 32_000 && index < 40_000 ? 200 : 0)),
    );
    expect(failures).toEqual([]);
  });

  it('can be read while the call goes on', async () => {
    const writer = store.open('call_a', rateHz);
    expect(await store.path('call_a')).toBeUndefined();
    for (let atMs = 0; atMs < 10_000; atMs += 20) writer.write('caller', atMs, sound(20, 7));
    await expect.poll(() => store.path('call_a')).toBeDefined();
    await expect
      .poll(async () => (await sidesOf('call_a')).caller.length, { timeout: 10_000 })
      .toBeGreaterThan(40_000);
    await writer.close();
    expect((await sidesOf('call_a')).caller).toHaveLength(80_000);
  });

  it('of calls without sound do not exist', async () => {
    await store.open('call_a', rateHz).close();
    expect(await store.path('call_a')).toBeUndefined();
    expect(await store.path('call_b')).toBeUndefined();
    expect(await store.path('../../etc/passwd')).toBeUndefined();
  });

  it('go on in the same file when the call comes back on another stream', async () => {
    for (const value of [1, 2]) {
      const writer = store.open('call_a', rateHz);
      writer.write('caller', 0, sound(500, value));
      await writer.close();
    }
    const { caller } = await sidesOf('call_a');
    expect(caller).toEqual([...new Array<number>(4000).fill(1), ...new Array<number>(4000).fill(2)]);
  });

  it('are whole again after a death of the process cut them off anywhere', async () => {
    const writer = store.open('call_a', rateHz);
    writer.write('kefu', 0, sound(1000, 5));
    await writer.close();
    const path = (await store.path('call_a')) ?? '';
    truncateSync(path, 44 + 1001);
    expect((await sidesOf('call_a')).dataBytes).toBe(1000);
    truncateSync(path, 30);
    expect(await store.path('call_a')).toBeUndefined();
    const again = store.open('call_a', rateHz);
    again.write('caller', 0, sound(20, 1));
    await again.close();
    expect((await sidesOf('call_a')).caller).toHaveLength(160);
  });

  it('survive kill -9 with all but the last seconds', async () => {
    const script = `
      import { createRecordingStore } from ${JSON.stringify(join(import.meta.dirname, '../../../src/store/recordings.ts'))};
      const log = { debug() {}, info() {}, warn() {}, error: console.error, child: () => log };
      const writer = createRecordingStore({ directory: ${JSON.stringify(join(folder, 'recordings'))}, log }).open('call_a', ${rateHz});
      for (let atMs = 0; ; atMs += 20) {
        writer.write('caller', atMs, new Int16Array(160).fill(9));
        if (atMs % 1000 === 0) { console.log(atMs); await new Promise((resolve) => setTimeout(resolve, 20)); }
      }`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let writtenMs = 0;
    child.stdout.on('data', (text: Buffer) => {
      writtenMs = Number(text.toString().trim().split('\n').at(-1));
    });
    await expect.poll(() => writtenMs, { timeout: 60_000 }).toBeGreaterThan(20_000);
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
    const { caller } = await sidesOf('call_a');
    expect(caller.length).toBeGreaterThan((20_000 - 5_000) * 8);
    expect(new Set(caller)).toEqual(new Set([9]));
  });

  it('that the disk does not take are given up once, loudly, and without a throw', async () => {
    writeFileSync(join(folder, 'recordings'), 'a file where the folder should be');
    const writer = store.open('call_a', rateHz);
    for (let atMs = 0; atMs < 60_000; atMs += 20) writer.write('caller', atMs, sound(20, 1));
    await writer.close();
    for (let atMs = 0; atMs < 1000; atMs += 20) writer.write('caller', atMs, sound(20, 1));
    expect(failures.map(({ code }) => code)).toEqual(['store_unavailable']);
    expect(log.find('a recording could not be kept').at(-1)?.fields).toMatchObject({ callId: 'call_a' });
  });

  it('are refused to a second writer, and under a name that is no file name', async () => {
    const writer = store.open('call_a', rateHz);
    const second = store.open('call_a', rateHz);
    const evil = store.open('../call', rateHz);
    second.write('caller', 0, sound(20, 2));
    evil.write('caller', 0, sound(20, 2));
    writer.write('caller', 0, sound(20, 1));
    await Promise.all([writer.close(), second.close(), evil.close()]);
    expect((await sidesOf('call_a')).caller).toEqual(new Array(160).fill(1));
    expect(failures).toHaveLength(2);
  });

  it('do not go on at another rate', async () => {
    const first = store.open('call_a', rateHz);
    first.write('caller', 0, sound(20, 1));
    await first.close();
    const second = store.open('call_a', 16_000);
    second.write('caller', 0, sound(20, 2));
    await second.close();
    expect(failures.map(({ message }) => message).join()).toContain('8000 Hz');
    expect((await sidesOf('call_a')).caller).toEqual(new Array(160).fill(1));
  });

  it('ignore samples of a broken clock', async () => {
    const writer = store.open('call_a', rateHz);
    writer.write('caller', 0, sound(20, 1));
    for (const atMs of [Number.NaN, Infinity, -1e12, 1e12]) writer.write('kefu', atMs, sound(20, 2));
    writer.write('caller', 20, sound(20, 1));
    await delay(0);
    await writer.close();
    const { caller, kefu } = await sidesOf('call_a');
    expect(caller).toEqual(new Array(320).fill(1));
    expect(kefu).toEqual(new Array(320).fill(0));
  });
});
