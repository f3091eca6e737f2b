import { createDemoShop } from '../../src/commerce/demo-shop/demo-shop.ts';
import type { CommerceBackend } from '../../src/core/commerce.ts';
import type { TranscriptLine } from '../../src/core/desk.ts';
import type { DeskFlow } from '../../src/core/desk-flows.ts';
import type { Language } from '../../src/core/language.ts';
import { createDialogEngine } from '../../src/dialog/engine.ts';
import type { HeldCall, Holding } from '../../src/handoff/holding.ts';
import { createDeskFlows } from '../../src/app/desk/flows.ts';
import { callStartEpochMs } from './dialog-demo-shop.ts';
import { shippedPack, understandByKeywords } from './dialog-script.ts';
import { contactCard } from './desk-cards.ts';
import { createCapturedLog } from './captured-log.ts';
import { ManualClock } from './manual-clock.ts';
import { deskPersonOf } from './people-call.ts';

/** What was written down about a call. */
export type Deed = Parameters<Holding['record']>;

/** Anna has a caller of the demo shop in hand, with the shipped flows and nothing else of Kefu around it. */
export async function heldCall(
  options: {
    readonly customerId?: string | null;
    readonly verifiedBy?: string;
    readonly orderId?: string;
    readonly language?: Language;
    readonly transcript?: readonly TranscriptLine[];
    /** Stands between Kefu and the shop. */
    readonly around?: (shop: CommerceBackend) => CommerceBackend;
  } = {},
) {
  const { customerId = 'C10001', verifiedBy = 'e-mail address', orderId, language = 'en' } = options;
  const pack = await shippedPack;
  const clock = new ManualClock(callStartEpochMs);
  const demo = createDemoShop({ seed: 7, startEpochMs: callStartEpochMs, clock });
  const card = contactCard({ callId: 'c1', language });
  const { briefing } = card;
  if (!briefing) throw new Error('The card has no briefing.');
  const held: HeldCall = {
    person: deskPersonOf('anna'),
    card: {
      ...card,
      briefing: {
        ...briefing,
        customer: customerId === null ? null : { id: customerId, name: 'Emma Carter', verifiedBy },
        order: orderId === undefined ? undefined : { id: orderId },
      },
      transcript: [...(options.transcript ?? card.transcript)],
    },
  };
  let talks = true;
  const deeds: Deed[] = [];
  let parted: (personId: string, callId: string) => void = () => undefined;
  const holding: Pick<Holding, 'held' | 'record' | 'onParted'> = {
    held: (personId, callId) => (talks && personId === 'anna' && callId === 'c1' ? held : undefined),
    record(...deed) {
      deeds.push(deed);
      return Promise.resolve();
    },
    onParted(listener) {
      parted = listener;
      return () => (parted = () => undefined);
    },
  };
  const engine = createDialogEngine(pack, { voiceLanguages: ['en', 'zh'] });
  const understander = { understand: (text: string) => Promise.resolve(understandByKeywords(text)) };
  const log = createCapturedLog();
  const parts = {
    holding,
    flows: () => pack,
    callFlows: () => Promise.resolve({ engine, understander }),
    shop: () => (options.around ?? ((shop) => shop))(demo.backend),
    clock,
    log,
  };
  return {
    parts,
    flows: createDeskFlows(parts),
    clock,
    data: demo.data,
    deeds,
    /** The conversation is over. */
    part() {
      talks = false;
      parted('anna', 'c1');
    },
  };
}

/** The newest words of Kefu in a flow. */
export const lastWords = ({ lines }: DeskFlow) => lines.at(-1)?.text ?? '';
