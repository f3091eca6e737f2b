import { randomUUID } from 'node:crypto';
import { isPrivateAddress } from './addresses.ts';
import type { SipFlow } from './flow.ts';
import { hostText, parseAddress, parseCseq, parseUri, type SipUri } from './grammar.ts';
import { SipHeaders, noBody, type SipRequest, type SipResponse } from './message.ts';

/** What both ends of a call agree on (RFC 3261 section 12), from our side. */
export interface DialogParts {
  readonly callId: string;
  /** Our own From or To value, tag included, and the far side's. */
  readonly local: string;
  readonly remote: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Where requests go: the far side's Contact. */
  readonly target: string;
  /** Proxies that want to see every request, nearest first. */
  readonly routes: readonly string[];
  readonly localCseq: number;
  readonly remoteCseq: number | undefined;
  /** The message of the far side that began it. */
  readonly first: SipRequest | SipResponse;
  /** True when the call was made by us. */
  readonly isCaller: boolean;
}

/** Keeps count of a dialog and writes its requests. */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** True when the call was made by us, and its Call-ID is ours. */
  readonly isCaller: boolean;
  readonly #local: string;
  readonly #remote: string;
  readonly #routes: readonly string[];
  #target: string;
  #localCseq: number;
  #remoteCseq: number | undefined;
  #allowed: ReadonlySet<string> = new Set();

  constructor(parts: DialogParts) {
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.remoteTag = parts.remoteTag;
    this.#local = parts.local;
    this.#remote = parts.remote;
    this.#routes = parts.routes;
    this.#target = parts.target;
    this.#localCseq = parts.localCseq;
    this.#remoteCseq = parts.remoteCseq;
    this.isCaller = parts.isCaller;
    this.#noteAllowed(parts.first);
  }

  /** The dialog of a call that came to us. `invite` has passed the parser. */
  static fromInvite(invite: SipRequest, localTag: string): Dialog {
    const from = invite.headers.get('from') ?? '';
    return new Dialog({
      callId: invite.headers.get('call-id') ?? '',
      local: `${invite.headers.get('to') ?? ''};tag=${localTag}`,
      remote: from,
      localTag,
      remoteTag: parseAddress(from)?.params.get('tag') ?? '',
      // Peers of RFC 2543 may leave Contact out.
      target: contactOf(invite) ?? parseAddress(from)?.uri ?? '',
      routes: invite.headers.list('record-route'),
      localCseq: Math.floor(Math.random() * 10_000) + 1,
      remoteCseq: parseCseq(invite.headers.get('cseq') ?? '')?.number,
      first: invite,
      isCaller: false,
    });
  }

  /**
   * The dialog of a call we made, from a response of the far side that has a tag. `early` is what it was while it rang: the answer names
   * the proxies anew (section 13.2.2.4), but the numbers go on.
   */
  static fromAnswer(invite: SipRequest, answer: SipResponse, early?: Dialog): Dialog {
    const from = invite.headers.get('from') ?? '';
    const to = answer.headers.get('to') ?? '';
    return new Dialog({
      callId: invite.headers.get('call-id') ?? '',
      local: from,
      remote: to,
      localTag: parseAddress(from)?.params.get('tag') ?? '',
      remoteTag: parseAddress(to)?.params.get('tag') ?? '',
      target: contactOf(answer) ?? invite.uri,
      routes: answer.headers.list('record-route').reverse(),
      localCseq: early ? early.#localCseq : (parseCseq(invite.headers.get('cseq') ?? '')?.number ?? 1),
      remoteCseq: early ? early.#remoteCseq : undefined,
      first: answer,
      isCaller: true,
    });
  }

  /** Where the far side is reached: its Contact. */
  get target(): string {
    return this.#target;
  }

  get key(): string {
    return dialogKey(this.callId, this.localTag, this.remoteTag);
  }

  /** Takes the far side's next request; false when it is older than one that came before (section 12.2.2). */
  accepts(request: SipRequest): boolean {
    const number = parseCseq(request.headers.get('cseq') ?? '')?.number ?? 0;
    if (this.#remoteCseq !== undefined && number <= this.#remoteCseq) return false;
    this.#remoteCseq = number;
    return true;
  }

  /** The far side may have moved: a re-INVITE, UPDATE, or the answer to one of ours, names its Contact anew. */
  refreshTarget(message: SipRequest | SipResponse): void {
    this.#target = contactOf(message) ?? this.#target;
    this.#noteAllowed(message);
  }

  /** Whether the far side has said, in its last Allow, that it takes a method. */
  allows(method: string): boolean {
    return this.#allowed.has(method);
  }

  #noteAllowed({ headers }: SipRequest | SipResponse): void {
    const methods = headers.list('allow');
    if (methods.length > 0) this.#allowed = new Set(methods);
  }

  /** Our next request within the call; Via is added when it is sent. */
  request(
    method: string,
    headers: Readonly<Record<string, string>> = {},
    body: Uint8Array = noBody,
  ): SipRequest {
    this.#localCseq += 1;
    return this.#write(method, this.#localCseq, headers, body);
  }

  /** The ACK of a 2xx: it has the number of its INVITE. */
  ack(inviteCseq: number, body: Uint8Array = noBody): SipRequest {
    return this.#write('ACK', inviteCseq, body.length > 0 ? { 'Content-Type': 'application/sdp' } : {}, body);
  }

  /**
   * The place requests go to: the first proxy, or the far side's Contact. Undefined: back the way the call came, which is also right
   * for a Contact inside of somebody's private network.
   */
  nextHop(flow: SipFlow): SipUri | undefined {
    const [route] = this.#routes;
    const uri = parseUri(route === undefined ? this.#target : (parseAddress(route)?.uri ?? ''));
    if (!uri || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return undefined;
    const hidden = isPrivateAddress(uri.host) && uri.host !== flow.remote.host;
    return hidden && (!isPrivateAddress(flow.remote.host) || flow.transport !== 'udp') ? undefined : uri;
  }

  #write(method: string, cseq: number, more: Readonly<Record<string, string>>, body: Uint8Array): SipRequest {
    const headers = new SipHeaders().add('Max-Forwards', '70');
    // A first proxy without `lr` routes strictly: it wants itself in the request line (section 12.2.1.1).
    const [first, ...rest] = this.#routes;
    const strict = first !== undefined && !/;\s*lr\b/i.test(first);
    const routes = strict ? [...rest, `<${this.#target}>`] : this.#routes;
    for (const route of routes) headers.add('Route', route);
    headers
      .add('From', this.#local)
      .add('To', this.#remote)
      .add('Call-ID', this.callId)
      .add('CSeq', `${cseq} ${method}`);
    for (const [name, value] of Object.entries(more)) headers.add(name, value);
    const uri = strict ? (parseAddress(first)?.uri ?? this.#target) : this.#target;
    return { type: 'request', method, uri, headers, body };
  }
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** The dialog a request belongs to, seen from our side; undefined when it begins one. */
export function dialogKeyOf(request: SipRequest): string | undefined {
  const localTag = parseAddress(request.headers.get('to') ?? '')?.params.get('tag');
  const remoteTag = parseAddress(request.headers.get('from') ?? '')?.params.get('tag') ?? '';
  return localTag === undefined
    ? undefined
    : dialogKey(request.headers.get('call-id') ?? '', localTag, remoteTag);
}

function contactOf(message: SipRequest | SipResponse): string | undefined {
  const [contact] = message.headers.list('contact');
  return contact === undefined ? undefined : parseAddress(contact)?.uri;
}

/** Our Contact as a peer reaches it on this flow. */
export function contactFor(flow: SipFlow): string {
  const transport = flow.transport === 'udp' ? '' : `;transport=${flow.transport}`;
  return `<sip:kefu@${hostText(flow.local.host)}:${flow.local.port}${transport}>`;
}

export function newCallId(): string {
  return randomUUID();
}
