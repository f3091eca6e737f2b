import { KefuError } from '../core/errors.ts';
import type { Codec } from './codec.ts';
import { opusLibrary, opusRateHz } from './opus-library.ts';
import { joinOpusFrames, maxPacketMs, opusPacketMs, shortestFrameMs } from './opus-packet.ts';

const toSamples = (ms: number): number => (ms * opusRateHz) / 1000;
const unitSamples = toSamples(shortestFrameMs);
const maxUnits = maxPacketMs / shortestFrameMs;
/** What an encoder takes at once, longest first. */
const frameSamples = [60, 40, 20, 10, 5, shortestFrameMs].map(toSamples);

/**
 * Opus (RFC 6716) at 16 kHz with one channel; needs `loadOpus` before. Encoder and decoder are taken when they are first used, and lie
 * outside of JavaScript's memory until `close`.
 */
export function createOpusCodec(): Required<Omit<Codec, 'follow'>> {
  const encoding = createEncoding();
  const decoding = createDecoding();
  return {
    encode: encoding.encode,
    decode: decoding.decode,
    conceal: decoding.conceal,
    samplesIn: samplesInOpus,
    close() {
      encoding.close();
      decoding.close();
    },
  };
}

const samplesInOpus = (payload: Uint8Array): number => toSamples(opusPacketMs(payload));

function createEncoding() {
  const taken = taking(() => opusLibrary().encoders.take());
  /** Fewer samples than the shortest frame has. */
  let waiting = new Int16Array(0);

  return {
    /** Packets of 20 ms are one frame. A time that no frame has becomes several of them; what exceeds 120 ms is left out. */
    encode: (samples: Int16Array): Uint8Array => {
      const all = new Int16Array(waiting.length + samples.length);
      all.set(waiting);
      all.set(samples, waiting.length);
      const units = Math.floor(all.length / unitSamples);
      waiting = all.slice(units * unitSamples);
      const count = Math.min(units, maxUnits) * unitSamples;
      const frameSize = frameSamples.find((size) => count % size === 0) ?? unitSamples;
      const encoder = taken.handle();
      const frames = Array.from({ length: count / frameSize }, (_, index) =>
        encoder.encode(all.subarray(index * frameSize, (index + 1) * frameSize), { frameSize }),
      );
      return joinOpusFrames(frames);
    },
    close: taken.close,
  };
}

function createDecoding() {
  const taken = taking(() => opusLibrary().decoders.take());
  const maxSamples = maxUnits * unitSamples;

  /** Sound that goes on from what came before, quieter and quieter. */
  const goOn = (count: number): Int16Array => {
    const output = new Int16Array(count);
    for (let at = 0; at < count; at += maxSamples) {
      const frameSize = Math.min(maxSamples, count - at);
      output.set(taken.handle().decodePacketLoss(frameSize), at);
    }
    return output;
  };

  /** What `decode` gives, or a substitute: the packet comes from the network, and one that is none is as good as lost (RFC 6716 section 3.4). */
  const orGoOn = (count: number, decode: () => Int16Array): Int16Array => {
    try {
      return decode();
    } catch (error) {
      if (!opusLibrary().isOpusError(error)) throw error;
      return goOn(count);
    }
  };

  return {
    decode: (payload: Uint8Array): Int16Array => {
      const count = samplesInOpus(payload);
      if (count === 0) return new Int16Array(0);
      return orGoOn(count, () => taken.handle().decode(payload));
    },
    conceal: (count: number, next: Uint8Array): Int16Array => {
      const whole = Math.ceil(count / unitSamples) * unitSamples;
      if (whole === 0) return new Int16Array(0);
      // The last part is asked of the next packet; the library goes on by itself where that has no copy or the loss is longer than it.
      const copied = Math.min(whole, maxSamples);
      const before = goOn(whole - copied);
      const last = orGoOn(copied, () => taken.handle().decode(next, { decodeFec: true, frameSize: copied }));
      const all = new Int16Array(whole);
      all.set(before);
      all.set(last, before.length);
      // Where less is missing than the library makes at once, the part next to the packet counts.
      return all.slice(whole - count);
    },
    close: taken.close,
  };
}

/** A handle of the library that is taken when it is first needed. */
function taking<Handle extends { free(): void }>(take: () => Handle) {
  let taken: Handle | undefined;
  let closed = false;
  return {
    handle: (): Handle => {
      if (closed) throw new KefuError('internal', 'An Opus codec is used after its end.');
      return (taken ??= take());
    },
    close: (): void => {
      closed = true;
      taken?.free();
    },
  };
}
