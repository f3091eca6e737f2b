/** The part of sherpa-onnx-node 1.13.8 that synthesis uses; the package ships no types. Other parts are declared beside their users. */
declare module 'sherpa-onnx-node' {
  export interface OfflineTtsConfig {
    readonly model: {
      readonly vits: { readonly model: string; readonly tokens: string; readonly dataDir: string };
      readonly numThreads: number;
      readonly provider: 'cpu';
      readonly debug: boolean;
    };
    /** How many sentences of a text are rendered at once. */
    readonly maxNumSentences: number;
  }

  export class OfflineTts {
    constructor(config: OfflineTtsConfig);
    readonly sampleRate: number;
    /** Synchronous: blocks the thread while it renders. Samples are -1 to 1. */
    generate(request: {
      readonly text: string;
      readonly sid: number;
      readonly speed: number;
      /** False copies the samples into memory of JavaScript. */
      readonly enableExternalBuffer: boolean;
    }): { readonly samples: Float32Array; readonly sampleRate: number };
  }
}
