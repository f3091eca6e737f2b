import { z } from 'zod';
import type { Language } from './language.ts';

/** How a caller feels, as far as a hotline must know it. */
export const moods = ['angry', 'upset', 'neutral', 'pleased'] as const;
export type Mood = (typeof moods)[number];

const share = z.number().min(0).max(1);

/** Probabilities of the four moods, 1 together. */
export const moodScoresSchema = z.object({ angry: share, upset: share, neutral: share, pleased: share });
export type MoodScores = z.infer<typeof moodScoresSchema>;

/** What the sound of one turn tells. */
export const voiceReadingSchema = z.object({
  /** Probability that it sounds angry, where one voice in ten does. */
  anger: share,
  /** Probability that it is excited in any way: anger, fear, joy. */
  arousal: share,
  /** How much louder than the caller's own first turns, in dB; absent in these. */
  louderDb: z.number().optional(),
  /** True when it was compared with the caller's own first turns. */
  relative: z.boolean(),
});
export type VoiceReading = z.infer<typeof voiceReadingSchema>;

/** What words and voice of one turn tell, each by itself. */
export const emotionReadingSchema = z.object({
  words: moodScoresSchema.optional(),
  voice: voiceReadingSchema.optional(),
});
export type EmotionReading = z.infer<typeof emotionReadingSchema>;

/** What one turn sounds like, as numbers; the loudness in dB. */
export const voiceSoundSchema = z.object({ features: z.array(z.number()), loudness: z.number() });
export type VoiceSound = z.infer<typeof voiceSoundSchema>;

/** What a caller sounds like at the beginning of a call: the mean of so many turns. */
export const voiceBaselineSchema = voiceSoundSchema.extend({ turns: z.number().int().positive() });
export type VoiceBaseline = z.infer<typeof voiceBaselineSchema>;

/** The mood of a call so far: one fused score, its label, and what it was made of. */
export const emotionSchema = z.object({
  label: z.enum(moods),
  /** How angry, 0 to 1, over the turns so far: it rises at once and falls slowly. */
  score: share,
  /** The newest turn alone, all parts together. */
  scores: moodScoresSchema,
  parts: emotionReadingSchema.extend({
    /** What the caller did: 0 nothing, 1 everything an angry caller does. */
    behaviour: z.object({ score: share, signs: z.array(z.string()) }),
  }),
});
export type Emotion = z.infer<typeof emotionSchema>;

/** Reads words and voices. Shared by all calls; what belongs to one call is handed in and out. */
export interface EmotionEstimator {
  /** @throws KefuError `encoder_failed`, or `aborted` by the signal. */
  words(text: string, language: Language, signal?: AbortSignal): Promise<MoodScores>;
  /** What a stretch of speech (8 kHz mono) sounds like; undefined when there is too little voice in it. */
  listen(samples: Int16Array): VoiceSound | undefined;
  /** @param baseline - the caller's own first turns, as soon as there are some. */
  voice(sound: VoiceSound, baseline: VoiceBaseline | undefined): VoiceReading;
}

/** How many first turns of a caller make the baseline. */
const baselineTurns = 3;

/** The baseline with another turn in it; what comes after the first few turns changes nothing. */
export function withTurn(baseline: VoiceBaseline | undefined, sound: VoiceSound): VoiceBaseline {
  if (!baseline) return { ...sound, turns: 1 };
  if (baseline.turns >= baselineTurns) return baseline;
  const turns = baseline.turns + 1;
  const mix = (before: number, now: number) => before + (now - before) / turns;
  return {
    turns,
    loudness: mix(baseline.loudness, sound.loudness),
    features: baseline.features.map((value, index) => mix(value, sound.features[index] ?? value)),
  };
}

/** The mood of a call as it is carried from turn to turn; JSON, a part of the dialog's state. */
export interface EmotionState {
  /** Null before the caller's first words. */
  readonly emotion: Emotion | null;
  /** The moods over the turns so far: each rises fast and falls slowly. */
  readonly mix: MoodScores;
  readonly baseline: VoiceBaseline | null;
  /** What the caller has done lately, 0 to 1; fades from turn to turn. */
  readonly behaviour: number;
  readonly turns: number;
  /** Turns in a row, up to now, in which the caller was angry; and angry or upset. */
  readonly angryTurns: number;
  readonly tenseTurns: number;
  /** The caller's words before, to notice when they are repeated. */
  readonly lastText: string;
}
