import { createCodec } from '../../src/media/codec.ts';
import type { WireFormat } from '../../src/core/audio.ts';

/** A tone that is in no ringing and no dial tone. */
const toneHz = 1_010;
const amplitude = 8_000;
/** Where the bursts begin and how long they last; uneven pauses, so that each can be told from the others. */
const burstStartsMs = [1_000, 2_100, 3_600] as const;
const burstMs = 300;
export const patternMs = 6_000;
/** How much of a packet's energy lies in the tone when a burst is heard, and how loud it is at least. */
const shareOfTone = 0.6;
const leastPower = 20_000;
const maxEchoMs = 2_000;

/** A packet of sound that came back. */
export interface HeardPacket {
  readonly atMs: number;
  readonly payload: Uint8Array;
}

/** The packets of silence and bursts that are sent, in the codec of the call. */
export function pattern(format: WireFormat): Uint8Array[] {
  const { codec, sampleRateHz, packetMs } = format;
  const size = (sampleRateHz * packetMs) / 1000;
  const wire = createCodec(codec);
  const packets = Array.from({ length: patternMs / packetMs }, (_, packet) => {
    const samples = Int16Array.from({ length: size }, (__, index) => {
      const atMs = packet * packetMs;
      const on = burstStartsMs.some((start) => atMs >= start && atMs < start + burstMs);
      const angle = (2 * Math.PI * toneHz * (packet * size + index)) / sampleRateHz;
      return on ? Math.round(amplitude * Math.sin(angle)) : 0;
    });
    return wire.encode(samples);
  });
  wire.close?.();
  return packets;
}

/**
 * How long the bursts take there and back, in milliseconds, and how many of them came; undefined when they do not come back.
 * @param sentFromMs - When the pattern began to be sent, by the clock of `heard`.
 */
export function echoDelay(
  heard: readonly HeardPacket[],
  sentFromMs: number,
  format: WireFormat,
): { readonly delayMs: number; readonly bursts: number; readonly ofBursts: number } | undefined {
  const wire = createCodec(format.codec);
  const loud = heard.filter(({ payload }) => hasTone(wire.decode(payload), format.sampleRateHz));
  wire.close?.();
  const starts = loud.filter(
    ({ atMs }, index) => index === 0 || atMs - (loud[index - 1]?.atMs ?? 0) > burstMs / 2,
  );
  const delays = burstStartsMs.flatMap((startMs) => {
    const sentMs = sentFromMs + startMs;
    const first = starts.find(({ atMs }) => atMs >= sentMs && atMs - sentMs <= maxEchoMs);
    return first ? [first.atMs - sentMs] : [];
  });
  const middle = delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)];
  // One burst may be anything; two in the right distance are ours.
  if (middle === undefined || delays.length < 2) return undefined;
  return { delayMs: middle, bursts: delays.length, ofBursts: burstStartsMs.length };
}

/** Whether the tone makes up most of these samples (Goertzel's algorithm in its plain form). */
function hasTone(samples: Int16Array, sampleRateHz: number): boolean {
  let [real, imaginary, energy] = [0, 0, 0];
  for (const [index, value] of samples.entries()) {
    const angle = (2 * Math.PI * toneHz * index) / sampleRateHz;
    real += value * Math.cos(angle);
    imaginary += value * Math.sin(angle);
    energy += value * value;
  }
  const share = (2 * (real ** 2 + imaginary ** 2)) / (samples.length * Math.max(1, energy));
  return energy / samples.length > leastPower && share > shareOfTone;
}
