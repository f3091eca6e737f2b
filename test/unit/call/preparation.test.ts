import { describe, expect, it } from 'vitest';
import { Preparation } from '../../../src/call/preparation.ts';
import type { CommerceBackend } from '../../../src/core/commerce.ts';
import type { DialogEffect } from '../../../src/core/dialog.ts';
import type { SpeechSynthesizer } from '../../../src/core/speech.ts';
import { writtenText } from '../../../src/core/speech.ts';
import {
  fakeLog,
  plainUnderstander,
  say,
  scriptedEngine,
  toneSynthesizer,
} from '../../support/call-fakes.ts';

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const read = (taskId: string, operation: string): DialogEffect => ({
  type: 'task',
  taskId,
  operation,
  input: operation === 'getCustomer' ? { customerId: 'C1' } : { orderId: '#W1' },
  slowAfterMs: 1000,
});

function setUp(answer: Parameters<typeof scriptedEngine>[0]) {
  const engine = scriptedEngine(answer);
  const prepared: { text: string; signal: AbortSignal | undefined; soon: boolean | undefined }[] = [];
  const synthesizer: SpeechSynthesizer = {
    ...toneSynthesizer(),
    prepare(utterance, signal, soon) {
      prepared.push({ text: writtenText(utterance), signal, soon });
      return Promise.resolve();
    },
  };
  const asked: string[] = [];
  const shop: CommerceBackend = {
    call(name) {
      asked.push(name);
      return Promise.resolve({} as never);
    },
    close: () => Promise.resolve(),
  };
  const parts = { engine, understander: plainUnderstander, shop, synthesizer, log: fakeLog() };
  const preparation = new Preparation(parts);
  const start = (text: string) =>
    preparation.start({ text }, engine.state, { language: 'en', expecting: null }, () => undefined);
  return { preparation, start, prepared, asked, engine };
}

describe('getting an answer ready', () => {
  it('follows every read of a step, in order, to the words they lead to', async () => {
    const { start, prepared, asked } = setUp((event) => {
      if (event.type === 'utterance') return [read('t1', 'getCustomer'), read('t2', 'listShipments')];
      if (event.type === 'task-finished' && event.taskId === 't2') return [say('It arrives tomorrow.')];
      return [];
    });
    start('W 2 3 7 8 1 5 6');
    await settled();
    expect(asked).toEqual(['getCustomer', 'listShipments']);
    expect(prepared).toMatchObject([{ text: 'It arrives tomorrow.', soon: true }]);
  });

  it('never carries a change out', async () => {
    const { start, asked } = setUp((event) =>
      event.type === 'utterance'
        ? [
            {
              ...read('t1', 'cancelOrder'),
              input: { orderId: '#W1', reason: 'x' },
              idempotencyKey: 'k',
            } as DialogEffect,
          ]
        : [],
    );
    start('yes');
    await settled();
    expect(asked).toEqual([]);
  });

  it('stops following a flow that reads for ever', async () => {
    let reads = 0;
    const { start, asked } = setUp(() => [read(`t${String(reads++)}`, 'getOrder')]);
    start('loop');
    await settled();
    expect(asked.length).toBeLessThan(10);
  });

  it('goes on with what the turn ended with, and drops what was prepared for other words', async () => {
    const { preparation, start, prepared } = setUp(() => [say('Fine.')]);
    start('yes');
    await settled();
    preparation.settle('yes');
    expect(prepared[0]?.signal?.aborted).toBe(false);
    preparation.settle('yes please');
    expect(prepared[0]?.signal?.aborted).toBe(true);
  });
});
