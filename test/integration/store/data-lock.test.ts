import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeDataLock } from '../../../src/store/data-lock.ts';

describe('the lock of a data folder', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kefu-lock-'));
    path = join(folder, 'database.lock');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Changes who the lock file says holds it. */
  function forge(change: Record<string, unknown>): void {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...owner, token: 'another', ...change }));
  }

  it('is given to one of many who want it, and to the next after its release', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => takeDataLock(path)));
    const locks = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(locks).toHaveLength(1);
    locks[0]?.release();
    locks[0]?.release();
    const next = await takeDataLock(path);
    // Releasing the old one again must not take the new one away.
    locks[0]?.release();
    expect(existsSync(path)).toBe(true);
    next.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a dead process is taken over at once', async () => {
    await takeDataLock(path);
    // The highest process number of Linux is 2^22.
    forge({ pid: 2 ** 22 + 1 });
    const lock = await takeDataLock(path);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a dead process whose number another one has by now is taken over', async () => {
    await takeDataLock(path);
    forge({ pid: 1, startedAt: 'before the machine started' });
    (await takeDataLock(path)).release();
  });

  it('that is no lock but rubbish is taken over', async () => {
    for (const rubbish of ['', 'half a fi', '{"pid":"x"}']) {
      writeFileSync(path, rubbish);
      (await takeDataLock(path)).release();
    }
  });

  it('of a living process is left alone', async () => {
    const lock = await takeDataLock(path);
    forge({});
    await expect(takeDataLock(path)).rejects.toMatchObject({ code: 'store_locked' });
    lock.release();
  });

  it('of another machine is left alone while it is renewed, and taken over when it is not', async () => {
    await takeDataLock(path);
    forge({ host: `not-${hostname()}` });
    const renewal = setInterval(() => {
      const now = new Date();
      utimesSync(path, now, now);
    }, 100);
    await expect(takeDataLock(path, undefined, 2_000)).rejects.toThrow(/in use by process \d+ on not-/);
    clearInterval(renewal);
    (await takeDataLock(path, undefined, 1_000)).release();
  });
});
