import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { VoiceStages } from '../call/voice-line.ts';
import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import { languages, type Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import type { SpellingRecognizer } from '../core/recognition.ts';
import type { SpeechEngine } from '../core/speech.ts';
import type { SentenceEncoder } from '../core/understanding.ts';
import { createDigitCollector } from '../listen/digits.ts';
import { loadSilero } from '../listen/silero.ts';
import { createSpellingRecognizer } from '../listen/spelling/recognizer.ts';
import { createTurnDetector } from '../listen/turn-detector.ts';
import { resampleClip } from '../media/resampler.ts';
import { manifestsFor, type ModelEntry, type ModelRole } from '../models/manifest.ts';
import { createModelStore, type ModelStore } from '../models/store.ts';
import { loadLexicon } from '../speak/pronounce/lexicon.ts';
import { openPromptCache } from '../speak/prompt-cache.ts';
import { createSynthesizer, type Voice } from '../speak/synthesizer.ts';
import { createSentenceEncoder } from '../understand/encoder.ts';
import { UnigramTokenizer } from '../understand/tokenizer.ts';
import { startTokenEncoder } from '../workers/encoder.ts';
import type { RecognizerFiles } from '../workers/recognizer-model.ts';
import type { Decoding } from '../workers/recognizer-slot.ts';
import { createRecognizerPool, type RecognizerPool } from '../workers/recognizer.ts';
import { startSpellingNetwork } from '../workers/spelling.ts';
import { startPiperEngine } from '../workers/synthesizer.ts';
import { processEnvironment, projectDir, type Config } from './config.ts';

/** The stages of a call that need models, loaded and running. */
export interface Stages {
  readonly voice: VoiceStages;
  readonly encoder: SentenceEncoder;
  /** Languages that can be recognised and spoken. */
  readonly voiceLanguages: readonly Language[];
  /** The voice of a language, or of another when it has none. */
  readonly speechEngine: (language: Language) => SpeechEngine;
  close(): Promise<void>;
}

export function openModelStore(config: Config): ModelStore {
  return createModelStore({
    manifests: manifestsFor(config.modelsDir),
    directory: config.modelsDir,
    operatorSource: config.modelsSource,
    environment: processEnvironment,
  });
}

type Runtime<Family extends ModelEntry['runtime']['family']> = Extract<
  ModelEntry['runtime'],
  { family: Family }
>;

/** Loads every model that is there: voice activity and encoder always, a recogniser and a voice for each language that has them. */
export async function startStages(
  config: Config,
  parts: {
    readonly log: Logger;
    readonly bus: EventBus;
    readonly clock: Clock;
    readonly timeZone: () => Promise<string>;
    /** Told of everything that a recogniser worker has read. */
    readonly onDecoded: (decoding: Decoding) => void;
  },
): Promise<Stages> {
  const store = openModelStore(config);
  const opened: { close(): Promise<void> }[] = [];
  try {
    return await open();
  } catch (error) {
    await Promise.all(opened.map((part) => part.close()));
    throw error;
  }

  async function open(): Promise<Stages> {
    const silero = loadSilero(fileOf(needed('vad', config.language), 'model'));
    const [recognizers, spelling, voices, encoder] = await allSettledOrThrow([
      startRecognizers(),
      startSpelling(store, parts.clock).then((spelling) => {
        if (spelling) opened.push(spelling);
        return spelling;
      }),
      startVoices(),
      startEncoder(store, config.language, parts.clock).then((encoder) => {
        opened.push(encoder);
        return encoder;
      }),
    ]);
    const cache = await openPromptCache({
      directory: join(config.dataDir, 'prompts'),
      log: parts.log,
      clock: parts.clock,
    });
    opened.push(cache);
    const synthesizer = createSynthesizer({
      voices,
      cache,
      timeZone: await parts.timeZone(),
      lexicons: { en: await loadLexicon(lexiconFile('en')), zh: await loadLexicon(lexiconFile('zh')) },
      log: parts.log,
      clock: parts.clock,
    });
    opened.push(synthesizer);
    const recognizer = (language: Language) =>
      recognizers.get(language) ?? [...recognizers.values()][0] ?? missing('recognizer', language);
    return {
      voice: {
        recognizer,
        spelling,
        synthesizer,
        createVoiceActivity: () => silero.open(),
        createTurnDetector,
        createDigitCollector,
      },
      encoder,
      voiceLanguages: languages.filter(
        (language) => recognizers.has(language) && voices.some((voice) => voice.languages.includes(language)),
      ),
      speechEngine: (language) =>
        (voices.find((voice) => voice.languages.includes(language)) ?? voices[0])?.engine ??
        missing('voice', language),
      async close() {
        // The cache last: the synthesiser still writes to it.
        await Promise.all(opened.filter((part) => part !== cache).map((part) => part.close()));
        await cache.close();
      },
    };
  }

  /** The entry of a role that cannot be done without. */
  function needed(role: ModelRole, language: Language): ModelEntry {
    return store.find(role, language) ?? missing(role, language);
  }

  /** The entry of a role that is there for this language, or undefined when none was fetched. */
  function present(role: ModelRole, language: Language): ModelEntry | undefined {
    const entry = store.find(role, language);
    const state = store.list().find((status) => status.entry.id === entry?.id)?.state;
    return state === 'ready' ? entry : undefined;
  }

  function fileOf(entry: ModelEntry, key: string): string {
    return modelFile(store, entry, key);
  }

  async function startRecognizers(): Promise<Map<Language, RecognizerPool>> {
    const pools = new Map<Language, RecognizerPool>();
    const byModel = new Map<string, RecognizerPool>();
    for (const language of languages) {
      const entry = present('recognizer', language);
      if (!entry) continue;
      const pool =
        byModel.get(entry.id) ??
        createRecognizerPool({
          model: {
            id: entry.id,
            languages: languages.filter(
              (tag) => entry.languages.includes(tag) || entry.languages.includes('*'),
            ),
            files: recognizerFiles(entry),
          },
          threads: config.recognizerThreads,
          log: parts.log,
          onRestart: (worker, message) => parts.bus.publish('worker-restarted', { worker, message }),
          onDecoded: parts.onDecoded,
          clock: parts.clock,
        });
      if (!byModel.has(entry.id)) opened.push(pool);
      byModel.set(entry.id, pool);
      pools.set(language, pool);
    }
    await Promise.all([...byModel.values()].map((pool) => pool.ready));
    if (pools.size === 0) missing('recognizer', config.language);
    return pools;
  }

  function recognizerFiles(entry: ModelEntry): RecognizerFiles {
    const { family } = entry.runtime;
    const tokens = fileOf(entry, 'tokens');
    const encoder = fileOf(entry, 'encoder');
    switch (family) {
      case 'moonshine':
        return { family, encoder, mergedDecoder: fileOf(entry, 'mergedDecoder'), tokens };
      case 'zipformer':
        return {
          family,
          encoder,
          decoder: fileOf(entry, 'decoder'),
          joiner: fileOf(entry, 'joiner'),
          tokens,
        };
      case 'paraformer':
        return { family, encoder, decoder: fileOf(entry, 'decoder'), tokens };
      default:
        throw new KefuError('config_invalid', `Model ${entry.id} of family ${family} recognises no speech.`);
    }
  }

  async function startVoices(): Promise<Voice[]> {
    const voices = new Map<string, Promise<Voice>>();
    for (const language of languages) {
      const entry = present('voice', language);
      if (entry?.runtime.family === 'piper' && !voices.has(entry.id)) {
        voices.set(entry.id, startPiper(entry, entry.runtime));
      }
    }
    if (voices.size === 0) missing('voice', config.language);
    return Promise.all(voices.values());
  }

  async function startPiper(entry: ModelEntry, runtime: Runtime<'piper'>): Promise<Voice> {
    const engine = await startPiperEngine({
      voiceId: entry.id,
      modelHash: entry.files.find(({ path }) => path === runtime.model)?.sha256 ?? '',
      model: fileOf(entry, 'model'),
      tokens: fileOf(entry, 'tokens'),
      dataDir: fileOf(store.entry(runtime.phonemes), 'dataDir').replace(/\/$/, ''),
      log: parts.log,
      clock: parts.clock,
    });
    opened.push(engine);
    return { id: entry.id, languages: languages.filter((tag) => entry.languages.includes(tag)), engine };
  }
}

/** Path of the file that a model's entry names under `key`. */
function modelFile(store: ModelStore, entry: ModelEntry, key: string): string {
  const name: unknown = (entry.runtime as Readonly<Record<string, unknown>>)[key];
  if (typeof name !== 'string') throw new KefuError('config_invalid', `Model ${entry.id} names no ${key}.`);
  return join(store.path(entry.id), name);
}

/** Loads the model that sentences are understood with. @throws KefuError `model_missing` */
export async function startEncoder(
  store: ModelStore,
  language: Language,
  clock: Clock,
): Promise<SentenceEncoder> {
  const entry = store.find('encoder', language) ?? missing('encoder', language);
  const { runtime } = entry;
  if (runtime.family !== 'sentence-encoder') {
    throw new KefuError('config_invalid', `Model ${entry.id} is no sentence encoder.`);
  }
  const tokenizer = UnigramTokenizer.fromJson(await readFile(modelFile(store, entry, 'tokenizer'), 'utf8'));
  const tokens = await startTokenEncoder({
    modelPath: modelFile(store, entry, 'model'),
    probe: tokenizer.encode(`${runtime.prefix}hello`, runtime.maxTokens),
    clock,
  });
  const { prefix } = runtime;
  // Vectors are kept between starts under this id: another model file must not find them.
  const hash = entry.files.find(({ path }) => path === runtime.model)?.sha256 ?? '';
  return createSentenceEncoder({ id: `${entry.id}@${hash}`, tokenizer, tokens, prefix });
}

/**
 * Loads the recogniser of spelled strings: Kefu's own model on the encoder of the default recogniser. Undefined when that is not there.
 * @throws KefuError `asr_failed`
 */
export async function startSpelling(
  store: ModelStore,
  clock: Clock,
): Promise<SpellingRecognizer | undefined> {
  const entry = store.find('recognizer', 'en');
  const isThere = store.list().some(({ entry: { id }, state }) => id === entry?.id && state === 'ready');
  if (entry?.runtime.family !== 'moonshine' || !isThere) return undefined;
  const symbols = z.array(z.string()).parse(JSON.parse(await readFile(spellingFile('symbols.json'), 'utf8')));
  const network = await startSpellingNetwork({
    encoderPath: modelFile(store, entry, 'encoder'),
    headPaths: { en: spellingFile('en.onnx'), zh: spellingFile('zh.onnx') },
    clock,
  });
  return createSpellingRecognizer({
    symbols,
    network,
    resample: (samples, sampleRateHz) => resampleClip(samples, sampleRateHz, 16_000),
  });
}

const spellingFile = (name: string) => join(projectDir, 'models', 'spelling', name);

/**
 * As `Promise.all`, but waits for all of them also when one rejects: what is still starting could not be closed, and a process that
 * exits while a model is being loaded aborts.
 */
export async function allSettledOrThrow<Values extends readonly unknown[]>(promises: {
  readonly [Index in keyof Values]: Promise<Values[Index]>;
}): Promise<Values> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

const lexiconFile = (language: Language) => join(projectDir, 'voices', `lexicon.${language}.json`);

function missing(role: ModelRole, language: Language): never {
  throw new KefuError(
    'model_missing',
    `No model for the role ${role} in language ${language} is there. Run \`npm run models -- fetch\`.`,
  );
}
