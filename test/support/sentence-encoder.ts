import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SentenceEncoder } from '../../src/core/understanding.ts';
import { createSentenceEncoder } from '../../src/understand/encoder.ts';
import { UnigramTokenizer } from '../../src/understand/tokenizer.ts';
import { startTokenEncoder } from '../../src/workers/encoder.ts';
import { testModelStore } from './models.ts';

/** The default sentence encoder with its real model. */
export async function startTestEncoder(): Promise<SentenceEncoder> {
  const id = 'e5-small-multilingual';
  const folder = join(testModelStore().directory, id);
  const tokenizer = UnigramTokenizer.fromJson(await readFile(join(folder, 'tokenizer.json'), 'utf8'));
  const tokens = await startTokenEncoder({
    modelPath: join(folder, 'model.onnx'),
    probe: tokenizer.encode('query: hello'),
  });
  return createSentenceEncoder({ id, tokenizer, tokens });
}
