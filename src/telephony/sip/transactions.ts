import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { isReliable, type SipFlow } from './flow.ts';
import { hostText, parseAddress, parseCseq, parseVia } from './grammar.ts';
import {
  responseTo,
  serializeMessage,
  SipHeaders,
  noBody,
  type ResponseParts,
  type SipRequest,
  type SipResponse,
} from './message.ts';

/** The timers of RFC 3261 section 17, in milliseconds: a round trip, the longest pause between repeats, a message's life. */
export const t1Ms = 500;
const t2Ms = 4_000;
const t4Ms = 5_000;
export const transactionLimitMs = 64 * t1Ms;

/** Branches that begin like this are unique (section 8.1.1.7). */
const cookie = 'z9hG4bK';

export function newBranch(): string {
  return cookie + randomBytes(12).toString('hex');
}

export function newTag(): string {
  return randomBytes(8).toString('hex');
}

/** A request that came, and the place of its answer. */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly flow: SipFlow;
  /** The tag our answers put into To. */
  readonly toTag: string;
  /** Sends a provisional or the final response; after a final one nothing more is sent. */
  respond(status: number, parts?: Omit<ResponseParts, 'toTag'>): void;
  /** True once a final response was given. */
  readonly answered: boolean;
  /** Called when the caller takes an INVITE back before it was answered; who listens must answer it (487). */
  onCancel: () => void;
  /** Called when our final response to an INVITE was never acknowledged; for a 2xx after 64*T1. */
  onUnacknowledged: () => void;
  /** The ACK of a 2xx has come: it is not repeated any more. Idempotent. */
  acknowledged(): void;
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
    const state = new ServerState(
      request,
      flow,
      (run, delayMs) => this.#setTimer(run, delayMs),
      () => this.#servers.delete(key),
    );
    this.#servers.set(key, state);
    if (request.method === 'CANCEL') {
      const invite = this.#servers.get(serverKey(request, 'INVITE'));
      state.respond(invite ? 200 : 481);
      if (invite && !invite.answered) invite.onCancel();
      return;
    }
    onNew(state);
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

/** One request that came, with its last response. */
class ServerState implements ServerTransaction {
  readonly toTag = newTag();
  readonly request: SipRequest;
  readonly flow: SipFlow;
  readonly #setTimer: (run: () => void, delayMs: number) => () => void;
  readonly #forget: () => void;
  #last: Uint8Array | undefined;
  #cancelRepeat: () => void = () => undefined;
  #cancelLimit: () => void = () => undefined;
  lastStatus = 0;
  onCancel: () => void = () => undefined;
  onUnacknowledged: () => void = () => undefined;

  constructor(
    request: SipRequest,
    flow: SipFlow,
    setTimer: (run: () => void, delayMs: number) => () => void,
    forget: () => void,
  ) {
    this.request = withReceived(request, flow);
    this.flow = flow;
    this.#setTimer = setTimer;
    this.#forget = forget;
  }

  get answered(): boolean {
    return this.lastStatus >= 200;
  }

  respond(status: number, parts: Omit<ResponseParts, 'toTag'> = {}): void {
    if (this.answered) return;
    this.lastStatus = status;
    const toTag = status === 100 ? undefined : this.toTag;
    this.#last = serializeMessage(responseTo(this.request, status, { ...parts, toTag }));
    this.flow.send(this.#last);
    if (status < 200) return;
    if (this.request.method !== 'INVITE') {
      this.#cancelLimit = this.#setTimer(this.#forget, isReliable(this.flow) ? 0 : transactionLimitMs);
      return;
    }
    // A 2xx is repeated over every transport, since nobody else would (section 13.3.1.4).
    if (status < 300 || !isReliable(this.flow)) this.#repeatLater(t1Ms);
    this.#cancelLimit = this.#setTimer(() => {
      this.#cancelRepeat();
      this.#forget();
      this.onUnacknowledged();
    }, transactionLimitMs);
  }

  /** The same request came again. */
  repeat(): void {
    if (this.#last) this.flow.send(this.#last);
  }

  /** The ACK of a refusal has come. */
  confirm(): void {
    this.#settle(isReliable(this.flow) ? 0 : t4Ms);
  }

  acknowledged(): void {
    // It stays for a while, so that a late repeat of the INVITE begins no second call.
    if (this.lastStatus >= 200 && this.lastStatus < 300) this.#settle(transactionLimitMs);
  }

  #settle(delayMs: number): void {
    this.onUnacknowledged = () => undefined;
    this.#cancelRepeat();
    this.#cancelLimit();
    this.#last = undefined;
    this.#cancelLimit = this.#setTimer(this.#forget, delayMs);
  }

  #repeatLater(delayMs: number): void {
    this.#cancelRepeat = this.#setTimer(() => {
      this.repeat();
      this.#repeatLater(Math.min(delayMs * 2, t2Ms));
    }, delayMs);
  }
}

/** Section 17.2.3; without a unique branch (RFC 2543) what identifies the request in other ways. */
function serverKey(request: SipRequest, method: string): string {
  const top = request.headers.list('via')[0] ?? '';
  const via = parseVia(top);
  const branch = via?.params.get('branch') ?? '';
  const sentBy = `${via?.host ?? ''}:${via?.port ?? ''}`;
  if (branch.startsWith(cookie) && branch.length > cookie.length) return `${branch} ${sentBy} ${method}`;
  const from = parseAddress(request.headers.get('from') ?? '')?.params.get('tag') ?? '';
  const cseq = parseCseq(request.headers.get('cseq') ?? '')?.number ?? '';
  return ['2543', request.uri, from, request.headers.get('call-id'), cseq, sentBy, branch, method].join(' ');
}

/** Notes in the top Via where the request really came from (section 18.2.1, RFC 3581). */
function withReceived(request: SipRequest, flow: SipFlow): SipRequest {
  const [top = '', ...below] = request.headers.list('via');
  const via = parseVia(top);
  if (!via) return request;
  let text = top;
  if (via.params.get('rport') === '')
    text = text.replace(/;\s*rport(?=\s*(;|$))/i, `;rport=${flow.remote.port}`);
  if (via.host !== flow.remote.host || via.params.has('rport')) text += `;received=${flow.remote.host}`;
  return withHeaders(request, [...[text, ...below].map((value): [string, string] => ['Via', value])]);
}

function withVia(request: SipRequest, flow: SipFlow, branch: string): SipRequest {
  const { host, port } = flow.local;
  const via = `SIP/2.0/${flow.transport.toUpperCase()} ${hostText(host)}:${port};branch=${branch};rport`;
  return withHeaders(request, [['Via', via]]);
}

/** The request with these Via lines instead of its own. */
function withHeaders(request: SipRequest, vias: readonly (readonly [string, string])[]): SipRequest {
  const headers = new SipHeaders();
  for (const [name, value] of vias) headers.add(name, value);
  for (const [name, value] of request.headers.entries()) {
    if (!/^(via|v)$/i.test(name)) headers.add(name, value);
  }
  return { ...request, headers };
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
