import { createRequire } from 'node:module';
import type * as SherpaOnnx from 'sherpa-onnx-node';
import { shapeSpeech } from './speech-shaping.ts';
import type { SendReply, ThreadService } from './serve-thread.ts';

// The package is CommonJS, and Node does not find all its names for an `import`.
const { OfflineTts } = createRequire(import.meta.url)('sherpa-onnx-node') as typeof SherpaOnnx;

/** Files and settings of a Piper voice, as its thread gets them. */
export interface PiperVoice {
  /** Paths of the ONNX model with sherpa-onnx's metadata, its token table, and the espeak-ng data folder. */
  readonly model: string;
  readonly tokens: string;
  readonly dataDir: string;
  readonly sampleRateHz: number;
  /** 1 is the voice's own pace; 0.9 is slower. */
  readonly speed: number;
  readonly levelDbfs: number;
}

export interface RenderRequest {
  readonly job: number;
  readonly spoken: string;
  /** Times the voice's own pace. */
  readonly pace: number;
}

export type RenderReply =
  | { readonly job: number; readonly ok: true; readonly samples: Int16Array<ArrayBuffer> }
  | { readonly job: number; readonly ok: false; readonly message: string };

/**
 * The thread's side of a Piper voice: loads the model, says one sentence to itself (the first run of a model is the slowest),
 * and renders what it is asked for, one text after the other.
 */
export function startPiper(data: unknown, reply: SendReply<RenderReply>): ThreadService<RenderRequest> {
  const voice = data as PiperVoice;
  const tts = new OfflineTts({
    model: {
      vits: { model: voice.model, tokens: voice.tokens, dataDir: voice.dataDir },
      numThreads: 1,
      provider: 'cpu',
      debug: false,
    },
    maxNumSentences: 1,
  });
  if (tts.sampleRate !== voice.sampleRateHz) {
    throw new Error(`The voice speaks at ${tts.sampleRate} Hz, but ${voice.sampleRateHz} Hz was expected.`);
  }
  const render = (spoken: string, pace: number): Float32Array =>
    // External buffers are not allowed in every runtime; the copy costs microseconds.
    tts.generate({ text: spoken, sid: 0, speed: voice.speed * pace, enableExternalBuffer: false }).samples;
  render('Hello, how can I help you?', 1);

  return {
    handle({ job, spoken, pace }) {
      try {
        const samples = shapeSpeech(render(spoken, pace), voice) as Int16Array<ArrayBuffer>;
        reply({ job, ok: true, samples }, [samples.buffer]);
      } catch (thrown) {
        reply({ job, ok: false, message: thrown instanceof Error ? thrown.message : String(thrown) });
      }
    },
  };
}
