import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTeachingDesk, type TeachingDesk } from '../../../../src/app/teaching/desk.ts';
import type { TaughtExample } from '../../../../src/app/teaching/files.ts';
import { runHead } from '../../../../src/app/teaching/running.ts';
import type { Language } from '../../../../src/core/language.ts';
import { createCapturedLog } from '../../../support/captured-log.ts';
import { createWordEncoder } from '../../../support/fake-encoders.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { toySentences, toyVocabulary } from '../../../support/toy-intents.ts';

let root: string;
let desk: TeachingDesk;
const clock = new ManualClock();
const encoder = createWordEncoder(toyVocabulary);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kefu-teaching-'));
  for (const folder of ['training', 'held-out', 'shipped', 'data']) await mkdir(join(root, folder));
  const line = (text: string, intents: readonly string[]) => `${JSON.stringify({ text, intents })}\n`;
  const sentences = toySentences();
  for (const language of ['en', 'zh']) {
    const own = sentences.filter((one) => one.language === language);
    await writeFile(
      join(root, 'training', `toy.${language}.jsonl`),
      own.map(({ text, intents }) => line(text, intents)).join(''),
    );
  }
  await writeFile(
    join(root, 'held-out', 'intents.en.jsonl'),
    [
      line('where oh where is the order', ['order_status']),
      line('any person would do', ['human_agent']),
      line('yes indeed', ['affirm']),
      line('the joke of the day', ['out_of_scope']),
    ].join(''),
  );
  await writeFile(join(root, 'held-out', 'intents.zh.jsonl'), line('我的订单呢', ['order_status']));
  // The first version is trained like every other, and laid where the shipped one lies.
  desk = openDesk();
  await desk.retrain();
  for (const ending of ['bin', 'json']) {
    const bytes = await readFile(join(root, 'data', 'understanding', 'heads', `1.${ending}`));
    const shipped = ending === 'bin' ? 'head.bin' : 'scores.json';
    const content = ending === 'bin' ? bytes : bytes.toString().replace('"number": 1', '"number": 0');
    await writeFile(join(root, 'shipped', shipped), content);
  }
  await rm(join(root, 'data', 'understanding'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

function openDesk(): TeachingDesk {
  return openTeachingDesk({
    dataDir: join(root, 'data'),
    clock,
    encoder: () => Promise.resolve(encoder),
    flowIntents: ['opening_hours'],
    trainingLines: join(root, 'training'),
    heldOutLines: join(root, 'held-out'),
    shipped: join(root, 'shipped'),
  });
}

function example(text: string, intent: string, language: Language = 'en'): TaughtExample {
  return { text, intents: [intent], language, author: 'Lee', addedAt: '2026-01-01T00:00:00.000Z' };
}

async function refusalOf(text: string, intent: string): Promise<string | undefined> {
  const [addition] = await desk.add([example(text, intent)]);
  return addition?.refused;
}

describe('adding sentences', () => {
  it('keeps what was added', async () => {
    expect(await refusalOf('the package is nowhere', 'order_status')).toBeUndefined();
    expect(await openDesk().examples()).toEqual([example('the package is nowhere', 'order_status')]);
  });

  it('takes intents of the flows that no head knows yet', async () => {
    expect(await refusalOf('when do you open', 'opening_hours')).toBeUndefined();
  });

  it.each([
    ['where is it', 'order_stats', /There is no intent order_stats/],
    ['...', 'affirm', /has no words/],
    ['Yes, indeed!', 'affirm', /measured with/],
    ['Yes it is.', 'affirm', /among the examples already/],
    ['Yes it is.', 'human_agent', /example of affirm already/],
  ])('refuses %j as %s', async (text, intent, why) => {
    expect(await refusalOf(text, intent)).toMatch(why);
    expect(await desk.examples()).toEqual([]);
  });

  it('refuses one of two that contradict each other', async () => {
    const additions = await desk.add([
      example('what a day', 'affirm'),
      example('what a day', 'out_of_scope'),
    ]);
    expect(additions.map(({ refused }) => refused === undefined)).toEqual([true, false]);
  });
});

describe('training and promoting', () => {
  it('numbers versions and keeps each with its scores', async () => {
    await desk.add([example('the package is nowhere', 'order_status')]);
    const first = await desk.retrain();
    const second = await desk.retrain();
    expect([first.number, second.number]).toEqual([1, 2]);
    expect(first.taught).toBe(1);
    expect(first.scores.en.sentences).toBe(4);
    const { current, records } = await openDesk().versions();
    expect(current).toBe(0);
    expect(records.map(({ number }) => number)).toEqual([0, 1, 2]);
  });

  it('learns an intent that only the flows had', async () => {
    await desk.add([
      example('when do you open', 'opening_hours'),
      example('until when are you there', 'opening_hours'),
    ]);
    const { number } = await desk.retrain();
    const bytes = await readFile(join(root, 'data', 'understanding', 'heads', `${number}.bin`));
    expect(bytes.toString('latin1')).toContain('opening_hours');
  });

  it('encodes only what it has not met', async () => {
    await desk.retrain();
    const before = encoder.batches.flat().length;
    await desk.add([example('the package is nowhere', 'order_status')]);
    await openDesk().retrain();
    // The new sentence; the others were remembered.
    expect(encoder.batches.flat().slice(before)).toEqual(['the package is nowhere']);
  });

  it('promotes, and goes back', async () => {
    await desk.retrain();
    await desk.promote(1, 'Lee');
    expect((await desk.versions()).current).toBe(1);
    await desk.rollback('Lee');
    expect((await desk.versions()).current).toBe(0);
    await expect(desk.rollback('Lee')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses a version that is worse, naming what falls', async () => {
    const record = await desk.retrain();
    const path = join(root, 'data', 'understanding', 'heads', '1.json');
    const worse = {
      ...record,
      scores: { ...record.scores, en: { ...record.scores.en, accuracy: 0, byIntent: { affirm: 0 } } },
    };
    await writeFile(path, JSON.stringify(worse));
    await expect(desk.promote(1, 'Lee')).rejects.toMatchObject({
      code: 'head_worse',
      message: expect.stringMatching(/accuracy \(en\) falls.*F1 of affirm/s) as string,
    });
    expect((await desk.versions()).current).toBe(0);
    // Who wants it nevertheless says how much worse it may be.
    await desk.promote(1, 'Lee', { overall: 1, intent: 1 });
    expect((await desk.versions()).current).toBe(1);
  });

  it('refuses a version that was measured on other sentences, until it is measured again', async () => {
    await desk.retrain();
    const more = `${JSON.stringify({ text: 'a package', intents: ['order_status'] })}\n`;
    await writeFile(join(root, 'held-out', 'more.en.jsonl'), more);
    await desk.evaluate(1);
    await expect(desk.promote(1, 'Lee')).rejects.toThrow(/other sentences/);
    await rm(join(root, 'held-out', 'more.en.jsonl'));
    await desk.evaluate(1);
    await expect(desk.promote(1, 'Lee')).resolves.toMatchObject({ number: 1 });
  });

  it.each([7, 0])('refuses to promote version %i, which is not there or current', async (number) => {
    await expect(desk.promote(number, 'Lee')).rejects.toThrow(/version|Version/);
  });
});

describe('the running head', () => {
  const start = (encoderId = encoder.id) => {
    const log = createCapturedLog();
    const taken: number[] = [];
    return runHead({
      dataDir: join(root, 'data'),
      shipped: join(root, 'shipped'),
      encoderId,
      clock,
      log,
      onTakenUp: (number) => taken.push(number),
    }).then((running) => ({ running, log, taken }));
  };

  it('takes up what was promoted, and leaves the head it gave out before alone', async () => {
    const { running, taken } = await start();
    const before = running.head;
    await desk.retrain();
    await desk.promote(1, 'Lee');
    await running.refresh();
    expect(running.number).toBe(1);
    expect(running.head).not.toBe(before);
    expect(before?.intents).toContain('order_status');
    expect(taken).toEqual([1]);
    running.close();
  });

  it('stays as it is when the promoted head cannot be read', async () => {
    const { running, log } = await start();
    const before = running.head;
    await desk.retrain();
    await desk.promote(1, 'Lee');
    await writeFile(join(root, 'data', 'understanding', 'heads', '1.bin'), 'damaged');
    await running.refresh();
    expect(running.head).toBe(before);
    expect(log.lines.map(({ level }) => level)).toContain('error');
    running.close();
  });

  it('uses no head of another encoder', async () => {
    const { running, log } = await start('another encoder');
    expect(running.head).toBeUndefined();
    expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
    running.close();
  });

  it('works without a head', async () => {
    await rm(join(root, 'shipped', 'head.bin'));
    const { running } = await start();
    expect(running.head).toBeUndefined();
    running.close();
  });
});
