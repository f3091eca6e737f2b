import { KefuError } from '../core/errors.ts';
import { wavHeader, wavHeaderBytes } from '../core/wav.ts';
import { decodeAlaw, decodeMulaw } from './g711.ts';
import { encodeL16 } from './l16.ts';

/** A sound file as one mono track. */
export interface WavAudio {
  readonly samples: Int16Array;
  /** As the file says; any positive rate. */
  readonly sampleRateHz: number;
  /** Channels of the file; several are averaged into `samples`. */
  readonly channels: number;
}

/** Reads the sample that begins at `offset`, scaled to +-32,768. */
type SampleReader = (view: DataView, offset: number) => number;

interface SampleCoding {
  readonly bytes: number;
  readonly read: SampleReader;
}

interface Chunk {
  readonly id: string;
  readonly offset: number;
  readonly length: number;
}

const extensibleFormat = 0xfffe;
const maxChannels = 64;

/** A whole 16-bit PCM WAV file. */
export function encodeWav(samples: Int16Array, sampleRateHz: number, channels = 1): Uint8Array {
  const file = new Uint8Array(wavHeaderBytes + samples.length * 2);
  file.set(wavHeader({ sampleRateHz, channels, dataBytes: samples.length * 2 }), 0);
  file.set(encodeL16(samples), wavHeaderBytes);
  return file;
}

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, float of 32 or 64 bits, mu-law or A-law, plain or extensible header,
 * any number of channels. A data chunk of unknown length (a stream, a recording that was cut off) reaches to the end.
 *
 * @throws KefuError `audio_invalid` when it is no WAV file, of another coding, or holds no sample.
 */
export function parseWav(bytes: Uint8Array): WavAudio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || textAt(view, 0, 4) !== 'RIFF' || textAt(view, 8, 4) !== 'WAVE')
    throw new KefuError('audio_invalid', 'this is no WAV file: it does not begin with RIFF ... WAVE');
  const chunks = [...chunksOf(view)];
  const format = chunks.find((chunk) => chunk.id === 'fmt ');
  const data = chunks.find((chunk) => chunk.id === 'data');
  if (!format || format.length < 16)
    throw new KefuError(
      'audio_invalid',
      'the WAV file does not say how its samples are coded (no fmt chunk)',
    );
  if (!data) throw new KefuError('audio_invalid', 'the WAV file has no data chunk');

  const channels = view.getUint16(format.offset + 2, true);
  const sampleRateHz = view.getUint32(format.offset + 4, true);
  if (channels < 1 || channels > maxChannels || sampleRateHz < 1)
    throw new KefuError('audio_invalid', `the WAV file claims ${channels} channels at ${sampleRateHz} Hz`);
  const coding = codingOf(view, format);

  const frameBytes = coding.bytes * channels;
  const frames = Math.floor(data.length / frameBytes);
  if (frames === 0) throw new KefuError('audio_invalid', 'the WAV file holds no sound');
  const samples = new Int16Array(frames);
  for (let frame = 0; frame < frames; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1)
      sum += coding.read(view, data.offset + frame * frameBytes + channel * coding.bytes);
    samples[frame] = toInt16(sum / channels);
  }
  return { samples, sampleRateHz, channels };
}

/** The chunks up to and including the first data chunk, whose length may be wrong in a file that was being written. */
function* chunksOf(view: DataView): Generator<Chunk> {
  let offset = 12;
  while (offset + 8 <= view.byteLength) {
    const id = textAt(view, offset, 4);
    const claimed = view.getUint32(offset + 4, true);
    const rest = view.byteLength - offset - 8;
    const unfinished = id === 'data' && claimed === 0;
    const length = unfinished ? rest : Math.min(claimed, rest);
    yield { id, offset: offset + 8, length };
    if (id === 'data') return;
    offset += 8 + claimed + (claimed % 2);
  }
}

function codingOf(view: DataView, format: Chunk): SampleCoding {
  const tag = view.getUint16(format.offset, true);
  const bits = view.getUint16(format.offset + 14, true);
  const extended = tag === extensibleFormat && format.length >= 26;
  const actualTag = extended ? view.getUint16(format.offset + 24, true) : tag;
  const coding = codings[`${actualTag}/${bits}`];
  if (!coding)
    throw new KefuError(
      'audio_invalid',
      `the WAV file has ${bits}-bit samples in format ${actualTag}; PCM, float, mu-law and A-law can be read`,
    );
  return coding;
}

const g711Reader =
  (decode: (payload: Uint8Array) => Int16Array): SampleReader =>
  (view, offset) =>
    decode(Uint8Array.of(view.getUint8(offset)))[0] ?? 0;

/** By format tag and bits per sample. */
const codings: Readonly<Record<string, SampleCoding>> = {
  '1/8': { bytes: 1, read: (view, offset) => (view.getUint8(offset) - 128) * 256 },
  '1/16': { bytes: 2, read: (view, offset) => view.getInt16(offset, true) },
  '1/24': {
    bytes: 3,
    read: (view, offset) => view.getInt16(offset + 1, true) + view.getUint8(offset) / 256,
  },
  '1/32': { bytes: 4, read: (view, offset) => view.getInt32(offset, true) / 65536 },
  '3/32': { bytes: 4, read: (view, offset) => finite(view.getFloat32(offset, true)) * 32768 },
  '3/64': { bytes: 8, read: (view, offset) => finite(view.getFloat64(offset, true)) * 32768 },
  '6/8': { bytes: 1, read: g711Reader(decodeAlaw) },
  '7/8': { bytes: 1, read: g711Reader(decodeMulaw) },
};

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

function toInt16(value: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(value)));
}

function textAt(view: DataView, offset: number, length: number): string {
  let text = '';
  for (let index = 0; index < length; index += 1) text += String.fromCharCode(view.getUint8(offset + index));
  return text;
}
