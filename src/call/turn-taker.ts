import type { Clock } from '../core/clock.ts';
import type { DialogEffect, DialogEvent, DialogState, Expecting } from '../core/dialog.ts';
import { toKefuError } from '../core/errors.ts';
import type { EmotionEstimator, EmotionReading } from '../core/emotion.ts';
import type { Logger } from '../core/log.ts';
import { isInterruption, wordCount } from '../core/turn-words.ts';
import type { Understander, Understanding, UnderstandingContext } from '../core/understanding.ts';
import type { CallerTurn } from './line.ts';
import { Preparation, type PreparationParts } from './preparation.ts';
import type { CallRecorder } from './recorder.ts';
import { isWrite } from './tasks.ts';

/** An intent with at least this score is taken for a whole request, */
const clearIntentScore = 0.75;
/** unless it is one of these: what they begin with often goes on ("Hi, um ...", "Well, yes, and ..."). */
const openingIntents: ReadonlySet<string> = new Set(['greeting', 'affirm', 'deny', 'thanks_goodbye']);

/** Where a dialog stands when the caller speaks. */
export interface Standing {
  readonly state: DialogState;
  readonly expecting: Expecting | null;
}

/** A turn as the dialog takes it, and where the dialog must stand to take it. */
export interface TakenTurn {
  readonly standing: Standing;
  readonly event: Extract<DialogEvent, { type: 'utterance' }>;
}

export interface TurnTakerParts extends PreparationParts {
  readonly understander: Understander;
  readonly emotion?: Pick<EmotionEstimator, 'voice'> | undefined;
  readonly recorder: CallRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Turns of one caller on their way to the dialog: understood, and put together when the caller went on speaking before anything
 * of the answer was heard. Such a caller was not finished, so the dialog goes back to where it stood, and both parts are one turn.
 */
export class TurnTaker {
  readonly #parts: TurnTakerParts;
  readonly #preparation: Preparation;
  /** Where the dialog stood before the newest turn, as long as nothing of the answer has been heard. */
  #unheard: (Standing & { readonly text: string }) | undefined;
  #newest: (Standing & { readonly text: string }) | undefined;

  constructor(parts: TurnTakerParts) {
    this.#parts = parts;
    this.#preparation = new Preparation(parts);
  }

  /** True when the next turn takes the newest answer back. */
  get answerUnheard(): boolean {
    return this.#unheard !== undefined;
  }

  /** Something of the answer was heard, or another event has moved the dialog on: the newest turn stands. */
  settle(): void {
    this.#unheard = undefined;
  }

  /** The caller has paused: an answer is prepared, and a clear request need not be waited out as long as an unclear one. */
  prepare(
    { text, spelled }: Pick<CallerTurn, 'text' | 'spelled'>,
    standing: Standing,
    tellComplete: () => void,
  ): void {
    const { state, expecting } = this.#unheard ?? standing;
    const context = { language: state.language, expecting };
    const whole = this.#whole(text);
    const heard = { text: whole, spelled: this.#unheard ? undefined : spelled };
    this.#preparation.start(heard, state, context, (understanding) => {
      const completeness = this.#parts.engine.assess(whole, expecting, state.language, heard.spelled);
      if (completeness === 'unknown' && isWholeRequest(understanding, expecting)) tellComplete();
    });
  }

  /** Understands a turn. Never rejects: without an understanding the dialog still takes numbers, yes and no, and keys. */
  async take(turn: CallerTurn, now: Standing, interrupted = false): Promise<TakenTurn> {
    const { recorder, clock } = this.#parts;
    const { sound, confidence, alternatives, spelled } = turn;
    this.#record(turn);
    const before = this.#unheard;
    const { state, expecting } = before ?? now;
    const text = this.#whole(turn.text);
    this.#preparation.settle(text);
    if (before) recorder.record({ type: 'note', name: 'turn-continued', data: { text } });
    const startedMs = clock.nowMs();
    const read = await this.#understand(text, { language: state.language, expecting });
    const understanding = { ...read, ...this.#withVoice(read.emotion, sound, state) };
    const tookMs = Math.round(clock.nowMs() - startedMs);
    recorder.record({ type: 'understood', turn: turn.turn, understanding, tookMs });
    this.#newest = { state, expecting, text };
    return {
      standing: { state, expecting },
      event: {
        type: 'utterance',
        understanding,
        confidence,
        alternatives: before ? [] : alternatives,
        ...(sound && { sound }),
        // Going on before an answer was heard is no interruption of it.
        ...(interrupted && !before && { interrupted }),
        // It covers the newest part of the turn alone.
        spelled: before ? undefined : spelled,
      },
    };
  }

  /** What a caller says to somebody else is kept in the record. */
  overhear(turn: CallerTurn): void {
    this.#record(turn);
  }

  /** What the dialog wants done for the newest turn. What has gone out into the world cannot be taken back by speaking on. */
  answered(effects: readonly DialogEffect[]): void {
    this.#unheard = effects.every(canBeTakenBack) ? this.#newest : undefined;
  }

  close(): void {
    this.#preparation.cancel();
  }

  #record(caller: CallerTurn): void {
    const { confidence, alternatives, spelled, turn, text, startMs, endMs, endpointingMs, recognitionMs } =
      caller;
    const heard = { turn, text, startMs, endMs, endpointingMs, recognitionMs };
    const words = [...alternatives];
    this.#parts.recorder.record({
      type: 'turn',
      ...heard,
      confidence: confidence ?? null,
      alternatives: words,
      ...(spelled && {
        spelled: {
          text: spelled.text,
          best: spelled.best?.characters ?? null,
          score: spelled.best?.score ?? null,
        },
      }),
    });
  }

  #whole(text: string): string {
    return this.#unheard ? `${this.#unheard.text} ${text}` : text;
  }

  #withVoice(
    reading: EmotionReading | undefined,
    sound: CallerTurn['sound'],
    { emotion: before }: DialogState,
  ): { readonly emotion?: EmotionReading } {
    const { emotion } = this.#parts;
    if (!emotion || !sound) return {};
    return { emotion: { ...reading, voice: emotion.voice(sound, before?.baseline ?? undefined) } };
  }

  async #understand(text: string, context: UnderstandingContext): Promise<Understanding> {
    const { understander, recorder, log } = this.#parts;
    try {
      return await understander.understand(text, context);
    } catch (error) {
      const failure = toKefuError(error, 'encoder_failed');
      log.error({ err: error }, 'a sentence could not be understood');
      recorder.record({ type: 'error', code: failure.code, message: failure.message });
      return { text, language: context.language, intents: [], entities: [] };
    }
  }
}

/** True when the caller has clearly said what is wanted, in answer to an open question. */
function isWholeRequest({ intents: [intent] }: Understanding, expecting: Expecting | null): boolean {
  if (expecting !== null && expecting.kind !== 'anything') return false;
  return intent !== undefined && intent.score >= clearIntentScore && !openingIntents.has(intent.intent);
}

/**
 * True for a single word over Kefu's words that means nothing where no value was asked for: a hum or a cough that was misread as
 * a word ("uh-huh" as "now"). A name, a number or a choice may be one word without an intent, and "wait" has none either.
 */
export function isStrayWord(
  { text, intents, entities }: Understanding,
  expecting: Expecting | null,
): boolean {
  if (expecting !== null && expecting.kind !== 'anything' && expecting.kind !== 'yes_no') return false;
  return intents.length === 0 && entities.length === 0 && wordCount(text) <= 1 && !isInterruption(text);
}

/** True when an effect does not reach beyond the call's own memory: words not yet heard, reads. */
function canBeTakenBack(effect: DialogEffect): boolean {
  return (
    effect.type === 'say' ||
    effect.type === 'listen' ||
    (effect.type === 'task' && !isWrite(effect.operation)) ||
    (effect.type === 'note' && (effect.name === 'dialog' || effect.name === 'emotion'))
  );
}
