import type { Expecting } from '../core/dialog.ts';
import type { Completeness, TurnDetector, TurnEvent, TurnInput, VoiceWindow } from '../core/turn.ts';
import { BargeIn, defaultBargeIn, type BargeInOptions } from './barge-in.ts';
import { defaultNoInput, NoInput, type NoInputOptions } from './no-input.ts';
import { isBackchannel } from '../core/turn-words.ts';
import { defaultEndPauses, endOfTurnByExpectation, type EndOfTurn } from './turn-end.ts';
import { TurnStart, type Onset, type TurnStartOptions } from './turn-start.ts';
import { VoiceGate, type VoiceGateOptions } from './voice-gate.ts';

export interface TurnOptions {
  readonly gate: VoiceGateOptions;
  readonly start: TurnStartOptions;
  readonly bargeIn: BargeInOptions;
  readonly noInput: NoInputOptions;
  readonly endOfTurn: EndOfTurn;
  /** Silence after which a text is worth asking for, while the turn may still go on. */
  readonly pausedMs: number;
  /** Voice that takes a pause back; less is a click. */
  readonly resumedMs: number;
  /** Speech with less voice than this is dropped at its first pause, */
  readonly minVoicedMs: number;
  /** and so is speech that never was this much louder than the line without voice. */
  readonly minAboveFloorDb: number;
  /** A turn with no text needs at least this much voice to count as words that nobody could make out. */
  readonly minWordlessMs: number;
  /** The recogniser takes about 9 s at once: a turn is split at the first pause after `splitFromMs`, at the latest at `splitAtMs`. */
  readonly splitFromMs: number;
  readonly splitAtMs: number;
  /** A turn is over after this time, pause or not: a radio never pauses. */
  readonly maxTurnMs: number;
}

export const defaultTurnOptions: TurnOptions = {
  gate: { activation: 0.5, deactivation: 0.35, minLevelDbfs: -58 },
  start: { voicedMs: 96, gapMs: 130 },
  bargeIn: defaultBargeIn,
  noInput: defaultNoInput,
  endOfTurn: endOfTurnByExpectation(defaultEndPauses, 3000),
  pausedMs: 160,
  resumedMs: 64,
  minVoicedMs: 128,
  minAboveFloorDb: 6,
  minWordlessMs: 500,
  splitFromMs: 6000,
  splitAtMs: 8500,
  maxTurnMs: 60_000,
};

/** A detector for one call. `options` replace single defaults. */
export function createTurnDetector(options: Partial<TurnOptions> = {}): TurnDetector {
  return new Detector({ ...defaultTurnOptions, ...options });
}

/** The turn being spoken. */
interface Turn {
  readonly onsetMs: number;
  /** Where the part that the recogniser has not been asked to finish begins. */
  segmentMs: number;
  voicedMs: number;
  peakDbfs: number;
  lastVoiceMs: number;
  paused: boolean;
  /** Voice since the pause that has not taken it back yet. */
  resumingMs: number;
  /** `fresh`: it came after the pause began. An empty text means that the recogniser heard no words. */
  text: { readonly text: string; readonly completeness: Completeness; fresh: boolean } | undefined;
}

/** Kefu's words were cut for the turn. */
interface Cut {
  readonly atMs: number;
  /** A text has shown that it was an interruption. */
  confirmed: boolean;
}

/**
 *     window -> gate (voice?) -> start -> speaking <-> paused -> end
 *                                    \-> barge-in while Kefu speaks
 */
class Detector implements TurnDetector {
  readonly #options: TurnOptions;
  readonly #gate: VoiceGate;
  readonly #start: TurnStart;
  readonly #bargeIn: BargeIn;
  readonly #noInput: NoInput;
  #nowMs = 0;
  #expecting: Expecting | null = null;
  #playback: { interruptible: boolean } | undefined;
  #turn: Turn | undefined;
  #cut: Cut | undefined;
  #events: TurnEvent[] = [];

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#gate = new VoiceGate(options.gate);
    this.#start = new TurnStart(options.start);
    this.#bargeIn = new BargeIn(options.bargeIn);
    this.#noInput = new NoInput(options.noInput);
  }

  advance(input: TurnInput): readonly TurnEvent[] {
    this.#events = [];
    switch (input.type) {
      case 'window':
        this.#nowMs = Math.max(this.#nowMs, input.window.startMs + input.window.durationMs);
        this.#onWindow(input.window);
        break;
      case 'partial':
        this.#onText(input.text, input.completeness);
        break;
      case 'playback':
        this.#nowMs = Math.max(this.#nowMs, input.atMs);
        this.#onPlayback(input.speaking, input.interruptible, input.atMs);
        break;
      case 'listening':
        this.#nowMs = Math.max(this.#nowMs, input.atMs);
        this.#expecting = input.expecting;
        this.#noInput.listen(input.expecting, input.atMs);
        break;
      case 'digit':
        this.#nowMs = Math.max(this.#nowMs, input.atMs);
        this.#noInput.digit(input.atMs);
        break;
    }
    this.#judgeCut();
    if (this.#noInput.expired(this.#nowMs)) this.#events.push({ type: 'no-input', atMs: this.#nowMs });
    return this.#events;
  }

  #onWindow(window: VoiceWindow): void {
    const voiced = this.#gate.push(window);
    const turn = this.#turn;
    if (turn === undefined) {
      const onset = this.#start.push(window, voiced);
      if (onset) this.#begin(onset);
    } else if (voiced) {
      this.#onVoice(turn, window);
    } else {
      turn.resumingMs = 0;
      if (!turn.paused && this.#silenceMs(turn) >= this.#options.pausedMs) this.#pause(turn);
      this.#endAfterPause();
    }
    if (voiced && this.#playback) {
      const { floorDbfs, callerDbfs } = this.#gate;
      this.#bargeIn.push(this.#nowMs, window.durationMs, {
        levelDbfs: window.levelDbfs,
        floorDbfs,
        callerDbfs,
      });
    }
    this.#interrupt();
  }

  #begin(onset: Onset): void {
    this.#turn = {
      onsetMs: onset.onsetMs,
      segmentMs: onset.onsetMs,
      voicedMs: onset.voicedMs,
      peakDbfs: onset.peakDbfs,
      lastVoiceMs: this.#nowMs,
      paused: false,
      resumingMs: 0,
      text: undefined,
    };
    this.#noInput.hearing(true, this.#nowMs);
    this.#events.push({ type: 'speech-started', onsetMs: onset.onsetMs });
  }

  #onVoice(turn: Turn, window: VoiceWindow): void {
    turn.peakDbfs = Math.max(turn.peakDbfs, window.levelDbfs);
    if (turn.paused) {
      turn.resumingMs += window.durationMs;
      if (turn.resumingMs < this.#options.resumedMs) return;
      turn.paused = false;
      turn.voicedMs += turn.resumingMs;
      this.#events.push({ type: 'speech-resumed', atMs: this.#nowMs - turn.resumingMs });
      turn.resumingMs = 0;
    } else {
      turn.voicedMs += window.durationMs;
      // What is heard over Kefu may be somebody else, or Kefu's own echo.
      if (!this.#playback) this.#gate.learnCaller(window);
    }
    turn.lastVoiceMs = this.#nowMs;
    if (turn.text) turn.text.fresh = false;
    if (this.#nowMs - turn.onsetMs >= this.#options.maxTurnMs) {
      this.#pause(turn);
      this.#end(turn);
    } else if (this.#nowMs - turn.segmentMs >= this.#options.splitAtMs) {
      this.#split(turn);
    }
  }

  #silenceMs(turn: Turn): number {
    return this.#nowMs - turn.lastVoiceMs;
  }

  #pause(turn: Turn): void {
    const { minVoicedMs, minAboveFloorDb, splitFromMs } = this.#options;
    if (turn.voicedMs < minVoicedMs || turn.peakDbfs < this.#gate.floorDbfs + minAboveFloorDb) {
      this.#drop();
      return;
    }
    turn.paused = true;
    // A split asks for the text of what was said until now, too.
    if (this.#nowMs - turn.segmentMs >= splitFromMs) this.#split(turn);
    else this.#events.push({ type: 'speech-paused', endMs: turn.lastVoiceMs });
  }

  #split(turn: Turn): void {
    turn.segmentMs = this.#nowMs;
    this.#events.push({ type: 'turn-split', atMs: this.#nowMs });
  }

  #onText(text: string, completeness: Completeness): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    turn.text = { text, completeness, fresh: turn.paused };
    this.#interrupt();
    this.#endAfterPause();
  }

  #onPlayback(speaking: boolean, interruptible: boolean, atMs: number): void {
    if (speaking) {
      if (!this.#playback) {
        this.#bargeIn.begin();
        this.#cut = undefined;
      }
      this.#playback = { interruptible };
    } else {
      this.#playback = undefined;
    }
    this.#noInput.playback(speaking, atMs);
    this.#endAfterPause();
  }

  /** Ends the turn when the pause has been long enough for what is known by now. */
  #endAfterPause(): void {
    const turn = this.#turn;
    if (!turn?.paused || turn.resumingMs > 0) return;
    if (turn.text?.text === '' && turn.text.fresh && turn.voicedMs < this.#options.minWordlessMs) {
      this.#drop();
      return;
    }
    // Words over something that must be heard to its end are answered after it.
    if (this.#playback?.interruptible === false) return;
    const text = turn.text?.text === '' ? undefined : turn.text;
    if (this.#silenceMs(turn) >= this.#options.endOfTurn({ expecting: this.#expecting, text }))
      this.#end(turn);
  }

  #end(turn: Turn): void {
    const text = turn.text?.text;
    const overKefu = this.#playback !== undefined || this.#cut !== undefined;
    if (overKefu && !this.#isAnswer(turn)) {
      this.#drop();
      return;
    }
    this.#turn = undefined;
    this.#cut = undefined;
    this.#start.reset();
    this.#noInput.hearing(false, this.#nowMs);
    if (text !== undefined && text !== '') {
      this.#noInput.answered();
      this.#bargeIn.wasSpeech();
    }
    this.#events.push({
      type: 'turn-ended',
      onsetMs: turn.onsetMs,
      endMs: turn.lastVoiceMs,
      atMs: this.#nowMs,
    });
  }

  /** Whether words said over Kefu's are meant for Kefu: not "mm-hmm", and not a short sound without words. */
  #isAnswer(turn: Turn): boolean {
    const text = turn.text?.text;
    if (text === undefined || text === '') return turn.voicedMs >= this.#options.minWordlessMs;
    return !isBackchannel(text, this.#expecting);
  }

  /** Forgets the turn. If Kefu was cut for it, Kefu goes on. */
  #drop(): void {
    this.#turn = undefined;
    this.#start.reset();
    this.#noInput.hearing(false, this.#nowMs);
    this.#events.push({ type: 'speech-dropped', atMs: this.#nowMs });
    if (this.#cut) this.#takeBack();
  }

  #takeBack(): void {
    this.#cut = undefined;
    this.#bargeIn.wasFalse();
    this.#events.push({ type: 'false-barge-in', atMs: this.#nowMs });
  }

  /** Cuts the playback when the speech over it is an interruption. */
  #interrupt(): void {
    const turn = this.#turn;
    if (!turn || !this.#playback?.interruptible || this.#cut) return;
    const { voicedMs, text } = turn;
    const overlap = { voicedMs, text: text?.text, expecting: this.#expecting, nowMs: this.#nowMs };
    if (!this.#bargeIn.decide(overlap)) return;
    this.#cut = { atMs: this.#nowMs, confirmed: false };
    this.#events.push({ type: 'barge-in', onsetMs: turn.onsetMs, atMs: this.#nowMs });
  }

  /** A cut that no text confirms in time was none; the turn stays open, so that nothing said late is lost. */
  #judgeCut(): void {
    const cut = this.#cut;
    if (!cut || cut.confirmed) return;
    const text = this.#turn?.text?.text;
    if (text !== undefined && text !== '' && !isBackchannel(text, this.#expecting)) cut.confirmed = true;
    else if (this.#nowMs - cut.atMs >= this.#options.bargeIn.confirmMs) this.#takeBack();
  }
}
