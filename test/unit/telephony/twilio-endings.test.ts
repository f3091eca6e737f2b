import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitEndings } from '../../../src/telephony/twilio/awaited-endings.ts';
import {
  createFileEndings,
  createMemoryEndings,
  type PlannedEndings,
} from '../../../src/telephony/twilio/endings.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kefu-endings-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe.each<[string, () => PlannedEndings]>([
  ['in memory', () => createMemoryEndings(new ManualClock())],
  ['as files', () => createFileEndings(join(directory, 'made', 'when needed'), new ManualClock())],
])('planned endings %s', (_name, create) => {
  it('are given once, to the call they were made for', async () => {
    const endings = create();
    await endings.record('CA1', { type: 'transfer', target: '+15557654321' });
    await endings.record('CA2', { type: 'rejected', reason: 'overloaded' });
    expect(await endings.take('CA1')).toEqual({ type: 'transfer', target: '+15557654321' });
    expect(await endings.take('CA1')).toBeUndefined();
    expect(await endings.take('CA2')).toEqual({ type: 'rejected', reason: 'overloaded' });
    expect(await endings.take('CA3')).toBeUndefined();
  });

  it('are given to one of two that ask at once', async () => {
    const endings = create();
    await endings.record('CA1', { type: 'hangup' });
    const both = await Promise.all([endings.take('CA1'), endings.take('CA1')]);
    expect(both.filter((ending) => ending !== undefined)).toEqual([{ type: 'hangup' }]);
  });

  it('keep the last decision', async () => {
    const endings = create();
    await endings.record('CA1', { type: 'transfer', target: '+15557654321' });
    await endings.record('CA1', { type: 'hangup' });
    expect(await endings.take('CA1')).toEqual({ type: 'hangup' });
  });
});

describe('planned endings', () => {
  it('in memory are forgotten after an hour without a question', async () => {
    const clock = new ManualClock();
    const endings = createMemoryEndings(clock);
    await endings.record('CA1', { type: 'hangup' });
    clock.advance(3_600_001);
    await endings.record('CA2', { type: 'hangup' });
    expect(await endings.take('CA1')).toBeUndefined();
    expect(await endings.take('CA2')).toEqual({ type: 'hangup' });
  });

  it('as files are removed after an hour without a question', async () => {
    const clock = new ManualClock(Date.now());
    const endings = createFileEndings(directory, clock);
    await endings.record('CA1', { type: 'hangup' });
    const anHourAgo = new Date(Date.now() - 3_700_000);
    await utimes(join(directory, 'CA1.json'), anHourAgo, anHourAgo);
    await endings.record('CA2', { type: 'hangup' });
    expect(await readdir(directory)).toEqual(['CA2.json']);
  });

  it('as files survive the process that made them', async () => {
    await createFileEndings(directory, new ManualClock()).record('CA1', { type: 'hangup' });
    expect(await createFileEndings(directory, new ManualClock()).take('CA1')).toEqual({ type: 'hangup' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('as files never leave their folder', async () => {
    const endings = createFileEndings(directory, new ManualClock());
    await expect(endings.record('../CA1', { type: 'hangup' })).rejects.toThrow(RangeError);
    await expect(endings.take('../CA1')).rejects.toThrow(RangeError);
  });
});

describe('awaited endings', () => {
  /** Tells whether the endings count as asked for at this moment. */
  async function isSettled(settled: Promise<void>): Promise<boolean> {
    return Promise.race([
      settled.then(() => true),
      new Promise<false>((resolve) => setImmediate(resolve, false)),
    ]);
  }

  it('wait for nobody when nothing was decided', async () => {
    const clock = new ManualClock();
    expect(await isSettled(awaitEndings(createMemoryEndings(clock), clock).asked())).toBe(true);
  });

  it('are waited for until the carrier has asked for the last of them', async () => {
    const clock = new ManualClock();
    const endings = awaitEndings(createMemoryEndings(clock), clock);
    await endings.record('CA1', { type: 'hangup' });
    await endings.record('CA2', { type: 'hangup' });
    const asked = endings.asked();
    expect(await endings.take('CA1')).toEqual({ type: 'hangup' });
    expect(await isSettled(asked)).toBe(false);
    expect(await endings.take('CA2')).toEqual({ type: 'hangup' });
    expect(await isSettled(asked)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are not waited for longer than carriers take, and are kept all the same', async () => {
    const clock = new ManualClock();
    const endings = awaitEndings(createMemoryEndings(clock), clock);
    await endings.record('CA1', { type: 'hangup' });
    const asked = endings.asked();
    clock.advance(1_999);
    expect(await isSettled(asked)).toBe(false);
    clock.advance(1);
    expect(await isSettled(asked)).toBe(true);
    expect(await endings.take('CA1')).toEqual({ type: 'hangup' });
  });
});
