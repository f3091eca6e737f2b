import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KefuProcess } from '../../../tools/bench/lib/kefu-process.ts';
import { recordDemoShop, type RecordedShop } from '../../../tools/callers/recorded-shop.ts';
import { scoreLine, transcript } from '../../../tools/callers/report.ts';
import { runScripts, type CallResult } from '../../../tools/callers/run.ts';
import { readCallerScripts } from '../../../tools/callers/script.ts';
import { closeAll, startKefuWith } from '../../../tools/callers/start.ts';
import { callByText } from '../../../tools/callers/text-call.ts';

const signal = new AbortController().signal;
let shop: RecordedShop | undefined;
let kefu: KefuProcess | undefined;
let results: CallResult[] = [];

beforeAll(async () => {
  shop = await recordDemoShop();
  kefu = await startKefuWith(shop, { dataDir: undefined, flowsDir: undefined, signal });
  results = await runScripts(await readCallerScripts(join(import.meta.dirname, '../../support/callers')), {
    kefuUrl: kefu.url,
    apiToken: undefined,
    shop,
    line: callByText,
    parallel: 2,
    seed: 1,
    limitMs: 100_000,
    signal,
  });
});

afterAll(() => closeAll([kefu, shop]));

it('every script of the support folder calls a real Kefu by text and ends as it expects', () => {
  const wrong = results.filter(({ right }) => !right);
  expect(wrong.map((result) => `${result.name}: ${result.cause}\n${transcript(result)}`)).toEqual([]);
  expect(results.map(({ name }) => name)).toHaveLength(5);
  expect(scoreLine(results)).toBe('5 of 5 calls right (100.0 %); changes without a yes: 0.');
});

it('writes down what was changed at the shop, for the call that changed it', () => {
  const changed = results.filter(({ writes }) => writes.length > 0);
  expect(changed.map(({ name }) => name)).toEqual(['cancel-mistaken-order']);
  expect(changed[0]?.writes[0]).toMatchObject({
    operation: 'cancelOrder',
    callId: changed[0]?.conversation.callId,
    input: { orderId: '#W4410273', reason: 'ordered_by_mistake' },
    status: 200,
  });
});

it('makes a call that cannot be made a wrong call with its reason', async () => {
  const [script] = await readCallerScripts(join(import.meta.dirname, '../../support/callers'));
  const [result] = await runScripts(script ? [script] : [], {
    kefuUrl: 'http://127.0.0.1:9',
    apiToken: undefined,
    shop: undefined,
    line: callByText,
    parallel: 1,
    seed: 1,
    limitMs: 20_000,
    signal,
  });
  expect(result).toMatchObject({ right: false, conversation: { end: { by: 'failure' } } });
  expect(result?.cause).toContain('cannot be reached');
});
