import { describe, expect, it } from 'vitest';
import { createMixer } from '../../../src/media/mixer.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const block = (value: number, length = 320) => new Int16Array(length).fill(value);

function mixerOf() {
  const clock = new ManualClock();
  const heard: Int16Array[] = [];
  const mixer = createMixer({ rateHz: 16_000, clock, onSamples: (samples) => heard.push(samples) });
  return { clock, heard, mixer };
}

describe('a mixer', () => {
  it('passes a single voice on at once, as it came', () => {
    const { heard, mixer } = mixerOf();
    const samples = block(7);
    mixer.input().write(samples);
    expect(heard).toEqual([samples]);
  });

  it('adds voices up, in the blocks of the one that was there first', () => {
    const { heard, mixer } = mixerOf();
    const [first, second] = [mixer.input(), mixer.input()];
    first.write(block(100));
    second.write(block(20));
    first.write(block(100));
    expect(heard.map(([sample]) => sample)).toEqual([100, 120]);
  });

  it('never wraps around', () => {
    const { heard, mixer } = mixerOf();
    const [first, second] = [mixer.input(), mixer.input()];
    first.write(block(30_000));
    second.write(block(30_000));
    first.write(block(30_000));
    expect(heard.at(-1)?.[0]).toBe(32_767);
  });

  it('waits for nobody who has gone silent', () => {
    const { clock, heard, mixer } = mixerOf();
    const [first, second] = [mixer.input(), mixer.input()];
    first.write(block(100));
    clock.advance(150);
    second.write(block(20));
    expect(heard.map(([sample]) => sample)).toEqual([100, 20]);
  });

  it('keeps at most 60 ms of a voice that runs ahead', () => {
    const { heard, mixer } = mixerOf();
    const [first, second] = [mixer.input(), mixer.input()];
    first.write(block(0));
    for (let value = 1; value <= 10; value += 1) second.write(block(value));
    for (let count = 0; count < 4; count += 1) first.write(block(0));
    expect(heard.slice(1).map(([sample]) => sample)).toEqual([8, 9, 10, 0]);
  });

  it('hears nothing of a voice that was removed', () => {
    const { heard, mixer } = mixerOf();
    const voice = mixer.input();
    voice.remove();
    voice.write(block(5));
    expect(heard).toEqual([]);
  });
});
