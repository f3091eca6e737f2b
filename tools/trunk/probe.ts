import { systemClock } from '../../src/core/clock.ts';
import type { Logger } from '../../src/core/log.ts';
import { ask, outsideRequest } from '../../src/telephony/sip/ask.ts';
import { SipCore } from '../../src/telephony/sip/core.ts';
import { contactFor, newCallId } from '../../src/telephony/sip/dialog.ts';
import type { SipFlow } from '../../src/telephony/sip/flow.ts';
import { Guard } from '../../src/telephony/sip/guard.ts';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import { NameServers } from '../../src/telephony/sip/names.ts';
import { SipResolver } from '../../src/telephony/sip/resolve.ts';
import { SipTrace } from '../../src/telephony/sip/trace.ts';
import { newTag } from '../../src/telephony/sip/transactions.ts';
import { SipTransports } from '../../src/telephony/sip/transports.ts';
import type { Trunk, TrunkSettings } from '../../src/telephony/sip/trunks.ts';

/** A SIP end of its own on free ports, beside a Kefu that may be running with the same file. */
export interface Probe {
  readonly core: SipCore;
  readonly resolver: SipResolver;
  readonly transports: SipTransports;
  readonly trace: SipTrace;
  /** Sends a request outside of a call; undefined when nobody answers in time. */
  ask(flow: SipFlow, parts: AskParts): Promise<Answered | undefined>;
  close(): Promise<void>;
}

export interface AskParts {
  readonly method: 'OPTIONS' | 'REGISTER';
  readonly uri: string;
  readonly user: string;
  readonly domain: string;
  /** An Authorization or Proxy-Authorization line. */
  readonly proof?: readonly [string, string] | undefined;
  /** Counts up within one Call-ID. */
  readonly cseq?: number;
  readonly callId?: string;
}

export interface Answered {
  readonly response: SipResponse;
  readonly tookMs: number;
}

const answerLimitMs = 6_000;

/** Opens a probe for one trunk, with the addresses and authorities of the file. */
export async function openProbe(settings: TrunkSettings, trunk: Trunk, log: Logger): Promise<Probe> {
  const clock = systemClock;
  const known: Trunk = { ...trunk, admits: () => true };
  const guard = new Guard({ trunks: [known], clock, log });
  const trace = new SipTrace({ clock });
  const host = settings.listeners.find(({ transport }) => transport === 'udp')?.host ?? '0.0.0.0';
  const transports = new SipTransports({
    listeners: [{ transport: 'udp', host, port: 0 }],
    ...{ publicAddress: settings.publicAddress, authorities: settings.authorities, log },
    onMessage: (bytes, flow) => {
      trace.note('in', bytes, flow, true);
      core.receive(bytes, flow);
    },
    onSent: (bytes, flow) => trace.note('out', bytes, flow, true),
    admits: () => true,
  });
  const resolver = new SipResolver({ names: new NameServers(settings.nameServers), clock });
  // Nobody is called back here: a call that comes in is not for a tool.
  const onInvite = (transaction: Parameters<ConstructorParameters<typeof SipCore>[0]['onInvite']>[0]): void =>
    transaction.respond(480);
  const core: SipCore = new SipCore({
    transports,
    resolver,
    guard,
    clock,
    log,
    onInvite,
    draining: () => false,
  });
  await transports.open();
  return {
    ...{ core, resolver, transports, trace },
    ask: (flow, parts) => askAt(core, flow, parts),
    async close() {
      resolver.close();
      core.transactions.close();
      await transports.close();
    },
  };
}

async function askAt(core: SipCore, flow: SipFlow, parts: AskParts): Promise<Answered | undefined> {
  const { proof, cseq = 1, callId = newCallId(), ...request } = parts;
  const beganMs = systemClock.nowMs();
  const more: (readonly [string, string])[] = [];
  // A REGISTER without Contact changes nothing: it asks what is registered (RFC 3261 section 10.2.3).
  if (request.method === 'OPTIONS') more.push(['Contact', contactFor(flow)], ['Accept', 'application/sdp']);
  if (proof) more.push(proof);
  const limits = { core, clock: systemClock, limitMs: answerLimitMs };
  const asked = ask(outsideRequest({ ...request, tag: newTag(), callId, cseq, more }), flow, limits);
  const response = await asked.answer;
  return response && { response, tookMs: systemClock.nowMs() - beganMs };
}
