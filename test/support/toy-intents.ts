import type { LabelledLine } from '../../src/understand/intents/lines.ts';

/** Words that the fake encoder tells apart in the toy sentences. */
export const toyVocabulary = [
  'order',
  'package',
  'where',
  'human',
  'person',
  'yes',
  'right',
  'weather',
  'joke',
  '订单',
  '人工',
] as const;

/** A few dozen sentences of four intents, enough for a head to learn and to calibrate itself. */
export function toySentences(): LabelledLine[] {
  const frames = [
    '%',
    'so %',
    'well %',
    '% please',
    'um %',
    '% now',
    'okay %',
    'tell me %',
    '% then',
    'just %',
  ];
  const cores: Readonly<Record<string, readonly string[]>> = {
    order_status: ['where is my order', 'where did my package go', 'the order i made', 'my package'],
    human_agent: ['a human', 'a person', 'get me a human', 'i want a person'],
    affirm: ['yes', 'that is right', 'yes it is', 'right'],
    out_of_scope: ['a joke', 'the weather today', 'how is the weather', 'another joke'],
  };
  const english = Object.entries(cores).flatMap(([intent, own]) =>
    own.flatMap((core) =>
      frames.map((frame): LabelledLine => ({
        text: frame.replace('%', core),
        language: 'en',
        intents: [intent],
      })),
    ),
  );
  const mandarin = ['我的订单', '订单呢', '查订单', '我要查一下订单'].map((text): LabelledLine => ({
    text,
    language: 'zh',
    intents: ['order_status'],
  }));
  return [...english, ...mandarin];
}
