import { describe, expect, it } from 'vitest';
import type { Failures, FailureStore } from '../../../src/core/people.ts';
import { createLockOut, type LockOut } from '../../../src/people/lock-out.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Failures in memory, one change at a time as in the database. */
function memoryFailures(): FailureStore & { readonly known: Map<string, Failures> } {
  const known = new Map<string, Failures>();
  return {
    known,
    change(subject, change) {
      const before = known.get(subject) ?? { count: 0, lastAtEpochMs: 0 };
      known.set(subject, change(before));
      return Promise.resolve(before);
    },
    forgetBefore(epochMs) {
      for (const [subject, { lastAtEpochMs }] of known) if (lastAtEpochMs < epochMs) known.delete(subject);
      return Promise.resolve();
    },
  };
}

const minute = 60_000;
function setting() {
  const clock = new ManualClock();
  const failures = memoryFailures();
  return { clock, failures, lockOut: createLockOut(failures, { clock }) };
}
/** How long the next try has to wait, in seconds; 0 when it could be made, and then it failed. */
async function tryAndFail(
  { clock, lockOut }: { clock: ManualClock; lockOut: LockOut },
  login = 'ada',
  address = '192.0.2.7',
): Promise<number> {
  const attempt = await lockOut.attempt(login, address);
  return 'lockedUntilEpochMs' in attempt ? (attempt.lockedUntilEpochMs - clock.epochMs()) / 1000 : 0;
}

describe('a person', () => {
  it('may fail five times, then waits longer and longer, a quarter of an hour at most', async () => {
    const here = setting();
    for (let failure = 1; failure <= 5; failure += 1) {
      // From another address each time: it is the person who is guessed at.
      expect(await tryAndFail(here, 'ada', `192.0.2.${failure}`)).toBe(0);
    }
    const waits: number[] = [];
    for (let round = 1; round <= 8; round += 1) {
      const wait = await tryAndFail(here, 'ada', '198.51.100.1');
      waits.push(wait);
      here.clock.advance(wait * 1000);
      expect(await tryAndFail(here, 'ada', '198.51.100.1')).toBe(0);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it('is not made to wait longer by tries while waiting', async () => {
    const here = setting();
    for (let failure = 0; failure < 5; failure += 1) await tryAndFail(here);
    for (let more = 0; more < 100; more += 1) expect(await tryAndFail(here)).toBe(30);
    here.clock.advance(30_000);
    expect(await tryAndFail(here)).toBe(0);
  });

  it('that nobody is, is counted the same', async () => {
    const here = setting();
    for (let failure = 0; failure < 5; failure += 1) expect(await tryAndFail(here, 'nobody')).toBe(0);
    expect(await tryAndFail(here, 'nobody')).toBe(30);
    expect(await tryAndFail(here, 'ada')).toBe(0);
  });

  it('starts anew after a success, or a day later', async () => {
    const here = setting();
    for (let failure = 0; failure < 4; failure += 1) await tryAndFail(here);
    const attempt = await here.lockOut.attempt('ada', '192.0.2.7');
    if ('lockedUntilEpochMs' in attempt) throw new Error('locked');
    await attempt.succeeded();
    for (let failure = 0; failure < 5; failure += 1) expect(await tryAndFail(here)).toBe(0);
    expect(await tryAndFail(here)).toBe(30);
    here.clock.advance(24 * 60 * minute + 1);
    for (let failure = 0; failure < 5; failure += 1) expect(await tryAndFail(here)).toBe(0);
  });

  it('is as before after a try that was neither right nor wrong', async () => {
    const here = setting();
    for (let failure = 0; failure < 5; failure += 1) await tryAndFail(here);
    here.clock.advance(30_000);
    const attempt = await here.lockOut.attempt('ada', '192.0.2.7');
    if ('lockedUntilEpochMs' in attempt) throw new Error('locked');
    await attempt.withdrawn();
    expect(await tryAndFail(here)).toBe(0);
    expect(await tryAndFail(here)).toBe(60);
  });

  it('is free again once an administrator has helped', async () => {
    const here = setting();
    for (let failure = 0; failure < 5; failure += 1) await tryAndFail(here);
    await here.lockOut.forgive('ada');
    expect(await tryAndFail(here)).toBe(0);
  });
});

describe('an address', () => {
  it('waits after twenty failures, whoever it tried to be', async () => {
    const here = setting();
    for (let failure = 0; failure < 20; failure += 1)
      expect(await tryAndFail(here, `person ${failure}`)).toBe(0);
    expect(await tryAndFail(here, 'ada')).toBe(60);
    expect(await tryAndFail(here, 'ada', '198.51.100.1')).toBe(0);
  });

  it('is not cleared by a success of its own among its failures', async () => {
    const here = setting();
    for (let failure = 0; failure < 19; failure += 1) await tryAndFail(here, `person ${failure}`);
    const attempt = await here.lockOut.attempt('own', '192.0.2.7');
    if ('lockedUntilEpochMs' in attempt) throw new Error('locked');
    await attempt.succeeded();
    expect(await tryAndFail(here, 'person 20')).toBe(0);
    expect(await tryAndFail(here, 'person 21')).toBe(60);
  });
});

describe('what is kept', () => {
  it('holds no name, and is forgotten after a day', async () => {
    const here = setting();
    await tryAndFail(here, 'my secret password');
    expect([...here.failures.known.keys()].join(' ')).not.toContain('secret');
    here.clock.advance(25 * 60 * minute);
    await tryAndFail(here, 'ada', '198.51.100.1');
    expect(here.failures.known.size).toBe(2);
  });
});
