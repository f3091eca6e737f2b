import type { AudioFrame, SampleRateHz } from '../core/audio.ts';
import { systemClock, type Clock } from '../core/clock.ts';
import { KefuError, toKefuError } from '../core/errors.ts';
import { languages, type Language, type PerLanguage } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import { AsyncQueue } from '../core/queue.ts';
import type { SpeechChunk, SpeechEngine, SpeechSynthesizer, Utterance } from '../core/speech.ts';
import { aheadPieces, cutIntoPieces, livePieces } from './pieces.ts';
import { promptKey, type PromptCache } from './prompt-cache.ts';
import { pronounce, type SpokenSentence } from './pronounce.ts';
import type { Lexicon } from './pronounce/lexicon.ts';
import { RenderQueue, type Timing } from './render-queue.ts';
import { SentenceRendering } from './sentence-rendering.ts';

/** A voice and what it speaks. */
export interface Voice {
  /** Name of the voice in voices/manifest.json. */
  readonly id: string;
  readonly languages: readonly Language[];
  readonly engine: SpeechEngine;
}

export interface SynthesizerOptions {
  /** In order of preference: a language is spoken by the first voice that has it. */
  readonly voices: readonly Voice[];
  readonly cache: PromptCache;
  /** Brand names and jargon, by language. */
  readonly lexicons?: Partial<PerLanguage<Lexicon>>;
  /** What counts as now for "today" and "tomorrow", in milliseconds since 1970-01-01 UTC. Default: the clock's. */
  readonly now?: () => number;
  /** IANA name of the shop's time zone. Default: the machine's. */
  readonly timeZone?: string;
  /** Names the voice to fetch for a language that none of `voices` speaks. */
  readonly voiceToFetch?: Partial<PerLanguage<string>>;
  readonly log?: Logger;
  readonly clock?: Clock;
}

/** Changes when sentences are cut or joined differently: cached sentences of another version are not used. */
const renderingVersion = 1;
/** Longest chunk; the reader can stop between any two. */
const chunkMs = 100;
/** What is wanted soon yields to callers who wait now, and goes before everything else. */
const soonMs = 5_000;
/** Silence between two sentences of an utterance. */
const sentencePauseMs = 280;
/** Silence after an utterance: another one may follow at once. */
const utterancePauseMs = 120;
/**
 * A sentence without values that is said this often is part of the shop's wording and goes to disk. What is said once may
 * still hold a customer's words, such as the name of a product, and stays in memory.
 */
const durableAfterUses = 4;
/** Sentences whose uses are counted, at most. */
const maxCounted = 5000;

/**
 * Speaks utterances: pronounces them, takes sentences from the cache or has them rendered, most urgent first, and yields
 * sound as soon as there is some. Two callers who need the same words share one rendering.
 */
export function createSynthesizer(options: SynthesizerOptions): SpeechSynthesizer {
  return new Synthesizer(options);
}

/** How an utterance is spoken. */
interface Manner {
  readonly voice: Voice;
  readonly language: Language;
  readonly pace: number;
}

/** Progress of one utterance, from which the urgency of its renderings follows. */
interface Progress {
  readonly sinceMs: number;
  /** When what was said before will have been heard; undefined when the caller hears nothing. */
  readonly neededAtMs: number | undefined;
  /** When its first sound was taken; undefined before. */
  startedMs: number | undefined;
  /** Sound made so far, in milliseconds. */
  producedMs: number;
}

class Synthesizer implements SpeechSynthesizer {
  readonly id: string;
  readonly languages: readonly Language[];
  readonly #options: SynthesizerOptions;
  readonly #clock: Clock;
  readonly #queues = new Map<SpeechEngine, RenderQueue>();
  readonly #renderings = new Map<string, SentenceRendering>();
  readonly #uses = new Map<string, number>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(options: SynthesizerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.id = options.voices.map((voice) => voice.id).join('+');
    this.languages = languages.filter((language) => this.#voiceFor(language) !== undefined);
    for (const { engine } of options.voices) this.#queues.set(engine, new RenderQueue(engine, this.#clock));
  }

  async *synthesize(
    utterance: Utterance,
    signal: AbortSignal,
    timing?: { readonly neededAtMs: number },
  ): AsyncIterable<SpeechChunk> {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const stopped = (): boolean => stop.aborted;
    if (stopped()) return;
    const voice = this.#requireVoice(utterance.language);
    const sentences = this.#pronounce(utterance);
    const progress: Progress = {
      sinceMs: this.#clock.nowMs(),
      neededAtMs: timing?.neededAtMs,
      startedMs: undefined,
      producedMs: 0,
    };
    const chunks = new AsyncQueue<SpeechChunk>();
    const reading = new AbortController();
    const end = (): void => {
      chunks.close();
      reading.abort();
    };
    stop.addEventListener('abort', end, { once: true });
    // Made ahead of the reader, so that the next sentence is ready when this one has been played.
    const manner: Manner = { voice, language: utterance.language, pace: utterance.pace ?? 1 };
    const producing = this.#produce(manner, sentences, progress, chunks, reading.signal);
    try {
      for await (const chunk of chunks) {
        if (stopped()) return;
        progress.startedMs ??= this.#clock.nowMs();
        yield chunk;
      }
      if (stopped()) return;
      const failure = await producing;
      if (failure !== undefined) throw failure;
    } finally {
      stop.removeEventListener('abort', end);
      end();
    }
  }

  async prepare(utterance: Utterance, signal?: AbortSignal, soon = false): Promise<void> {
    const stop =
      signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    try {
      const voice = this.#requireVoice(utterance.language);
      const manner: Manner = { voice, language: utterance.language, pace: utterance.pace ?? 1 };
      for (const sentence of this.#pronounce(utterance)) {
        if (stop.aborted) return;
        const key = this.#keyOf(sentence, manner);
        const cached = await this.#options.cache.get(key, voice.engine.sampleRateHz);
        if (cached !== undefined) {
          this.#keep(key, sentence, cached, voice.engine.sampleRateHz);
          continue;
        }
        const kind = soon ? 'live' : 'ahead';
        const rendering = this.#rendering(key, sentence, manner, kind);
        const dryAtMs = this.#clock.nowMs() + soonMs;
        const reader = rendering.read(() => (soon ? { kind: 'next', dryAtMs } : { kind: 'ahead' }));
        const release = (): void => reader.release();
        stop.addEventListener('abort', release, { once: true });
        try {
          while ((await reader.next()) !== undefined);
          const rendered = this.#options.cache.peek(key);
          if (rendered !== undefined) this.#keep(key, sentence, rendered, voice.engine.sampleRateHz);
        } finally {
          stop.removeEventListener('abort', release);
          reader.release();
        }
      }
    } catch (thrown) {
      if (stop.aborted) return;
      this.#options.log?.warn(
        { err: thrown, promptId: utterance.promptId, language: utterance.language },
        'A prompt could not be rendered ahead; it is rendered when it is needed',
      );
    }
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#closing.abort();
      await Promise.all(this.#options.voices.map((voice) => voice.engine.close()));
      await this.#options.cache.close();
    })();
    return this.#closed;
  }

  /** Puts the sound of all sentences into `chunks` and closes it. Resolves with what went wrong, if anything did. */
  async #produce(
    manner: Manner,
    sentences: readonly SpokenSentence[],
    progress: Progress,
    chunks: AsyncQueue<SpeechChunk>,
    signal: AbortSignal,
  ): Promise<KefuError | undefined> {
    const { sampleRateHz } = manner.voice.engine;
    try {
      for (const [index, sentence] of sentences.entries()) {
        const writer = new SentenceWriter(chunks, progress, sentence.written, sampleRateHz);
        const pauseMs = index < sentences.length - 1 ? sentencePauseMs : utterancePauseMs;
        for await (const sound of this.#soundOf(sentence, manner, progress, signal)) writer.write(sound);
        writer.end(pauseMs);
      }
      return undefined;
    } catch (thrown) {
      const error = toKefuError(thrown, 'tts_failed');
      return error.code === 'aborted' ? undefined : error;
    } finally {
      chunks.close();
    }
  }

  /** The sound of a sentence: whole from the cache, else piece by piece as it is rendered. */
  async *#soundOf(
    sentence: SpokenSentence,
    manner: Manner,
    progress: Progress,
    signal: AbortSignal,
  ): AsyncIterable<Int16Array> {
    const key = this.#keyOf(sentence, manner);
    const { cache } = this.#options;
    const { sampleRateHz } = manner.voice.engine;
    const cached = cache.peek(key) ?? (await cache.get(key, sampleRateHz));
    if (sentence.fixed && this.#countUse(key) >= durableAfterUses && cached !== undefined) {
      this.#keep(key, sentence, cached, sampleRateHz);
    }
    if (cached !== undefined) {
      yield cached;
      return;
    }
    signal.throwIfAborted();
    const reader = this.#rendering(key, sentence, manner, 'live').read(() => timingOf(progress));
    const release = (): void => reader.release();
    signal.addEventListener('abort', release, { once: true });
    try {
      for (;;) {
        const sound = await reader.next();
        if (sound === undefined) return;
        yield sound;
      }
    } finally {
      signal.removeEventListener('abort', release);
      reader.release();
    }
  }

  #rendering(
    key: string,
    sentence: SpokenSentence,
    { voice, language, pace }: Manner,
    kind: 'live' | 'ahead',
  ): SentenceRendering {
    const running = this.#renderings.get(key);
    if (running?.wanted === true) return running;
    const queue = this.#queues.get(voice.engine);
    if (queue === undefined) throw new KefuError('internal', `The voice ${voice.id} has no queue.`);
    const { sampleRateHz } = voice.engine;
    const limits = (kind === 'live' ? livePieces : aheadPieces)[language];
    const rendering = new SentenceRendering({
      pieces: cutIntoPieces(sentence.spoken, language, limits),
      queue,
      sampleRateHz,
      pace,
      onComplete: (samples) => this.#options.cache.put(key, samples, { sampleRateHz, durable: false }),
      onEnd: () => {
        if (this.#renderings.get(key) === rendering) this.#renderings.delete(key);
      },
    });
    this.#renderings.set(key, rendering);
    return rendering;
  }

  /** Keeps a sentence on disk as well, unless it holds a value. */
  #keep(key: string, { fixed }: SpokenSentence, samples: Int16Array, sampleRateHz: SampleRateHz): void {
    if (fixed) this.#options.cache.put(key, samples, { sampleRateHz, durable: true });
  }

  #countUse(key: string): number {
    const uses = (this.#uses.get(key) ?? 0) + 1;
    this.#uses.delete(key);
    this.#uses.set(key, uses);
    const [oldest] = this.#uses.keys();
    if (this.#uses.size > maxCounted && oldest !== undefined) this.#uses.delete(oldest);
    return uses;
  }

  #pronounce(utterance: Utterance): SpokenSentence[] {
    const { lexicons, now, timeZone } = this.#options;
    const lexicon = lexicons?.[utterance.language];
    return pronounce(utterance.parts, utterance.language, {
      nowEpochMs: now?.() ?? this.#clock.epochMs(),
      ...(timeZone === undefined ? {} : { timeZone }),
      ...(lexicon === undefined ? {} : { lexicon }),
    });
  }

  #keyOf(sentence: SpokenSentence, { voice, pace }: Manner): string {
    const { fingerprint } = voice.engine;
    // Most of what is said has the voice's own pace: its keys are as they were before there were others.
    return promptKey(sentence.spoken, pace === 1 ? fingerprint : `${fingerprint} ${pace}`, renderingVersion);
  }

  #voiceFor(language: Language): Voice | undefined {
    return this.#options.voices.find((voice) => voice.languages.includes(language));
  }

  #requireVoice(language: Language): Voice {
    const voice = this.#voiceFor(language);
    if (voice !== undefined) return voice;
    const name = this.#options.voiceToFetch?.[language];
    const remedy =
      name === undefined
        ? 'Name one in voices/manifest.json and fetch it with `npm run models -- fetch`.'
        : `Fetch the voice ${name} with \`npm run models -- fetch ${name}\` and start again.`;
    throw new KefuError('tts_failed', `No voice speaks the language ${language}. ${remedy}`);
  }
}

function timingOf(progress: Progress): Timing {
  const { sinceMs, neededAtMs, startedMs, producedMs } = progress;
  if (startedMs === undefined && neededAtMs === undefined) return { kind: 'first', sinceMs };
  const heardFromMs = Math.max(startedMs ?? -Infinity, neededAtMs ?? -Infinity);
  return { kind: 'next', dryAtMs: heardFromMs + producedMs };
}

/** Cuts the sound of one sentence into chunks. One chunk is held back, because only the end shows which is the last. */
class SentenceWriter {
  readonly #chunks: AsyncQueue<SpeechChunk>;
  readonly #progress: Progress;
  readonly #sampleRateHz: SampleRateHz;
  #text: string;
  #held: AudioFrame | undefined;

  constructor(chunks: AsyncQueue<SpeechChunk>, progress: Progress, text: string, sampleRateHz: SampleRateHz) {
    this.#chunks = chunks;
    this.#progress = progress;
    this.#text = text;
    this.#sampleRateHz = sampleRateHz;
  }

  write(samples: Int16Array): void {
    const step = (chunkMs / 1000) * this.#sampleRateHz;
    for (let at = 0; at < samples.length; at += step) {
      this.#release(false);
      const part = samples.subarray(at, Math.min(samples.length, at + step));
      this.#held = { samples: part, sampleRateHz: this.#sampleRateHz, mediaMs: this.#progress.producedMs };
      this.#progress.producedMs += (part.length / this.#sampleRateHz) * 1000;
    }
  }

  end(pauseMs: number): void {
    // A sentence without any sound still has its words: a moment of silence carries them.
    const silenceMs = this.#held === undefined ? Math.max(pauseMs, chunkMs) : pauseMs;
    this.write(new Int16Array(Math.round((silenceMs / 1000) * this.#sampleRateHz)));
    this.#release(true);
  }

  #release(endOfSentence: boolean): void {
    if (this.#held === undefined) return;
    this.#chunks.push({ frame: this.#held, text: this.#text, endOfSentence });
    this.#held = undefined;
    this.#text = '';
  }
}
