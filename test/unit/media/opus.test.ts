import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createInbound } from '../../../src/media/inbound.ts';
import { createCodec, loadCodecs } from '../../../src/media/codec.ts';
import { createOpusCodec } from '../../../src/media/opus.ts';
import { joinOpusFrames, opusPacketMs } from '../../../src/media/opus-packet.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { shareOfTone, tonePackets } from '../../support/sip/baresip.ts';
import { joined } from '../../support/tones.ts';

const rateHz = 16_000;
const packetSamples = 320;

beforeAll(() => loadCodecs(['opus']));

const power = (samples: Int16Array): number =>
  samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;

/** Pulses through a resonance whose pitch moves, as a voice makes them, with its syllables. */
function voice(packets: number): Int16Array[] {
  let sincePulse = 0;
  return Array.from({ length: packets }, (_, packet) =>
    Int16Array.from({ length: packetSamples }, (__, index) => {
      const at = packet * packetSamples + index;
      const period = Math.round(110 + 25 * Math.sin(at / 2500));
      sincePulse = sincePulse >= period ? 0 : sincePulse + 1;
      const loudness = 0.55 + 0.45 * Math.sin(at / 900);
      return Math.round(
        11_000 * loudness * Math.exp(-sincePulse / 25) * Math.sin(sincePulse / (3 + Math.sin(at / 4000))),
      );
    }),
  );
}

/** How far what was heard is from what should have been, in dB of the latter. */
function signalToErrorDb(expected: Int16Array, heard: Int16Array): number {
  const error = expected.map((sample, index) => sample - (heard[index] ?? 0));
  return 10 * Math.log10(power(expected) / power(error));
}

describe('Opus', () => {
  it('carries tones of the whole band at their loudness', () => {
    for (const frequencyHz of [300, 1000, 3000, 6500]) {
      const codec = createOpusCodec();
      const heard = tonePackets(frequencyHz, 50, rateHz).map((packet) => codec.decode(codec.encode(packet)));
      const settled = joined(heard.slice(10));
      expect(shareOfTone(settled, frequencyHz, rateHz)).toBeGreaterThan(0.98);
      expect(10 * Math.log10(power(settled) / (8000 ** 2 / 2))).toBeCloseTo(0, 0);
      codec.close();
    }
  });

  it('gives packets of 20 ms that are half as long as those of G.722 and shorter', () => {
    const codec = createOpusCodec();
    const sizes = voice(100).map((packet) => codec.encode(packet).length);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(mean).toBeLessThanOrEqual(80);
    codec.close();
  });

  it.each([2.5, 5, 7.5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120])(
    'keeps the time of packets of %d ms',
    (durationMs) => {
      const codec = createOpusCodec();
      const count = durationMs * 16;
      const tone = joined(tonePackets(500, 60, rateHz));
      const heard: Int16Array[] = [];
      for (let at = 0; at + count <= tone.length; at += count) {
        const packet = codec.encode(tone.subarray(at, at + count));
        expect(codec.samplesIn(packet)).toBe(count);
        heard.push(codec.decode(packet));
        expect(heard.at(-1)).toHaveLength(count);
      }
      expect(shareOfTone(joined(heard).subarray(3200), 500, rateHz)).toBeGreaterThan(0.95);
      codec.close();
    },
  );

  it('lets what is shorter than a frame wait for the next packet, and holds 120 ms at most', () => {
    const codec = createOpusCodec();
    const samples = (count: number) => new Int16Array(count).fill(100);
    expect(codec.encode(samples(39))).toHaveLength(0);
    expect(codec.samplesIn(codec.encode(samples(1)))).toBe(40);
    expect(codec.samplesIn(codec.encode(samples(330)))).toBe(320);
    expect(codec.samplesIn(codec.encode(samples(310)))).toBe(320);
    expect(codec.samplesIn(codec.encode(samples(5000)))).toBe(1920);
    codec.close();
  });

  it('takes whatever comes from a network for sound of the time that its first bytes tell', () => {
    const codec = createOpusCodec();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (packet) => {
        expect(codec.decode(packet)).toHaveLength(codec.samplesIn(packet));
      }),
      { numRuns: 300 },
    );
    const [packet] = voice(1);
    expect(codec.decode(codec.encode(packet ?? new Int16Array(0)))).toHaveLength(packetSamples);
    codec.close();
  });

  it('hears of a sender in its pauses (DTX): a byte without sound is comfort noise of its time', () => {
    const codec = createOpusCodec();
    const packets = voice(20).map((samples) => codec.encode(samples));
    const before = joined(packets.map((packet) => codec.decode(packet)));
    const contents = packets[0]?.subarray(0, 1) ?? new Uint8Array(0);
    const pause = Array.from({ length: 50 }, () => codec.decode(contents));
    for (const samples of pause) expect(samples).toHaveLength(packetSamples);
    expect(power(joined(pause.slice(-10)))).toBeLessThan(power(before) / 100);
    codec.close();
  });

  it('makes lost sound of the copy in the next packet, better than by going on, and that better than nothing', () => {
    const encoder = createOpusCodec();
    const packets = voice(300).map((samples) => encoder.encode(samples));
    const whole = createOpusCodec();
    const sent = packets.map((packet) => whole.decode(packet));
    const silent = createOpusCodec();
    const [withoutCopy = new Uint8Array(0)] = [new Int16Array(packetSamples)].map(silent.encode);
    const qualityDb = (
      substitute: (decoder: ReturnType<typeof createOpusCodec>, next: Uint8Array) => Int16Array,
    ) => {
      const decoder = createOpusCodec();
      const [expected, heard]: [Int16Array[], Int16Array[]] = [[], []];
      for (const [index, packet] of packets.entries()) {
        const next = packets[index + 1];
        if (index % 7 === 5 && next) {
          expected.push(sent[index] ?? new Int16Array(0));
          heard.push(substitute(decoder, next));
        } else decoder.decode(packet);
      }
      decoder.close();
      return signalToErrorDb(joined(expected), joined(heard));
    };
    const copied = qualityDb((decoder, next) => decoder.conceal(packetSamples, next));
    const goingOn = qualityDb((decoder) => decoder.conceal(packetSamples, withoutCopy));
    expect(copied).toBeGreaterThan(goingOn + 3);
    expect(goingOn).toBeGreaterThan(0);
    for (const codec of [encoder, whole, silent]) codec.close();
  });

  it('is silent soon in a long loss but for the copy at its end', () => {
    const codec = createOpusCodec();
    const packets = voice(60).map((samples) => codec.encode(samples));
    const before = joined(packets.slice(0, 40).map((packet) => codec.decode(packet)));
    const made = codec.conceal(10_000, packets[58] ?? new Uint8Array(0));
    expect(made).toHaveLength(10_000);
    // What is left is the comfort noise that the decoder has learnt.
    const left = power(made.subarray(3200, 9000));
    expect(left).toBeLessThan(power(before) / 50);
    expect(power(made.subarray(-packetSamples))).toBeGreaterThan(3 * left);
    expect(codec.conceal(7, packets[59] ?? new Uint8Array(0))).toHaveLength(7);
    expect(codec.conceal(320, Uint8Array.of(3))).toHaveLength(320);
    codec.close();
  });

  it('brings a lost packet back on a line that loses packets', () => {
    const heardWith = (lost: (index: number) => boolean): Int16Array => {
      const clock = new ManualClock();
      const frames: Int16Array[] = [];
      const codec = createOpusCodec();
      const inbound = createInbound({
        ...{ format: { codec: 'opus', sampleRateHz: rateHz, packetMs: 20, lossy: true }, codec, clock },
        ...{ outputRateHz: rateHz, onFrame: ({ samples }) => frames.push(samples) },
      });
      for (const [sequence, samples] of voice(200).entries()) {
        const payload = codec.encode(samples);
        if (!lost(sequence)) inbound.push({ payload, sequence, mediaMs: sequence * 20 });
        clock.advance(20);
      }
      expect(inbound.stats()).toMatchObject({ malformed: 0, filledMs: 0 });
      inbound.close();
      codec.close();
      return joined(frames);
    };
    const whole = heardWith(() => false);
    const lossy = heardWith((index) => index % 10 === 5);
    expect(lossy).toHaveLength(whole.length);
    // A tenth of the sound that is silence would leave 10 dB.
    expect(signalToErrorDb(whole, lossy)).toBeGreaterThan(14);
  });

  it('gives encoder and decoder back, and says so to whoever uses it afterwards', () => {
    const codec = createOpusCodec();
    codec.decode(codec.encode(new Int16Array(packetSamples)));
    codec.close();
    codec.close();
    expect(() => codec.encode(new Int16Array(packetSamples))).toThrow('after its end');
    expect(() => codec.decode(Uint8Array.of(0x48, 1, 2))).toThrow('after its end');
  });

  it('is there for many calls one after the other, and for several within one event', async () => {
    for (let round = 0; round < 20; round += 1) {
      for (let call = 0; call < 10; call += 1) {
        const codec = createCodec('opus');
        expect(codec.decode(codec.encode(new Int16Array(packetSamples)))).toHaveLength(packetSamples);
        codec.close?.();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});

describe('packets of Opus (RFC 6716 section 3)', () => {
  it.each([
    ['SILK, narrow band, 10, 20, 40 and 60 ms', [0, 1, 2, 3], [10, 20, 40, 60]],
    ['hybrid, 10 and 20 ms', [12, 13, 14, 15], [10, 20, 10, 20]],
    ['CELT, 2.5 to 20 ms', [28, 29, 30, 31], [2.5, 5, 10, 20]],
  ])('tell their time: %s', (_, configurations, durationsMs) => {
    for (const [index, configuration] of configurations.entries()) {
      const ms = durationsMs[index] ?? 0;
      const contents = (code: number): number => (configuration << 3) | code;
      expect(opusPacketMs(Uint8Array.of(contents(0), 9))).toBe(ms);
      expect(opusPacketMs(Uint8Array.of(contents(1), 9, 9))).toBe(2 * ms);
      expect(opusPacketMs(Uint8Array.of(contents(2), 1, 9))).toBe(2 * ms);
      expect(opusPacketMs(Uint8Array.of(contents(3), 2))).toBe(2 * ms);
    }
  });

  it('are none without frames, without a byte, or with more than 120 ms', () => {
    expect(opusPacketMs(new Uint8Array(0))).toBe(0);
    expect(opusPacketMs(Uint8Array.of(3))).toBe(0);
    expect(opusPacketMs(Uint8Array.of(3, 0))).toBe(0);
    expect(opusPacketMs(Uint8Array.of(3, 12))).toBe(120);
    expect(opusPacketMs(Uint8Array.of(3, 13))).toBe(0);
  });

  it('tell the lengths of their frames in one byte or in two', () => {
    const frame = (bytes: number): Uint8Array => Uint8Array.of(0x48, ...new Uint8Array(bytes).fill(7));
    expect(joinOpusFrames([frame(5)])).toEqual(frame(5));
    expect([...joinOpusFrames([frame(251), frame(3)]).subarray(0, 4)]).toEqual([0x4b, 0x82, 251, 7]);
    // 252 + 2 + 4 * 12 = 302.
    const long = joinOpusFrames([frame(302), frame(252), frame(1)]);
    expect([...long.subarray(0, 7)]).toEqual([0x4b, 0x83, 254, 12, 252, 0, 7]);
    expect(long).toHaveLength(6 + 302 + 252 + 1);
  });
});
