import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { dialogKeyOf, type Dialog } from './dialog.ts';
import type { SipFlow } from './flow.ts';
import { parseUri, type SipUri } from './grammar.ts';
import type { Guard } from './guard.ts';
import { responseTo, serializeMessage, type SipRequest } from './message.ts';
import { parseMessage } from './parse.ts';
import { SipResolver, transportOf } from './resolve.ts';
import { SipServers } from './servers.ts';
import { Transactions, newTag, type ClientHandlers, type ServerTransaction } from './transactions.ts';
import type { SipTransports } from './transports.ts';
import type { Trunk } from './trunks.ts';

/** What Kefu understands within and outside of calls. */
export const allowedMethods = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY, PRACK, REFER';
const knownMethods = new Set(`${allowedMethods}, REGISTER, SUBSCRIBE, PUBLISH, MESSAGE`.split(', '));
/** Extensions that we know: RFC 4028, 3262, 3891 and 4488. */
const supportedExtensions: readonly string[] = ['timer', '100rel', 'replaces', 'norefersub'];

/** With a 503: when the peer may try this node again, in seconds (section 21.5.4). */
export const retryLater = { 'Retry-After': '10' } as const;

/** A name within a call is looked up for no longer than this: a hang-up is waited for 2 s, and there is always the way the call came. */
const nameLimitMs = 1_000;

/** A call that has a dialog: it gets the requests within it. */
export interface DialogOwner {
  readonly dialog: Dialog;
  /** Where the far side's requests may come from, besides the trunk's addresses. */
  readonly peerHost: string;
  receive(transaction: ServerTransaction): void;
  receiveAck(request: SipRequest): void;
}

export interface SipCoreOptions {
  readonly transports: Pick<SipTransports, 'flowTo'>;
  /** Finds servers by name; by default with the machine's own name servers. */
  readonly resolver?: SipResolver | undefined;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly log: Logger;
  /** An INVITE that begins a call, from somebody who may. */
  readonly onInvite: (transaction: ServerTransaction, trunk: Trunk) => void;
  /** True once no new call is taken: OPTIONS then get 503, so that a proxy in front of several nodes leaves this one out. */
  readonly draining: () => boolean;
}

/**
 * Sorts what comes: into transactions, calls, new calls, refusals, or nothing at all.
 *
 *     bytes ─▶ parse ─▶ response ──────────────▶ its transaction
 *                   ├─▶ repeat, ACK, CANCEL ───▶ its transaction
 *                   ├─▶ within a call ─────────▶ its DialogOwner
 *                   └─▶ anything new ─▶ Guard ─▶ INVITE: onInvite; OPTIONS: 200, 503; else a refusal
 *                                           └──▶ unknown sender: dropped
 */
export class SipCore {
  readonly transactions: Transactions;
  /** Finds the servers of trunks. */
  readonly servers: SipServers;
  readonly #options: SipCoreOptions;
  readonly #dialogs = new Map<string, DialogOwner>();

  constructor(options: SipCoreOptions) {
    this.#options = options;
    const { transports, clock, log, resolver = new SipResolver({ clock }) } = options;
    this.servers = new SipServers({ transports, clock, log, resolver });
    this.transactions = new Transactions({
      clock: options.clock,
      onAck: (request) => this.#dialogs.get(dialogKeyOf(request) ?? '')?.receiveAck(request),
    });
  }

  /** How many calls have a dialog. */
  get dialogs(): number {
    return this.#dialogs.size;
  }

  /** From now on the owner gets its dialog's requests. */
  own(owner: DialogOwner): void {
    this.#dialogs.set(owner.dialog.key, owner);
  }

  /** Whose dialog this is; undefined when there is none. */
  ownerOf(key: string): DialogOwner | undefined {
    return this.#dialogs.get(key);
  }

  disown(owner: DialogOwner): void {
    if (this.#dialogs.get(owner.dialog.key) === owner) this.#dialogs.delete(owner.dialog.key);
  }

  /** What a socket received. Never throws, whatever the bytes. */
  receive(bytes: Uint8Array, flow: SipFlow): void {
    const { guard, log } = this.#options;
    try {
      this.#sort(bytes, flow);
    } catch (error) {
      log.error({ error: toKefuError(error).message }, 'A SIP message could not be handled');
      guard.drop('unreadable');
    }
  }

  #sort(bytes: Uint8Array, flow: SipFlow): void {
    const { guard, log } = this.#options;
    const parsed = parseMessage(bytes);
    if (parsed.type === 'message' && parsed.message.type === 'response') {
      this.transactions.receiveResponse(parsed.message);
      return;
    }
    if (parsed.type === 'message' && parsed.message.type === 'request') {
      this.#sortRequest(parsed.message, flow);
      return;
    }
    const trunk = guard.trunkAt(flow.remote.host);
    if (!trunk || parsed.type === 'garbage') {
      guard.drop('unreadable');
      if (trunk && parsed.type === 'garbage')
        log.debug(
          { trunk: trunk.name, problem: parsed.problem },
          'Dropped a SIP message that cannot be read',
        );
    } else if (parsed.type === 'bad-request') {
      const { request, status, problem } = parsed;
      log.warn({ trunk: trunk.name, status, problem }, 'Refused a malformed SIP request');
      // Without a transaction: a malformed request cannot be told apart from others reliably.
      flow.send(serializeMessage(responseTo(request, status, { toTag: newTag() })));
    }
  }

  #sortRequest(request: SipRequest, flow: SipFlow): void {
    const { guard } = this.#options;
    const { host } = flow.remote;
    if (this.transactions.knows(request)) {
      this.transactions.receiveRequest(request, flow, () => undefined);
      return;
    }
    const owner = this.#dialogs.get(dialogKeyOf(request) ?? '');
    if (owner && (owner.peerHost === host || guard.trunkAt(host))) {
      this.transactions.receiveRequest(request, flow, (transaction) => owner.receive(transaction));
      return;
    }
    if (request.method === 'ACK') {
      guard.drop('stray');
      return;
    }
    const admission = guard.admit(request, host);
    if (admission.type === 'dropped') return;
    this.transactions.receiveRequest(request, flow, (transaction) => {
      if (admission.type === 'admitted') this.#begin(transaction, admission.trunk);
      else challenge(transaction, admission.challenges);
    });
  }

  /** A request outside of any call, from somebody we know. */
  #begin(transaction: ServerTransaction, trunk: Trunk): void {
    const { request } = transaction;
    const { method, headers } = request;
    const allow = { Allow: allowedMethods };
    const scheme = parseUri(request.uri)?.scheme ?? '';
    const unsupported = headers
      .list('require')
      .filter((name) => !supportedExtensions.includes(name.toLowerCase()));
    if (!knownMethods.has(method)) transaction.respond(501, { headers: allow });
    else if (!['sip', 'sips', 'tel'].includes(scheme)) transaction.respond(416);
    else if (unsupported.length > 0) {
      transaction.respond(420, { headers: { Unsupported: unsupported.join(', ') } });
    } else if (dialogKeyOf(request) !== undefined) transaction.respond(481);
    else if (method === 'INVITE') this.#options.onInvite(transaction, trunk);
    else if (method === 'OPTIONS') transaction.respond(...this.#availability());
    else if (['BYE', 'INFO', 'UPDATE', 'NOTIFY', 'PRACK'].includes(method)) transaction.respond(481);
    else transaction.respond(405, { headers: allow });
  }

  /** The answer to OPTIONS: what an INVITE would be answered with (section 11.2). */
  #availability(): [status: number, parts: { headers: Readonly<Record<string, string>> }] {
    return this.#options.draining()
      ? [503, { headers: { ...capabilities(), ...retryLater } }]
      : [200, { headers: capabilities() }];
  }

  /** Sends a request of a call to where the call's other end is; failures come as `onFailed`. */
  sendWithin(dialog: Dialog, flow: SipFlow, request: SipRequest, handlers: ClientHandlers): void {
    void this.flowFor(dialog.nextHop(flow), flow).then((way) => {
      this.transactions.send(request, way, handlers);
    });
  }

  /** Sends an ACK of a 2xx, which has no transaction. */
  async sendAck(dialog: Dialog, flow: SipFlow, ack: SipRequest): Promise<void> {
    const way = await this.flowFor(dialog.nextHop(flow), flow);
    this.transactions.sendOnce(ack, way);
  }

  /** The way to a URI; when there is none, or it cannot be found, the way the call came. */
  async flowFor(uri: SipUri | undefined, fallback: SipFlow): Promise<SipFlow> {
    if (!uri) return fallback;
    const wanted = transportOf(uri);
    // Over a connection everything stays on it, as long as it is open.
    if (wanted === fallback.transport && fallback.isOpen?.()) return fallback;
    try {
      return await this.servers.first(uri, nameLimitMs);
    } catch (error) {
      this.#options.log.warn(
        { error: toKefuError(error).message },
        'A SIP peer was not found at its address',
      );
      return fallback;
    }
  }
}

function challenge(transaction: ServerTransaction, challenges: readonly string[]): void {
  // Two lines of one header: SHA-256 for who knows it, MD5 for all (RFC 8760).
  transaction.respond(401, { headers: { 'WWW-Authenticate': challenges } });
}

export function capabilities(): Readonly<Record<string, string>> {
  return {
    Allow: allowedMethods,
    Accept: 'application/sdp, application/dtmf-relay, application/dtmf',
    Supported: supportedExtensions.join(', '),
  };
}
