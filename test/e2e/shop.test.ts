import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDemoShop } from '../../src/commerce/demo-shop/demo-shop.ts';
import {
  createDemoShopServer,
  type DemoShopServerOptions,
} from '../../src/commerce/demo-shop/http-server.ts';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { bodiesOf } from '../support/call-fakes.ts';
import { testModelStore } from '../support/models.ts';
import { freePort, startKefu, type KefuInProcess } from '../support/running-kefu.ts';
import { playScenario } from '../support/scenario-player.ts';
import { problemsOf, scenarioSchema } from '../support/spoken-scenario.ts';
import { TextCaller } from '../support/text-caller.ts';

const token = 'shop-token';
const slowMs = 3_000;

let voice: CallerVoice;
let transcriber: Transcriber;
beforeAll(async () => {
  [voice, transcriber] = await Promise.all([
    createCallerVoice(testModelStore()),
    createTranscriber(testModelStore()),
  ]);
});
afterAll(() => Promise.all([voice.close(), transcriber.close()]));

async function openShop(
  options: Partial<DemoShopServerOptions>,
): Promise<{ shop: FastifyInstance; url: string }> {
  const shop = createDemoShopServer({
    shop: createDemoShop({ seed: 1 }),
    token,
    prefix: '/shop',
    ...options,
  });
  return { shop, url: `${await shop.listen({ host: '127.0.0.1', port: 0 })}/shop` };
}

describe('a shop over HTTP that takes its time', () => {
  let shop: FastifyInstance;
  let kefu: KefuInProcess;
  beforeAll(async () => {
    const opened = await openShop({ slowMs });
    ({ shop } = opened);
    kefu = await startKefu({ KEFU_SHOP_URL: opened.url, KEFU_SHOP_TOKEN: token });
  });
  afterAll(async () => {
    await kefu.close();
    await shop.close();
  });

  it('is bridged with a few words, and then the answer comes', async () => {
    const scenario = scenarioSchema.parse({
      scenario: 'a slow shop',
      turns: [
        { say: 'Where is my order?', expecting: 'order_number' },
        {
          keys: '4410273#',
          kefu: ['/^One moment, please.*W4410273.*not been shipped yet/'],
          expecting: 'anything_else',
        },
        { say: 'No, thank you. Goodbye.', kefu: ['Goodbye'] },
      ],
      expect: {
        outcome: 'resolved',
        endedBy: 'kefu',
        tasks: ['getOrder', 'listShipments'],
        hears: [['one moment', '1 moment']],
      },
    });
    const played = await playScenario(scenario, { url: kefu.url, voice, transcriber });
    expect(problemsOf(scenario, played), played.transcript).toEqual([]);
    // Kefu began to speak while the shop was still silent.
    const { events } = played;
    const at = (wanted: (body: (typeof events)[number]['body']) => boolean) =>
      events.find(({ body }) => wanted(body))?.atEpochMs ?? Number.NaN;
    const fillerMs = at((body) => body.type === 'say' && body.promptId.includes('filler'));
    expect(fillerMs).toBeLessThan(
      at((body) => body.type === 'task-finished' && body.operation === 'getOrder'),
    );
    expect(
      bodiesOf(events, 'task-finished').find(({ operation }) => operation === 'getOrder')?.tookMs,
    ).toBeGreaterThanOrEqual(slowMs);
  });
});

describe('a shop that cannot be reached', () => {
  let kefu: KefuInProcess;
  beforeAll(async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    kefu = await startKefu({ KEFU_SHOP_URL: url, KEFU_SHOP_TOKEN: token });
  });
  afterAll(() => kefu.close());

  it('is told to the caller, who is offered a person', async () => {
    const scenario = scenarioSchema.parse({
      scenario: 'a shop that is down',
      turns: [
        { say: 'Where is my order?', expecting: 'order_number' },
        {
          keys: '4410273#',
          kefu: ["can't reach our order system", '/talk to a person|get you a person|A person could help/'],
          notKefu: ["couldn't find", 'no order'],
          expecting: 'confirm',
        },
        { say: 'Yes, please.', kefu: ['nobody is free'], expecting: 'confirm' },
        { say: 'Yes.', kefu: ['We will call you back'] },
      ],
      expect: {
        outcome: 'callback',
        endedBy: 'kefu',
        notes: { 'callback-requested': { number: '+15550009999', reason: 'shop_unavailable' } },
        hears: [['order system', 'auto system']],
      },
    });
    const played = await playScenario(scenario, { url: kefu.url, voice, transcriber });
    expect(problemsOf(scenario, played), played.transcript).toEqual([]);
  });

  it('is told in Chinese to a customer who writes Chinese', async () => {
    const { caller } = await TextCaller.start(kefu.url, { language: 'zh' });
    await caller.say('我的订单到哪里了');
    const told = await caller.say('W6035821');
    expect(told.words).toMatch(/订单系统(暂时无法连接|仍然没有响应)/);
    expect(told.words).toContain('人工');
    expect(told.expecting).toMatchObject({ kind: 'yes_no' });
    await caller.leave();
  });
});

describe('a shop that fails now and then', () => {
  it('is asked again, and the customer hears nothing of it', async () => {
    let requests = 0;
    // Every fourth request fails; its answer asks for a second number.
    const random = () => [0.9, 0.9, 0.9, 0, 0.9][requests++ % 5] ?? 0;
    const { shop, url } = await openShop({ failRate: 0.5, random });
    const kefu = await startKefu({ KEFU_SHOP_URL: url, KEFU_SHOP_TOKEN: token });
    try {
      for (const [order, status] of [
        ['4410273', 'has not been shipped yet'],
        ['3489160', 'delayed'],
        ['5061948', 'was delivered'],
      ] as const) {
        const { caller } = await TextCaller.start(kefu.url);
        await caller.say('Where is my order?');
        const told = await caller.keys(`${order}#`);
        expect(told.words).toContain(`#W${order}`);
        expect(told.words).toContain(status);
        await caller.leave();
      }
    } finally {
      await kefu.close();
      await shop.close();
    }
  });
});
