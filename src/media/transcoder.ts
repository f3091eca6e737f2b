import type { CreateTranscoder } from '../core/audio.ts';
import { createCodec } from './codec.ts';
import { createResampler } from './resampler.ts';

/**
 * Decodes, converts the rate and encodes again. A converter looks ahead by some milliseconds: the first packet begins with as much
 * silence, so that every packet holds exactly its time.
 */
export const createTranscoder: CreateTranscoder = (from, to) => {
  const decoder = createCodec(from.codec);
  const encoder = createCodec(to.codec);
  const resampler = createResampler(from.sampleRateHz, to.sampleRateHz);
  let rest = new Int16Array(0);
  /** Samples at the target's rate that the packets so far should have had, less those given out. */
  let owed = 0;

  const rewrite = (payload: Uint8Array): Uint8Array => {
    const samples = decoder.decode(payload);
    const converted = resampler.process(samples);
    owed += (samples.length * to.sampleRateHz) / from.sampleRateHz;
    const count = Math.round(owed);
    owed -= count;
    const missing = Math.max(0, count - rest.length - converted.length);
    const all = new Int16Array(missing + rest.length + converted.length);
    all.set(rest, missing);
    all.set(converted, missing + rest.length);
    rest = all.slice(count);
    return encoder.encode(all.subarray(0, count));
  };
  const close = (): void => {
    decoder.close?.();
    encoder.close?.();
  };
  return Object.assign(rewrite, { close });
};
