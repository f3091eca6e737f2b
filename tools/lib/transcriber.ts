import { join } from 'node:path';
import type { RecognitionEvent } from '../../src/core/recognition.ts';
import { decodeMulaw } from '../../src/media/g711.ts';
import { isAudible } from '../../src/media/level.ts';
import { createResampler } from '../../src/media/resampler.ts';
import type { ModelStore } from '../../src/models/store.ts';
import { createRecognizerPool } from '../../src/workers/recognizer.ts';

/** A stretch of speech and its words. */
export interface Transcribed {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

export interface Transcriber {
  /** Recognises 8 kHz mu-law, stretch by stretch. */
  transcribe(mulaw: Uint8Array): Promise<Transcribed[]>;
  /** Recognises one clip as a whole. */
  read(mulaw: Uint8Array): Promise<string>;
  /** The same for samples at 16 kHz. */
  readSamples(samples: Int16Array): Promise<string>;
  close(): Promise<void>;
}

const packetSamples = 160;
/** A pause this long separates two stretches; a shorter one does after `longMs`. */
const pauseMs = 500;
const shortPauseMs = 160;
const longMs = 5000;
const limitMs = 30_000;

/** Recognises telephone audio with Kefu's own recogniser, for tools and tests that check what was really audible. */
export async function createTranscriber(store: ModelStore): Promise<Transcriber> {
  const entry = store.find('recognizer', 'en');
  if (entry?.runtime.family !== 'moonshine') throw new Error('The transcriber needs the default recogniser.');
  const file = (name: string) => join(store.path(entry.id), name);
  const { encoder, mergedDecoder, tokens } = entry.runtime;
  const pool = createRecognizerPool({
    model: {
      id: entry.id,
      languages: ['en'],
      files: {
        family: 'moonshine',
        encoder: file(encoder),
        mergedDecoder: file(mergedDecoder),
        tokens: file(tokens),
      },
    },
    threads: 1,
    // Nobody waits on a telephone; the machine may be busy with other things.
    finalLimitMs: limitMs,
  });
  await pool.ready;

  const read = (mulaw: Uint8Array): Promise<string> =>
    readSamples(createResampler(8000, 16_000).process(decodeMulaw(mulaw)));

  async function readSamples(samples: Int16Array): Promise<string> {
    let onEvent: (event: RecognitionEvent) => void = () => undefined;
    const stream = pool.open({ language: 'en', onEvent: (event) => onEvent(event) });
    try {
      return await new Promise<string>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('The recogniser gave no text in time.')), limitMs);
        onEvent = (event) => {
          if (event.type === 'partial') return;
          clearTimeout(timer);
          if (event.type === 'final') resolve(event.text);
          else reject(new Error(event.message));
        };
        stream.write(1, { samples, sampleRateHz: 16_000, mediaMs: 0 });
        stream.finish(1, 1);
      });
    } finally {
      stream.close();
    }
  }

  return {
    read,
    readSamples,
    async transcribe(mulaw) {
      const found: Transcribed[] = [];
      for (const { startMs, endMs } of stretchesOf(mulaw)) {
        const text = await read(mulaw.subarray(startMs * 8, endMs * 8));
        if (text !== '') found.push({ startMs, endMs, text });
      }
      return found;
    },
    close: () => pool.close(),
  };
}

/** Stretches of sound, with 100 ms of what surrounds them. */
function stretchesOf(mulaw: Uint8Array): { startMs: number; endMs: number }[] {
  const samples = decodeMulaw(mulaw);
  const stretches: { startMs: number; endMs: number }[] = [];
  for (let at = 0; at < samples.length; at += packetSamples) {
    if (!isAudible(samples.subarray(at, at + packetSamples))) continue;
    const startMs = at / 8;
    const last = stretches.at(-1);
    const allowedMs = last && last.endMs - last.startMs > longMs ? shortPauseMs : pauseMs;
    if (last && startMs - last.endMs < allowedMs) last.endMs = startMs + 20;
    else stretches.push({ startMs, endMs: startMs + 20 });
  }
  return stretches.map(({ startMs, endMs }) => ({
    startMs: Math.max(0, startMs - 100),
    endMs: Math.min(samples.length / 8, endMs + 100),
  }));
}
