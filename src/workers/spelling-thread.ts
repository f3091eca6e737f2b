import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { languageSchema } from '../core/language.ts';
import { serveThread } from './serve-thread.ts';
import type { SpellingReply, SpellingRequest, SpellingThreadData } from './spelling-messages.ts';

// onnxruntime-node computes on the thread that calls `run`: on the main thread it would hold up the sound of all calls.

const dataSchema: z.ZodType<SpellingThreadData> = z.object({
  encoderPath: z.string(),
  headPaths: z.record(languageSchema, z.string()),
});

serveThread<SpellingRequest, SpellingReply>(async (data, reply) => {
  const { encoderPath, headPaths } = dataSchema.parse(data);
  const options = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  } as const;
  const encoder = await InferenceSession.create(encoderPath, options);
  const heads = {
    en: await InferenceSession.create(headPaths.en, options),
    zh: await InferenceSession.create(headPaths.zh, options),
  };
  return {
    async handle({ job, language, samples }) {
      try {
        const dims = [1, samples.length];
        const { last_hidden_state: states } = await encoder.run({
          input_values: new Tensor('float32', samples, dims),
          attention_mask: new Tensor('int64', new BigInt64Array(samples.length).fill(1n), dims),
        });
        if (states === undefined) throw new Error('The encoder gives no last_hidden_state.');
        const { log_probs: output } = await heads[language].run({ states });
        if (!(output?.data instanceof Float32Array)) throw new Error('The model gives no log_probs.');
        const [, steps = 0, width = 0] = output.dims;
        // A copy, because the runtime's own memory cannot be moved to another thread.
        const logProbs = new Float32Array(output.data);
        reply({ job, logProbs, steps, width }, [logProbs.buffer]);
      } catch (error) {
        reply({ job, failed: error instanceof Error ? error.message : String(error) });
      }
    },
    async close() {
      await encoder.release();
      for (const head of Object.values(heads)) await head.release();
    },
  };
});
