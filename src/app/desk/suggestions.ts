import type { Clock } from '../../core/clock.ts';
import type { CommerceBackend } from '../../core/commerce.ts';
import { mostSuggestions, type Suggestion } from '../../core/desk-flows.ts';
import type { ContactCard } from '../../core/desk.ts';
import { KefuError, toKefuError } from '../../core/errors.ts';
import { newCallId } from '../../core/ids.ts';
import type { Language } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import type { FlowPack } from '../../dialog/flow-pack.ts';
import type { Holding } from '../../handoff/holding.ts';
import type { CallFlows } from '../flows/running.ts';
import { KnownDialog } from './known-dialog.ts';

/** Understanding the line, and the shop's answer about the order, are waited for this long together; later they are of no use. */
const limitMs = 2_000;
/** What was said of an order is true for this long. */
const orderFreshMs = 30_000;
const mostOrders = 200;
/** An answer is suggested when the line means its question with at least this score. */
const leastScore = 0.3;
/** The intent whose flow tells how an order stands. */
const statusIntent = 'order_status';

export interface SuggestionsParts {
  readonly holding: Pick<Holding, 'held'>;
  readonly flows: () => FlowPack;
  readonly callFlows: () => Promise<CallFlows>;
  readonly shop: () => CommerceBackend;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a person may say next, by the caller's latest words. */
export interface Suggestions {
  /** Quick: what is not there in time is left out. @throws KefuError `not_found` without the call in hand. */
  forCall(personId: string, callId: string): Promise<readonly Suggestion[]>;
}

export function createSuggestions(parts: SuggestionsParts): Suggestions {
  const { holding, clock, log } = parts;
  const orders = new Map<string, { readonly atMs: number; readonly sentences: Promise<readonly string[]> }>();

  /** The sentences that Kefu says for a wish which needs no answer. */
  async function said(
    intent: string,
    language: Language,
    orderId: string | null,
  ): Promise<readonly string[]> {
    const { engine } = await parts.callFlows();
    const dialog = new KnownDialog({
      engine,
      shop: parts.shop(),
      clock,
      id: newCallId(clock.epochMs()),
      language,
      wish: { intent, customer: null, verifiedBy: '', candidate: null, orderId, capabilities: null },
    });
    const cancel = clock.setTimer(() => dialog.stop(), limitMs);
    await dialog.start().finally(cancel);
    return dialog.outcome === 'done' ? dialog.lines.map(({ text }) => text) : [];
  }

  /** Plain questions of the line, the likeliest first. */
  async function answers(text: string, language: Language): Promise<readonly string[]> {
    const { understander } = await parts.callFlows();
    const context = { language, expecting: null };
    const { intents } = await understander.understand(text, context, AbortSignal.timeout(limitMs));
    const { routing } = parts.flows();
    const asked = intents.filter(({ intent, score }) => {
      const route = routing.intents[intent];
      return score >= leastScore && route !== undefined && 'answer' in route;
    });
    return (await Promise.all(asked.map(({ intent }) => said(intent, language, null)))).flat();
  }

  function status(card: ContactCard): Promise<readonly string[]> {
    const orderId = card.briefing?.order?.id;
    if (typeof orderId !== 'string') return Promise.resolve([]);
    const { language } = card.call;
    const key = `${language} ${orderId}`;
    const known = orders.get(key);
    if (known && clock.nowMs() - known.atMs < orderFreshMs) return known.sentences;
    const sentences = said(statusIntent, language, orderId);
    orders.delete(key);
    orders.set(key, { atMs: clock.nowMs(), sentences });
    sentences.catch(() => orders.delete(key));
    const [oldest] = orders.keys();
    if (orders.size > mostOrders && oldest !== undefined) orders.delete(oldest);
    return sentences;
  }

  /** What comes in time, and nothing for what fails: a suggestion is worth no error. */
  async function inTime(work: Promise<readonly string[]>): Promise<readonly string[]> {
    let cancel: () => void = () => undefined;
    const limit = new Promise<readonly string[]>((resolve) => {
      cancel = clock.setTimer(() => resolve([]), limitMs);
    });
    const found = work.catch((error: unknown) => {
      log.info({ err: toKefuError(error) }, 'no suggestion could be made');
      return [];
    });
    const sentences = await Promise.race([found, limit]);
    cancel();
    return sentences;
  }

  return {
    async forCall(personId, callId) {
      const card = holding.held(personId, callId)?.card;
      if (!card) throw new KefuError('not_found', 'You are not in this conversation.');
      const latest = card.transcript.findLast(({ who, final }) => who === 'caller' && final);
      if (!latest) return [];
      const [plain, order] = await Promise.all([
        inTime(answers(latest.text, card.call.language)),
        inTime(status(card)),
      ]);
      return [
        ...plain.map((text) => ({ kind: 'answer', text }) as const),
        ...order.map((text) => ({ kind: 'order', text }) as const),
      ].slice(0, mostSuggestions);
    },
  };
}
