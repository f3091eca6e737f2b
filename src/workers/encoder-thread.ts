import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import type { EncodeReply, EncodeRequest, EncoderThreadData } from './encoder-messages.ts';
import { serveThread } from './serve-thread.ts';

// onnxruntime-node computes on the thread that calls `run` (its promise only postpones the call), so a sentence would stall the
// main thread, and with it the audio, for several milliseconds. Hence this thread.

const dataSchema: z.ZodType<EncoderThreadData> = z.object({ modelPath: z.string() });

serveThread<EncodeRequest, EncodeReply>(async (data, reply) => {
  const { modelPath } = dataSchema.parse(data);
  const session = await InferenceSession.create(modelPath, {
    // Sentences are short: a second thread gains little, and the cores belong to recognition and synthesis.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });
  return {
    async handle({ job, rows }) {
      try {
        const vectors = await encode(session, rows);
        reply({ job, vectors }, [vectors.buffer]);
      } catch (error) {
        reply({ job, failed: error instanceof Error ? error.message : String(error) });
      }
    },
    async close() {
      await session.release();
    },
  };
});

async function encode(
  session: InferenceSession,
  rows: EncodeRequest['rows'],
): Promise<Float32Array<ArrayBuffer>> {
  const length = Math.max(...rows.map((row) => row.length));
  // Padding may be any id: the mask takes it out of attention and of the mean.
  const ids = new BigInt64Array(rows.length * length);
  const mask = new BigInt64Array(rows.length * length);
  for (const [index, row] of rows.entries()) {
    for (const [position, id] of row.entries()) {
      ids[index * length + position] = BigInt(id);
      mask[index * length + position] = 1n;
    }
  }
  const dims = [rows.length, length];
  const outputs = await session.run({
    input_ids: new Tensor('int64', ids, dims),
    attention_mask: new Tensor('int64', mask, dims),
  });
  const data = outputs.sentence_vectors?.data;
  if (!(data instanceof Float32Array)) throw new Error('The model gives no sentence_vectors.');
  // A copy, because the runtime's own memory cannot be moved to another thread.
  return new Float32Array(data);
}
