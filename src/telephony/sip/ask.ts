import type { Clock } from '../../core/clock.ts';
import type { SipCore } from './core.ts';
import type { SipFlow } from './flow.ts';
import { hostText } from './grammar.ts';
import { noBody, SipHeaders, type SipRequest, type SipResponse } from './message.ts';

/** A request outside of a call. */
export interface OutsideRequest {
  readonly method: 'OPTIONS' | 'REGISTER';
  readonly uri: string;
  /** Who asks: a REGISTER is about them, too. */
  readonly user: string;
  readonly domain: string;
  readonly tag: string;
  readonly callId: string;
  /** Counts up within one Call-ID. */
  readonly cseq: number;
  /** Header lines besides those that every request has. */
  readonly more: readonly (readonly [name: string, value: string])[];
}

export function outsideRequest(parts: OutsideRequest): SipRequest {
  const { method, uri, user, domain, tag, callId, cseq, more } = parts;
  const who = `<sip:${user}@${hostText(domain)}>`;
  const headers = new SipHeaders()
    .add('Max-Forwards', '70')
    .add('From', `${who};tag=${tag}`)
    .add('To', method === 'REGISTER' ? who : `<${uri}>`)
    .add('Call-ID', callId)
    .add('CSeq', `${cseq} ${method}`);
  for (const [name, value] of more) headers.add(name, value);
  return { type: 'request', method, uri, headers, body: noBody };
}

/** A question that is out. */
export interface Asked {
  /** The final answer; undefined when none came in time, or the question was given up. */
  readonly answer: Promise<SipResponse | undefined>;
  /** Waits no longer. Idempotent. */
  readonly giveUp: () => void;
}

/** Sends a request outside of a call and waits for its final answer, for `limitMs` at most. */
export function ask(
  request: SipRequest,
  flow: SipFlow,
  { core, clock, limitMs }: { readonly core: SipCore; readonly clock: Clock; readonly limitMs: number },
): Asked {
  let settle: (response: SipResponse | undefined) => void = () => undefined;
  const answer = new Promise<SipResponse | undefined>((resolve) => {
    settle = (response) => {
      cancelLimit();
      resolve(response);
    };
  });
  const giveUp = (): void => {
    transaction.abandon();
    settle(undefined);
  };
  const cancelLimit = clock.setTimer(giveUp, limitMs);
  const transaction = core.transactions.send(request, flow, {
    onResponse: (response) => {
      if (response.status >= 200) settle(response);
    },
    onFailed: () => settle(undefined),
  });
  return { answer, giveUp };
}
