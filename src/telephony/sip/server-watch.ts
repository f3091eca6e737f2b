import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { ServerState } from '../../core/trunks.ts';
import { ask, outsideRequest } from './ask.ts';
import type { SipCore } from './core.ts';
import { contactFor, newCallId } from './dialog.ts';
import type { SipFlow } from './flow.ts';
import { hostText } from './grammar.ts';
import type { SipServer } from './resolve.ts';
import { newTag } from './server-transaction.ts';
import { serverText } from './servers.ts';
import type { OutboundRules } from './trunks.ts';

interface ServerWatchParts {
  readonly core: SipCore;
  readonly clock: Clock;
}

/** A server that answers later than this is no better than a dead one. */
const answerLimitMs = 5_000;
/** What says that a server lives and takes no calls (RFC 3261 section 21.5.4). */
const unavailable = 503;

/**
 * Asks every server of a trunk by OPTIONS, over and over (RFC 3261 section 11), so that a dead one is passed over before a caller has to wait
 * for it, and is used again as soon as it answers. Any answer but 503 is a sign of life: many servers refuse OPTIONS.
 */
export class ServerWatch {
  readonly #rules: OutboundRules;
  readonly #everyMs: number;
  readonly #parts: ServerWatchParts;
  readonly #callId = newCallId();
  readonly #tag = newTag();
  #states: readonly ServerState[] = [];
  #cseq = 0;
  #stopped = false;
  #cancelTimer: () => void = () => undefined;
  #giveUp: () => void = () => undefined;

  constructor(rules: OutboundRules, everyMs: number, parts: ServerWatchParts) {
    this.#rules = rules;
    this.#everyMs = everyMs;
    this.#parts = parts;
  }

  /** What was found last; empty before the first round. */
  get states(): readonly ServerState[] {
    return this.#states;
  }

  start(): void {
    if (!this.#stopped) void this.#round();
  }

  /** Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#giveUp();
  }

  async #round(): Promise<void> {
    const { core, clock } = this.#parts;
    const { server, backups = [] } = this.#rules;
    try {
      const servers = await core.servers.locate([server, ...backups]);
      const states = await this.#askAll(servers);
      if (!this.#stopped) this.#states = states;
    } catch (error) {
      this.#states = [{ server: server.host, problem: toKefuError(error).message }];
    }
    if (!this.#stopped) this.#cancelTimer = clock.setTimer(() => void this.#round(), this.#everyMs);
  }

  async #askAll(servers: readonly SipServer[]): Promise<ServerState[]> {
    const states: ServerState[] = [];
    for (const server of servers) {
      if (this.#stopped) break;
      states.push({ server: serverText(server), problem: (await this.#problemOf(server)) ?? null });
    }
    return states;
  }

  async #problemOf(server: SipServer): Promise<string | undefined> {
    try {
      const way = await this.#parts.core.servers.wayTo(server);
      const problem = await this.#ask(way.flow);
      if (problem === undefined) way.recovered();
      // Left alone until it has been asked again.
      else if (!this.#stopped) way.failed(this.#everyMs + 2 * answerLimitMs);
      return problem;
    } catch (error) {
      return toKefuError(error).message;
    }
  }

  /** What is wrong with the server, or undefined. */
  async #ask(flow: SipFlow): Promise<string | undefined> {
    const { server, from, credentials } = this.#rules;
    this.#cseq += 1;
    const request = outsideRequest({
      ...{ method: 'OPTIONS', uri: `${server.scheme}:${hostText(server.host)}` },
      ...{ user: from ?? credentials?.user ?? 'kefu', domain: server.host },
      ...{ tag: this.#tag, callId: this.#callId, cseq: this.#cseq },
      more: [
        ['Contact', contactFor(flow)],
        ['Accept', 'application/sdp'],
      ],
    });
    const { answer, giveUp } = ask(request, flow, { ...this.#parts, limitMs: answerLimitMs });
    this.#giveUp = giveUp;
    const response = await answer;
    if (!response) return `the server did not answer within ${answerLimitMs / 1000} s`;
    return response.status === unavailable ? `the server answered with ${response.status}` : undefined;
  }
}
