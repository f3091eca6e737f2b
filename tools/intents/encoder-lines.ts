/**
 * `npm run train:encoder-lines -- --out FILE [--set NAME=FILE.jsonl[.gz] ..] [--outside LANGUAGE=FILE.jsonl[.gz] ..]`: the sentences that
 * models/training/encoder/train.py adapts the encoder on, cut into tokens. Kefu's own sentences are always among them (and those of
 * `--moods DIR`, files MOOD.LANGUAGE.txt); `--set` adds lines of text and label from elsewhere, `--outside` a sample of what people say to
 * others than a shop, which is out of scope for Kefu. Sentences kept for calibration are left out, in every set.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { pinyin } from 'pinyin-pro';
import { z } from 'zod';
import { loadEnvironmentFile, readConfig } from '../../src/app/config.ts';
import { openModelStore } from '../../src/app/stages.ts';
import { heldOutLines, trainingLines } from '../../src/app/teaching/files.ts';
import { languageSchema, type Language } from '../../src/core/language.ts';
import { outOfScopeName } from '../../src/understand/intents/evaluation.ts';
import { isForCalibration } from '../../src/understand/intents/learn.ts';
import { readLabelledLines, trainableLines } from '../../src/understand/intents/lines.ts';
import { randomNumbers } from '../../src/understand/intents/train.ts';
import { normalForm } from '../../src/understand/normalize/normal-form.ts';
import { UnigramTokenizer } from '../../src/understand/tokenizer.ts';

interface Line {
  readonly set: string;
  readonly labels: readonly string[];
  readonly language: Language;
  readonly text: string;
  readonly said?: string | undefined;
}

/** A line of another collection: CLINC150, HWU64, MASSIVE and MultiDoGO have labels, CrossWOZ has acts and who speaks. */
const outsideSchema = z.object({
  text: z.string(),
  label: z.string().optional(),
  acts: z.array(z.string()).optional(),
  role: z.string().optional(),
});
const outsideSentences = 900;
const minOutsideCharacters: Readonly<Record<Language, number>> = { en: 12, zh: 6 };
/** Labels of what people say to a shop, too, or to anybody: greetings, yes and no, orders, cards that are declined. */
const familiar =
  /greet|thank|bye|welcome|^(yes|no|maybe|cancel|repeat|order|order_status|carry_on|oos)$|general_|confirm|reject|contentonly|outofdomain|rewards|card_declined|account_blocked|pin_change|user_name|change_(speed|volume|language)|audio_volume|what_can_i_ask|report_fraud|transactions|disputecharge|updateaddress|closeaccount|updateaccount|viewbills|getpromotions|changeorder|stoporder|startorder|providereceipt|startservice|cancelservice/i;

const labelledSchema = z.object({ text: z.string(), label: z.string() });
const prefix = 'query: ';
const maxTokens = 64;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    outside: { type: 'string', multiple: true, default: [] },
    moods: { type: 'string' },
  },
});
if (values.out === undefined) throw new Error('Name the file to write with --out FILE.');
loadEnvironmentFile();
const store = openModelStore(readConfig());
const entry = store.find('encoder', 'en');
if (entry?.runtime.family !== 'sentence-encoder') throw new Error('Fetch the models first.');
const tokenizer = UnigramTokenizer.fromJson(
  await readFile(join(store.path(entry.id), entry.runtime.tokenizer), 'utf8'),
);

const own = (await readLabelledLines(trainingLines)).map(({ intents, ...line }): Line => ({
  ...line,
  set: 'kefu',
  labels: intents,
}));
const moods = values.moods === undefined ? [] : await readLabelledLines(values.moods);
const lines = [
  ...own,
  ...moods.map(({ intents, ...line }): Line => ({ ...line, set: 'moods', labels: intents })),
  ...(await Promise.all(values.set.map(readSet))).flat(),
  ...(await Promise.all(values.outside.map(readOutside))).flat(),
];

async function readLines(path: string): Promise<unknown[]> {
  const bytes = await readFile(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line));
}

async function readSet(option: string): Promise<Line[]> {
  const [set = '', path = ''] = option.split('=');
  return (await readLines(path)).map((line) => {
    const { text, label } = labelledSchema.parse(line);
    return { set, labels: [label], language: 'en', text };
  });
}

/** At most `outsideSentences`, spread evenly over the file, of those that are foreign to a shop. */
async function readOutside(option: string): Promise<Line[]> {
  const [tag = '', path = ''] = option.split('=');
  const language = languageSchema.parse(tag);
  const foreign = (await readLines(path)).flatMap((line) => {
    const { text, label, acts = [], role } = outsideSchema.parse(line);
    const said = [...(label === undefined ? [] : label.split('<div>')), ...acts];
    const isForeign = role !== 'sys' && text.replaceAll(/\s+/g, ' ').length >= minOutsideCharacters[language];
    return isForeign && !said.some((name) => familiar.test(name)) ? [text] : [];
  });
  const step = Math.max(1, foreign.length / outsideSentences);
  return Array.from({ length: Math.min(foreign.length, outsideSentences) }, (_, index) => ({
    set: 'kefu',
    labels: [outOfScopeName],
    language,
    text: foreign[Math.floor(index * step)] ?? '',
  }));
}

/** Characters of Kefu's own sentences by their sound, with how often they stand there. */
const bySound = new Map<string, Map<string, number>>();
const random = randomNumbers(7);
const isHan = (character: string): boolean => /\p{Script=Han}/u.test(character);
const soundOf = (character: string): string =>
  pinyin(character, { toneType: 'none', type: 'array' })[0] ?? '';
for (const { text, language } of own) {
  if (language !== 'zh') continue;
  for (const character of Array.from(normalForm(text, 'zh')).filter(isHan)) {
    const sound = soundOf(character);
    const counts = bySound.get(sound) ?? new Map<string, number>();
    counts.set(character, (counts.get(character) ?? 0) + 1);
    bySound.set(sound, counts);
  }
}

/** The sentence with some of its characters replaced by others of the same sound, as a recogniser writes it down. */
function misheard(normal: string, rate: number): string {
  return Array.from(normal, (character) => {
    if (!isHan(character) || random() > rate) return character;
    const others = [...(bySound.get(soundOf(character)) ?? [])].filter(([other]) => other !== character);
    let left = random() * others.reduce((sum, [, count]) => sum + Math.sqrt(count), 0);
    for (const [other, count] of others) {
      left -= Math.sqrt(count);
      if (left <= 0) return other;
    }
    return character;
  }).join('');
}

const written = trainableLines(lines, await readLabelledLines(heldOutLines)).flatMap(
  ({ set, labels, language, text, said }) => {
    const normal = normalForm(text, language);
    if (normal === '' || isForCalibration({ text, said })) return [];
    const noise = set === 'kefu' && language === 'zh' ? [misheard(normal, 0.08)] : [];
    const ids = (sentence: string): number[] => tokenizer.encode(prefix + sentence, maxTokens);
    return [
      JSON.stringify({
        set,
        labels,
        ids: ids(normal),
        noise: noise.filter((sentence) => sentence !== normal).map(ids),
      }),
    ];
  },
);
await writeFile(values.out, `${written.join('\n')}\n`);
process.stdout.write(`${written.length} sentences written to ${values.out}.\n`);
