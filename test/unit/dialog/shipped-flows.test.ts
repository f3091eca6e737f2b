import { describe, expect, it } from 'vitest';
import { slotNameOf } from '../../../src/app/flows/check-questions.ts';
import { errorCodes } from '../../../src/core/errors.ts';
import { languages } from '../../../src/core/language.ts';
import { writtenText } from '../../../src/core/speech.ts';
import { createDialogEngine } from '../../../src/dialog/engine.ts';
import type { Prompt, Wording } from '../../../src/dialog/wording.ts';
import { shippedPack } from '../../support/dialog-script.ts';

const pack = await shippedPack;
const prompts: readonly Prompt[] = [
  pack.prompts,
  ...[...pack.flows.values()].map((flow) => flow.prompts),
].flatMap((map) => [...map.values()]);
const wordingsOf = (prompt: Prompt) => [prompt.voice, prompt.text].flatMap(({ en, zh }) => [...en, ...zh]);

/** Codes that docs/commerce-api.yaml and Kefu's shop client may answer with. */
const shopCodes = [
  'unauthorized customer_not_found order_not_found product_not_found not_found unsupported_operation order_not_pending',
  'order_not_delivered items_already_changed return_or_exchange_already_requested window_passed variant_unavailable',
  'insufficient_gift_card_balance same_payment_method payment_not_changeable invalid_request invalid_reason invalid_address',
  'item_not_in_order variant_not_found same_variant payment_method_not_found refund_method_not_allowed idempotency_key_missing',
  'idempotency_key_reused shop_unavailable timed_out shop_unauthorized shop_answer_invalid not_confirmed',
].flatMap((line) => line.split(' '));

describe('every prompt', () => {
  it.each(prompts.map((prompt): [string, Prompt] => [prompt.id, prompt]))(
    '%s has wordings in each language',
    (_, prompt) => {
      for (const language of languages) {
        expect(prompt.voice[language].length).toBeGreaterThan(0);
        expect(prompt.text[language].length).toBeGreaterThan(0);
      }
    },
  );

  it('is short enough to be heard: at most 25 words in English, 50 characters in Chinese', () => {
    const long = prompts.flatMap((prompt) =>
      wordingsOf(prompt).filter(({ source }) => {
        const plain = source.replace(/\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, 'X');
        return /\p{Script=Han}/u.test(plain) ? plain.length > 50 : plain.split(/\s+/).length > 25;
      }),
    );
    expect(long.map(({ source }) => source)).toEqual([]);
  });

  it('is a whole sentence, so that no comma of YAML has cut it in two', () => {
    // Labels of options are parts of a sentence.
    const labels = [...pack.flows.values()].flatMap((flow) =>
      [...flow.steps.values()].flatMap((step) => ('choose' in step ? [`${flow.name}.${step.label}`] : [])),
    );
    const cut = prompts
      .filter(({ id }) => !labels.includes(id))
      .flatMap(wordingsOf)
      .filter(({ source }: Wording) => !/[.?!:。？！：]["”]?$/.test(source));
    expect(cut.map(({ source }) => source)).toEqual([]);
  });

  it('that asks has a second wording for when it is asked again', () => {
    const asking = new Set<string>();
    for (const flow of pack.flows.values()) {
      for (const step of flow.steps.values()) {
        if ('prompt' in step)
          asking.add((flow.prompts.get(step.prompt) ?? pack.prompts.get(step.prompt))?.id ?? '');
      }
    }
    const single = prompts.filter(
      ({ id, voice }) => asking.has(id) && languages.some((language) => voice[language].length < 2),
    );
    expect(single.map(({ id }) => id)).toEqual([]);
  });
});

describe('every problem of the shop', () => {
  it.each(shopCodes)('%s has a sentence', (code) => {
    expect(pack.prompts.has(`problem_${code}`)).toBe(true);
  });

  it('that Kefu itself may report is one of its error codes', () => {
    for (const code of shopCodes.filter((each) => each.startsWith('shop_')))
      expect(Object.keys(errorCodes)).toContain(code);
  });
});

describe('prompts that never change', () => {
  const engine = createDialogEngine(pack, { voiceLanguages: ['en', 'zh'] });

  it.each(languages)('are listed in %s for rendering ahead', (language) => {
    const fixed = engine.fixedUtterances(language);
    expect(fixed.length).toBeGreaterThan(50);
    for (const utterance of fixed) {
      expect(utterance.language).toBe(language);
      expect(utterance.parts.every(({ type }) => type === 'text')).toBe(true);
      expect(writtenText(utterance)).not.toBe('');
    }
  });

  it('include the greeting as it is said', () => {
    const step = engine.start({
      type: 'call-started',
      callId: 'c',
      gateway: 'test',
      from: '',
      to: '',
      language: 'en',
      atEpochMs: 0,
      channel: 'voice',
    });
    const said = step.effects.find((effect) => effect.type === 'say');
    expect(engine.fixedUtterances('en')).toContainEqual(said?.utterance);
  });
});

describe('a slot that callers are asked for', () => {
  // The same on every gateway and in every call's record: whoever calls by script answers by these names.
  const names = [
    ...[
      'intent',
      'first_name',
      'last_name',
      'full_name',
      'email',
      'postal_code',
      'phone',
      'order_number',
      'order_choice',
    ],
    ...[
      'item_choice',
      'item_option',
      'quantity',
      'reason',
      'resolution',
      'refund_destination',
      'payment_method',
      'address',
    ],
    ...['date', 'confirm', 'anything_else', 'verification_code', 'satisfaction'],
  ];
  const asked = [...pack.flows.values()].flatMap(({ name, steps }) =>
    [...steps].flatMap(([step, content]): [string, string][] => {
      const slot = slotNameOf(content);
      return slot === undefined ? [] : [[`${name}.${step}`, slot]];
    }),
  );

  it.each(asked)('by %s is one of those that are agreed on: %s', (_, slot) => {
    expect(names).toContain(slot);
  });

  it('and is read back is answered as `confirm`', () => {
    expect(pack.slots.get('confirm')?.kind).toBe('yes_no');
  });
});
