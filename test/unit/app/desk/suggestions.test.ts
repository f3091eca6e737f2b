import { describe, expect, it } from 'vitest';
import type { CommerceBackend } from '../../../../src/core/commerce.ts';
import { createSuggestions } from '../../../../src/app/desk/suggestions.ts';
import { heldCall } from '../../../support/held-call.ts';
import { transcriptLine } from '../../../support/desk-cards.ts';

const asked = (text: string) => [
  transcriptLine(1, 'caller', 'Hello'),
  transcriptLine(2, 'kefu', 'Hello, how can I help you?'),
  transcriptLine(3, 'caller', text),
  transcriptLine(4, 'agent', 'One moment, please.'),
];
const hours =
  'Our customer service is open Monday to Saturday from nine to eight. I can help you around the clock.';

describe('suggested answers', () => {
  it('answer a plain question of the latest line', async () => {
    const { parts } = await heldCall({ transcript: asked('What are your opening hours?') });
    expect(await createSuggestions(parts).forCall('anna', 'c1')).toEqual([{ kind: 'answer', text: hours }]);
  });

  it('are in the language of the conversation', async () => {
    const { parts } = await heldCall({ language: 'zh', transcript: asked('你们几点营业？') });
    expect(await createSuggestions(parts).forCall('anna', 'c1')).toEqual([
      { kind: 'answer', text: '人工客服周一到周六早九点到晚八点在线，我可以全天为您服务。' },
    ]);
  });

  it('tell how the order of the call stands, three at most', async () => {
    const { parts } = await heldCall({
      orderId: '#W2378156',
      transcript: asked('What are your opening hours?'),
    });
    const suggestions = await createSuggestions(parts).forCall('anna', 'c1');
    expect(suggestions.map(({ kind }) => kind)).toEqual(['answer', 'order', 'order']);
    expect(suggestions[1]?.text).toContain('comes in two packages');
  });

  it('ask the shop once while the conversation goes on', async () => {
    let reads = 0;
    const counting = (shop: CommerceBackend): CommerceBackend => ({
      ...shop,
      call(operation, ...rest) {
        if (operation === 'getOrder') reads += 1;
        return shop.call(operation, ...rest);
      },
    });
    const { parts } = await heldCall({ orderId: '#W2378156', around: counting });
    const suggestions = createSuggestions(parts);
    await suggestions.forCall('anna', 'c1');
    await suggestions.forCall('anna', 'c1');
    expect(reads).toBe(1);
  });

  it('keep nobody waiting for a shop that does not answer', async () => {
    const silent = (shop: CommerceBackend): CommerceBackend => ({
      ...shop,
      call: () => new Promise<never>(() => undefined),
    });
    const { parts, clock } = await heldCall({
      orderId: '#W2378156',
      transcript: asked('What are your opening hours?'),
      around: silent,
    });
    const suggestions = createSuggestions(parts).forCall('anna', 'c1');
    // The plain answer needs no shop and is ready by now.
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2_000);
    expect(await suggestions).toEqual([{ kind: 'answer', text: hours }]);
  });

  it('are for those who are in the conversation', async () => {
    const { parts } = await heldCall();
    await expect(createSuggestions(parts).forCall('ben', 'c1')).rejects.toThrow('not in this conversation');
  });
});
