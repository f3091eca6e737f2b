/**
 * `npm run train:intents`: trains the intent head that ships with Kefu on the sentences in models/training/utterances, measures it on
 * those in models/training/held-out, and writes models/intents/, and beside it models/homophones/ from the Mandarin ones. The same
 * sentences and the same encoder give the same head.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { loadEnvironmentFile, readConfig } from '../../src/app/config.ts';
import { openModelStore, startEncoder } from '../../src/app/stages.ts';
import { sentencesOf } from '../../src/app/teaching/desk.ts';
import * as files from '../../src/app/teaching/files.ts';
import { systemClock } from '../../src/core/clock.ts';
import { languages } from '../../src/core/language.ts';
import { encodeCharacters, learnCharacters } from '../../src/understand/homophones/language-model.ts';
import { charactersFile } from '../../src/understand/homophones/repair.ts';
import { judgeLines, scoreLines } from '../../src/understand/intents/evaluate-head.ts';
import { decodeHead, encodeHead } from '../../src/understand/intents/head-file.ts';
import { learnHead } from '../../src/understand/intents/learn.ts';
import { readLabelledLines, trainableLines } from '../../src/understand/intents/lines.ts';
import {
  readVectorFile,
  vectorsFor,
  vectorsOf,
  writeVectorFile,
} from '../../src/understand/intents/vector-file.ts';
import { normalForm } from '../../src/understand/normalize/normal-form.ts';

loadEnvironmentFile();
const config = readConfig();
const vectorFile = join(files.shippedIntents, 'vectors.bin');
const model = await startEncoder(openModelStore(config), config.language, systemClock);
try {
  const known = await readVectorFile(vectorFile, model);
  /** Training sentences, held-out ones, and the pieces they were cut into: all that teaching asks for again. */
  const used = new Set<string>();
  const encoder = {
    ...model,
    encode: (texts: readonly string[]) => {
      for (const text of texts) used.add(text);
      return vectorsOf(texts, model, known, {
        onProgress: (done, all) => {
          if (all > 100) process.stderr.write(`\rencoding ${done} of ${all} `);
        },
      });
    },
  };
  const startedMs = performance.now();
  const heldOut = await readLabelledLines(files.heldOutLines);
  const all = await readLabelledLines(files.trainingLines);
  const lines = trainableLines(all, heldOut);
  const spoken = lines.filter(({ language, said }) => language === 'zh' && said === undefined);
  await files.writeWhole(
    charactersFile,
    encodeCharacters(learnCharacters(spoken.map(({ text }) => normalForm(text, 'zh')))),
  );
  const sentences = await sentencesOf(lines, encoder);
  const head = await learnHead(sentences, { encoderId: model.id });
  const trainingSeconds = Math.round((performance.now() - startedMs) / 100) / 10;
  const bytes = encodeHead(head);
  // Measured as it will be read, with its rounded weights.
  const scores = scoreLines(await judgeLines(decodeHead(bytes), encoder, heldOut));
  await files.writeWhole(join(files.shippedIntents, 'head.bin'), bytes);
  const record = files.headRecordSchema.parse({
    number: 0,
    trainedAt: new Date().toISOString(),
    encoder: model.id,
    sentences: sentences.length,
    taught: 0,
    trainingSeconds,
    frozenSet: createHash('sha256').update(JSON.stringify(heldOut)).digest('hex').slice(0, 16),
    scores,
  });
  await files.writeWhole(join(files.shippedIntents, 'scores.json'), `${JSON.stringify(record, null, 2)}\n`);
  await writeVectorFile(vectorFile, model, vectorsFor([...used], known));
  process.stdout.write(
    `\n${sentences.length} sentences (${all.length - lines.length} left out: they are held out), ${trainingSeconds} s.\n`,
  );
  for (const language of languages) {
    const { byIntent, ...own } = scores[language];
    process.stdout.write(`${language}: ${JSON.stringify(own)}\n${JSON.stringify(byIntent)}\n`);
  }
} finally {
  await model.close();
}
