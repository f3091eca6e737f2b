import { createRequire } from 'node:module';
import type * as SherpaOnnx from 'sherpa-onnx-node';
import { toFloats } from './floats.ts';
import type { Reading } from './recognizer-messages.ts';
import { recognitionRateHz, type RecognizerFiles } from './recognizer-model.ts';

type Sherpa = typeof SherpaOnnx;
// The package is CommonJS, and Node does not find all its names for an `import`.
const { OnlineRecognizer } = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;

/**
 * Streaming models hold back the newest words until they have heard what follows; silence lets them out. It must fill the chunk that
 * is being heard (0.32 to 0.64 s for zipformers, 0.6 s for paraformers) and what the model looks ahead beyond it.
 */
const flushSamples = {
  zipformer: 0.8 * recognitionRateHz,
  paraformer: 1.2 * recognitionRateHz,
} as const;

/** Follows turns with a streaming zipformer or paraformer. Throws when the files are no such model. */
export class StreamingReader {
  readonly #recognizer: InstanceType<Sherpa['OnlineRecognizer']>;
  readonly #family: 'zipformer' | 'paraformer';
  readonly #streams = new Map<number, SherpaOnnx.OnlineStream>();

  constructor(files: Exclude<RecognizerFiles, { family: 'moonshine' }>) {
    this.#family = files.family;
    this.#recognizer = new OnlineRecognizer({
      featConfig: { sampleRate: recognitionRateHz, featureDim: 80 },
      modelConfig: {
        ...(files.family === 'zipformer'
          ? { transducer: { encoder: files.encoder, decoder: files.decoder, joiner: files.joiner } }
          : { paraformer: { encoder: files.encoder, decoder: files.decoder } }),
        tokens: files.tokens,
        numThreads: 1,
        provider: 'cpu',
        debug: false,
      },
      decodingMethod: 'greedy_search',
      // Where a turn ends is for the turn detector to say.
      enableEndpoint: false,
    });
  }

  /** Goes on with `turn`; a turn not heard of before begins here. The reading is of the whole turn so far. */
  feed(turn: number, samples: Int16Array, final: boolean): Reading {
    let stream = this.#streams.get(turn);
    if (stream === undefined) {
      stream = this.#recognizer.createStream();
      this.#streams.set(turn, stream);
    }
    // The input is never declared finished: the caller may go on after a pause, and then hears only some more silence.
    const floats = toFloats(samples, final ? flushSamples[this.#family] : 0);
    if (floats.length > 0) stream.acceptWaveform({ sampleRate: recognitionRateHz, samples: floats });
    while (this.#recognizer.isReady(stream)) this.#recognizer.decode(stream);
    const { text, ys_probs: logProbabilities } = this.#recognizer.getResult(stream);
    return { text: text.trim(), confidence: confidenceOf(logProbabilities) };
  }

  forget(turn: number): void {
    this.#streams.delete(turn);
  }
}

/** Geometric mean of the tokens' probabilities; undefined for models that give none. */
function confidenceOf(logProbabilities: readonly number[] | undefined): number | undefined {
  if (logProbabilities === undefined || logProbabilities.length === 0) return undefined;
  const mean = logProbabilities.reduce((sum, value) => sum + value, 0) / logProbabilities.length;
  return Math.min(1, Math.exp(mean));
}
