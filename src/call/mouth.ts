import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { SpeechSynthesizer, Utterance } from '../core/speech.ts';
import type { Playout, PlayoutEvent, PlayoutItem } from '../media/playout.ts';

/** What the mouth tells its line. */
export interface MouthListener {
  /** Words are about to be spoken, or (when they are withdrawn before) will be reported as not heard. */
  saying(utterance: Utterance, id: number): void;
  /** What of it was really played. */
  heard(id: number, text: string, complete: boolean, startedMs: number | undefined): void;
  /** Sound goes out, or nothing does any more and nothing is queued. */
  playing(speaking: boolean, interruptible: boolean): void;
  /** Clock time of the first audible packet of an utterance. */
  audible(id: number, clockMs: number): void;
  failed(message: string): void;
  late(lateMs: number): void;
}

interface Spoken {
  readonly id: number;
  readonly utterance: Utterance;
  /** Sentences to leave out at the beginning since they have been heard before. */
  readonly skipSentences: number;
  startedMs: number | undefined;
  item: PlayoutItem | undefined;
  /** The sentences given to the playout, as they are written. */
  sentences: string[];
  /** Its synthesis has failed: what was made of it is still heard. */
  failed: boolean;
  /** Some of it has been heard, and recorded as heard. */
  anyHeard: boolean;
}

/**
 * Speaks queued utterances one after the other through a `Playout`, and knows what of them was heard. The next utterance is
 * synthesised while the one before it plays.
 */
export class Mouth {
  readonly #synthesizer: SpeechSynthesizer;
  readonly #listener: MouthListener;
  readonly #log: Logger;
  readonly #clock: Clock;
  #playout: Playout | undefined;
  #nextId = 1;
  /** Waiting for synthesis, in order. */
  #queue: Spoken[] = [];
  /** Handed to the playout and not finished there, in order. */
  #playing: Spoken[] = [];
  /** Cut by what may turn out to be no interruption: said again by `release()`. */
  #kept: Spoken[] = [];
  #current: AbortController | undefined;
  #held = false;
  #speaking = false;
  #closed = false;
  #quiet: (() => void)[] = [];

  constructor(synthesizer: SpeechSynthesizer, listener: MouthListener, log: Logger, clock: Clock) {
    this.#synthesizer = synthesizer;
    this.#listener = listener;
    this.#log = log;
    this.#clock = clock;
  }

  /** The playout to speak through; must be set before anything is said. */
  attach(playout: Playout): void {
    this.#playout = playout;
  }

  /** True while sound goes out. */
  get speaking(): boolean {
    return this.#speaking;
  }

  /** True when something is queued, being synthesised, held back or played. */
  get busy(): boolean {
    return this.#queue.length + this.#playing.length + this.#kept.length > 0 || this.#current !== undefined;
  }

  say(utterance: Utterance): void {
    if (this.#closed) return;
    const id = this.#nextId++;
    this.#listener.saying(utterance, id);
    this.#queue.push({
      id,
      utterance,
      skipSentences: 0,
      startedMs: undefined,
      item: undefined,
      sentences: [],
      failed: false,
      anyHeard: false,
    });
    this.#pump();
  }

  /** True while words wait until it is clear what the caller said. */
  get held(): boolean {
    return this.#held;
  }

  /**
   * Silences the playout at once and keeps what was not heard, for `release()`; new words wait until then, too. Words that must
   * not be interrupted go on, unless `force` is set.
   */
  hold(force = false): void {
    if (this.#closed || this.#held) return;
    if (!force && this.#playout?.playing?.interruptible === false) return;
    this.#held = true;
    this.#current?.abort();
    this.#current = undefined;
    const cuts = new Map(this.#playout?.cut({ force }).map((cut) => [cut.id, cut]));
    for (const spoken of this.#playing) {
      const cut = cuts.get(spoken.id);
      if (!cut || cut.heardText === '') continue;
      spoken.anyHeard = true;
      this.#listener.heard(spoken.id, cut.heardText, cut.complete, spoken.startedMs);
    }
    this.#kept = [...this.#playing, ...this.#queue]
      .filter(({ id }) => cuts.get(id)?.complete !== true)
      .map((spoken) => ({
        ...spoken,
        startedMs: undefined,
        item: undefined,
        sentences: [],
        skipSentences:
          spoken.skipSentences + wholeSentences(spoken.sentences, cuts.get(spoken.id)?.heardText ?? ''),
      }));
    this.#playing = [];
    this.#queue = [];
    this.#setSpeaking(false);
  }

  /** Goes on with what `hold()` kept, from the beginning of the sentence that was cut. */
  release(): void {
    if (!this.#held || this.#closed) return;
    this.#held = false;
    this.#queue = [...this.#kept, ...this.#queue];
    this.#kept = [];
    this.#pump();
    this.#settleQuiet();
  }

  /** Silences the playout and forgets everything queued or kept. */
  stop(): void {
    this.hold(true);
    this.#held = false;
    for (const spoken of [...this.#kept, ...this.#queue]) {
      if (!spoken.anyHeard) this.#listener.heard(spoken.id, '', false, undefined);
    }
    this.#kept = [];
    this.#queue = [];
    this.#settleQuiet();
  }

  /** Settles when everything queued has been heard or dropped. */
  async whenQuiet(): Promise<void> {
    if (!this.busy) return;
    await new Promise<void>((resolve) => this.#quiet.push(resolve));
  }

  close(): void {
    if (this.#closed) return;
    this.stop();
    this.#closed = true;
    this.#settleQuiet();
  }

  /** What the playout reports. */
  onPlayout(event: PlayoutEvent): void {
    switch (event.type) {
      case 'started': {
        const spoken = this.#playing.find(({ id }) => id === event.id);
        if (!spoken) return;
        spoken.startedMs = event.firstAudibleMs;
        this.#setSpeaking(true, spoken.utterance.interruptible);
        this.#listener.audible(event.id, event.firstAudibleMs);
        return;
      }
      case 'finished': {
        const spoken = this.#playing.find(({ id }) => id === event.id);
        if (!spoken) return;
        this.#playing = this.#playing.filter((other) => other !== spoken);
        this.#listener.heard(event.id, event.heardText, true, spoken.startedMs);
        this.#settleQuiet();
        return;
      }
      case 'late':
        this.#listener.late(event.lateMs);
        return;
      case 'cut': {
        // What `hold` cuts is accounted for there; this is the end of words whose synthesis failed.
        const spoken = this.#playing.find(({ id, failed }) => id === event.id && failed);
        if (!spoken) return;
        this.#playing = this.#playing.filter((other) => other !== spoken);
        this.#listener.heard(event.id, event.heardText, false, spoken.startedMs);
        this.#settleQuiet();
        return;
      }
      case 'underrun':
        return;
    }
  }

  #pump(): void {
    if (this.#held || this.#closed || this.#current !== undefined) return;
    const next = this.#queue.shift();
    if (!next) return;
    const abort = new AbortController();
    this.#current = abort;
    this.#playing.push(next);
    void this.#speak(next, abort.signal).then(() => {
      if (this.#current !== abort) return;
      this.#current = undefined;
      this.#settleQuiet();
      this.#pump();
    });
  }

  async #speak(spoken: Spoken, signal: AbortSignal): Promise<void> {
    const item = this.#playout?.open(spoken.id, { interruptible: spoken.utterance.interruptible });
    if (!item) return;
    spoken.item = item;
    const waitingMs = this.#playing.reduce((sum, other) => sum + (other.item?.bufferedMs ?? 0), 0);
    const timing = { neededAtMs: this.#clock.nowMs() + waitingMs };
    let sentence = -1;
    try {
      for await (const chunk of this.#synthesizer.synthesize(spoken.utterance, signal, timing)) {
        if (signal.aborted) return;
        if (chunk.text !== '') sentence += 1;
        if (sentence < spoken.skipSentences) continue;
        if (chunk.text !== '') spoken.sentences.push(chunk.text);
        item.write(chunk.frame, chunk.text, chunk.endOfSentence);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#log.error(
        { err: error, promptId: spoken.utterance.promptId },
        'an utterance could not be spoken',
      );
      spoken.failed = true;
      item.abort();
      this.#listener.failed(`${spoken.utterance.promptId}: ${String(error)}`);
      return;
    }
    if (!signal.aborted) item.end();
  }

  #setSpeaking(speaking: boolean, interruptible = true): void {
    this.#speaking = speaking;
    this.#listener.playing(speaking, interruptible);
  }

  #settleQuiet(): void {
    if (this.busy && !this.#closed) return;
    if (this.#speaking) this.#setSpeaking(false);
    const waiting = this.#quiet;
    this.#quiet = [];
    for (const resolve of waiting) resolve();
  }
}

/** How many of the sentences are in what was heard, to their end. */
function wholeSentences(sentences: readonly string[], heardText: string): number {
  const letters = (text: string) => text.replace(/\s+/g, '');
  const heard = letters(heardText);
  return sentences.filter((_, index) => heard.startsWith(letters(sentences.slice(0, index + 1).join(''))))
    .length;
}
