import { describe, expect, it } from 'vitest';
import type { SpelledReading } from '../../../src/core/recognition.ts';
import type { Language } from '../../../src/core/language.ts';
import { demoShopForDialogs } from '../../support/dialog-demo-shop.ts';
import { DialogScript, shippedPack, understandByKeywords } from '../../support/dialog-script.ts';

const pack = await shippedPack;

/** What the spelling recogniser makes of a number, with a rival and how much worse it is, at some places. */
function spelledAs(
  characters: string,
  rivals: Readonly<Record<number, readonly [string, number]>>,
): SpelledReading {
  return {
    text: Array.from(characters).join(' '),
    otherTexts: [],
    best: {
      characters,
      begin: 0,
      score: -0.5,
      rivals: Array.from(characters, (_, index) => {
        const [character = 'X', loss = 9] = rivals[index] ?? [];
        return [{ character, loss }];
      }),
    },
    plausible: [],
  };
}

/** A call in which the number of James's order is asked for and heard like this. */
function heard(rivals: Readonly<Record<number, readonly [string, number]>>, language: Language = 'en') {
  const { shop } = demoShopForDialogs();
  const script = new DialogScript(pack, { shop, language });
  script.hear(language === 'en' ? 'where is my order' : '我的订单到哪里了');
  expect(script.expecting?.slot).toBe('order_number');
  script.said = [];
  script.send({
    type: 'utterance',
    understanding: { ...understandByKeywords('mumble'), language },
    confidence: undefined,
    alternatives: [],
    spelled: spelledAs('W2378156', rivals),
  });
  return script;
}

describe('a number of which one place is in doubt', () => {
  it('is taken when no rival comes near', () => {
    expect(heard({}).state.slots).toMatchObject({ order_number: '#W2378156' });
  });

  it('is read back when a rival comes rather near', () => {
    const script = heard({ 4: ['9', 1] });
    expect(script.text).toContain("That's #W2378156. Is that right?");
    expect(script.expecting?.kind).toBe('yes_no');
  });

  it('is read back when two places are in doubt', () => {
    expect(heard({ 4: ['9', 0.3], 6: ['9', 0.3] }).expecting?.kind).toBe('yes_no');
  });

  it('is asked for in that chunk when the rival is as good', () => {
    const script = heard({ 4: ['9', 0.2] });
    expect(script.text).toContain('I have W23, then 78 or 79: which is it?');
    expect(script.expecting).toMatchObject({ slot: 'order_number', kind: 'order_number', collected: 'W23' });
    expect(heard({ 4: ['9', 0.2] }, 'zh').text).toContain('我记的是W23，接下来是78还是79？');
    expect(heard({ 2: ['9', 0.2] }).text).toContain('Does it begin with W23 or W29?');
  });

  it.each(['seven eight', 'eight', 'the first one', 'W 2 3 7 8 1 5 6'])('is completed by "%s"', (answer) => {
    const script = heard({ 4: ['9', 0.2] }).hear(answer);
    expect(script.state.slots).toMatchObject({ order_number: '#W2378156' });
  });

  it('is looked up anew when it is the other one', () => {
    const script = heard({ 4: ['9', 0.2] }).hear('seven nine');
    expect(script.text).toContain('W2379156');
    expect(script.expecting).toMatchObject({ slot: 'order_number' });
    expect(script.state.slots).not.toHaveProperty('order_number');
  });

  it('is asked for as a whole when it is neither', () => {
    const script = heard({ 4: ['9', 0.2] }).hear('no');
    expect(script.expecting).toMatchObject({ slot: 'order_number', kind: 'order_number' });
    expect(script.expecting).not.toHaveProperty('collected');
  });

  it('is asked about again, in other words, when the answer says nothing of it', () => {
    const script = heard({ 4: ['9', 0.2] }).hear('purple elephants');
    expect(script.text).toContain('After W23, is it 78 or 79?');
    expect(script.expecting).toMatchObject({ collected: 'W23' });
  });

  it('leaves agent, repeat and silence what they are', () => {
    expect(heard({ 4: ['9', 0.2] }).hear('what was that').text).toContain('78 or 79');
    expect(heard({ 4: ['9', 0.2] }).event('no-input').text).toContain('78 or 79');
  });
});
