import type { KnownWish } from '../core/dialog.ts';
import { copyOf } from './copy.ts';
import { sayAnswer, startRequest } from './obeying.ts';
import type { CallState, Json } from './state.ts';
import type { Turn } from './turn.ts';

/** A wish that an agent has carried out: the dialog begins in the middle, with what is known, and ends with it. */

/** What the state of such a dialog has from the beginning. Flows find it where they keep what callers tell. */
export function knownFrom({
  customer,
  verifiedBy,
  candidate,
  orderId,
  capabilities,
}: KnownWish): Pick<CallState, 'stack' | 'variables' | 'given'> {
  return {
    // With nothing below it, the flow that is done ends the dialog.
    stack: [],
    variables: {
      ...(customer && { customer: copyOf(customer) as Json, verified_by: verifiedBy }),
      ...(candidate && {
        candidate: copyOf(candidate) as Json,
        candidate_orders: [],
        caller_name: callingName(candidate.name),
      }),
      ...(capabilities && { capabilities: [...capabilities] }),
    },
    given: orderId === null ? {} : { order_number: { value: orderId, others: [], certain: true } },
  };
}

/** How somebody is asked whether it is them: in Chinese by the whole name. */
function callingName(name: unknown): string {
  const { first = '', last = '' } = name as { readonly first?: string; readonly last?: string };
  return /\p{Script=Han}/u.test(last) ? last + first : first;
}

/** Begins with the wish itself. Without a flow or an answer for it, nothing is left to do. */
export function beginKnown(turn: Turn, { intent }: KnownWish): void {
  const route = turn.pack.routing.intents[intent];
  if (route && 'flow' in route) startRequest(turn, intent, route, 'next');
  else if (route && 'answer' in route) sayAnswer(turn, route.answer);
}
