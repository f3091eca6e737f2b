import { describe, expect, it } from 'vitest';
import { StrainGauge } from '../../../src/app/strain.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function gauge() {
  const clock = new ManualClock();
  return { clock, gauge: new StrainGauge(clock) };
}

describe('the strain of a machine', () => {
  it('is seen when timers are late for two seconds in a row, and is over 5 s after the last of them', () => {
    const { clock, gauge: watched } = gauge();
    watched.noteLateness(200);
    expect(watched.strain).toBeUndefined();
    watched.noteLateness(41);
    expect(watched.strain).toBe('event-loop');
    clock.advance(4_999);
    expect(watched.strain).toBe('event-loop');
    clock.advance(1);
    expect(watched.strain).toBeUndefined();
  });

  it('is not seen in single late seconds', () => {
    const { gauge: watched } = gauge();
    for (let second = 0; second < 10; second += 1) watched.noteLateness(second % 2 === 0 ? 300 : 2);
    expect(watched.strain).toBeUndefined();
  });

  it('is seen when callers wait for a recogniser, on average over the last 10 s', () => {
    const { clock, gauge: watched } = gauge();
    watched.noteWait(900);
    watched.noteWait(900);
    // Two turns that met at one worker are no queue.
    expect(watched.strain).toBeUndefined();
    watched.noteWait(200);
    expect(watched.strain).toBe('recognizer');
    clock.advance(10_000);
    expect(watched.strain).toBeUndefined();
    for (let turn = 0; turn < 20; turn += 1) watched.noteWait(250);
    expect(watched.strain).toBeUndefined();
  });
});
