import { createRequire } from 'node:module';
import type * as SherpaOnnx from 'sherpa-onnx-node';
import { cleanText, isImplausible } from './moonshine-text.ts';
import type { Reading } from './recognizer-messages.ts';
import { recognitionRateHz, type RecognizerFiles } from './recognizer-model.ts';
import { SoundMeter } from './sound.ts';
import { toFloats } from './floats.ts';

type Sherpa = typeof SherpaOnnx;
// The package is CommonJS, and Node does not find all its names for an `import`.
const { OfflineRecognizer } = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;

/** The decoder fails on more than about 9 s at once; turns are split before that, this is for those that were not. */
const maxClipSamples = 8.8 * recognitionRateHz;
const minClipSamples = 6 * recognitionRateHz;
/** Single words are read better with some silence behind them (77 of 85 right without, 83 with); long turns are read worse. */
const shortClipSamples = 1.2 * recognitionRateHz;
const silenceSamples = 0.3 * recognitionRateHz;
/** A loop depends on chance: a tenth of a second more mostly breaks it. */
const secondTrySamples = 0.1 * recognitionRateHz;

/** Reads whole clips with Moonshine. Throws when the files are no Moonshine model. */
export class Moonshine {
  readonly #recognizer: InstanceType<Sherpa['OfflineRecognizer']>;

  constructor(files: Extract<RecognizerFiles, { family: 'moonshine' }>) {
    this.#recognizer = new OfflineRecognizer({
      featConfig: { sampleRate: recognitionRateHz, featureDim: 80 },
      modelConfig: {
        moonshine: { encoder: files.encoder, mergedDecoder: files.mergedDecoder },
        tokens: files.tokens,
        numThreads: 1,
        provider: 'cpu',
        debug: false,
      },
    });
  }

  read(samples: Int16Array): Reading {
    const texts = pieces(samples).map((piece) => this.#readPiece(piece));
    // The model tells no probabilities, so there is no confidence to derive.
    return { text: texts.filter((text) => text !== '').join(' '), confidence: undefined };
  }

  #readPiece(samples: Int16Array): string {
    const meter = new SoundMeter(recognitionRateHz);
    meter.push(samples);
    const soundMs = meter.soundMs();
    const durationMs = (samples.length / recognitionRateHz) * 1000;
    const silence = samples.length < shortClipSamples ? silenceSamples : 0;
    const text = this.#decode(samples, silence);
    if (!isImplausible(text, durationMs)) return cleanText(text, soundMs);
    const second = this.#decode(samples, silence + secondTrySamples);
    return cleanText(isImplausible(second, durationMs) ? text : second, soundMs);
  }

  #decode(samples: Int16Array, silence: number): string {
    const stream = this.#recognizer.createStream();
    stream.acceptWaveform({ sampleRate: recognitionRateHz, samples: toFloats(samples, silence) });
    this.#recognizer.decode(stream);
    return this.#recognizer.getResult(stream).text;
  }
}

/** A clip in pieces that the decoder takes, cut where it is quietest. */
function pieces(samples: Int16Array): Int16Array[] {
  if (samples.length <= maxClipSamples) return [samples];
  const meter = new SoundMeter(recognitionRateHz);
  meter.push(samples);
  const found: Int16Array[] = [];
  let start = 0;
  while (samples.length - start > maxClipSamples) {
    const end = meter.quietestSample(start + minClipSamples, start + maxClipSamples);
    found.push(samples.subarray(start, end));
    start = end;
  }
  return [...found, samples.subarray(start)];
}
