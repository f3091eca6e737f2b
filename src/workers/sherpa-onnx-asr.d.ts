/** The part of sherpa-onnx-node that recognition uses; the package carries its types as JSDoc that TypeScript does not find. */
declare module 'sherpa-onnx-node' {
  export interface FeatureConfig {
    readonly sampleRate: number;
    readonly featureDim: number;
  }

  export interface RecognizerWave {
    readonly sampleRate: number;
    /** -1 to 1. */
    readonly samples: Float32Array;
  }

  export class OfflineRecognitionStream {
    acceptWaveform(wave: RecognizerWave): void;
  }

  export class OfflineRecognizer {
    /** Loads the model; throws when the native side refuses the configuration. */
    constructor(config: {
      readonly featConfig: FeatureConfig;
      readonly modelConfig: {
        readonly moonshine: { readonly encoder: string; readonly mergedDecoder: string };
        readonly tokens: string;
        readonly numThreads: number;
        readonly provider: string;
        readonly debug: boolean;
      };
    });
    createStream(): OfflineRecognitionStream;
    /** Synchronous: returns when the stream has been decoded. */
    decode(stream: OfflineRecognitionStream): void;
    getResult(stream: OfflineRecognitionStream): { readonly text: string };
  }

  export class OnlineStream {
    acceptWaveform(wave: RecognizerWave): void;
  }

  export class OnlineRecognizer {
    /** Loads the model; throws when the native side refuses the configuration. */
    constructor(config: {
      readonly featConfig: FeatureConfig;
      readonly modelConfig: {
        readonly transducer?: {
          readonly encoder: string;
          readonly decoder: string;
          readonly joiner: string;
        };
        readonly paraformer?: { readonly encoder: string; readonly decoder: string };
        readonly tokens: string;
        readonly numThreads: number;
        readonly provider: string;
        readonly debug: boolean;
      };
      readonly decodingMethod: string;
      readonly enableEndpoint: boolean;
    });
    createStream(): OnlineStream;
    isReady(stream: OnlineStream): boolean;
    decode(stream: OnlineStream): void;
    getResult(stream: OnlineStream): {
      readonly text: string;
      /** Natural logarithms of the tokens' probabilities, from transducers only. */
      readonly ys_probs?: readonly number[];
    };
  }
}
