import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { Tensor } from 'onnxruntime-node';
import type { AudioFrame } from '../core/audio.ts';
import { frameMs } from '../core/audio.ts';
import { KefuError } from '../core/errors.ts';
import type { VoiceActivityDetector, VoiceWindow } from '../core/turn.ts';
import { nativeSessions, type NativeSession, type NativeSessions } from './native-session.ts';

/** Silero VAD v5 at 16 kHz: 32 ms windows, each seen together with the last 4 ms of the one before it. */
const sampleRateHz = 16_000;
const windowSamples = 512;
const contextSamples = 64;
const windowMs = (windowSamples / sampleRateHz) * 1000;
const stateShape = [2, 1, 128] as const;
const stateSize = 2 * 128;
/** Below this level a window is not worth the network: it is what a line without any sound carries (mu-law's smallest step is -72). */
const silenceDbfs = -70;
/** After this much silence the network begins anew, as at the start of a call. */
const forgetAfterWindows = 10;
/** Media times of neighbouring frames may differ by this much from rounding. */
const timeToleranceMs = 5;

/** The shared model; every call opens its own detector on it. */
export interface SileroModel {
  open(): VoiceActivityDetector;
  /** Frees the model. Detectors opened from it must not be used any more. Idempotent. */
  close(): void;
}

/**
 * Loads the Silero VAD v5 ONNX file. Throws `model_missing` when there is no file, `model_conversion_failed` when it is another
 * model, `runtime_incompatible` when the installed onnxruntime-node cannot run it synchronously.
 */
export function loadSilero(file: string): SileroModel {
  if (!existsSync(file)) throw new KefuError('model_missing', `The voice activity model is missing: ${file}`);
  // The binding is CommonJS and not part of the package's declared entry; see native-session.ts for why it is used.
  const load = createRequire(import.meta.url);
  const sessions = nativeSessions(load('onnxruntime-node/dist/binding.js'));
  const session = loadChecked(sessions, file);
  return {
    open: () => new SileroDetector(session),
    close: () => session.close(),
  };
}

/** Loads the model and tries it on silence, so that a wrong file is found at the start and not in a call. */
function loadChecked(sessions: NativeSessions, file: string): NativeSession {
  let session: NativeSession | undefined;
  try {
    session = sessions.open(file);
    const [probability] = infer(
      session,
      new Float32Array(contextSamples + windowSamples),
      new Float32Array(stateSize),
    );
    if (probability >= 0 && probability <= 1) return session;
    throw new Error(`it says ${probability} for silence`);
  } catch (error) {
    session?.close();
    if (error instanceof KefuError && error.code === 'runtime_incompatible') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new KefuError('model_conversion_failed', `${file} is not a Silero VAD v5 model: ${reason}`, {
      cause: error,
    });
  }
}

const rateTensor = new Tensor('int64', BigInt64Array.of(BigInt(sampleRateHz)), []);

/** One window with its context through the network: probability of speech, and the state for the next window. */
function infer(
  session: NativeSession,
  input: Float32Array,
  state: Float32Array,
): readonly [number, Float32Array] {
  const output = session.run({
    input: new Tensor('float32', input, [1, input.length]),
    state: new Tensor('float32', state, stateShape),
    sr: rateTensor,
  });
  const probability = output.output?.[0];
  const next = output.stateN;
  if (probability === undefined || next?.length !== stateSize) {
    throw new KefuError(
      'model_conversion_failed',
      'The voice activity model gave an answer of another shape.',
    );
  }
  return [probability, next];
}

class SileroDetector implements VoiceActivityDetector {
  readonly windowSamples = windowSamples;
  readonly #session: NativeSession;
  /** The context, then the window being filled. */
  readonly #input = new Float32Array(contextSamples + windowSamples);
  #filled = 0;
  #windowStartMs = 0;
  #state: Float32Array = new Float32Array(stateSize);
  #silentWindows = 0;

  constructor(session: NativeSession) {
    this.#session = session;
  }

  write(frame: AudioFrame): readonly VoiceWindow[] {
    if (frame.sampleRateHz !== sampleRateHz) {
      throw new KefuError('internal', `Voice activity needs 16 kHz audio, not ${frame.sampleRateHz} Hz.`);
    }
    if (this.#filled > 0) {
      const expectedMs = this.#windowStartMs + (this.#filled / sampleRateHz) * 1000;
      // A jump in media time: what was before it does not belong to what comes.
      if (Math.abs(frame.mediaMs - expectedMs) > timeToleranceMs) this.reset();
    }
    const windows: VoiceWindow[] = [];
    const { samples } = frame;
    const samplePeriodMs = samples.length === 0 ? 0 : frameMs(frame) / samples.length;
    for (let read = 0; read < samples.length;) {
      if (this.#filled === 0) this.#windowStartMs = frame.mediaMs + read * samplePeriodMs;
      const count = Math.min(windowSamples - this.#filled, samples.length - read);
      const at = contextSamples + this.#filled;
      for (let index = 0; index < count; index += 1) {
        this.#input[at + index] = (samples[read + index] ?? 0) / 32768;
      }
      read += count;
      this.#filled += count;
      if (this.#filled === windowSamples) windows.push(this.#finishWindow());
    }
    return windows;
  }

  reset(): void {
    this.#filled = 0;
    this.#input.fill(0);
    this.#state = new Float32Array(stateSize);
    this.#silentWindows = 0;
  }

  #finishWindow(): VoiceWindow {
    const levelDbfs = level(this.#input);
    const speechProbability = this.#probability(levelDbfs);
    this.#input.copyWithin(0, windowSamples);
    this.#filled = 0;
    return { startMs: this.#windowStartMs, durationMs: windowMs, speechProbability, levelDbfs };
  }

  #probability(levelDbfs: number): number {
    if (levelDbfs < silenceDbfs) {
      this.#silentWindows += 1;
      if (this.#silentWindows === forgetAfterWindows) this.#state = new Float32Array(stateSize);
      return 0;
    }
    this.#silentWindows = 0;
    const [probability, state] = infer(this.#session, this.#input, this.#state);
    this.#state = state;
    return probability;
  }
}

/** Root mean square of the window behind the context, in dB relative to full scale; -100 for digital silence. */
function level(input: Float32Array): number {
  let sum = 0;
  for (let index = contextSamples; index < input.length; index += 1) sum += (input[index] ?? 0) ** 2;
  return sum === 0 ? -100 : Math.max(-100, 10 * Math.log10(sum / windowSamples));
}
