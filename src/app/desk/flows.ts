import type { Clock } from '../../core/clock.ts';
import { shopOperations, type CommerceBackend, type ShopOperation } from '../../core/commerce.ts';
import type { DeskFlow, DeskFlowAnswer, DeskFlowOffer, DeskFlowStart } from '../../core/desk-flows.ts';
import { KefuError, toKefuError } from '../../core/errors.ts';
import { newCallId } from '../../core/ids.ts';
import type { Logger } from '../../core/log.ts';
import type { FlowPack } from '../../dialog/flow-pack.ts';
import type { HeldCall, Holding } from '../../handoff/holding.ts';
import type { CallFlows } from '../flows/running.ts';
import { knownOf } from './known-caller.ts';
import { KnownDialog } from './known-dialog.ts';

/** A flow that nobody answers for so long is ended. */
const idleMs = 10 * 60_000;
/** What is known of the caller is waited for this long. */
const knownLimitMs = 5_000;

/** The flows that agents have carried out during their conversations. */
export interface DeskFlows {
  offers(): readonly DeskFlowOffer[];
  /** Runs to the first question. One that this person had before is ended. @throws KefuError `not_found` without the call in hand. */
  start(personId: string, start: DeskFlowStart): Promise<DeskFlow>;
  /** Runs to the next question or to the end. @throws KefuError `not_found` for one that is over, `overloaded` during another answer. */
  answer(personId: string, id: string, answer: DeskFlowAnswer): Promise<DeskFlow>;
  /** Ends it; what was done before stays done. @throws KefuError `not_found` for one that is over. */
  end(personId: string, id: string): Promise<void>;
  /** Ends all. Idempotent. */
  close(): Promise<void>;
}

export interface DeskFlowsParts {
  readonly holding: Pick<Holding, 'held' | 'record' | 'onParted'>;
  readonly flows: () => FlowPack;
  readonly callFlows: () => Promise<Pick<CallFlows, 'engine'>>;
  /** The shop as one dialog sees it. */
  readonly shop: () => CommerceBackend;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Session {
  readonly id: string;
  readonly held: HeldCall;
  readonly intent: string;
  readonly dialog: KnownDialog;
  /** The answer that is being worked on. */
  work: Promise<void> | undefined;
  cancelIdle: () => void;
  /** Set once, when its end is written down. */
  recorded: Promise<void> | undefined;
}

export function createDeskFlows(parts: DeskFlowsParts): DeskFlows {
  const { holding, clock, log } = parts;
  /** By the person's id: one at a time. */
  const sessions = new Map<string, Session>();
  let closed = false;
  const isClosing = () => closed;

  const unwatch = holding.onParted((personId, callId) => {
    const session = sessions.get(personId);
    if (session?.held.card.call.callId === callId) endLater(personId, session);
  });

  /** Nobody waits for it, but a failure is seen. */
  function endLater(personId: string, session: Session): void {
    finish(personId, session).catch((error: unknown) => {
      log.error({ err: toKefuError(error) }, 'what a desk did could not be written down');
    });
  }

  function finish(personId: string, session: Session): Promise<void> {
    if (sessions.get(personId) === session) sessions.delete(personId);
    session.cancelIdle();
    session.dialog.stop();
    return (session.recorded ??= settle(session));
  }

  /** Writes down what came of it, once a change under way has come to its end. */
  async function settle({ held, intent, dialog, work }: Session): Promise<void> {
    await work?.catch((error: unknown) => {
      log.warn({ err: toKefuError(error) }, 'a flow at a desk broke off');
    });
    const { changes, done, told } = dialog;
    const outcome = dialog.outcome ?? 'cancelled';
    await holding.record(
      {
        person: held.person,
        action: 'desk-flow',
        callId: held.card.call.callId,
        details: { intent, outcome, changes },
      },
      { name: 'desk-flow', data: { intent, outcome, changes, done, told } },
      done,
    );
  }

  function stayAwake(personId: string, session: Session): void {
    session.cancelIdle();
    session.cancelIdle = clock.setTimer(() => endLater(personId, session), idleMs);
  }

  function sessionOf(personId: string, id: string): Session {
    const session = sessions.get(personId);
    if (session?.id !== id) throw new KefuError('not_found', 'This is over. Start it again.');
    return session;
  }

  /** Does something in a dialog and shows how it stands then. */
  async function work(personId: string, session: Session, step: () => Promise<void>): Promise<DeskFlow> {
    if (session.work)
      throw new KefuError('overloaded', 'Kefu is at work on your last answer. Wait a moment.');
    stayAwake(personId, session);
    session.work = step();
    try {
      await session.work;
    } finally {
      session.work = undefined;
    }
    if (session.dialog.outcome !== null) await finish(personId, session);
    return viewOf(session);
  }

  return {
    offers: () => offersOf(parts.flows()),
    async start(personId, { callId, intent, language, sameOrder }) {
      const held = holding.held(personId, callId);
      if (!held || isClosing()) throw new KefuError('not_found', 'You are not in this conversation.');
      if (!offersOf(parts.flows()).some((offer) => offer.intent === intent))
        throw new KefuError('not_found', `Nothing can be started for "${intent}".`);
      const before = sessions.get(personId);
      if (before) await finish(personId, before);
      const shop = parts.shop();
      const { engine } = await parts.callFlows();
      const known = await knownOf(held.card.briefing, shop, AbortSignal.timeout(knownLimitMs));
      // The conversation may be over by now, or another flow begun in another tab.
      if (isClosing() || !holding.held(personId, callId) || sessions.has(personId))
        throw new KefuError('not_found', 'You are not in this conversation any more.');
      const id = newCallId(clock.epochMs());
      const wish = { ...known, intent, orderId: sameOrder ? known.orderId : null };
      const session: Session = {
        id,
        held,
        intent,
        dialog: new KnownDialog({ engine, shop, clock, id, language, wish }),
        work: undefined,
        cancelIdle: () => undefined,
        recorded: undefined,
      };
      sessions.set(personId, session);
      return work(personId, session, () => session.dialog.start());
    },
    async answer(personId, id, answer) {
      const session = sessionOf(personId, id);
      return work(personId, session, () => session.dialog.answer(answer));
    },
    async end(personId, id) {
      await finish(personId, sessionOf(personId, id));
    },
    async close() {
      closed = true;
      unwatch();
      await Promise.all([...sessions].map(([personId, session]) => finish(personId, session)));
    },
  };
}

function viewOf({ id, held, intent, dialog }: Session): DeskFlow {
  const { lines, question, outcome, changes, done } = dialog;
  const { callId } = held.card.call;
  return { id, callId, intent, lines: [...lines], question, outcome, changes: [...changes], done };
}

/** What callers can ask for that changes something at the shop; the rest an agent reads from the customer's data. */
function offersOf(pack: FlowPack): readonly DeskFlowOffer[] {
  return Object.entries(pack.routing.intents).flatMap(([intent, route]) =>
    'flow' in route && changesSomething(pack, route.flow)
      ? [{ intent, label: { en: asButton(route.wanted.en), zh: route.wanted.zh } }]
      : [],
  );
}

/** "to cancel an order" as the label of a button. */
function asButton(wanted: string): string {
  const words = wanted.replace(/^to /, '');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** By itself, or by another flow that callers can ask for, as damaged things are sent back. Finding out who it is does not count. */
function changesSomething(pack: FlowPack, first: string): boolean {
  const askedFor = new Set(
    Object.values(pack.routing.intents).flatMap((route) => ('flow' in route ? [route.flow] : [])),
  );
  const seen = new Set([first]);
  for (const name of seen) {
    for (const step of pack.flows.get(name)?.steps.values() ?? []) {
      if ('change' in step && shopOperations[step.change as ShopOperation].needsYes) return true;
      if ('call' in step && askedFor.has(step.call)) seen.add(step.call);
    }
  }
  return false;
}
