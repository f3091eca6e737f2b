import { describe, expect, it } from 'vitest';
import { captureChoice, choiceInSentence, type Option } from '../../../../src/dialog/capture/choice.ts';
import { captureChoices, choicesInSentence } from '../../../../src/dialog/capture/choices.ts';

const items: readonly Option[] = [
  { id: 'lamp', label: 'a desk lamp, white', words: ['Desk Lamp', 'white'], price: 45 },
  { id: 'mugs', label: 'two ceramic mugs, blue', words: ['Ceramic Mug', 'blue'], price: 18 },
  { id: 'tablet', label: 'a tablet stand, black', words: ['Tablet Stand', 'black'], price: 29 },
];
const chinese: readonly Option[] = [
  { id: 'lamp', label: '台灯', words: ['台灯', '白色'], price: 45 },
  { id: 'mugs', label: '两件陶瓷杯', words: ['陶瓷杯', '蓝色'], price: 18 },
  { id: 'tablet', label: '平板支架', words: ['平板支架', '黑色'], price: 29 },
];

function several(text: string, language: 'en' | 'zh' = 'en') {
  const options = language === 'en' ? items : chinese;
  const chosen = captureChoices({ text, language, options, page: 0, pageSize: 3, newestFirst: false });
  return chosen.type === 'chosen' ? chosen.ids : chosen.type;
}

describe('"in the" for "and the"', () => {
  const things = [
    { id: 'a', label: 'the mechanical keyboard', words: ['Mechanical Keyboard', 'linear'] },
    { id: 'b', label: 'the smart thermostat', words: ['Smart Thermostat', 'white'] },
  ];

  it('joins two things that are named', () => {
    const text = 'I want to exchange the mechanical keyboard in the smart thermostat.';
    expect(choicesInSentence(text, 'en', things)).toEqual(['a', 'b']);
  });

  it('leaves "both" to the two that are named', () => {
    expect(several('both the tablet and the lamp')).toEqual(['lamp', 'tablet']);
    expect(several('both of them')).toEqual(['lamp', 'mugs', 'tablet']);
    expect(several('台灯和平板支架都要', 'zh')).toEqual(['lamp', 'tablet']);
  });

  it('joins nothing where one thing is named', () => {
    expect(choicesInSentence('the mechanical keyboard in the box', 'en', things)).toEqual(['a']);
    expect(choicesInSentence('the mechanical keyboard in the linear version', 'en', things)).toEqual(['a']);
    expect(choicesInSentence('the mechanical keyboard in the white one', 'en', things)).toEqual(['a']);
  });
});

describe('several things', () => {
  it.each([
    ['the lamp', ['lamp']],
    ['the lamp and the mugs', ['lamp', 'mugs']],
    ['the first and the third', ['lamp', 'tablet']],
    ['the white one, the black one', ['lamp', 'tablet']],
    ['all of them', ['lamp', 'mugs', 'tablet']],
    ['everything', ['lamp', 'mugs', 'tablet']],
    ['all but the tablet stand', ['lamp', 'mugs']],
    ['everything except the second one', ['lamp', 'tablet']],
    ['everything, but I keep the lamp', ['mugs', 'tablet']],
    ['the cheapest', ['mugs']],
    ['the most expensive one', ['lamp']],
    ['none of these', 'none-of-these'],
    ['purple', 'unclear'],
  ])('are meant by "%s"', (text, expected) => {
    expect(several(text)).toEqual(expected);
  });

  it.each([
    ['台灯', ['lamp']],
    ['台灯和杯子那个蓝色的', ['lamp', 'mugs']],
    ['第一个和第三个', ['lamp', 'tablet']],
    ['全部都要退', ['lamp', 'mugs', 'tablet']],
    ['除了台灯都退', ['mugs', 'tablet']],
    ['最便宜的', ['mugs']],
    ['都不是', 'none-of-these'],
  ])('are meant by %s', (text, expected) => {
    expect(several(text, 'zh')).toEqual(expected);
  });

  it('are found in a sentence that asked for something else', () => {
    expect(choicesInSentence('I want to return the lamp and the blue mug', 'en', items)).toEqual([
      'lamp',
      'mugs',
    ]);
    expect(choicesInSentence('I want to return the first thing I bought', 'en', items)).toEqual([]);
  });
});

describe('one thing', () => {
  const reasons: readonly Option[] = [
    {
      id: 'no_longer_needed',
      label: 'no longer needed',
      words: [],
      phrases: ["don't need", 'no longer need'],
    },
    { id: 'mistake', label: 'ordered by mistake', words: [], phrases: ['mistake', 'ordered twice'] },
  ];
  it.each([
    ["I don't need it any more", 'no_longer_needed'],
    ['I dont need it', 'no_longer_needed'],
    ['oh that was a mistake', 'mistake'],
    ['I no longer need it, I ordered twice by mistake', 'no_longer_needed'],
    ['because of the weather', undefined],
  ])('is meant by the saying in "%s"', (text, id) => {
    expect(choiceInSentence(text, 'en', reasons)).toBe(id);
  });

  it('that is alone is meant by a yes', () => {
    const [lamp] = items;
    const input = {
      language: 'en' as const,
      options: lamp ? [lamp] : [],
      page: 0,
      pageSize: 3,
      newestFirst: false,
    };
    expect(captureChoice({ ...input, text: 'yes' })).toEqual({ type: 'chosen', id: 'lamp' });
    expect(captureChoice({ ...input, text: 'the lamp' })).toEqual({ type: 'chosen', id: 'lamp' });
    expect(captureChoice({ ...input, text: 'no' })).toEqual({ type: 'none-of-these' });
  });
});
