import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioFrame, WireFormat } from '../../../src/core/audio.ts';
import type { InboundOptions, InboundStats } from '../../../src/media/inbound.ts';
import { createInbound } from '../../../src/media/inbound.ts';
import { encodeL16 } from '../../../src/media/l16.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** At equal rates nothing is filtered: every sample can be found again. */
const wideband: WireFormat = { codec: 'l16', sampleRateHz: 16000, packetMs: 20 };
const telephone: WireFormat = { codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 };
const packetSamples = 320;

function setUp(options: Partial<InboundOptions> = {}) {
  const clock = new ManualClock();
  const frames: AudioFrame[] = [];
  const inbound = createInbound({
    format: wideband,
    outputRateHz: 16000,
    clock,
    onFrame: (frame) => frames.push(frame),
    ...options,
  });
  const output = (): Int16Array => Int16Array.from(frames.flatMap((frame) => Array.from(frame.samples)));
  return { clock, frames, inbound, output };
}

/** Loud samples that tell where they belong: packet `index` holds index * 320 ... */
const speechSamples = (index: number, length = packetSamples): Int16Array =>
  Int16Array.from({ length }, (_, sample) => 5000 + ((index * packetSamples + sample) % 20000));
const speech = (index: number): Uint8Array => encodeL16(speechSamples(index));
const quiet = encodeL16(new Int16Array(packetSamples));

function expectContinuous(frames: readonly AudioFrame[]): void {
  let samples = 0;
  for (const frame of frames) {
    expect(frame.mediaMs).toBeCloseTo((samples / frame.sampleRateHz) * 1000, 6);
    samples += frame.samples.length;
  }
}

describe('inbound', () => {
  it('passes a packet that comes in order on at once, with and without numbers', () => {
    for (const numbered of [true, false]) {
      const { clock, frames, inbound, output } = setUp();
      for (let index = 0; index < 50; index += 1) {
        inbound.push({ payload: speech(index), sequence: numbered ? index + 7 : undefined });
        expect(frames).toHaveLength(index + 1);
        clock.advance(20);
      }
      expectContinuous(frames);
      expect(output()).toEqual(speechSamples(0, 50 * packetSamples));
      expect(inbound.stats()).toMatchObject({ packets: 50, lost: 0, late: 0, filledMs: 0, concealedMs: 0 });
      inbound.close();
    }
  });

  it('puts every sample in its right place whatever the jitter, loss and duplicates of the network', () => {
    const networkArbitrary = fc
      .array(
        fc.record({
          jitterMs: fc.nat(54),
          fate: fc.oneof(
            { weight: 8, arbitrary: fc.constant('once' as const) },
            { weight: 1, arbitrary: fc.constant('lost' as const) },
            { weight: 1, arbitrary: fc.constant('twice' as const) },
          ),
        }),
        { minLength: 2, maxLength: 80 },
      )
      .chain((packets) => fc.record({ packets: fc.constant(packets), stamped: fc.boolean() }));

    fc.assert(
      fc.property(networkArbitrary, ({ packets, stamped }) => {
        const { clock, frames, inbound, output } = setUp();
        const lastIndex = packets.length - 1;
        const fated = packets.map((packet, index) => ({
          index,
          // The first arrival sets the origin; a loss at the very end cannot be known.
          jitterMs: index === 0 ? 0 : packet.jitterMs,
          fate: index === 0 || (index === lastIndex && packet.fate === 'lost') ? 'once' : packet.fate,
        }));
        const arrivals = fated
          .flatMap(({ index, jitterMs, fate }) => {
            const atMs = index * 20 + jitterMs;
            if (fate === 'lost') return [];
            return fate === 'once'
              ? [{ index, atMs }]
              : [
                  { index, atMs },
                  { index, atMs: atMs + 15 },
                ];
          })
          .sort((a, b) => a.atMs - b.atMs);
        for (const { index, atMs } of arrivals) {
          clock.advance(atMs - clock.nowMs());
          inbound.push({
            payload: speech(index),
            sequence: index,
            mediaMs: stamped ? index * 20 : undefined,
          });
        }
        clock.advance(100);
        const heard = output();
        expectContinuous(frames);
        for (const { index, fate } of fated) {
          if (fate === 'lost') continue;
          const place = heard.subarray(index * packetSamples, (index + 1) * packetSamples);
          expect(place).toEqual(speechSamples(index));
        }
        const stats = inbound.stats();
        expect(stats.lost).toBe(fated.filter(({ fate }) => fate === 'lost').length);
        expect(stats.duplicates).toBe(fated.filter(({ fate }) => fate === 'twice').length);
        // Media time follows the clock: the origin lies one packet before the first arrival.
        expect(Math.abs(stats.driftMs)).toBeLessThanOrEqual(200);
        expect(stats.mediaMs).toBeCloseTo(clock.nowMs() + 20 + stats.driftMs, 6);
        inbound.close();
      }),
      { numRuns: 200 },
    );
  });

  it('does not fill a long loss twice, once by its clock and once by the numbers', () => {
    for (const stamped of [true, false]) {
      const { clock, inbound, output } = setUp();
      inbound.push({ payload: speech(0), sequence: 0, mediaMs: stamped ? 0 : undefined });
      clock.advance(400);
      // Packets 1 to 19 are lost; the clock has filled most of their time by now.
      expect(inbound.stats().filledMs).toBeGreaterThan(200);
      for (let index = 20; index < 30; index += 1) {
        inbound.push({ payload: speech(index), sequence: index, mediaMs: stamped ? index * 20 : undefined });
        clock.advance(20);
      }
      clock.advance(60);
      expect(output().subarray(20 * packetSamples, 30 * packetSamples)).toEqual(
        speechSamples(20, 10 * packetSamples),
      );
      expect(inbound.stats()).toMatchObject({ lost: 19 });
    }
  });

  it('keeps the order of any shuffle within its window, also when all comes at once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { minLength: 1, maxLength: 60 }),
        (delays) => {
          const { inbound, output } = setUp();
          const order = delays
            .map((delay, index) => ({ index, key: index === 0 ? -1 : index + delay }))
            .sort((a, b) => a.key - b.key);
          for (const { index } of order) inbound.push({ payload: speech(index), sequence: index });
          expect(output()).toEqual(speechSamples(0, delays.length * packetSamples));
          expect(inbound.stats()).toMatchObject({ lost: 0, duplicates: 0, concealedMs: 0 });
          inbound.close();
        },
      ),
    );
  });

  it('takes packets of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 30 }), (lengths) => {
        const { clock, frames, inbound, output } = setUp();
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const all = speechSamples(0, total);
        let at = 0;
        for (const length of lengths) {
          inbound.push({ payload: encodeL16(all.subarray(at, at + length)) });
          at += length;
          clock.advance((length / 16000) * 1000);
        }
        expectContinuous(frames);
        expect(output().subarray(0, total)).toEqual(all);
        inbound.close();
      }),
    );
  });

  it('resamples a telephone line to 16 kHz without losing time', () => {
    const { clock, frames, inbound } = setUp({ format: telephone });
    for (let index = 0; index < 100; index += 1) {
      inbound.push({ payload: new Uint8Array(160).fill(0x90 + (index % 2)), sequence: index });
      clock.advance(20);
    }
    expectContinuous(frames);
    const samples = frames.reduce((sum, frame) => sum + frame.samples.length, 0);
    // The resampler looks 5 ms ahead.
    expect(2000 - (samples / 16000) * 1000).toBeLessThan(6);
  });

  it('fills with silence from its own clock when packets stop, and says when the line is dead', () => {
    const stalls: number[] = [];
    const { clock, frames, inbound, output } = setUp({
      onStall: (ms) => stalls.push(ms),
      stallAfterMs: 3000,
    });
    inbound.push({ payload: speech(0), sequence: 0 });
    clock.advance(2000);
    expectContinuous(frames);
    const stats = inbound.stats();
    expect(stats.driftMs).toBeGreaterThanOrEqual(-120);
    expect(stats.driftMs).toBeLessThanOrEqual(0);
    // The last sound fades out, then there is silence.
    expect(
      output()
        .subarray(packetSamples + 16 * 60)
        .every((sample) => sample === 0),
    ).toBe(true);
    expect(stalls).toEqual([]);
    clock.advance(5000);
    expect(stalls).toHaveLength(1);
    expect(stalls[0]).toBeGreaterThanOrEqual(3000);
    inbound.push({ payload: speech(1), sequence: 1 });
    clock.advance(4000);
    expect(stalls).toHaveLength(2);
  });

  it('fills from the beginning when no packet ever comes', () => {
    const { clock, inbound } = setUp();
    clock.advance(1000);
    expect(inbound.stats().mediaMs).toBeGreaterThanOrEqual(880);
    expect(inbound.toMediaMs(clock.nowMs())).toBe(1000);
  });

  it('loses no word of a backlog after a stall, and works the drift off in silence', () => {
    const { clock, frames, inbound, output } = setUp();
    let sequence = 0;
    const push = (payload: Uint8Array): void => {
      inbound.push({ payload, sequence, mediaMs: sequence * 20 });
      sequence += 1;
    };
    const pushPaced = (count: number, payload: (index: number) => Uint8Array): void => {
      for (let index = 0; index < count; index += 1) {
        push(payload(index));
        clock.advance(20);
      }
    };
    pushPaced(25, speech);
    clock.advance(1500);
    expect(inbound.stats().filledMs).toBeGreaterThan(1300);
    // 1.5 s of speech at once.
    for (let index = 25; index < 100; index += 1) push(speech(index));
    const heard = Array.from(output());
    const backlog = Array.from(speechSamples(25, 75 * packetSamples));
    expect(heard.slice(-backlog.length)).toEqual(backlog);
    expect(inbound.stats()).toMatchObject({ droppedMs: 0, trimmedMs: 0 });
    expect(inbound.stats().driftMs).toBeGreaterThan(1300);
    // The first second of silence is kept, so that the end of the turn is found in time.
    pushPaced(50, () => quiet);
    expect(inbound.stats().trimmedMs).toBe(0);
    pushPaced(200, () => quiet);
    expect(inbound.stats().driftMs).toBeLessThanOrEqual(40);
    expectContinuous(frames);
  });

  it('never runs more than 2 s ahead of the clock', () => {
    const { clock, inbound } = setUp();
    inbound.push({ payload: speech(0), sequence: 0 });
    clock.advance(5000);
    for (let index = 1; index < 400; index += 1) inbound.push({ payload: speech(index), sequence: index });
    expect(inbound.stats().driftMs).toBeLessThanOrEqual(2000);
    expect(inbound.stats().droppedMs).toBeGreaterThan(2000);
  });

  it('does not take a hold-up of its own process for a stall of the wire', () => {
    const { clock, inbound, output } = setUp();
    inbound.push({ payload: speech(0), sequence: 0 });
    clock.stall(1500);
    clock.advance(0);
    for (let index = 1; index < 75; index += 1) inbound.push({ payload: speech(index), sequence: index });
    clock.advance(20);
    expect(inbound.stats().filledMs).toBe(0);
    expect(output()).toEqual(speechSamples(0, 75 * packetSamples));
  });

  it('takes a gateway that numbers more than its audio by the time stamps', () => {
    const { clock, frames, inbound, output } = setUp();
    for (let index = 0; index < 20; index += 1) {
      inbound.push({ payload: speech(index), sequence: index * 3, mediaMs: index * 20 });
      expect(frames).toHaveLength(index + 1);
      clock.advance(20);
    }
    expect(output()).toEqual(speechSamples(0, 20 * packetSamples));
    expect(inbound.stats()).toMatchObject({ lost: 0, concealedMs: 0 });
  });

  it('fills silence that a gateway suppresses, but not more than the clock allows', () => {
    const { clock, inbound, output } = setUp();
    inbound.push({ payload: speech(0), sequence: 0, mediaMs: 0 });
    clock.advance(60);
    inbound.push({ payload: speech(1), sequence: 1, mediaMs: 60 });
    expect(inbound.stats()).toMatchObject({ filledMs: 40, mediaMs: 80 });
    expect(output().subarray(3 * packetSamples)).toEqual(speechSamples(1));
    clock.advance(20);
    inbound.push({ payload: speech(2), sequence: 2, mediaMs: 3_600_000 });
    expect(inbound.stats()).toMatchObject({ filledMs: 40, mediaMs: 100 });
  });

  it('goes on when the numbering restarts or wraps around', () => {
    const { clock, inbound, output } = setUp();
    [65534, 65535, 0, 1, 2].forEach((sequence, index) => {
      inbound.push({ payload: speech(index), sequence });
      clock.advance(20);
    });
    expect(output()).toEqual(speechSamples(0, 5 * packetSamples));
    expect(inbound.stats()).toMatchObject({ lost: 0, restarts: 1 });
  });

  it('counts what is late and what is no audio', () => {
    const { clock, inbound } = setUp();
    inbound.push({ payload: speech(0), sequence: 0 });
    inbound.push({ payload: new Uint8Array(0), sequence: 1 });
    inbound.push({ payload: Uint8Array.of(1), sequence: 1 });
    clock.advance(70);
    inbound.push({ payload: speech(1), sequence: 1 });
    expect(inbound.stats()).toMatchObject({ malformed: 1, late: 1, maxLateMs: 50 });
  });

  it('trims silence on a noisy line too', () => {
    const { clock, inbound } = setUp();
    let seed = 1;
    const noise = (): Uint8Array =>
      encodeL16(
        Int16Array.from({ length: packetSamples }, () => {
          seed = (seed * 1103515245 + 12345) % 2147483648;
          return (seed / 2147483648 - 0.5) * 1500;
        }),
      );
    // -37 dBFS of noise: the estimate rises to it within some seconds.
    for (let index = 0; index < 1000; index += 1) {
      inbound.push({ payload: noise() });
      clock.advance(20);
    }
    clock.advance(1000);
    for (let index = 0; index < 200; index += 1) {
      inbound.push({ payload: noise() });
      if (index >= 50) clock.advance(20);
    }
    expect(inbound.stats().driftMs).toBeLessThanOrEqual(40);
    expect(inbound.stats().trimmedMs).toBeGreaterThan(500);
  });

  it('leaves no timer behind, and reports its counts every 5 s and at the end', () => {
    const reports: InboundStats[] = [];
    const { clock, frames, inbound } = setUp({ onStats: (stats) => reports.push(stats) });
    clock.advance(10_000);
    expect(reports).toHaveLength(2);
    inbound.close();
    inbound.close();
    expect(reports).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
    const count = frames.length;
    inbound.push({ payload: speech(0) });
    expect(frames).toHaveLength(count);
  });

  it('keeps its clock running when a listener throws', () => {
    const errors: unknown[] = [];
    const failure = new Error('listener');
    let calls = 0;
    const { clock } = setUp({
      onFrame: () => {
        calls += 1;
        throw failure;
      },
      onError: (error) => errors.push(error),
    });
    clock.advance(1000);
    expect(calls).toBeGreaterThan(30);
    expect(new Set(errors)).toEqual(new Set([failure]));
  });

  it('hands the same sound to a recording at the rate of the wire', () => {
    const recorded: { mediaMs: number; samples: number }[] = [];
    const { clock, inbound } = setUp({
      format: telephone,
      onAudio: (samples, mediaMs) => recorded.push({ mediaMs, samples: samples.length }),
    });
    for (let index = 0; index < 3; index += 1) {
      inbound.push({ payload: new Uint8Array(160), sequence: index });
      clock.advance(20);
    }
    expect(recorded).toEqual([
      { mediaMs: 0, samples: 160 },
      { mediaMs: 20, samples: 160 },
      { mediaMs: 40, samples: 160 },
    ]);
  });
});
