import { describe, expect, it } from 'vitest';
import { JitterBuffer, type JitterStats } from '../../../src/web/audio/jitter.ts';
import { seededRandom } from '../../support/random.ts';

const rateHz = 16_000;
const packetSamples = 320;
const blockSamples = 128;
const blockMs = 8;

/** A tone of 400 Hz that goes on from packet to packet. */
function tonePacket(number: number): Int16Array {
  return Int16Array.from({ length: packetSamples }, (_, index) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * 400 * (number * packetSamples + index)) / rateHz)),
  );
}

/** Plays packets that arrive at the given times, in ms; returns the levels while it played and all that was heard. */
function play(
  arrivalsMs: readonly number[],
  untilMs: number,
): { levelsMs: number[]; heard: number[]; stats: JitterStats } {
  const buffer = new JitterBuffer(rateHz);
  const output = new Float32Array(blockSamples);
  const levelsMs: number[] = [];
  const heard: number[] = [];
  let next = 0;
  for (let nowMs = 0; nowMs < untilMs; nowMs += blockMs) {
    for (; next < arrivalsMs.length && (arrivalsMs[next] ?? 0) <= nowMs; next += 1)
      buffer.push(tonePacket(next));
    if (buffer.pull(output) > 0) levelsMs.push(buffer.stats.levelMs);
    heard.push(...output);
  }
  return { levelsMs, heard, stats: buffer.stats };
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? NaN;
}

const steady = (count: number, everyMs = 20) => Array.from({ length: count }, (_, index) => index * everyMs);
/** Packets over TCP: each late by its own time, but never before the one ahead of it. */
function late(count: number, latenessMs: () => number): number[] {
  let before = 0;
  return steady(count).map((sentMs) => (before = Math.max(before, sentMs + latenessMs())));
}

describe('the jitter buffer', () => {
  it('plays a steady stream whole, 40 ms later at the most', () => {
    const { levelsMs, heard, stats } = play(steady(500), 10_000);
    expect(stats).toMatchObject({ underruns: 0, trimmedMs: 0, targetMs: 40 });
    expect(Math.max(...levelsMs)).toBeLessThanOrEqual(40);
    const from = heard.findIndex((sample) => sample !== 0);
    const expected = Array.from(tonePacket(0), (sample) => sample / 32_768);
    expect(heard.slice(from - 1, from - 1 + packetSamples)).toEqual(expected.map(Math.fround));
  });

  it('adds at most 80 ms in 95 of 100 moments of an uneven stream, and is rarely dry', () => {
    const random = seededRandom(7);
    const arrivals = late(6_000, () => random.exponential(8));
    const { levelsMs, stats } = play(arrivals, 120_000);
    expect(percentile(levelsMs, 0.5)).toBeLessThanOrEqual(60);
    expect(percentile(levelsMs, 0.95)).toBeLessThanOrEqual(80);
    expect(stats.underruns).toBeLessThan(60);
  });

  it('catches up after the line stood still for 300 ms, without a jump in the sound', () => {
    const arrivals = steady(500).map((atMs) => (atMs > 2_000 && atMs < 2_300 ? 2_300 : atMs));
    const { levelsMs, heard, stats } = play(arrivals, 10_000);
    expect(stats.underruns).toBe(1);
    // What had piled up is shortened, not dropped, and two seconds later all is as before.
    expect(stats.trimmedMs).toBeGreaterThan(150);
    expect(Math.max(...levelsMs.slice(-500))).toBeLessThanOrEqual(80);
    const steps = heard.map((sample, index) => Math.abs(sample - (heard[index - 1] ?? 0)));
    // A tone of this height and loudness moves by 0.048 from sample to sample; a cut at a wrong place would jump by up to 0.6.
    const afterStall = steps.slice(Math.round(2.4 * rateHz));
    expect(Math.max(...afterStall)).toBeLessThan(0.1);
  });

  it('drops what is half a second old', () => {
    const arrivals = [...steady(50), ...Array.from({ length: 100 }, () => 1_000)];
    const { stats } = play(arrivals, 1_008);
    expect(stats.levelMs).toBeLessThanOrEqual(500);
    expect(stats.trimmedMs).toBeGreaterThan(1_400);
  });

  it('takes a pause of the sender for no fault of the line', () => {
    const arrivals = [...steady(50), ...steady(50).map((atMs) => atMs + 5_000)];
    expect(play(arrivals, 7_000).stats).toMatchObject({ underruns: 0, targetMs: 40 });
  });

  it('keeps up with a sender whose clock is fast or slow', () => {
    for (const everyMs of [19.96, 20.04]) {
      const { levelsMs, stats } = play(steady(6_000, everyMs), 119_000);
      expect(percentile(levelsMs, 0.95)).toBeLessThanOrEqual(80);
      expect(stats.underruns).toBeLessThan(10);
    }
  });

  it('is silent at once when cleared', () => {
    const buffer = new JitterBuffer(rateHz);
    for (let number = 0; number < 5; number += 1) buffer.push(tonePacket(number));
    const output = new Float32Array(blockSamples);
    expect(buffer.pull(output)).toBeGreaterThan(0);
    buffer.clear();
    expect(buffer.pull(output)).toBe(0);
    expect(buffer.stats.levelMs).toBe(0);
  });
});
