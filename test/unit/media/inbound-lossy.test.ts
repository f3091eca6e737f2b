import { describe, expect, it } from 'vitest';
import type { AudioFrame } from '../../../src/core/audio.ts';
import { createInbound } from '../../../src/media/inbound.ts';
import { encodeL16 } from '../../../src/media/l16.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seededRandom } from '../../support/random.ts';

const rateHz = 16_000;
const noSound = new Uint8Array(0);

/** Loud samples that tell where they belong. */
const soundAt = (fromMs: number, ms: number): Int16Array =>
  Int16Array.from({ length: ms * 16 }, (_, index) => 5000 + ((fromMs * 16 + index) % 20_000));

function lossyLine() {
  const clock = new ManualClock();
  const frames: AudioFrame[] = [];
  const inbound = createInbound({
    ...{
      format: { codec: 'l16', sampleRateHz: rateHz, packetMs: 20, lossy: true },
      outputRateHz: rateHz,
      clock,
    },
    onFrame: (frame) => frames.push(frame),
  });
  const push = (sequence: number, packetMs = 20): void =>
    inbound.push({
      ...{ payload: encodeL16(soundAt(sequence * packetMs, packetMs)), sequence },
      mediaMs: sequence * packetMs,
    });
  const heardMs = (): number => frames.reduce((sum, { samples }) => sum + samples.length / 16, 0);
  const output = (): Int16Array => Int16Array.from(frames.flatMap(({ samples }) => [...samples]));
  return { clock, frames, inbound, push, heardMs, output };
}

/** Lets packets of a network with jitter arrive; each is delayed by up to `jitterMs`, independently, so that they overtake each other. */
function play(
  line: ReturnType<typeof lossyLine>,
  options: {
    readonly packets: number;
    readonly jitterMs: number;
    readonly lost?: (index: number) => boolean;
    readonly packetMs?: number;
  },
): void {
  const { packets, jitterMs, lost = () => false, packetMs = 20 } = options;
  const random = seededRandom(3);
  const arrivals = Array.from({ length: packets }, (_, index) => ({
    index,
    // The first one sets where media time begins.
    atMs: index === 0 ? 0 : index * packetMs + Math.round(random.next() * jitterMs),
  }))
    .filter(({ index }) => !lost(index))
    .sort((a, b) => a.atMs - b.atMs);
  for (const { index, atMs } of arrivals) {
    line.clock.advance(Math.max(0, atMs - line.clock.nowMs()));
    line.push(index, packetMs);
  }
}

describe('a line that loses packets', () => {
  it('adds no delay while packets come in order, however unevenly', () => {
    const line = lossyLine();
    for (let index = 0; index < 200; index += 1) {
      line.push(index);
      expect(line.heardMs()).toBe((index + 1) * 20);
      // 5 and 35 ms turn about.
      line.clock.advance(index % 2 === 0 ? 5 : 35);
    }
    expect(line.inbound.stats()).toMatchObject({ concealedMs: 0, filledMs: 0, lost: 0 });
  });

  it('waits for a missing packet no longer than one packet once the line has shown that it is even', () => {
    const line = lossyLine();
    play(line, { packets: 101, jitterMs: 0, lost: (index) => index === 99 });
    expect(line.inbound.stats().waitMs).toBe(20);
    expect(line.heardMs()).toBe(99 * 20);
    line.clock.advance(20);
    line.push(101);
    expect(line.heardMs()).toBe(102 * 20);
    expect(line.inbound.stats()).toMatchObject({ lost: 1, concealedMs: 20, filledMs: 0 });
  });

  it.each([10, 20, 30, 60])(
    'puts packets of %i ms in order under 80 ms of jitter, without a break in the speech',
    (packetMs) => {
      const line = lossyLine();
      // What the first packets show of the jitter is learned from.
      play(line, { ...{ packets: 12_000 / packetMs, jitterMs: 80, packetMs } });
      const { waitMs, lost, tooLate, filledMs, concealedMs } = line.inbound.stats();
      expect(waitMs).toBeGreaterThan(60);
      expect(waitMs).toBeLessThanOrEqual(120);
      expect(filledMs).toBe(0);
      expect(lost / (12_000 / packetMs)).toBeLessThan(0.01);
      expect(tooLate).toBe(lost);
      expect(concealedMs).toBe(lost * packetMs);
      // All that was not lost stands in its place.
      line.clock.advance(120);
      const heard = line.output();
      const displaced = Array.from({ length: 12_000 / packetMs }, (_, index) => index).filter((index) => {
        const place = heard.subarray(index * packetMs * 16, (index + 1) * packetMs * 16);
        return !Buffer.from(place.slice().buffer).equals(
          Buffer.from(soundAt(index * packetMs, packetMs).buffer),
        );
      });
      expect(displaced).toHaveLength(lost);
    },
  );

  it('never waits longer than 120 ms', () => {
    const line = lossyLine();
    play(line, { packets: 300, jitterMs: 400 });
    expect(line.inbound.stats().waitMs).toBe(120);
    line.clock.advance(1_000);
    // What was spoken until now is heard or given up, and silence has filled in: 160 ms behind the clock at most, and a tick.
    expect(line.inbound.stats().driftMs).toBeGreaterThan(-200);
  });

  it('keeps the time of a key and of suppressed silence by the stamps that follow', () => {
    const line = lossyLine();
    for (let index = 0; index < 50; index += 1) {
      line.push(index);
      line.clock.advance(20);
    }
    // Eight packets of a key, then sound that says how long it was; then comfort noise, and nothing for 2 s.
    for (let index = 50; index < 58; index += 1) {
      line.inbound.push({ payload: noSound, sequence: index });
      line.clock.advance(20);
    }
    line.push(58);
    line.clock.advance(20);
    line.inbound.push({ payload: noSound, sequence: 59, mediaMs: 59 * 20 });
    line.clock.advance(2_000);
    const resumedMs = 59 * 20 + 2_000;
    line.inbound.push({ payload: encodeL16(soundAt(resumedMs, 20)), sequence: 60, mediaMs: resumedMs });
    expect(line.heardMs()).toBeCloseTo(resumedMs + 20, 6);
    expect(line.output().slice(-320)).toEqual(soundAt(resumedMs, 20));
    expect(line.inbound.stats()).toMatchObject({ lost: 0, malformed: 0, concealedMs: 0, restarts: 0 });
  });
});
