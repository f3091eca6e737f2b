import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExpectingKind } from '../../../src/core/dialog.ts';
import type { Language } from '../../../src/core/language.ts';
import type {
  IntentClassifier,
  IntentExamples,
  UnderstandingContext,
} from '../../../src/core/understanding.ts';
import { createNearestExamples } from '../../../src/understand/nearest-examples.ts';
import { createUnderstander } from '../../../src/understand/understander.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { createWordEncoder, type WordEncoder } from '../../support/fake-encoders.ts';

const vocabulary = [
  'order',
  'package',
  'where',
  'human',
  'talk',
  'weather',
  'joke',
  'right',
  'wrong',
  'size',
  '订单',
  '人工',
];
const examples: IntentExamples[] = [
  { intent: 'order_status', examples: { en: ['where order', 'where package order'], zh: ['订单'] } },
  { intent: 'human_agent', examples: { en: ['talk human', 'human'], zh: ['人工'] } },
  { intent: 'affirm', examples: { en: ['right'], zh: [] } },
  { intent: 'deny', examples: { en: ['wrong'], zh: [] } },
  { intent: 'stop', examples: { en: [], zh: [] } },
  { intent: 'out_of_scope', examples: { en: ['weather', 'joke', 'weather joke'], zh: [] } },
];

function context(kind?: ExpectingKind, language: Language = 'en'): UnderstandingContext {
  return { language, expecting: kind ? { slot: 'slot', kind } : null };
}

describe('createNearestExamples', () => {
  let encoder: WordEncoder;
  let classifier: IntentClassifier;
  beforeEach(async () => {
    encoder = createWordEncoder(vocabulary);
    classifier = await createNearestExamples({ encoder, examples });
  });

  it('ranks the nearest intent first, with scores from 0 to 1', async () => {
    const [best, ...others] = await classifier.classify('so where did my order go', context());
    expect(best?.intent).toBe('order_status');
    expect(best?.score).toBeGreaterThan(0.5);
    expect(best?.score).toBeLessThanOrEqual(1);
    for (const other of others) expect(other.score).toBeLessThanOrEqual(best?.score ?? 0);
  });

  it('takes both languages with the same examples', async () => {
    expect((await classifier.classify('我的订单', context(undefined, 'zh')))[0]?.intent).toBe('order_status');
  });

  it('returns nothing for what is near an out-of-scope example, or near nothing', async () => {
    expect(await classifier.classify('how is the weather', context())).toEqual([]);
    expect(await classifier.classify('purple elephants dance', context())).toEqual([]);
  });

  it('knows short answers without asking the encoder', async () => {
    const before = encoder.batches.length;
    for (const [text, language, intent] of [
      ['Uh-huh.', 'en', 'affirm'],
      ['Yes, please.', 'en', 'affirm'],
      ["Yeah, that's right.", 'en', 'affirm'],
      ['No, no, no!', 'en', 'deny'],
      ['Nope, thanks.', 'en', 'deny'],
      ['对对对', 'zh', 'affirm'],
      ['嗯', 'zh', 'affirm'],
      ['不用了', 'zh', 'deny'],
      ['转人工', 'zh', 'human_agent'],
    ] as const) {
      expect((await classifier.classify(text, context('yes_no', language)))[0]?.intent, text).toBe(intent);
    }
    expect(encoder.batches).toHaveLength(before);
  });

  it('does not read a contradiction as either answer', async () => {
    expect(await classifier.classify('yes no', context())).toEqual([]);
  });

  it('leaves out short answers of intents that are not in use', async () => {
    const few = await createNearestExamples({
      encoder,
      examples: examples.filter(({ intent }) => intent !== 'affirm'),
    });
    expect(await few.classify('yes', context())).toEqual([]);
  });

  it('leans towards yes and no after a yes-or-no question', async () => {
    const said = "no, that's another size";
    const open = await classifier.classify(said, context());
    const asked = await classifier.classify(said, context('yes_no'));
    const scoreOf = (intents: typeof open) => intents.find(({ intent }) => intent === 'deny')?.score ?? 0;
    expect(asked[0]?.intent).toBe('deny');
    expect(scoreOf(asked)).toBeGreaterThan(scoreOf(open));
  });

  it.each([
    ['two three seven', 'order_number'],
    ["It's W 2 3 7 8 1 5 6.", 'order_number'],
    ['seven', 'digits'],
    ['my number is 94103', 'postal_code'],
    ['W2378156', undefined],
  ] as const)('reads no intent from the value %j (expecting %s)', async (text, kind) => {
    expect(await classifier.classify(text, context(kind))).toEqual([]);
  });

  it('still hears a clear intent where a value is expected', async () => {
    const [best] = await classifier.classify('can I talk to a human', context('order_number'));
    expect(best?.intent).toBe('human_agent');
  });

  it('takes an empty text', async () => {
    expect(await classifier.classify(' ... ', context())).toEqual([]);
  });

  it('refuses to start without examples', async () => {
    await expect(createNearestExamples({ encoder, examples: [] })).rejects.toMatchObject({
      code: 'config_invalid',
    });
  });

  it('passes a failure of the encoder on', async () => {
    encoder.encode = () => Promise.reject(new Error('broken'));
    await expect(classifier.classify('where is it', context())).rejects.toThrow('broken');
  });
});

describe('the cache of example vectors', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kefu-examples-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const start = (encoder: WordEncoder, own: readonly IntentExamples[] = examples) => {
    const log = createCapturedLog();
    return createNearestExamples({
      encoder,
      examples: own,
      cacheDirectory: join(directory, 'cache'),
      log,
    }).then((classifier) => ({ classifier, log }));
  };

  it('spares a second start the encoder, with the same result', async () => {
    const first = createWordEncoder(vocabulary);
    const before = await start(first);
    const second = createWordEncoder(vocabulary);
    const after = await start(second);
    expect(first.batches.flat().length).toBeGreaterThan(5);
    expect(second.batches.flat()).toEqual([]);
    const said = 'where on earth is my package';
    expect(await after.classifier.classify(said, context())).toEqual(
      await before.classifier.classify(said, context()),
    );
  });

  it('computes only examples that are new', async () => {
    await start(createWordEncoder(vocabulary));
    const encoder = createWordEncoder(vocabulary);
    await start(encoder, [
      ...examples,
      { intent: 'exchange_item', examples: { en: ['wrong size'], zh: [] } },
    ]);
    expect(encoder.batches.flat()).toEqual(['wrong size']);
  });

  it('keeps encoders apart', async () => {
    await start(createWordEncoder(vocabulary));
    const other = createWordEncoder(vocabulary, 'another model');
    await start(other);
    expect(other.batches.flat().length).toBeGreaterThan(5);
  });

  it('makes a damaged file again and says so', async () => {
    await start(createWordEncoder(vocabulary));
    const [name] = await readdir(join(directory, 'cache'));
    await writeFile(join(directory, 'cache', name ?? ''), '{"encoder":');
    const encoder = createWordEncoder(vocabulary);
    const { log } = await start(encoder);
    expect(encoder.batches.flat().length).toBeGreaterThan(5);
    expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
    const again = createWordEncoder(vocabulary);
    await start(again);
    expect(again.batches.flat()).toEqual([]);
  });

  it('works, with a warning, where it cannot write', async () => {
    await writeFile(join(directory, 'cache'), 'a file where the folder should be');
    const { classifier, log } = await start(createWordEncoder(vocabulary));
    expect((await classifier.classify('where is the order', context()))[0]?.intent).toBe('order_status');
    expect(log.lines.some(({ level }) => level === 'warn')).toBe(true);
  });
});

describe('createUnderstander', () => {
  it('joins language, intents and entities', async () => {
    const classifier = await createNearestExamples({ encoder: createWordEncoder(vocabulary), examples });
    const understander = createUnderstander({ classifier });
    expect(
      await understander.understand(' where is my order W 2 3 7 8 1? ', context(undefined, 'zh')),
    ).toEqual({
      text: 'where is my order W 2 3 7 8 1?',
      language: 'en',
      intents: [{ intent: 'order_status', score: expect.any(Number) as number }],
      entities: [{ kind: 'order_number', value: 'W23781', text: 'W 2 3 7 8 1', start: 18, end: 29 }],
    });
  });

  it('adds the mood of the words, and does without it when it cannot be read', async () => {
    const classifier = await createNearestExamples({ encoder: createWordEncoder(vocabulary), examples });
    const calm = { angry: 0, upset: 0, neutral: 1, pleased: 0 };
    const reading = createUnderstander({ classifier, emotion: { words: () => Promise.resolve(calm) } });
    expect((await reading.understand('where is my order', context())).emotion).toEqual({ words: calm });
    const failing = createUnderstander({
      classifier,
      emotion: { words: () => Promise.reject(new Error('no vector')) },
    });
    const understood = await failing.understand('where is my order', context());
    expect(understood).not.toHaveProperty('emotion');
    expect(understood.intents[0]?.intent).toBe('order_status');
  });
});
