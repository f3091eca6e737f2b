import type { JobReply } from './thread-jobs.ts';

/** What the sentence encoder's thread is started with. */
export interface EncoderThreadData {
  /** The ONNX model: `input_ids` and `attention_mask` (int64, [batch, length]) to `sentence_vectors` (float, [batch, size]). */
  readonly modelPath: string;
}

export interface EncodeRequest {
  readonly job: number;
  /** Token ids of each sentence. */
  readonly rows: readonly (readonly number[])[];
}

/** The rows' vectors, one after the other. */
export interface SentenceVectors {
  readonly vectors: Float32Array;
}

export type EncodeReply = JobReply<SentenceVectors>;
