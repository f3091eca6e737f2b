/**
 * `npm run teach -- COMMAND`: supervisors add sentences, train the intent head again, look at its scores and put it to use
 * (docs/understanding.md). Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
 */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { readFlowFiles } from '../src/app/flows/files.ts';
import { openModelStore, startEncoder } from '../src/app/stages.ts';
import { openTeachingDesk, type TeachingDesk } from '../src/app/teaching/desk.ts';
import type { HeadRecord, TaughtExample } from '../src/app/teaching/files.ts';
import { defaultMargins } from '../src/app/teaching/promotion.ts';
import { systemClock } from '../src/core/clock.ts';
import { toKefuError } from '../src/core/errors.ts';
import { languageSchema, languages } from '../src/core/language.ts';
import type { SentenceEncoder } from '../src/core/understanding.ts';
import { compileFlowPack } from '../src/dialog/flow-pack.ts';
import { detectLanguage } from '../src/understand/normalize/language.ts';
import { formatTable } from './bench/lib/report.ts';
import { readJsonLines } from './lib/json-lines.ts';

const usage = `Teaches Kefu what callers mean (docs/understanding.md).

  npm run teach -- add --text TEXT --intent NAME [--intent NAME ..] [--language zh] [--author NAME]
  npm run teach -- add --in FILE.jsonl [--author NAME]   lines of text, intents (or intent) and, if you like, lang
  npm run teach -- examples                 sentences that were added
  npm run teach -- retrain                  trains a new version and measures it
  npm run teach -- evaluate [N] [--json]    scores of version N (default: the newest) beside the current one
  npm run teach -- promote [N] [--author NAME] [--margin PERCENT]   new calls begin with version N
  npm run teach -- rollback [--author NAME] back to the version before
  npm run teach -- list                     every version with its scores

Calls under way keep the version they began with. --margin is how many points a figure may fall (default ${100 * defaultMargins.overall}).
`;

class UsageError extends Error {}

const options = {
  text: { type: 'string' },
  intent: { type: 'string', multiple: true },
  language: { type: 'string' },
  in: { type: 'string' },
  author: { type: 'string' },
  margin: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
type Values = ReturnType<typeof parse>['values'];

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const addLineSchema = z
  .looseObject({
    text: z.string(),
    intents: z.array(z.string()).min(1).optional(),
    intent: z.string().optional(),
    lang: languageSchema.optional(),
  })
  .refine(({ intents, intent }) => intents !== undefined || intent !== undefined, 'needs intents or intent');

async function add(desk: TeachingDesk, values: Values): Promise<number> {
  const author = values.author ?? userInfo().username;
  const addedAt = new Date().toISOString();
  const examples: TaughtExample[] = [];
  if (values.in !== undefined) {
    for await (const { text, intents, intent = '', lang } of readJsonLines(values.in, addLineSchema)) {
      const language = lang ?? detectLanguage(text, 'en');
      examples.push({ text: text.trim(), language, intents: intents ?? [intent], author, addedAt });
    }
  } else {
    const { text, intent: intents } = values;
    if (text === undefined || intents === undefined)
      throw new UsageError('add needs --text and --intent, or --in FILE.');
    const language = languageSchema.optional().safeParse(values.language);
    if (!language.success) throw new UsageError('--language takes en or zh.');
    examples.push({
      text: text.trim(),
      language: language.data ?? detectLanguage(text, 'en'),
      intents,
      author,
      addedAt,
    });
  }
  const additions = await desk.add(examples);
  const refused = additions.filter((addition) => addition.refused !== undefined);
  for (const { example, refused: why } of refused) print(`Not added: ${example.text}\n  ${why ?? ''}`);
  print(`${additions.length - refused.length} of ${additions.length} sentences added.`);
  return refused.length > 0 ? 1 : 0;
}

const percent = (value: number | undefined): string =>
  value === undefined ? '-' : `${(100 * value).toFixed(1)} %`;

function describeScores(records: readonly HeadRecord[], current: number): string {
  const rows = records.flatMap((record) =>
    languages.map((language) => {
      const scores = record.scores[language];
      return [
        `${record.number === current ? '*' : ' '} ${record.number}`,
        record.trainedAt.slice(0, 16).replace('T', ' '),
        String(record.taught),
        language,
        percent(scores.accuracy),
        percent(scores.macroF1),
        percent(scores.outOfScopeRecall),
        percent(scores.falseRejects),
        percent(scores.severalFound),
      ];
    }),
  );
  return formatTable(
    [
      'version',
      'trained',
      'taught',
      '',
      'accuracy',
      'macro-F1',
      'out of scope turned down',
      'false rejects',
      'several wishes',
    ],
    rows,
  );
}

function describeChange(record: HeadRecord, before: HeadRecord): string[] {
  return languages.flatMap((language) => {
    const changes = Object.entries(record.scores[language].byIntent).flatMap(([intent, value]) => {
      const old = before.scores[language].byIntent[intent];
      return old === undefined || Math.abs(value - old) < 0.005
        ? []
        : [`${intent} ${percent(old)} -> ${percent(value)}`];
    });
    return changes.length === 0 ? [] : [`F1 that changed (${language}): ${changes.join(', ')}`];
  });
}

async function newestOr(desk: TeachingDesk, name: string | undefined): Promise<number> {
  if (name === undefined) return (await desk.versions()).records.at(-1)?.number ?? 0;
  if (!/^\d+$/.test(name)) throw new UsageError(`A version is a number, not ${name}.`);
  return Number(name);
}

async function run(
  command: string,
  desk: TeachingDesk,
  names: readonly string[],
  values: Values,
): Promise<number> {
  const author = values.author ?? userInfo().username;
  switch (command) {
    case 'add':
      return add(desk, values);
    case 'examples':
      for (const { text, language, intents, author: by } of await desk.examples())
        print(`${language}  ${intents.join(', ')}  ${text}  (${by})`);
      return 0;
    case 'retrain': {
      const record = await desk.retrain();
      const { current, records } = await desk.versions();
      print(
        `Version ${record.number} was trained in ${record.trainingSeconds} s on ${record.sentences} sentences, ${record.taught} of them added here.\n`,
      );
      print(
        describeScores(
          records.filter(({ number }) => number === record.number || number === current),
          current,
        ),
      );
      const before = records.find(({ number }) => number === current);
      if (before) for (const line of describeChange(record, before)) print(line);
      print(`\nTo put it to use: npm run teach -- promote ${record.number}`);
      return 0;
    }
    case 'evaluate': {
      const record = await desk.evaluate(await newestOr(desk, names[0]));
      const { current, records } = await desk.versions();
      if (values.json) print(JSON.stringify(record, null, 2));
      else {
        const others = records.filter(({ number }) => number === current && number !== record.number);
        print(describeScores([...others, record], current));
        for (const before of others) for (const line of describeChange(record, before)) print(line);
      }
      return 0;
    }
    case 'promote': {
      const points = values.margin === undefined ? undefined : Number(values.margin);
      if (points !== undefined && !(points >= 0 && points <= 100))
        throw new UsageError('--margin takes points from 0 to 100.');
      const margins =
        points === undefined
          ? defaultMargins
          : { overall: points / 100, intent: Math.max(defaultMargins.intent, points / 100) };
      const record = await desk.promote(await newestOr(desk, names[0]), author, margins);
      print(`New calls begin with version ${record.number}; calls under way keep theirs.`);
      return 0;
    }
    case 'rollback': {
      const record = await desk.rollback(author);
      print(`New calls begin with version ${record.number} again; calls under way keep theirs.`);
      return 0;
    }
    case 'list': {
      const { current, records } = await desk.versions();
      print(describeScores(records, current));
      return 0;
    }
    default:
      throw new UsageError(`There is no command ${command}.`);
  }
}

async function main(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  if (command === undefined || command === '--help' || command === '-h') {
    process.stdout.write(usage);
    return command === undefined ? 2 : 0;
  }
  loadEnvironmentFile();
  const config = readConfig();
  let opening: Promise<SentenceEncoder> | undefined;
  const encoder = (): Promise<SentenceEncoder> =>
    (opening ??= startEncoder(openModelStore(config), config.language, systemClock));
  try {
    const { values, positionals } = parse(args);
    const pack = compileFlowPack(
      new Map(Object.entries(await readFlowFiles(config.flowsDir))),
      config.flowsDir,
    );
    const desk = openTeachingDesk({
      dataDir: config.dataDir,
      clock: systemClock,
      encoder,
      flowIntents: pack.intents.map(({ intent }) => intent),
    });
    return await run(command, desk, positionals, values);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${usage}`);
      return 2;
    }
    const failure = toKefuError(error);
    process.stderr.write(`${failure.message}\n${failure.action}\n`);
    return 1;
  } finally {
    await (await opening?.catch(() => undefined))?.close();
  }
}

process.exitCode = await main();
