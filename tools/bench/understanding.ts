import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/app/config.ts';
import { startEncoder } from '../../src/app/stages.ts';
import { sentencesOf } from '../../src/app/teaching/desk.ts';
import { heldOutLines, shippedIntents, telephoneLines, trainingLines } from '../../src/app/teaching/files.ts';
import { runHead } from '../../src/app/teaching/running.ts';
import { systemClock } from '../../src/core/clock.ts';
import { KefuError } from '../../src/core/errors.ts';
import { languages, type Language } from '../../src/core/language.ts';
import type { SentenceEncoder } from '../../src/core/understanding.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { judgeLines, scoreLines, type JudgedLine } from '../../src/understand/intents/evaluate-head.ts';
import {
  outOfScopeName,
  recallBelow,
  scoreIntents,
  thresholdAt,
  type IntentScores,
  type Judged,
} from '../../src/understand/intents/evaluation.ts';
import { learnHead } from '../../src/understand/intents/learn.ts';
import { readLabelledLines, type LabelledLine } from '../../src/understand/intents/lines.ts';
import { createTrainedIntents } from '../../src/understand/intents/trained-intents.ts';
import { readVectorFile, vectorsOf } from '../../src/understand/intents/vector-file.ts';
import { createNearestExamples } from '../../src/understand/nearest-examples.ts';
import { normalForm } from '../../src/understand/normalize/normal-form.ts';
import {
  textOption,
  UsageError,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { readLabelled } from './lib/labelled.ts';
import { formatTable, formatTargets, type Row, type Target } from './lib/report.ts';
import { summarize } from './lib/statistics.ts';
import { trainTfIdf } from './lib/tfidf.ts';

/** How well Kefu understands what callers want. */
export const understanding: Benchmark = {
  name: 'understanding',
  about: 'Intents of sentences nobody trained on, beside two baselines fitted in the same run.',
  usage: [
    '--train FILE --test FILE   fits a fresh head on lines of text and label (oos: out of scope) and measures it',
    '--set DIR                  other held-out sentences than those of Kefu (files NAME.LANGUAGE.jsonl)',
    '--no-baselines             leaves the baselines out',
  ],
  options: {
    train: { type: 'string' },
    test: { type: 'string' },
    set: { type: 'string' },
    'no-baselines': { type: 'boolean', default: false },
  },
  run,
};

/** The same figures for every classifier, at its own thresholds and at fixed shares of false rejects. */
interface Measured {
  readonly name: string;
  readonly scores: IntentScores;
  readonly recallAt3: number | undefined;
  readonly recallAt5: number | undefined;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const train = textOption(context.values, 'train');
  const test = textOption(context.values, 'test');
  if ((train === undefined) !== (test === undefined))
    throw new UsageError('--train and --test belong together.');
  const encoder = await startEncoder(context.store, 'en', systemClock);
  try {
    return train === undefined || test === undefined
      ? await measureShipped(context, encoder)
      : await measureFresh(context, encoder, await readLabelled(train), await readLabelled(test));
  } finally {
    await encoder.close();
  }
}

/** Remembers vectors within a run: baselines and head ask for the same ones. */
async function remembering(encoder: SentenceEncoder, note: (text: string) => void): Promise<SentenceEncoder> {
  const known = await readVectorFile(join(shippedIntents, 'vectors.bin'), encoder);
  return {
    ...encoder,
    encode: (texts, signal) =>
      vectorsOf(texts, encoder, known, {
        signal,
        onProgress: (done, all) => {
          if (all > 500) note(`Encoding ${done} of ${all} sentences ...`);
        },
      }),
  };
}

async function measureFresh(
  context: BenchmarkContext,
  model: SentenceEncoder,
  train: readonly LabelledLine[],
  test: readonly LabelledLine[],
): Promise<BenchmarkResults> {
  const { print, note, signal } = context;
  const encoder = await remembering(model, note);
  const sentences = await sentencesOf(train, encoder, signal);
  note('Fitting the head ...');
  const startedMs = performance.now();
  const head = await learnHead(sentences, {
    encoderId: model.id,
    falseRejects: 0.05,
    signal,
    training: { onEpoch: () => new Promise((resolve) => setImmediate(resolve)) },
  });
  const fitSeconds = (performance.now() - startedMs) / 1000;
  const judged = (await sentencesOf(test, encoder, signal)).map(
    ({ vector, normal, language, intents }): Judged => {
      const [best] = head.judge(head.sample(vector, normal, language)).ranked;
      return judgedAs(intents[0], best, best !== undefined && best.score >= head.rejectBelow(best.intent));
    },
  );
  const measured = [measure('kefu', judged), ...(await baselines(context, encoder, train, test))];
  print(
    `Fresh head on ${train.length} sentences of ${head.intents.length} intents, fitted in ${fitSeconds.toFixed(1)} s; ${test.length} measured\n`,
  );
  printMeasured(print, measured);
  return {
    settings: { train: context.values.train, test: context.values.test, encoder: model.id },
    summary: { fitSeconds, measured },
    measurements: judged,
  };
}

async function measureShipped(context: BenchmarkContext, model: SentenceEncoder): Promise<BenchmarkResults> {
  const { values, print, note, signal } = context;
  const running = await runHead({
    dataDir: readConfig().dataDir,
    encoderId: model.id,
    clock: systemClock,
    log: createLogger('warn'),
  });
  running.close();
  const { head } = running;
  if (!head) throw new KefuError('config_invalid', 'There is no intent head for the encoder in use.');
  const encoder = await remembering(model, note);
  const train = await readLabelledLines(trainingLines);
  const sets = [
    { name: 'held out', directory: textOption(values, 'set') ?? heldOutLines },
    ...(values.set === undefined && existsSync(telephoneLines)
      ? [{ name: 'after the telephone', directory: telephoneLines }]
      : []),
  ];
  const summary: Record<string, unknown> = { head: running.number };
  const measurements: Record<string, unknown> = {};
  const targets: Target[] = [];
  for (const { name, directory } of sets) {
    const lines = await readLabelledLines(directory);
    note(`Understanding ${lines.length} sentences, ${name} ...`);
    const judged = await judgeLines(head, encoder, lines, signal);
    const scores = scoreLines(judged);
    for (const language of languages) {
      const own = judged.filter(({ line }) => line.language === language);
      if (own.length === 0) continue;
      const single = own.filter(({ line }) => line.intents.length === 1);
      const others =
        name === 'held out'
          ? await baselines(
              context,
              encoder,
              train.filter((line) => line.language === language),
              single.map(({ line }) => line),
            )
          : [];
      const measured = [measure('kefu', single), ...others];
      print(
        `${name}, ${language}: ${single.length} sentences of one intent, ${own.length - single.length} of several\n`,
      );
      printMeasured(print, measured);
      const { severalFound, severalInOrder, severalSentences } = scores[language];
      if (severalSentences > 0)
        print(
          `Several wishes: all found, none added ${percent(severalFound)}; in the order said ${percent(severalInOrder)}`,
        );
      print(`${confusions(single)}\n`);
      targets.push(...targetsOf(name, language, measured[0]));
      summary[`${name} ${language}`] = { measured, severalFound, severalInOrder };
    }
    measurements[name] = judged;
  }
  const timing = await timeUtterances(head, model, train, signal);
  print(
    `One utterance, one thread: median ${timing.p50?.toFixed(1) ?? '-'} ms, p95 ${timing.p95?.toFixed(1) ?? '-'} ms over ${timing.count}`,
  );
  targets.push({
    name: 'one utterance, median',
    limit: 'at most 8 ms',
    measured: `${timing.p50?.toFixed(1) ?? '-'} ms`,
    met: timing.p50 === undefined ? undefined : timing.p50 <= 8,
  });
  print(`\n${formatTargets(targets)}`);
  return { settings: { encoder: model.id, sets }, summary: { ...summary, timing, targets }, measurements };
}

async function timeUtterances(
  head: Parameters<typeof createTrainedIntents>[0]['head'],
  encoder: SentenceEncoder,
  lines: readonly LabelledLine[],
  signal: AbortSignal,
) {
  const classifier = createTrainedIntents({ encoder, head });
  const times: number[] = [];
  // Every so many lines, so that all intents and both languages are among them; each once, since vectors are remembered.
  const step = Math.max(1, Math.floor(lines.length / 400));
  for (let index = 0; index < lines.length; index += step) {
    signal.throwIfAborted();
    const line = lines[index];
    if (!line) continue;
    const startedMs = performance.now();
    await classifier.classify(line.text, { language: line.language, expecting: null }, signal);
    times.push(performance.now() - startedMs);
  }
  // The first ones wait for code that is compiled only then.
  return summarize(times.slice(20));
}

async function baselines(
  { values, note, signal }: BenchmarkContext,
  encoder: SentenceEncoder,
  train: readonly LabelledLine[],
  test: readonly LabelledLine[],
): Promise<Measured[]> {
  if (values['no-baselines'] === true) return [];
  note('Fitting the baselines ...');
  const withNormal = (line: LabelledLine) => ({ ...line, normal: normalForm(line.text, line.language) });
  const tfIdf = await trainTfIdf(train.map(withNormal));
  const byTfIdf = test.map((line) => {
    const best = tfIdf.best(withNormal(line));
    return best.intent === outOfScopeName
      ? judgedAs(line.intents[0], undefined, false, 0)
      : judgedAs(line.intents[0], best, true);
  });
  const intents = [...new Set(train.flatMap((line) => line.intents))];
  const textsOf = (intent: string, language: Language) =>
    train
      .filter((line) => line.language === language && line.intents[0] === intent && line.intents.length === 1)
      .map(({ text }) => text);
  const nearest = await createNearestExamples({
    encoder,
    examples: intents.map((intent) => ({
      intent,
      examples: { en: textsOf(intent, 'en'), zh: textsOf(intent, 'zh') },
    })),
    rejectBelow: 0,
    signal,
  });
  const byNearest: Judged[] = [];
  for (const line of test) {
    const [best] = await nearest.classify(line.text, { language: line.language, expecting: null }, signal);
    byNearest.push(judgedAs(line.intents[0], best, (best?.score ?? 0) >= 0.4));
  }
  return [measure('TF-IDF, logistic regression', byTfIdf), measure('nearest examples', byNearest)];
}

function judgedAs(
  expected: string | undefined,
  best: { readonly intent: string; readonly score: number } | undefined,
  taken: boolean,
  score = best?.score ?? 0,
): Judged {
  const inScope = expected === outOfScopeName ? undefined : expected;
  return {
    expected: inScope,
    found: taken ? best?.intent : undefined,
    score,
    isBestRight: best !== undefined && best.intent === inScope,
  };
}

function measure(name: string, judged: readonly Judged[]): Measured {
  const scope = judged.map(({ expected, score }) => ({ inScope: expected !== undefined, score }));
  const recallAt = (share: number) => recallBelow(scope, thresholdAt(scope, share));
  return { name, scores: scoreIntents(judged), recallAt3: recallAt(0.03), recallAt5: recallAt(0.05) };
}

const percent = (value: number | undefined): string =>
  value === undefined ? '-' : `${(100 * value).toFixed(1)} %`;

function printMeasured(print: (line?: string) => void, measured: readonly Measured[]): void {
  const rows = measured.map(({ name, scores, recallAt3, recallAt5 }): Row => [
    name,
    percent(scores.inScopeAccuracy),
    percent(scores.accuracy),
    percent(scores.macroF1),
    percent(scores.outOfScopeRecall),
    percent(scores.falseRejects),
    percent(recallAt3),
    percent(recallAt5),
    scores.calibrationError?.toFixed(3) ?? '-',
  ]);
  print(
    formatTable(
      [
        '',
        'in scope',
        'all',
        'macro-F1',
        'oos recall',
        'false rejects',
        'oos at 3 %',
        'oos at 5 %',
        'cal. error',
      ],
      rows,
    ),
  );
}

/** The mix-ups that happened most. */
function confusions(judged: readonly JudgedLine[]): string {
  const counts = new Map<string, number>();
  for (const { expected, found } of judged) {
    if (expected === found) continue;
    const key = `${expected ?? outOfScopeName} as ${found ?? outOfScopeName}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 6);
  return most.length === 0
    ? ''
    : `Mixed up most: ${most.map(([key, count]) => `${key} (${count})`).join(', ')}`;
}

const macroTargets: Readonly<Record<string, Readonly<Record<Language, number>>>> = {
  'held out': { en: 94, zh: 92 },
  'after the telephone': { en: 90, zh: 85 },
};

function targetsOf(set: string, language: Language, measured: Measured | undefined): Target[] {
  const limit = macroTargets[set]?.[language] ?? 0;
  const macro = measured?.scores.macroF1;
  const own: Target = {
    name: `macro-F1, ${set}, ${language}`,
    limit: `at least ${limit} %`,
    measured: percent(macro),
    met: macro === undefined ? undefined : 100 * macro >= limit,
  };
  if (set !== 'held out') return [own];
  const recall = measured?.recallAt3;
  return [
    own,
    {
      name: `out-of-scope recall at 3 % false rejects, ${language}`,
      limit: 'at least 85 %',
      measured: percent(recall),
      met: recall === undefined ? undefined : 100 * recall >= 85,
    },
  ];
}
