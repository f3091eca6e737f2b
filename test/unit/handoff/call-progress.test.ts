import { describe, expect, it } from 'vitest';
import { repeatTone } from '../../../src/handoff/call-progress.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Three packets of 20 ms, told apart by their samples. */
const tone = Int16Array.from({ length: 960 }, (_, index) => Math.floor(index / 320));

function playing() {
  const clock = new ManualClock();
  const heard: (number | undefined)[] = [];
  let isWanted = true;
  let isOver = false;
  const over = repeatTone(tone, {
    clock,
    hear: (samples) => {
      expect(samples).toHaveLength(320);
      heard.push(samples[0]);
    },
    isWanted: () => isWanted,
  });
  void over.then(() => (isOver = true));
  return { clock, heard, over, isOver: () => isOver, stop: () => (isWanted = false) };
}

describe('a tone that is repeated', () => {
  it('goes on packet by packet from its end to its beginning, until it is wanted no more', async () => {
    const { clock, heard, over, isOver, stop } = playing();
    clock.advance(100);
    expect(heard).toEqual([0, 1, 2, 0, 1, 2]);
    expect(isOver()).toBe(false);
    stop();
    clock.advance(20);
    await over;
    expect([heard.length, clock.pendingTimers]).toEqual([6, 0]);
  });

  it('makes up for a short delay, and leaves out what a long one has cost', () => {
    const { clock, heard } = playing();
    clock.stall(60);
    clock.advance(0);
    expect(heard).toHaveLength(4);
    clock.stall(5_000);
    clock.advance(0);
    expect(heard).toHaveLength(5);
  });
});
