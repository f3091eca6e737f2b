import type { Language } from '../core/language.ts';

/** Files of a recognition model by family, as the manifest names them. Paths are absolute. */
export type RecognizerFiles =
  /** Moonshine: reads a whole clip at once; partial texts come from reading it again. */
  | {
      readonly family: 'moonshine';
      readonly encoder: string;
      readonly mergedDecoder: string;
      readonly tokens: string;
    }
  /** Streaming zipformer transducer: true streaming, partial texts for free. */
  | {
      readonly family: 'zipformer';
      readonly encoder: string;
      readonly decoder: string;
      readonly joiner: string;
      readonly tokens: string;
    }
  /** Streaming paraformer: true streaming. */
  | {
      readonly family: 'paraformer';
      readonly encoder: string;
      readonly decoder: string;
      readonly tokens: string;
    };

export interface RecognizerModel {
  readonly id: string;
  readonly languages: readonly Language[];
  readonly files: RecognizerFiles;
}

/** Rate of all audio for recognition. */
export const recognitionRateHz = 16_000;

/** True when a model goes on with a turn; false when it reads the turn anew each time. */
export function isStreaming(files: RecognizerFiles): boolean {
  return files.family !== 'moonshine';
}
