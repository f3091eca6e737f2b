import { randomBytes } from 'node:crypto';
import { isReliable, type SipFlow } from './flow.ts';
import { parseAddress, parseCseq, parseVia } from './grammar.ts';
import { responseTo, serializeMessage, SipHeaders, type ResponseParts, type SipRequest } from './message.ts';

/** The timers of RFC 3261 section 17, in milliseconds: a round trip, the longest pause between repeats, a message's life. */
export const t1Ms = 500;
export const t2Ms = 4_000;
export const t4Ms = 5_000;
export const transactionLimitMs = 64 * t1Ms;

/** Branches that begin like this are unique (section 8.1.1.7). */
export const branchCookie = 'z9hG4bK';

export function newTag(): string {
  return randomBytes(8).toString('hex');
}

/** Where a number that counts reliable responses begins (RFC 3262 section 3). */
export function newSequenceStart(): number {
  return randomBytes(2).readUInt16BE() + 1;
}

/** What a response has besides its status. */
export type RespondParts = Omit<ResponseParts, 'toTag'>;

/** A request that came, and the place of its answer. */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly flow: SipFlow;
  /** The tag our answers put into To. */
  readonly toTag: string;
  /** Sends a provisional or the final response; after a final one nothing more is sent. */
  respond(status: number, parts?: RespondParts): void;
  /** True once a final response was given. */
  readonly answered: boolean;
  /** Called when the caller takes an INVITE back before it was answered; who listens must answer it (487). */
  onCancel: () => void;
  /** Called when our final response to an INVITE was never acknowledged; for a 2xx after 64*T1. */
  onUnacknowledged: () => void;
  /** The ACK of a 2xx has come: it is not repeated any more. Idempotent. */
  acknowledged(): void;
}

/** One request that came, with its last response. */
export class ServerState implements ServerTransaction {
  toTag = newTag();
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

  respond(status: number, parts: RespondParts = {}): void {
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
export function serverKey(request: SipRequest, method: string): string {
  const top = request.headers.list('via')[0] ?? '';
  const via = parseVia(top);
  const branch = via?.params.get('branch') ?? '';
  const sentBy = `${via?.host ?? ''}:${via?.port ?? ''}`;
  if (branch.startsWith(branchCookie) && branch.length > branchCookie.length)
    return `${branch} ${sentBy} ${method}`;
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
  return withViaLines(request, [...[text, ...below].map((value): [string, string] => ['Via', value])]);
}

/** The request with these Via lines instead of its own. */
export function withViaLines(request: SipRequest, vias: readonly (readonly [string, string])[]): SipRequest {
  const headers = new SipHeaders();
  for (const [name, value] of vias) headers.add(name, value);
  for (const [name, value] of request.headers.entries()) {
    if (!/^(via|v)$/i.test(name)) headers.add(name, value);
  }
  return { ...request, headers };
}
