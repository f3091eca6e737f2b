import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCalls } from '../../../src/app/calls.ts';
import { createDemoShop } from '../../../src/commerce/demo-shop/demo-shop.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { ShopProblem, type CommerceBackend } from '../../../src/core/commerce.ts';
import type { Understander } from '../../../src/core/understanding.ts';
import { createDialogEngine } from '../../../src/dialog/engine.ts';
import { createCallStore } from '../../../src/store/calls.ts';
import { openDatabase, type Database } from '../../../src/store/database.ts';
import { createSqlSnapshotStore } from '../../../src/store/snapshots.ts';
import { createUntoldChangeStore } from '../../../src/store/untold-changes.ts';
import { fakeBus, fakeLog, FakeTextMedia, incoming, toneSynthesizer } from '../../support/call-fakes.ts';
import { shippedPack, understandByKeywords } from '../../support/dialog-script.ts';

const emmasNumber = '+12125550101';
const clock = systemClock;
const understander: Understander = { understand: (text) => Promise.resolve(understandByKeywords(text)) };
const engine = createDialogEngine(await shippedPack, { voiceLanguages: ['en', 'zh'] });

/** A caller who types, and sees whatever Kefu answered so far. */
class Caller {
  readonly media = new FakeTextMedia();
  get words(): string {
    return this.media.sent.filter((each) => typeof each === 'string').join(' ');
  }
  async say(text: string): Promise<void> {
    await this.#listening();
    this.media.events.push({ type: 'text', text });
    this.media.sent.push('|');
  }
  async hears(words: string): Promise<void> {
    await until(
      () => this.words.includes(words),
      () => `"${words}" in "${this.words}"`,
    );
    await this.#listening();
  }
  async #listening(): Promise<void> {
    await until(
      () => {
        const last = this.media.sent.at(-1);
        return typeof last === 'object' && last !== null && 'listening' in last;
      },
      () => `a question after "${this.words}"`,
    );
  }
}

async function until(isTrue: () => boolean, what: () => string): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`did not come: ${what()}`);
}

describe('a caller who calls again after the line broke in a change', () => {
  let directory: string;
  let database: Database;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kefu-told-'));
    database = await openDatabase({ url: undefined, directory: join(directory, 'database') });
  });
  afterAll(async () => {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  let letCancel: (problem?: ShopProblem) => void;
  let isCancelling: Promise<void>;
  let calls: ReturnType<typeof createCalls>;
  beforeEach(async () => {
    await database.query('delete from untold_changes');
    const demo = createDemoShop({ seed: 7 }).backend;
    let started: () => void = () => undefined;
    isCancelling = new Promise((resolve) => (started = resolve));
    const gate = new Promise<ShopProblem | undefined>((resolve) => (letCancel = resolve));
    const shop: CommerceBackend = {
      async call(name, input, options) {
        if (name === 'cancelOrder') {
          started();
          const problem = await gate;
          if (problem) throw problem;
        }
        return demo.call(name, input, options);
      },
      close: () => demo.close(),
    };
    const log = fakeLog();
    calls = createCalls(
      {
        clock,
        log,
        bus: fakeBus(),
        store: createCallStore(database, { clock, log }),
        snapshots: createSqlSnapshotStore(database, { clock }),
        untoldChanges: createUntoldChangeStore(database, { clock }),
        recordings: undefined,
        shopForCall: () => shop,
        defaultLanguage: 'en',
        maxCallMs: 600_000,
        voice: {
          recognizer: () => {
            throw new Error('a typed call needs no recogniser');
          },
          synthesizer: toneSynthesizer(),
          createVoiceActivity: () => {
            throw new Error('a typed call needs no voice activity');
          },
          createTurnDetector: () => {
            throw new Error('a typed call needs no turn detector');
          },
          createDigitCollector: () => {
            throw new Error('a typed call needs no keys');
          },
        },
      },
      { maxCalls: 4, flowsFor: () => Promise.resolve({ engine, understander }) },
    );
  });

  function call(from: string, language: 'en' | 'zh' = 'en'): Caller {
    const caller = new Caller();
    calls.take(incoming(caller.media, { from, language }));
    return caller;
  }
  const allOver = () =>
    until(
      () => calls.active === 0,
      () => 'the end of all calls',
    );

  /** Says yes to the cancellation, and is gone before the shop has answered. */
  async function cancelAndDrop(from: string, problem?: ShopProblem): Promise<void> {
    const first = call(from);
    await first.say('I want to cancel order W4410273');
    await first.hears('no longer needed');
    await first.say('no longer needed');
    await first.hears('Shall I cancel');
    await first.say('yes');
    await isCancelling;
    first.media.finish('caller-hung-up');
    letCancel(problem);
    await allOver();
    expect(first.words).not.toContain('is cancelled');
  }

  async function greetingOf(from: string, language: 'en' | 'zh' = 'en'): Promise<string> {
    const caller = call(from, language);
    await caller.hears(language === 'en' ? 'help' : '帮');
    caller.media.finish('caller-hung-up');
    await allOver();
    return caller.words;
  }

  it('is told once that it is done', async () => {
    await cancelAndDrop(emmasNumber);
    expect(await greetingOf('+13125550102')).not.toContain('cancellation');
    expect(await greetingOf('anonymous')).not.toContain('cancellation');
    expect(await greetingOf(emmasNumber)).toContain(
      'Before you ask: the cancellation for your order ending in 273 is done.',
    );
    expect(await greetingOf(emmasNumber)).not.toContain('cancellation');
  });

  it('is told in the language of the new call', async () => {
    await cancelAndDrop(emmasNumber);
    expect(await greetingOf(emmasNumber, 'zh')).toContain('尾号273的订单，取消已经办好了');
  });

  it('is told why it could not be done, and may try again', async () => {
    await cancelAndDrop(emmasNumber, new ShopProblem(409, 'order_not_pending'));
    const second = call(emmasNumber);
    await second.hears("the cancellation for your order ending in 273 didn't go through");
    expect(second.words).toContain('already being processed');
    expect(second.words).toContain('Shall I try again');
    await second.say('yes');
    await second.hears('Emma');
    second.media.finish('caller-hung-up');
    await allOver();
    expect(await greetingOf(emmasNumber)).not.toContain('cancellation');
  });

  it('hears nothing of it when the answer came before the end', async () => {
    const first = call(emmasNumber);
    await first.say('I want to cancel order W4410273');
    await first.say('no longer needed');
    letCancel();
    await first.say('yes');
    await first.hears('is cancelled');
    first.media.finish('caller-hung-up');
    await allOver();
    expect(await greetingOf(emmasNumber)).not.toContain('cancellation');
  });
});
