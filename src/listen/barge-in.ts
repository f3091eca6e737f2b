import type { Expecting } from '../core/dialog.ts';
import { isBackchannel, isInterruption, wordCount } from '../core/turn-words.ts';

export interface BargeInOptions {
  /** Voice of at least `voicedMs` within the last `withinMs` may be an interruption; a cough or a door is shorter. */
  readonly voicedMs: number;
  readonly withinMs: number;
  /** It must be this much louder than the line without voice, */
  readonly aboveFloorDb: number;
  /** and at most this much softer than the caller was in earlier turns: people in the background are softer. */
  readonly belowCallerDb: number;
  /** How long to wait for a first text once there is enough voice. */
  readonly textWaitMs: number;
  /** A backchannel that goes on for longer than this is none. */
  readonly backchannelMs: number;
  /** One unknown word needs at least this much voice: hums are misread as short words. */
  readonly oneWordMs: number;
  /** After the cut a text must come within this time. */
  readonly confirmMs: number;
}

export const defaultBargeIn: BargeInOptions = {
  voicedMs: 256,
  withinMs: 400,
  aboveFloorDb: 10,
  belowCallerDb: 15,
  textWaitMs: 150,
  backchannelMs: 900,
  oneWordMs: 420,
  confirmMs: 1500,
};

/** A voiced window, and what it is to be compared with. */
export interface VoiceLevel {
  readonly levelDbfs: number;
  readonly floorDbfs: number;
  readonly callerDbfs: number | undefined;
}

/** What is known of the speech that may be an interruption. */
export interface Overlap {
  /** Voice of the turn so far. */
  readonly voicedMs: number;
  readonly text: string | undefined;
  readonly expecting: Expecting | null;
  readonly nowMs: number;
}

/** Decides whether speech over Kefu's words is meant to interrupt. One per call; `begin` with every stretch of playback. */
export class BargeIn {
  readonly #options: BargeInOptions;
  /** Loud voice of the last `withinMs`. */
  #voice: { readonly endMs: number; readonly durationMs: number }[] = [];
  #enoughSinceMs: number | undefined;
  /** After a false alarm voice alone cuts no more, or a noisy line would chop up every sentence. */
  #wantsText = false;

  constructor(options: BargeInOptions) {
    this.#options = options;
  }

  /** Playback begins: voice from before does not count. */
  begin(): void {
    this.#voice = [];
    this.#enoughSinceMs = undefined;
  }

  /** A voiced window that ends at `endMs`. */
  push(endMs: number, durationMs: number, { levelDbfs, floorDbfs, callerDbfs }: VoiceLevel): void {
    const { aboveFloorDb, belowCallerDb } = this.#options;
    if (levelDbfs < floorDbfs + aboveFloorDb) return;
    if (callerDbfs !== undefined && levelDbfs < callerDbfs - belowCallerDb) return;
    this.#voice.push({ endMs, durationMs });
  }

  /** True when the overlap is an interruption as far as it can be known now. */
  decide({ voicedMs, text, expecting, nowMs }: Overlap): boolean {
    const { withinMs, textWaitMs, backchannelMs, oneWordMs } = this.#options;
    const said = text === undefined || text === '' ? undefined : text;
    if (said !== undefined && isInterruption(said)) return true;
    this.#voice = this.#voice.filter(({ endMs, durationMs }) => endMs - durationMs >= nowMs - withinMs);
    const recentMs = this.#voice.reduce((sum, { durationMs }) => sum + durationMs, 0);
    if (recentMs < this.#options.voicedMs) {
      this.#enoughSinceMs = undefined;
      return false;
    }
    this.#enoughSinceMs ??= nowMs;
    if (said === undefined) return !this.#wantsText && nowMs - this.#enoughSinceMs >= textWaitMs;
    if (isBackchannel(said, expecting)) return !this.#wantsText && voicedMs >= backchannelMs;
    return wordCount(said) > 1 || voicedMs >= oneWordMs;
  }

  /** The last cut was no interruption. */
  wasFalse(): void {
    this.#wantsText = true;
  }

  /** The caller has said something: voice counts again. */
  wasSpeech(): void {
    this.#wantsText = false;
  }
}
