import {
  moods,
  withTurn,
  type EmotionReading,
  type EmotionState,
  type Mood,
  type MoodScores,
} from '../core/emotion.ts';
import type { VoiceSound } from '../core/emotion.ts';

/** What is known of a caller's turn, for how the caller feels. */
export interface TurnObserved {
  readonly reading: EmotionReading;
  readonly sound?: VoiceSound | undefined;
  readonly text: string;
  /** The caller talked over Kefu. */
  readonly interrupted: boolean;
  readonly asksForPerson: boolean;
  /** Kefu had not been able to use what the caller said before. */
  readonly afterFailure: boolean;
}

/** What callers are like when nothing is known: most are calm. */
const unknownWords: MoodScores = { angry: 0.06, upset: 0.1, neutral: 0.78, pleased: 0.06 };
/** The share of angry voices that the voice's score was calibrated for; its odds are compared with it. */
const voicePrior = 0.1;
/** How much the voice counts against the words, and how far it can move them at most (log odds). */
const voiceWeight = 0.6;
const voiceLimit = 3;
/** What each sign adds to the behaviour, and how much of it is left a turn later. */
const signWeights = {
  interrupted: 0.3,
  repeated: 0.4,
  'asked-for-person': 0.3,
  'after-failure': 0.25,
} as const;
const behaviourLeft = 0.6;
/** How far the full behaviour moves anger, and being upset (log odds). */
const behaviourToAnger = 1.5;
const behaviourToUpset = 0.8;
/** Share of the way to the newest turn that the moods go in it: at once when it is tenser, slowly when it is calmer. */
const riseBy = 0.85;
const fallBy = 0.4;
/** How much of this a turn moves that told nothing by its words (a number read out, a plain yes): by voice or behaviour alone, or not at all. */
const wordlessShare = 0.4;
/** A new label must be ahead of the old one by this, so that it does not flicker. */
const labelMargin = 0.1;

export function noEmotion(): EmotionState {
  return {
    emotion: null,
    mix: { angry: 0, upset: 0, neutral: 1, pleased: 0 },
    baseline: null,
    behaviour: 0,
    turns: 0,
    angryTurns: 0,
    tenseTurns: 0,
    lastText: '',
  };
}

/** The state after another turn of the caller. Pure. */
export function feel(before: EmotionState, observed: TurnObserved): EmotionState {
  const signs = signsOf(before, observed);
  const added = signs.reduce((sum, sign) => sum + signWeights[sign], 0);
  const behaviour = Math.min(1, before.behaviour * behaviourLeft + added);
  const scores = fuse(observed.reading, behaviour);
  const { words, voice } = observed.reading;
  const told = words ? 1 : voice || signs.length > 0 ? wordlessShare : 0;
  const mix = before.turns === 0 ? scores : blend(before.mix, scores, told);
  const label = labelOf(mix, before.emotion?.label);
  const baseline = observed.sound ? withTurn(before.baseline ?? undefined, observed.sound) : before.baseline;
  return {
    emotion: {
      label,
      score: mix.angry,
      scores,
      parts: { ...observed.reading, behaviour: { score: behaviour, signs } },
    },
    mix,
    baseline,
    behaviour,
    turns: before.turns + 1,
    angryTurns: counted(before.angryTurns, label === 'angry', words && scores.angry),
    tenseTurns: counted(before.tenseTurns, isTense(label), words && scores.angry + scores.upset),
    lastText: observed.text,
  };
}

export function isTense(mood: Mood): boolean {
  return mood === 'angry' || mood === 'upset';
}

/** A row of turns goes on as long as the label holds; only turns that show the mood themselves make it longer. */
function counted(before: number, holds: boolean, shown: number | undefined): number {
  if (!holds) return 0;
  return before === 0 || (shown ?? 0) >= 0.5 ? before + 1 : before;
}

type Sign = keyof typeof signWeights;

function signsOf(before: EmotionState, observed: TurnObserved): Sign[] {
  const signs: Sign[] = [];
  if (observed.interrupted) signs.push('interrupted');
  if (isRepeated(before.lastText, observed.text)) signs.push('repeated');
  if (observed.asksForPerson) signs.push('asked-for-person');
  if (observed.afterFailure) signs.push('after-failure');
  return signs;
}

/** True when most of a sentence of some length was said just before. */
export function isRepeated(before: string, now: string): boolean {
  const [left, right] = [unitsOf(before), unitsOf(now)];
  if (Math.min(left.size, right.size) < 3) return false;
  const common = [...left].filter((unit) => right.has(unit)).length;
  return common / Math.max(left.size, right.size) >= 0.7;
}

/** Words of Latin script and characters of Chinese; numbers apart, because callers repeat these when asked to. */
function unitsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/\p{Script=Han}|[a-z']+/gu) ?? []);
}

/** The moods of one turn, all parts together. */
export function fuse({ words = unknownWords, voice }: EmotionReading, behaviour: number): MoodScores {
  const odds = (value: number) => Math.log(Math.max(1e-6, value) / Math.max(1e-6, 1 - value));
  const heard = voice ? (odds(voice.anger) - odds(voicePrior)) * voiceWeight : 0;
  const moved: MoodScores = {
    // Squashed rather than cut off, so that voices beyond the limit still differ.
    angry: voiceLimit * Math.tanh(heard / voiceLimit) + behaviourToAnger * behaviour,
    upset: behaviourToUpset * behaviour,
    neutral: 0,
    pleased: 0,
  };
  const weights = moods.map((mood) => Math.max(1e-6, words[mood]) * Math.exp(moved[mood]));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return toScores(weights.map((weight) => weight / total));
}

/** @param told - how much the new turn counts, 0 to 1. */
function blend(before: MoodScores, now: MoodScores, told: number): MoodScores {
  const isCalmer = now.angry + now.upset < before.angry + before.upset;
  const share = (isCalmer ? fallBy : riseBy) * told;
  return toScores(moods.map((mood) => before[mood] + (now[mood] - before[mood]) * share));
}

function toScores([angry = 0, upset = 0, neutral = 0, pleased = 0]: readonly number[]): MoodScores {
  return { angry, upset, neutral, pleased };
}

function labelOf(mix: MoodScores, before: Mood | undefined): Mood {
  const held = (mood: Mood) => mix[mood] + (mood === before ? labelMargin : 0);
  return moods.reduce((best, mood) => (held(mood) > held(best) ? mood : best), 'neutral');
}
