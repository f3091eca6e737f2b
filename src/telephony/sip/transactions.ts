import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { isReliable, type SipFlow } from './flow.ts';
import { hostText, parseAddress, parseCseq, parseVia } from './grammar.ts';
import { serializeMessage, SipHeaders, noBody, type SipRequest, type SipResponse } from './message.ts';
import {
  branchCookie,
  serverKey,
  ServerState,
  t1Ms,
  t2Ms,
  t4Ms,
  transactionLimitMs,
  withViaLines,
  type ServerTransaction,
} from './server-transaction.ts';

export { newTag, type ServerTransaction } from './server-transaction.ts';

export function newBranch(): string {
  return branchCookie + randomBytes(12).toString('hex');
}

/** A request of ours. `onResponse` gets every response but repeats; `onFailed` comes instead of a final one. */
export interface ClientTransaction {
  readonly request: SipRequest;
  readonly flow: SipFlow;
  /** Stops repeating and listening, for when the answer is of no interest any more. */
  abandon(): void;
}

export interface ClientHandlers {
  readonly onResponse: (response: SipResponse) => void;
  readonly onFailed: (why: 'timeout') => void;
}

/**
 * Matches messages to transactions and repeats what may have been lost (RFC 3261 section 17, RFC 6026).
 *
 *     request ──▶ known? ──repeat──▶ last response again
 *                   └──new──▶ onNew(ServerTransaction)            CANCEL ──▶ onCancel of its INVITE
 *     response ──▶ ClientTransaction by branch ──▶ onResponse      ACK of a refusal ends its INVITE; of a 2xx ──▶ onAck
 */
export class Transactions {
  readonly #clock: Clock;
  readonly #servers = new Map<string, ServerState>();
  /** The first of each request that begins something, by what it keeps on all of its ways. */
  readonly #firsts = new Map<string, ServerState>();
  readonly #clients = new Map<string, (response: SipResponse) => void>();
  readonly #onAck: (request: SipRequest, flow: SipFlow) => void;
  readonly #timers = new Set<() => void>();
  #closed = false;

  constructor(parts: {
    readonly clock: Clock;
    /** The ACK of a 2xx: it belongs to a call, not to a transaction. */
    readonly onAck: (request: SipRequest, flow: SipFlow) => void;
  }) {
    this.#clock = parts.clock;
    this.#onAck = parts.onAck;
  }

  /** How many transactions are alive. */
  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  /** True when a request repeats one that is being answered, or is the ACK or CANCEL of such a one. */
  knows(request: SipRequest): boolean {
    const methods = ['ACK', 'CANCEL'].includes(request.method) ? ['INVITE'] : [request.method];
    return methods.some((method) => this.#servers.has(serverKey(request, method)));
  }

  receiveResponse(response: SipResponse): void {
    const via = parseVia(response.headers.list('via')[0] ?? '');
    const method = parseCseq(response.headers.get('cseq') ?? '')?.method ?? '';
    this.#clients.get(`${via?.params.get('branch') ?? ''} ${method}`)?.(response);
  }

  /** @param onNew - Gets a request that is no repeat and neither ACK nor CANCEL; it must answer. */
  receiveRequest(request: SipRequest, flow: SipFlow, onNew: (transaction: ServerTransaction) => void): void {
    if (this.#closed) return;
    if (request.method === 'ACK') {
      const invite = this.#servers.get(serverKey(request, 'INVITE'));
      if (invite && invite.lastStatus >= 300) invite.confirm();
      else this.#onAck(request, flow);
      return;
    }
    const key = serverKey(request, request.method);
    const known = this.#servers.get(key);
    if (known) {
      known.repeat();
      return;
    }
    const identity = identityOf(request);
    const isTwin = this.#isTwin(request, identity);
    const state = new ServerState(
      request,
      flow,
      (run, delayMs) => this.#setTimer(run, delayMs),
      () => {
        this.#servers.delete(key);
        if (identity !== undefined && this.#firsts.get(identity) === state) this.#firsts.delete(identity);
      },
    );
    this.#servers.set(key, state);
    if (identity !== undefined && !isTwin) this.#firsts.set(identity, state);
    if (request.method === 'CANCEL') {
      const invite = this.#servers.get(serverKey(request, 'INVITE'));
      // One tag for both answers (section 9.2).
      if (invite) state.toTag = invite.toTag;
      state.respond(invite ? 200 : 481);
      if (invite && !invite.answered) invite.onCancel();
      return;
    }
    if (isTwin) state.respond(482);
    else onNew(state);
  }

  /**
   * True for a request that is here already under another branch: a fork of it that was merged again came by two ways (RFC 3261
   * section 8.2.2.2), or it is a request of our own that came back. A twin of one that was refused is no twin: peers that repeat a
   * request with a password may keep its number.
   */
  #isTwin(request: SipRequest, identity: string | undefined): boolean {
    if (identity === undefined) return false;
    const first = this.#firsts.get(identity);
    if (first && first.lastStatus < 300) return true;
    return request.headers.list('via').some((value) => {
      const branch = parseVia(value)?.params.get('branch') ?? '';
      return this.#clients.has(`${branch} ${request.method}`);
    });
  }

  /** Sends a request; its Via is put on top here, unless it has one (as a CANCEL has that of its INVITE). */
  send(request: SipRequest, flow: SipFlow, handlers: ClientHandlers): ClientTransaction {
    const given = parseVia(request.headers.list('via')[0] ?? '')?.params.get('branch');
    const branch = given ?? newBranch();
    const sent = given === undefined ? withVia(request, flow, branch) : request;
    const key = `${branch} ${request.method}`;
    const bytes = serializeMessage(sent);
    const invite = request.method === 'INVITE';
    let phase: 'calling' | 'proceeding' | 'completed' | 'over' = 'calling';
    let cancelRepeat: () => void = () => undefined;
    let ack: Uint8Array | undefined;
    const finish = (): void => {
      phase = 'over';
      cancelRepeat();
      cancelLimit();
      this.#clients.delete(key);
    };
    const repeat = (delayMs: number): void => {
      cancelRepeat = this.#setTimer(() => {
        flow.send(bytes);
        repeat(invite ? delayMs * 2 : phase === 'proceeding' ? t2Ms : Math.min(delayMs * 2, t2Ms));
      }, delayMs);
    };
    let cancelLimit = this.#setTimer(() => {
      finish();
      handlers.onFailed('timeout');
    }, transactionLimitMs);
    this.#clients.set(key, (response) => {
      if (phase === 'over') return;
      if (phase === 'completed') {
        // A repeated answer to an INVITE means that our ACK was lost.
        if (ack && response.status >= 300) flow.send(ack);
        else if (invite && response.status < 300 && response.status >= 200) handlers.onResponse(response);
        return;
      }
      if (response.status < 200) {
        phase = 'proceeding';
        if (invite) {
          cancelRepeat();
          // Ringing has no limit here: whoever dials sets one.
          cancelLimit();
        }
      } else {
        phase = 'completed';
        cancelRepeat();
        cancelLimit();
        if (invite && response.status >= 300) {
          ack = serializeMessage(ackOf(sent, response));
          flow.send(ack);
        }
        // An INVITE's 2xx may be repeated until our ACK arrives (RFC 6026).
        cancelLimit = this.#setTimer(finish, invite ? transactionLimitMs : isReliable(flow) ? 0 : t4Ms);
      }
      handlers.onResponse(response);
    });
    flow.send(bytes);
    if (!isReliable(flow)) repeat(t1Ms);
    return { request: sent, flow, abandon: finish };
  }

  /** Sends a request that gets no answer: the ACK of a 2xx. */
  sendOnce(request: SipRequest, flow: SipFlow): void {
    if (!this.#closed) flow.send(serializeMessage(withVia(request, flow, newBranch())));
  }

  /** Forgets everything; nothing is sent any more. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const cancel of [...this.#timers]) cancel();
    this.#timers.clear();
    this.#servers.clear();
    this.#firsts.clear();
    this.#clients.clear();
  }

  #setTimer(run: () => void, delayMs: number): () => void {
    if (this.#closed) return () => undefined;
    const cancel = this.#clock.setTimer(() => {
      this.#timers.delete(cancel);
      run();
    }, delayMs);
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }
}

function withVia(request: SipRequest, flow: SipFlow, branch: string): SipRequest {
  const { host, port } = flow.local;
  const via = `SIP/2.0/${flow.transport.toUpperCase()} ${hostText(host)}:${port};branch=${branch};rport`;
  return withViaLines(request, [['Via', via]]);
}

/** What a request that begins something keeps on all of its ways; undefined for others. */
function identityOf({ method, headers }: SipRequest): string | undefined {
  if (method === 'ACK' || method === 'CANCEL') return undefined;
  if (parseAddress(headers.get('to') ?? '')?.params.has('tag')) return undefined;
  const tag = parseAddress(headers.get('from') ?? '')?.params.get('tag');
  // Without a tag (RFC 2543) two requests cannot be told to be one.
  return tag === undefined
    ? undefined
    : [tag, headers.get('call-id') ?? '', headers.get('cseq') ?? ''].join(' ');
}

/** The ACK of a refusal belongs to the transaction of its INVITE (section 17.1.1.3). */
function ackOf(invite: SipRequest, response: SipResponse): SipRequest {
  return fromInvite(invite, 'ACK', response.headers.get('to'));
}

/** The CANCEL of an INVITE that rings (section 9.1). */
export function cancelOf(invite: SipRequest): SipRequest {
  return fromInvite(invite, 'CANCEL', invite.headers.get('to'));
}

function fromInvite(invite: SipRequest, method: string, to: string | undefined): SipRequest {
  const headers = new SipHeaders().add('Via', invite.headers.list('via')[0] ?? '').add('Max-Forwards', '70');
  for (const route of invite.headers.lines('route')) headers.add('Route', route);
  headers
    .add('From', invite.headers.get('from') ?? '')
    .add('To', to ?? '')
    .add('Call-ID', invite.headers.get('call-id') ?? '')
    .add('CSeq', `${parseCseq(invite.headers.get('cseq') ?? '')?.number ?? 0} ${method}`);
  return { type: 'request', method, uri: invite.uri, headers, body: noBody };
}
