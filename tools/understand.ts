/**
 * `npm run understand -- --in FILE.jsonl --out FILE.jsonl`: what Kefu understands of sentences. Each line has `text` and may have `id`,
 * `lang` (en or zh; told from the text when left out) and `expecting` (the kind of answer that was asked for, such as yes_no). To each
 * line `intents`, `language` and `milliseconds` are added; out of scope is an empty list.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { openModelStore, startEncoder } from '../src/app/stages.ts';
import { runHead } from '../src/app/teaching/running.ts';
import { systemClock } from '../src/core/clock.ts';
import { expectingKinds, expectingSchema, type Expecting } from '../src/core/dialog.ts';
import { KefuError, toKefuError } from '../src/core/errors.ts';
import { languageSchema } from '../src/core/language.ts';
import { createLogger } from '../src/observe/logger.ts';
import { createTrainedIntents, type TrainedIntents } from '../src/understand/intents/trained-intents.ts';
import { detectLanguage } from '../src/understand/normalize/language.ts';
import { readJsonLines } from './lib/json-lines.ts';

const usage = `Usage: npm run understand -- --in FILE.jsonl --out FILE.jsonl

Adds to each line (text, and if you like id, lang, expecting) what Kefu understands:
intents (name and score, what was asked first comes first), language, milliseconds.
`;

const lineSchema = z.looseObject({
  text: z.string(),
  lang: languageSchema.nullish(),
  expecting: z.union([z.enum(expectingKinds), expectingSchema]).nullish(),
});
type Line = z.infer<typeof lineSchema>;

/** What is added to a line. Each part of understanding adds its own fields here. */
async function understandLine(line: Line, trained: TrainedIntents): Promise<Record<string, unknown>> {
  const startedMs = performance.now();
  const language = detectLanguage(line.text, line.lang ?? 'en');
  const intents = await trained.classify(line.text, { language, expecting: expectingOf(line.expecting) });
  const rounded = (value: number): number => Math.round(value * 1000) / 1000;
  return {
    intents: intents.map(({ intent, score }) => ({ name: intent, score: rounded(score) })),
    language,
    milliseconds: rounded(performance.now() - startedMs),
  };
}

function expectingOf(expecting: Line['expecting']): Expecting | null {
  if (expecting === null || expecting === undefined) return null;
  return typeof expecting === 'string' ? { slot: 'asked', kind: expecting } : expecting;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { in: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  if (values.in === undefined || values.out === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  loadEnvironmentFile();
  const config = readConfig();
  const log = createLogger('warn');
  const encoder = await startEncoder(openModelStore(config), config.language, systemClock);
  try {
    const running = await runHead({
      dataDir: config.dataDir,
      encoderId: encoder.id,
      clock: systemClock,
      log,
    });
    running.close();
    if (!running.head) {
      throw new KefuError(
        'config_invalid',
        'There is no intent head for the encoder in use: run `npm run teach -- retrain`.',
      );
    }
    const trained = createTrainedIntents({ encoder, head: running.head });
    const lines: string[] = [];
    for await (const line of readJsonLines(values.in, lineSchema)) {
      lines.push(`${JSON.stringify({ ...line, ...(await understandLine(line, trained)) })}\n`);
    }
    await writeFile(values.out, lines.join(''));
    process.stdout.write(
      `${lines.length} sentences understood by version ${running.number} of the intent head.\n`,
    );
    return 0;
  } finally {
    await encoder.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const failure = toKefuError(error);
  process.stderr.write(`${failure.message}\n${failure.action}\n`);
  process.exitCode = 1;
}
