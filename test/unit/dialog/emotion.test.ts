import { describe, expect, it } from 'vitest';
import type { EmotionState, MoodScores } from '../../../src/core/emotion.ts';
import { feel, fuse, isRepeated, noEmotion, type TurnObserved } from '../../../src/dialog/emotion.ts';

const angry: MoodScores = { angry: 0.94, upset: 0.03, neutral: 0.02, pleased: 0.01 };
const neutral: MoodScores = { angry: 0.02, upset: 0.03, neutral: 0.9, pleased: 0.05 };
const upset: MoodScores = { angry: 0.1, upset: 0.8, neutral: 0.08, pleased: 0.02 };

const said = (words: MoodScores, more: Partial<TurnObserved> = {}): TurnObserved => ({
  reading: { words },
  text: 'something',
  interrupted: false,
  asksForPerson: false,
  afterFailure: false,
  ...more,
});

function after(...turns: TurnObserved[]): EmotionState {
  return turns.reduce(feel, noEmotion());
}

describe('the mood of one turn', () => {
  it('is that of its words when nothing else is known', () => {
    const scores = fuse({ words: angry }, 0);
    expect(scores.angry).toBeCloseTo(angry.angry);
  });

  it('is angrier with an angry voice and calmer with a calm one', () => {
    const unsure: MoodScores = { angry: 0.3, upset: 0.3, neutral: 0.3, pleased: 0.1 };
    const voice = (anger: number) => ({ anger, arousal: 0.5, relative: true });
    expect(fuse({ words: unsure, voice: voice(0.9) }, 0).angry).toBeGreaterThan(0.6);
    expect(fuse({ words: unsure, voice: voice(0.01) }, 0).angry).toBeLessThan(0.15);
    expect(fuse({ words: unsure, voice: voice(0.1) }, 0).angry).toBeCloseTo(0.3);
  });

  it('tells any two voices apart, however strong they are', () => {
    const score = (anger: number) => fuse({ voice: { anger, arousal: 1, relative: false } }, 0).angry;
    expect(score(0.999)).toBeGreaterThan(score(0.99));
    expect(score(0.001)).toBeLessThan(score(0.01));
  });
});

describe('the mood of a call', () => {
  it('rises at once and falls slowly', () => {
    const risen = after(said(neutral), said(angry));
    expect(risen.emotion?.label).toBe('angry');
    expect(risen.emotion?.score).toBeGreaterThan(0.75);
    const calmed = feel(risen, said(neutral));
    expect(calmed.emotion?.score).toBeGreaterThan(0.3);
    const calm = feel(feel(calmed, said(neutral)), said(neutral));
    expect(calm.emotion?.label).toBe('neutral');
    expect(calm.emotion?.score).toBeLessThan(0.25);
  });

  it('does not flicker between two moods that are about as likely', () => {
    const near: MoodScores = { angry: 0.44, upset: 0.46, neutral: 0.08, pleased: 0.02 };
    const state = after(said(angry), said(angry), said(near));
    expect(state.emotion?.label).toBe('angry');
  });

  it('counts the turns in which a caller was angry, and angry or upset', () => {
    const state = after(said(upset), said(angry), said(angry));
    expect(state.angryTurns).toBe(2);
    expect(state.tenseTurns).toBe(3);
    expect(after(said(angry), said(neutral), said(neutral), said(neutral)).angryTurns).toBe(0);
  });

  it('is held by words that tell none, and moved a little by the voice that says them', () => {
    const risen = after(said(neutral), said(angry));
    const number = { ...said(neutral), reading: {} };
    const held = feel(risen, number);
    expect(held.mix).toEqual(risen.mix);
    expect(held).toMatchObject({ turns: 3, angryTurns: 1, emotion: { label: 'angry' } });
    const voice = (anger: number) => ({
      ...number,
      reading: { voice: { anger, arousal: 0.5, relative: true } },
    });
    expect(feel(held, voice(0.02)).mix.angry).toBeLessThan(held.mix.angry);
    expect(feel(held, voice(0.02)).emotion?.label).toBe('angry');
  });

  it('counts a turn as angry only when it was so itself', () => {
    const calmer = after(said(angry), said(neutral));
    expect(calmer).toMatchObject({ angryTurns: 1, emotion: { label: 'angry' } });
    expect(feel(calmer, said(angry)).angryTurns).toBe(2);
  });

  it('is as angry after being upset as without it', () => {
    const score = after(said(upset), said(angry)).emotion?.score ?? 0;
    expect(score).toBeGreaterThan(0.8);
  });

  it('shows each part it was made of', () => {
    const state = after(
      said(neutral),
      said(upset, { interrupted: true, asksForPerson: true, afterFailure: true }),
    );
    expect(state.emotion?.parts.words).toEqual(upset);
    expect(state.emotion?.parts.behaviour.signs).toEqual([
      'interrupted',
      'asked-for-person',
      'after-failure',
    ]);
    expect(state.emotion?.parts.behaviour.score).toBeCloseTo(0.85);
  });

  it('does not take a calm caller for angry who asks for a person', () => {
    const state = after(
      said(neutral, { asksForPerson: true }),
      said(neutral, { asksForPerson: true, interrupted: true }),
    );
    expect(state.emotion?.label).toBe('neutral');
  });

  it('fades what the caller did', () => {
    const state = after(said(neutral, { interrupted: true }), said(neutral));
    expect(state.behaviour).toBeCloseTo(0.18);
  });

  it('is JSON', () => {
    const state = after(said(upset, { sound: { features: [1, 2], loudness: 60 } }));
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    expect(state.baseline).toEqual({ features: [1, 2], loudness: 60, turns: 1 });
  });
});

describe('repeating oneself', () => {
  it.each([
    ['I want my money back', 'I want my money back now', true],
    ['我要退款啊你听到没有', '我要退款你听到没有', true],
    ['where is my order', 'I would like to change the address', false],
    ['W 2 3 7', 'W 2 3 7', false],
    ['', 'hello there my friend', false],
  ])('%s / %s: %s', (before, now, is) => {
    expect(isRepeated(before, now)).toBe(is);
  });
});
