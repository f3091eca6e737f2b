import type { AudioFrame } from '../core/audio.ts';
import { frameMs } from '../core/audio.ts';
import type { Clock } from '../core/clock.ts';
import type { Expecting } from '../core/dialog.ts';
import type { Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import type {
  RecognitionEvent,
  RecognitionStream,
  SpeechRecognizer,
  SpelledReading,
  SpellingQuestion,
  SpellingRecognizer,
} from '../core/recognition.ts';
import type { Completeness, TurnDetector, TurnEvent, VoiceActivityDetector } from '../core/turn.ts';
import { SpelledTurn } from './spelled-turn.ts';

/** Audio from before the detected onset that the recogniser gets too: a voice detector fires late on soft consonants. */
const leadInMs = 240;
/** Frames kept for the lead-in: onset decisions come up to half a second after the onset itself. */
const preRollMs = 1200;
/** How long a text may take after the end of a turn before the recogniser counts as failed. */
const recognitionLimitMs = 5000;
/** Shorter speech without any text is taken for noise, longer for words that could not be made out. */
const unintelligibleMs = 700;

/** A finished turn of the caller. */
export interface HeardTurn {
  readonly turn: number;
  readonly text: string;
  readonly confidence: number | undefined;
  readonly alternatives: readonly string[];
  readonly spelled: SpelledReading | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly endpointingMs: number;
  readonly recognitionMs: number;
}

/** What the ears tell their line. Times are media times. */
export interface EarsListener {
  speechStarted(turn: number, mediaMs: number): void;
  partial(turn: number, text: string, mediaMs: number): void;
  /** The caller has paused and this is the text so far: the turn may be over. */
  paused(text: string, spelled: SpelledReading | undefined): void;
  turn(turn: HeardTurn): void;
  /** What began as speech was none. */
  noise(turn: number): void;
  unintelligible(turn: number): void;
  bargeIn(mediaMs: number): void;
  falseBargeIn(mediaMs: number): void;
  noInput(): void;
  failed(message: string): void;
}

export interface EarsParts {
  readonly voiceActivity: VoiceActivityDetector;
  readonly turnDetector: TurnDetector;
  readonly recognizer: SpeechRecognizer;
  readonly spelling?: SpellingRecognizer | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** How complete a text is as an answer to what is expected. */
  assess(text: string, expecting: Expecting | null, spelled?: SpelledReading): Completeness;
}

/** A stretch of one turn that is recognised at once; a long turn has several. */
interface Segment {
  readonly id: number;
  /** Number of the newest request for a text; 0 before the first. */
  request: number;
  /** The request that `text` answers. */
  answered: number;
  text: string;
  confidence: number | undefined;
  alternatives: readonly string[];
}

interface Turn {
  readonly id: number;
  readonly onsetMs: number;
  readonly segments: Segment[];
  /** Set when a spelled string was expected as it began. */
  readonly spelled: SpelledTurn | undefined;
  ended: { readonly endMs: number; readonly atMs: number; readonly clockMs: number } | undefined;
}

/**
 * Listens to one caller: frames become voice windows, windows become turns, turns become texts.
 *
 *     frame -> pre-roll ----------------------> recogniser (worker) -> partial, final
 *           \-> voice activity -> turn detector -^ onset, pause, end      |
 *                                      ^----------------------------------/ texts tell how long a pause may be
 */
export class Ears {
  readonly #parts: EarsParts;
  readonly #listener: EarsListener;
  readonly #stream: RecognitionStream;
  #preRoll: AudioFrame[] = [];
  /** The turn being spoken. */
  #turn: Turn | undefined;
  /** Turns that are over and wait for their text, oldest first. */
  #waiting: Turn[] = [];
  #nextTurn = 1;
  #nextSegment = 1;
  #nextRequest = 1;
  #expecting: Expecting | null = null;
  #spelling: SpellingQuestion | undefined;
  #mediaMs = 0;
  #closed = false;

  constructor(parts: EarsParts, listener: EarsListener, language: Language) {
    this.#parts = parts;
    this.#listener = listener;
    this.#stream = parts.recognizer.open({
      language,
      onEvent: (event) => {
        if (!this.#closed) this.#onRecognition(event);
      },
    });
  }

  /** Media time of the newest sample. */
  get mediaMs(): number {
    return this.#mediaMs;
  }

  /** True from the onset of speech to the end of the turn. */
  get hearsSpeech(): boolean {
    return this.#turn !== undefined;
  }

  hear(frame: AudioFrame): void {
    if (this.#closed) return;
    this.#mediaMs = frame.mediaMs + frameMs(frame);
    this.#keep(frame);
    const segment = this.#turn?.segments.at(-1);
    if (segment) this.#stream.write(segment.id, frame);
    this.#turn?.spelled?.write(frame);
    for (const window of this.#parts.voiceActivity.write(frame)) {
      this.#advance(this.#parts.turnDetector.advance({ type: 'window', window }));
    }
    this.#giveUpOnLateTexts();
  }

  listen(expecting: Expecting | null, spelling?: SpellingQuestion): void {
    this.#expecting = expecting;
    this.#spelling = spelling;
    const input = { type: 'listening', expecting, atMs: this.#mediaMs } as const;
    this.#advance(this.#parts.turnDetector.advance(input));
  }

  playback(speaking: boolean, interruptible: boolean): void {
    const input = { type: 'playback', speaking, interruptible, atMs: this.#mediaMs } as const;
    this.#advance(this.#parts.turnDetector.advance(input));
  }

  digit(): void {
    this.#advance(this.#parts.turnDetector.advance({ type: 'digit', atMs: this.#mediaMs }));
  }

  /** The turn being spoken is a whole request as long as nothing is added to `text`: a short pause is enough to end it. */
  confirmComplete(text: string): void {
    if (this.#closed || !this.#turn || textOf(this.#turn) !== text) return;
    this.#advance(this.#parts.turnDetector.advance({ type: 'partial', text, completeness: 'complete' }));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const turn of [...this.#waiting, ...(this.#turn ? [this.#turn] : [])]) turn.spelled?.close();
    this.#stream.close();
    this.#preRoll = [];
  }

  #keep(frame: AudioFrame): void {
    this.#preRoll.push(frame);
    const oldest = this.#mediaMs - preRollMs;
    while (this.#preRoll[0] && this.#preRoll[0].mediaMs < oldest) this.#preRoll.shift();
  }

  #advance(events: readonly TurnEvent[]): void {
    for (const event of events) this.#onTurnEvent(event);
  }

  #onTurnEvent(event: TurnEvent): void {
    switch (event.type) {
      case 'speech-started':
        this.#begin(event.onsetMs);
        return;
      case 'speech-paused':
        this.#ask();
        return;
      case 'speech-resumed':
        return;
      case 'turn-split':
        this.#ask();
        this.#turn?.segments.push(this.#newSegment());
        return;
      case 'turn-ended':
        this.#end(event);
        return;
      case 'speech-dropped':
        this.#drop();
        return;
      case 'barge-in':
        this.#listener.bargeIn(event.atMs);
        return;
      case 'false-barge-in':
        this.#listener.falseBargeIn(event.atMs);
        return;
      case 'no-input':
        this.#listener.noInput();
        return;
    }
  }

  #begin(onsetMs: number): void {
    const segment = this.#newSegment();
    const spelled =
      this.#spelling && this.#parts.spelling
        ? new SpelledTurn(this.#parts.spelling, this.#spelling, this.#parts.log)
        : undefined;
    this.#turn = { id: this.#nextTurn++, onsetMs, segments: [segment], spelled, ended: undefined };
    for (const frame of this.#preRoll) {
      if (frame.mediaMs + frameMs(frame) <= onsetMs - leadInMs) continue;
      this.#stream.write(segment.id, frame);
      spelled?.write(frame);
    }
    this.#listener.speechStarted(this.#turn.id, onsetMs);
  }

  #newSegment(): Segment {
    const id = this.#nextSegment++;
    return { id, request: 0, answered: 0, text: '', confidence: undefined, alternatives: [] };
  }

  /** Asks for the text of the newest segment as it is now. */
  #ask(): void {
    const segment = this.#turn?.segments.at(-1);
    if (!segment) return;
    segment.request = this.#nextRequest++;
    this.#stream.finish(segment.id, segment.request);
    const turn = this.#turn;
    turn?.spelled?.ask(() => {
      if (this.#closed) return;
      if (turn !== this.#turn) {
        this.#deliver();
        return;
      }
      this.#tellText(turn);
      this.#tellPause(turn);
    });
  }

  #end(event: Extract<TurnEvent, { type: 'turn-ended' }>): void {
    const turn = this.#turn;
    if (!turn) return;
    if (turn.segments.at(-1)?.request === 0) this.#ask();
    turn.ended = { endMs: event.endMs, atMs: event.atMs, clockMs: this.#parts.clock.nowMs() };
    this.#turn = undefined;
    this.#waiting.push(turn);
    this.#deliver();
  }

  #drop(): void {
    const turn = this.#turn;
    if (!turn) return;
    this.#turn = undefined;
    this.#forget(turn);
    this.#listener.noise(turn.id);
  }

  #forget(turn: Turn): void {
    turn.spelled?.close();
    for (const segment of turn.segments) this.#stream.drop(segment.id);
  }

  #onRecognition(event: RecognitionEvent): void {
    const turn = [...this.#waiting, ...(this.#turn ? [this.#turn] : [])].find(({ segments }) =>
      segments.some(({ id }) => id === event.turn),
    );
    const segment = turn?.segments.find(({ id }) => id === event.turn);
    if (!turn || !segment) return;
    switch (event.type) {
      case 'partial':
        segment.text = event.text;
        this.#tellText(turn);
        return;
      case 'final':
        if (event.request !== segment.request) return;
        segment.answered = event.request;
        segment.text = event.text;
        segment.confidence = event.confidence;
        segment.alternatives = event.alternatives;
        this.#tellText(turn);
        if (turn.ended) this.#deliver();
        else this.#tellPause(turn);
        return;
      case 'failed':
        this.#waiting = this.#waiting.filter((other) => other !== turn);
        if (this.#turn === turn) this.#turn = undefined;
        this.#forget(turn);
        this.#listener.failed(event.message);
        return;
    }
  }

  /** The caller has paused, and everything about the words so far is known. */
  #tellPause(turn: Turn): void {
    const last = turn.segments.at(-1);
    const isRead = last?.request === last?.answered && turn.spelled?.reading !== true;
    if (turn !== this.#turn || !isRead || textOf(turn) === '') return;
    this.#listener.paused(textOf(turn), turn.spelled?.newest);
  }

  #tellText(turn: Turn): void {
    const text = textOf(turn);
    this.#listener.partial(turn.id, text, this.#mediaMs);
    if (turn !== this.#turn) return;
    const completeness = this.#parts.assess(text, this.#expecting, turn.spelled?.newest);
    this.#advance(this.#parts.turnDetector.advance({ type: 'partial', text, completeness }));
  }

  /** Hands out the turns that have all their texts, in order. */
  #deliver(): void {
    for (;;) {
      const turn = this.#waiting[0];
      const ended = turn?.ended;
      if (!turn || !ended) return;
      if (turn.segments.some(({ request, answered }) => request !== answered)) return;
      if (turn.spelled?.reading === true) return;
      this.#waiting.shift();
      const spelled = turn.spelled?.newest;
      this.#forget(turn);
      // Where the general recogniser made out nothing, a spelled answer may still be there.
      const text = textOf(turn) || (spelled?.text ?? '');
      if (text === '') {
        if (ended.endMs - turn.onsetMs >= unintelligibleMs) this.#listener.unintelligible(turn.id);
        else this.#listener.noise(turn.id);
        continue;
      }
      const confidences = turn.segments.flatMap(({ confidence }) => confidence ?? []);
      this.#listener.turn({
        turn: turn.id,
        text,
        spelled,
        confidence: confidences.length > 0 ? Math.min(...confidences) : undefined,
        alternatives: turn.segments.length === 1 ? (turn.segments[0]?.alternatives ?? []) : [],
        startMs: turn.onsetMs,
        endMs: ended.endMs,
        endpointingMs: ended.atMs - ended.endMs,
        recognitionMs: this.#parts.clock.nowMs() - ended.clockMs,
      });
    }
  }

  #giveUpOnLateTexts(): void {
    const turn = this.#waiting[0];
    if (!turn?.ended || this.#mediaMs - turn.ended.atMs < recognitionLimitMs) return;
    this.#waiting.shift();
    this.#forget(turn);
    this.#listener.failed('The recogniser gave no text in time.');
  }
}

function textOf(turn: Turn): string {
  return turn.segments
    .map(({ text }) => text.trim())
    .filter((text) => text !== '')
    .join(' ');
}
