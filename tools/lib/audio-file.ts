import { readFile } from 'node:fs/promises';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { KefuError, toKefuError } from '../../src/core/errors.ts';
import { parseWav } from '../../src/media/wav.ts';

/** Mono sound of any rate, as read from a file. */
export interface Clip {
  /** 16-bit samples. */
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
}

/** Longer files are more likely a mistake than something to say. */
const maxSeconds = 600;

/**
 * Reads a WAV or FLAC file; several channels are mixed to one. What the file is, is told by its content, not by its name.
 * @throws KefuError `audio_invalid` naming the file and what is wrong with it.
 */
export async function readAudioFile(path: string): Promise<Clip> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KefuError('audio_invalid', `The file ${path} cannot be read: ${reason}`, { cause: error });
  }
  const clip = await decode(path, bytes);
  if (clip.samples.length === 0) throw new KefuError('audio_invalid', `The file ${path} holds no sound.`);
  if (clip.samples.length > maxSeconds * clip.sampleRateHz) {
    throw new KefuError(
      'audio_invalid',
      `The file ${path} is longer than ${String(maxSeconds / 60)} minutes.`,
    );
  }
  return clip;
}

async function decode(path: string, bytes: Buffer): Promise<Clip> {
  const magic = bytes.toString('latin1', 0, 4);
  if (magic === 'fLaC') return decodeFlac(path, bytes);
  if (magic !== 'RIFF' && magic !== 'RF64') {
    throw new KefuError('audio_invalid', `The file ${path} is neither WAV nor FLAC.`);
  }
  try {
    return parseWav(bytes);
  } catch (error) {
    const { message } = toKefuError(error, 'audio_invalid');
    throw new KefuError('audio_invalid', `The file ${path} is no WAV file that can be played: ${message}`, {
      cause: error,
    });
  }
}

async function decodeFlac(path: string, bytes: Buffer): Promise<Clip> {
  const decoder = new FLACDecoder();
  try {
    await decoder.ready;
    const { channelData, samplesDecoded, sampleRate, errors } = await decoder.decodeFile(bytes);
    const [problem] = errors;
    if (problem) throw new KefuError('audio_invalid', `The FLAC file ${path} is damaged: ${problem.message}`);
    const samples = new Int16Array(samplesDecoded);
    for (let index = 0; index < samplesDecoded; index += 1) {
      const sum = channelData.reduce((total, channel) => total + (channel[index] ?? 0), 0);
      samples[index] = toInt16(sum / channelData.length);
    }
    return { samples, sampleRateHz: sampleRate };
  } catch (error) {
    throw toKefuError(error, 'audio_invalid');
  } finally {
    decoder.free();
  }
}

const toInt16 = (sample: number) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));

/** Zero crossings of the sinc on each side: about 70 dB of stop-band with the window used. */
const lobes = 24;

/**
 * Converts a whole clip to another rate, any to any, by windowed-sinc interpolation (a Hann window over 24 zero crossings on each
 * side, cut-off at 95 % of the lower Nyquist frequency). For files; a call's own resampler keeps state between packets.
 */
export function resampleClip({ samples, sampleRateHz }: Clip, toHz: number): Int16Array {
  if (sampleRateHz === toHz) return samples;
  const step = sampleRateHz / toHz;
  const cutoff = Math.min(1, toHz / sampleRateHz) * 0.95;
  const reach = lobes / cutoff;
  const output = new Int16Array(Math.round(samples.length / step));
  for (let index = 0; index < output.length; index += 1) {
    const centre = index * step;
    let sum = 0;
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    for (let at = Math.max(0, Math.ceil(centre - reach)); at <= last; at += 1) {
      const distance = at - centre;
      const x = Math.PI * distance * cutoff;
      const sinc = x === 0 ? 1 : Math.sin(x) / x;
      sum += (samples[at] ?? 0) * sinc * cutoff * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
    }
    output[index] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return output;
}
