import { resolve } from 'node:path';
import { loadFlowPack } from '../../src/dialog/flow-pack.ts';
import { createDemoShop } from '../../src/commerce/demo-shop/demo-shop.ts';
import { projectDir } from '../../src/app/config.ts';
import { startSpelling } from '../../src/app/stages.ts';
import { KefuError } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Language } from '../../src/core/language.ts';
import type { SpelledReading, SpellingQuestion, SpellingRecognizer } from '../../src/core/recognition.ts';
import { createDialogEngine } from '../../src/dialog/engine.ts';
import { decodeMulaw } from '../../src/media/g711.ts';
import type { SileroModel } from '../../src/listen/silero.ts';
import { createTranscriber, type Transcriber } from '../lib/transcriber.ts';
import {
  numberOption,
  textOption,
  UsageError,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { captureCases, type CaptureCase } from './lib/capture-cases.ts';
import { readWords } from './lib/capture-words.ts';
import { CaptureConversation } from './lib/capture-conversation.ts';
import { matchClips } from './lib/clip-folders.ts';
import { makeClips, nameOf } from './lib/clips.ts';
import { withNoise } from './lib/noise.ts';
import { orderNumberIn } from './lib/order-caller.ts';
import { formatTable, formatTargets, share, atLeastPercent } from './lib/report.ts';
import { openSilero, speechSegments } from './lib/speech-segments.ts';
import { comparableWords, wordErrors } from './lib/words.ts';
import { readAudioFile } from '../lib/audio-file.ts';
import { callerClip } from '../lib/spoken-call.ts';

/** Wrong readings of each kind that are printed. */
const examplesShown = 4;
const noiseDb = 15;
const conditions = ['clean', `${noiseDb} dB`] as const;
type Condition = (typeof conditions)[number];

/** What each kind must reach after at most one repair, in percent, without noise and with it. */
const targets: Readonly<Record<CaptureCase['kind'], readonly [number, number | undefined]>> = {
  'order number': [98, 95],
  'e-mail': [90, undefined],
  'name and postal code': [97, undefined],
};

/** How well spoken values arrive: from 8 kHz sound through both recognisers and the flows to the shop's record. */
export const capture: Benchmark = {
  name: 'capture',
  about:
    'Order numbers, e-mail addresses, names and postal codes from 8 kHz sound to the right record, clean and with noise.',
  usage: [
    '--count N           values of each kind (default 44)',
    '--seed N            other values (default 1)',
    '--words             instead: values of every kind in both languages, read from words as said and as a recogniser may write them',
    '--set DIR           instead: symbol errors of a folder of clips that are spelled (WAV or FLAC with a transcript, as asr takes it)',
    '--transcript FILE   what they say',
    '--language en|zh    of the folder (default en)',
    '--limit N           measure N clips of the folder, spread evenly',
  ],
  options: {
    count: { type: 'string', default: '44' },
    seed: { type: 'string', default: '1' },
    words: { type: 'boolean', default: false },
    set: { type: 'string' },
    transcript: { type: 'string' },
    language: { type: 'string', default: 'en' },
    limit: { type: 'string' },
  },
  async run(context) {
    if (context.values.words === true) return runWords(context);
    const spelling = await startSpelling(context.store, systemClock);
    if (!spelling)
      throw new KefuError(
        'model_missing',
        'The spelling recogniser needs the default recogniser: npm run models -- fetch',
      );
    const silero = openSilero(context.store);
    try {
      return textOption(context.values, 'set') === undefined
        ? await runValues(context, spelling, silero)
        : await runFolder(context, spelling, silero);
    } finally {
      await spelling.close();
      silero.close();
    }
  },
};

// Values in conversations

interface Outcome {
  readonly kind: CaptureCase['kind'];
  readonly condition: Condition;
  readonly wanted: string;
  readonly found: string | undefined;
  readonly repairs: number;
  /** What the recognisers made of each answer. */
  readonly heard: readonly {
    readonly text: string;
    readonly spelled: string | undefined;
    readonly best: string | undefined;
  }[];
}

async function runValues(
  context: BenchmarkContext,
  spelling: SpellingRecognizer,
  silero: SileroModel,
): Promise<BenchmarkResults> {
  const { values, store, signal, print, note } = context;
  const seed = numberOption(values, 'seed', { min: 0, max: 2 ** 31 });
  const count = numberOption(values, 'count', { min: 1, max: 160 });
  const cases = captureCases(count, seed);
  note('Making what the callers say ...');
  const clips = await makeClips(
    store,
    cases.flatMap(({ first, again }) => [...first, ...again]),
    signal,
  );
  const pack = await loadFlowPack(resolve(projectDir, 'flows'));
  const engine = createDialogEngine(pack, { voiceLanguages: ['en'] });
  const transcriber = await createTranscriber(store);
  const outcomes: Outcome[] = [];
  try {
    for (const condition of conditions) {
      for (const [index, one] of cases.entries()) {
        signal.throwIfAborted();
        if (index % 10 === 0) note(`${condition}: ${index} of ${cases.length} ...`);
        const hear = async (name: string, question: SpellingQuestion | undefined) => {
          const clip = clips.get(name)?.mulaw ?? new Uint8Array();
          const sound = condition === 'clean' ? clip : withNoise(clip, noiseDb, index + seed);
          return readClip(sound, question, { transcriber, spelling, silero });
        };
        outcomes.push(await converse(one, condition, engine, hear, signal));
      }
    }
  } finally {
    await transcriber.close();
  }
  const checked = [];
  const rows = [];
  for (const [kind, limits] of Object.entries(targets) as [
    CaptureCase['kind'],
    (typeof targets)[CaptureCase['kind']],
  ][]) {
    for (const [place, condition] of conditions.entries()) {
      const those = outcomes.filter((one) => one.kind === kind && one.condition === condition);
      const right = those.filter(({ wanted, found }) => wanted === found);
      const soon = right.filter(({ repairs }) => repairs <= 1).length;
      const wrong = those.filter(({ wanted, found }) => found !== undefined && found !== wanted).length;
      rows.push([
        kind,
        condition,
        those.length,
        right.filter(({ repairs }) => repairs === 0).length,
        soon,
        wrong,
      ]);
      const limit = limits[place];
      if (limit !== undefined)
        checked.push(atLeastPercent(`${kind}, ${condition}`, soon, those.length, limit));
    }
  }
  print('Values that arrived exactly\n');
  print(formatTable(['', 'line', 'values', 'at once', 'after one repair', "somebody else's"], rows));
  const failed = outcomes.filter(({ wanted, found, repairs }) => wanted !== found || repairs > 0);
  if (failed.length > 0) {
    print('\nNot taken at once\n');
    print(
      formatTable(
        ['line', 'wanted', 'heard', 'found'],
        failed.map((one) => [
          one.condition,
          one.wanted,
          one.heard.map(({ text, best, spelled }) => `${text} [${best ?? spelled ?? '-'}]`).join(' / '),
          one.found ?? 'nothing',
        ]),
      ),
    );
  }
  print(`\n${formatTargets(checked)}`);
  return { settings: { count, seed, noiseDb }, summary: { rows, targets: checked }, measurements: outcomes };
}

interface Ears {
  readonly transcriber: Transcriber;
  readonly spelling: SpellingRecognizer;
  readonly silero: SileroModel;
}

/** What a call would hear in a clip. */
async function readClip(
  mulaw: Uint8Array,
  question: SpellingQuestion | undefined,
  { transcriber, spelling, silero }: Ears,
): Promise<{ readonly text: string; readonly spelled: SpelledReading | undefined }> {
  const segments = speechSegments(mulaw, silero);
  const texts: string[] = [];
  const parts: Int16Array[] = [];
  for (const { startMs, endMs } of segments) {
    const piece = mulaw.subarray(Math.round(startMs * 8), Math.round(endMs * 8));
    texts.push(await transcriber.read(piece));
    parts.push(decodeMulaw(piece));
  }
  const samples = Int16Array.from(parts.flatMap((part) => [...part]));
  const spelled = question && samples.length > 0 ? await spelling.read(samples, 8000, question) : undefined;
  return { text: texts.join(' ').trim() || (spelled?.text ?? ''), spelled };
}

/** What callers want who are then asked for each kind. */
const openings: Readonly<Record<CaptureCase['kind'], string>> = {
  'order number': 'order_status',
  'e-mail': 'cancel_order',
  'name and postal code': 'cancel_order',
};

async function converse(
  one: CaptureCase,
  condition: Condition,
  engine: ReturnType<typeof createDialogEngine>,
  hear: (name: string, question: SpellingQuestion | undefined) => ReturnType<typeof readClip>,
  signal: AbortSignal,
): Promise<Outcome> {
  const shop = createDemoShop({ seed: 1 }).backend;
  const conversation = new CaptureConversation(engine, shop, signal, { from: one.from });
  await conversation.begin();
  await conversation.hear('Please help me.', undefined, openings[one.kind]);
  const heard: { text: string; spelled: string | undefined; best: string | undefined }[] = [];
  const asked = new Map<string, number>();
  const slots = {
    'order number': ['order_number'],
    'e-mail': ['email'],
    'name and postal code': ['full_name', 'postal_code'],
  }[one.kind];
  let repairs = 0;
  let found: string | undefined;
  for (let turn = 0; turn < 12 && conversation.expecting; turn += 1) {
    found = foundIn(conversation, one.kind);
    if (found !== undefined) break;
    const { slot } = conversation.expecting;
    const part = slots.indexOf(slot);
    if (part >= 0) {
      const times = asked.get(slot) ?? 0;
      asked.set(slot, times + 1);
      repairs += times > 0 ? 1 : 0;
      const said = (times === 0 ? one.first : one.again)[part];
      if (!said || times > 1) break;
      const reading = await hear(nameOf(said), conversation.spelling);
      heard.push({
        text: reading.text,
        spelled: reading.spelled?.text,
        best: reading.spelled?.best?.characters,
      });
      await conversation.hear(reading.text, reading.spelled);
    } else if (slot === 'confirm' && asksForCaller(conversation, one)) {
      // "Am I speaking with Emma?" is answered with the name, then with the postal code: that they arrive is what is measured.
      const times = asked.get(slot) ?? 0;
      asked.set(slot, times + 1);
      repairs += times > 0 ? 1 : 0;
      const said = one.first[times];
      if (!said) break;
      const reading = await hear(nameOf(said), { language: 'en', places: [], collected: '', plausible: [] });
      heard.push({ text: reading.text, spelled: reading.spelled?.text, best: undefined });
      await conversation.hear(reading.text, reading.spelled);
    } else if (slot === 'confirm') {
      await conversation.hear(isRight(conversation.said, one) ? 'Yes.' : 'No.');
    } else if (slot === 'email') {
      // Asked for before the name: such callers do not know it.
      await conversation.hear("I don't know my e-mail address.");
    } else break;
  }
  found ??= foundIn(conversation, one.kind);
  return { kind: one.kind, condition, wanted: one.wanted, found, repairs, heard };
}

function foundIn(conversation: CaptureConversation, kind: CaptureCase['kind']): string | undefined {
  // Both are set when the value has been found, and, where it was read back, agreed to.
  const record = conversation.variable(kind === 'order number' ? 'order' : 'customer');
  if (typeof record !== 'object' || record === null || !('id' in record)) return undefined;
  return String(record.id).replace('#', '');
}

/** Is the caller asked whether this is the customer whose number calls? */
function asksForCaller(conversation: CaptureConversation, { kind, wanted }: CaptureCase): boolean {
  const candidate = conversation.variable('candidate');
  const isKnown =
    typeof candidate === 'object' && candidate !== null && 'id' in candidate && candidate.id === wanted;
  return kind === 'name and postal code' && isKnown && conversation.variable('customer') === undefined;
}

/** Does a read-back have the caller's own value? Names and addresses are read back as they were given, so they must stand in it. */
function isRight(said: string, { kind, wanted }: CaptureCase): boolean {
  if (kind === 'order number') return orderNumberIn(said) === wanted;
  const customer = createDemoShop({ seed: 1 }).data.customers.get(wanted);
  if (!customer) return false;
  const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}@.]/gu, '');
  if (kind === 'e-mail') return customer.emails.some((email) => plain(said).includes(plain(email)));
  return plain(said).includes(plain(`${customer.name.first}${customer.name.last}`));
}

// Words

/** The share of values that are among the first three readings, by kind and language. */
async function runWords({ values, print }: BenchmarkContext): Promise<BenchmarkResults> {
  const seed = numberOption(values, 'seed', { min: 0, max: 2 ** 31 });
  const count = numberOption(values, 'count', { min: 1, max: 10_000 });
  const { orderNumber, postalCode, settings } = await loadFlowPack(resolve(projectDir, 'flows'));
  const outcomes = readWords(count, seed, { orderNumber, postalCode, phoneRegion: settings.phoneRegion });
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))];
  const shareOf = (kind: string, language: Language, line: string) => {
    const those = outcomes.filter(
      (one) => one.kind === kind && one.language === language && one.line === line,
    );
    return share(those.filter(({ right }) => right).length, those.length);
  };
  const rows = kinds.map((kind) => [
    kind,
    ...(['en', 'zh'] as const).flatMap((language) =>
      (['as said', 'misheard'] as const).map((line) => shareOf(kind, language, line)),
    ),
  ]);
  print(`Values read right from words, ${String(count)} of each kind and language\n`);
  print(formatTable(['', 'English', 'misheard', 'Chinese', 'misheard'], rows));
  const wrong = outcomes.filter(({ right }) => !right);
  const examples = kinds.flatMap((kind) => wrong.filter((one) => one.kind === kind).slice(0, examplesShown));
  if (examples.length > 0) {
    print('\nSome that were not\n');
    print(
      formatTable(
        ['', 'heard', 'wanted', 'read as'],
        examples.map((one) => [one.kind, one.heard, one.wanted, one.found ?? 'nothing']),
      ),
    );
  }
  return { settings: { count, seed }, summary: { rows }, measurements: outcomes };
}

// Folders of spelled clips

async function runFolder(
  context: BenchmarkContext,
  spelling: SpellingRecognizer,
  silero: SileroModel,
): Promise<BenchmarkResults> {
  const { values, signal, print, note } = context;
  const folder = textOption(values, 'set') ?? '';
  const language = languageOption(textOption(values, 'language'));
  const limit = values.limit === undefined ? Infinity : numberOption(values, 'limit', { min: 1, max: 1e6 });
  const { clips } = await matchClips(folder, textOption(values, 'transcript'), limit);
  const question: SpellingQuestion = { language, places: [], collected: '', plausible: [], words: true };
  const measured = [];
  const rows = [];
  for (const condition of conditions) {
    let errors = 0;
    let symbols = 0;
    let exact = 0;
    for (const [index, { name, path, text }] of clips.entries()) {
      signal.throwIfAborted();
      if (index % 20 === 0) note(`${condition}: ${index} of ${clips.length} clips ...`);
      const { mulaw } = callerClip(name, await readAudioFile(path));
      const sound = condition === 'clean' ? mulaw : withNoise(mulaw, noiseDb, index);
      const pieces = speechSegments(sound, silero).map(({ startMs, endMs }) =>
        decodeMulaw(sound.subarray(Math.round(startMs * 8), Math.round(endMs * 8))),
      );
      const samples = Int16Array.from(pieces.flatMap((piece) => [...piece]));
      const heard = samples.length > 0 ? (await spelling.read(samples, 8000, question, signal)).text : '';
      const judged = wordErrors(comparableWords(text), comparableWords(heard));
      const wrong = judged.substitutions + judged.deletions + judged.insertions;
      errors += wrong;
      symbols += judged.words;
      exact += wrong === 0 ? 1 : 0;
      measured.push({ condition, name, reference: text, heard, errors: wrong });
    }
    rows.push([
      condition,
      clips.length,
      symbols,
      (100 * errors) / Math.max(1, symbols),
      share(exact, clips.length),
    ]);
  }
  print('Errors of the spelling recogniser, at 8 kHz mu-law\n');
  print(formatTable(['line', 'clips', 'symbols', 'errors in 100', 'clips without error'], rows, 1));
  return {
    settings: { set: resolve(folder), language, clips: clips.length, noiseDb },
    summary: { rows },
    measurements: measured,
  };
}

function languageOption(text: string | undefined): Language {
  if (text === 'en' || text === 'zh') return text;
  throw new UsageError('--language takes en or zh.');
}
