import { describe, expect, it } from 'vitest';
import { searchWords } from '../../../../src/dialog/capture/search-words.ts';
import { demoShopForDialogs } from '../../../support/dialog-demo-shop.ts';
import { DialogScript, shippedPack, understandByKeywords, type ScriptOptions } from '../../../support/dialog-script.ts';

const pack = await shippedPack;
const wish = { intent: 'product_question' };

function open(options: ScriptOptions = {}) {
  const { shop, data } = demoShopForDialogs();
  return { script: new DialogScript(pack, { shop, ...options }), data };
}

/** Takes every version of a colour out of stock. */
function sellOut(data: ReturnType<typeof open>['data'], name: string, colour: string): void {
  for (const product of data.products.values()) {
    if (product.name !== name) continue;
    for (const variant of product.variants)
      Object.assign(variant, { available: variant.options.colour !== colour });
  }
}

describe('a question about a product', () => {
  it('is answered from the wish alone: price, version, stock', () => {
    const { script } = open();
    script.hear('do you have the ceramic mug in blue', wish);
    expect(script.text).toBe(
      'The ceramic mug costs from $18.00 to $22.00, depending on the version. Which size: small or large?',
    );
    expect(script.hear('large').text).toContain('Yes, blue, large is in stock, for $22.00.');
    expect(script.expecting?.slot).toBe('anything_else');
  });

  it('that names none asks which', () => {
    const { script } = open();
    script.hear('I have a question about a product', wish);
    expect(script.expecting).toMatchObject({ slot: 'item_choice', kind: 'anything' });
    expect(script.hear('the power bank').text).toContain('The power bank costs');
  });

  it('that means several lets the caller choose', () => {
    const { script } = open();
    script.hear('how much is a lamp', wish);
    expect(script.expecting).toMatchObject({ slot: 'item_choice', kind: 'choice' });
    expect(script.hear('the desk lamp').text).toContain('The desk lamp costs');
  });

  it('finds what is named with words that are no part of its name', () => {
    const { script } = open();
    expect(script.hear('how much is the rice cooker thing with a lid', wish).text).toContain('The rice cooker costs');
  });

  it('about nothing that the shop sells asks again, then offers a person', () => {
    const { script } = open();
    expect(script.hear('do you sell garden gnomes', wish).text).toContain("I can't find that one.");
    expect(script.hear('gnomes').text).toContain("I still can't find it.");
    expect(script.hear('a garden gnome').text).toContain("can't find that product. Would you like to talk to a person?");
  });

  it('names the nearest version that is there when the one asked for is not', () => {
    const { script, data } = open();
    sellOut(data, 'Ceramic Mug', 'blue');
    script.hear('do you have the ceramic mug in blue', wish).hear('large');
    expect(script.text).toContain("I'm sorry, blue, large is out of stock.");
    expect(script.text).toMatch(/But \w+, large is in stock/);
  });

  it('presses nothing on an upset caller', () => {
    const { script, data } = open();
    sellOut(data, 'Ceramic Mug', 'blue');
    script.hear('do you have the ceramic mug in blue', wish);
    const emotion = { words: { angry: 0.05, upset: 0.85, neutral: 0.09, pleased: 0.01 } };
    const understanding = { ...understandByKeywords('large'), emotion };
    script.said = [];
    script.send({ type: 'utterance', understanding, confidence: undefined, alternatives: [] });
    expect(script.text).toContain('is out of stock');
    expect(script.text).not.toContain('But');
  });

  it('says when nothing at all is left', () => {
    const { script, data } = open();
    for (const product of data.products.values())
      for (const variant of product.variants) Object.assign(variant, { available: false });
    expect(script.hear('how much is the rice cooker', wish).text).toContain("it's out of stock right now");
  });

  it('is answered in Chinese', () => {
    const { script } = open({ language: 'zh' });
    script.hear('请问双肩包还有货吗', wish);
    expect(script.text).toBe('通勤双肩包的价格从US$89.00到US$104.00，看款式。 请问您想看哪个款式？');
    expect(script.hear('黑色的，十八升').text).toContain('黑色、18升有货，价格US$89.00。');
  });
});

describe('what is looked up', () => {
  it.each([
    ['do you have the desk lamp in stock?', 'desk lamp'],
    ["I'd like to know what the yoga mat costs", 'yoga mat'],
    ['have you got a blue rain jacket in medium', 'rain jacket'],
    ['how much is it', ''],
    ['请问台灯还有货吗', '台灯'],
    ['我想问一下瑜伽垫多少钱', '瑜伽垫'],
    ['黑色的行李箱有没有', '行李箱'],
    ['这个多少钱', ''],
  ])('of "%s" is "%s"', (sentence, words) => {
    expect(searchWords(sentence)).toBe(words);
  });
});
