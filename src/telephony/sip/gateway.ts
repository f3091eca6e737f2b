import type { CreateTranscoder } from '../../core/audio.ts';
import { systemClock, type Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { CallTransport, IncomingCall, OutboundDialer } from '../../core/telephony.ts';
import { RtpPorts } from '../rtp/ports.ts';
import type { VoiceSession } from '../voice-session.ts';
import { localAddressFor } from './addresses.ts';
import { retryLater, SipCore } from './core.ts';
import { SipDialer, type DialerParts } from './dialer.ts';
import type { Endpoint, SipTransportName } from './flow.ts';
import { Guard } from './guard.ts';
import { takeInvite } from './incoming.ts';
import { Registration } from './registration.ts';
import { SipTransports } from './transports.ts';
import type { TrunkSettings } from './trunks.ts';

export interface SipGatewayOptions {
  readonly settings: TrunkSettings;
  readonly createTranscoder: CreateTranscoder;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
}

/** What a gateway holds at the moment; all of it comes back to zero when nobody calls. */
export interface SipInUse {
  readonly transactions: number;
  readonly dialogs: number;
  readonly calls: number;
  /** Pairs of RTP ports. */
  readonly rtpPorts: number;
}

/** The gateway for telephone exchanges and carriers that speak SIP. */
export interface SipGateway extends CallTransport {
  /** Opens the sockets; must be done before `start`. @throws KefuError `config_invalid`. */
  open(): Promise<void>;
  /** Where it listens, with real ports. */
  readonly bound: readonly (Endpoint & { readonly transport: SipTransportName })[];
  readonly dialer: OutboundDialer;
  readonly inUse: SipInUse;
  /** From now on new calls and OPTIONS get 503; calls that go on stay as they are until `close`. Idempotent. */
  drain(): void;
}

/**
 * SIP over UDP, TCP and TLS with RTP, for the trunks of one file.
 *
 *     sockets ─▶ SipCore ─INVITE─▶ takeInvite ─▶ IncomingCall ─▶ Leg + SipMedia
 *                   ▲                                                ▲
 *                   └── Registration (one per line)      SipDialer ──┘
 */
export function createSipGateway(options: SipGatewayOptions): SipGateway {
  const { settings } = options;
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ gateway: 'sip' });
  const sessions = new Set<VoiceSession>();
  let onCall: ((call: IncomingCall) => void) | undefined;
  let draining = false;
  let closing: Promise<void> | undefined;

  const guard = new Guard({ trunks: settings.trunks, clock, log });
  const transports = new SipTransports({
    listeners: settings.listeners,
    publicAddress: settings.publicAddress,
    authorities: settings.authorities,
    onMessage: (bytes, flow) => core.receive(bytes, flow),
    admits: (address) => guard.mayConnect(address),
    log,
  });
  const core = new SipCore({
    transports,
    guard,
    clock,
    log,
    onInvite: (transaction, trunk) => {
      const listener = onCall;
      if (!listener || draining) {
        transaction.respond(503, { headers: retryLater });
        return;
      }
      takeInvite(transaction, trunk, { ...parts, dialer, onCall: listener }).catch((error: unknown) => {
        log.error({ error: toKefuError(error).message }, 'A SIP call could not be taken');
        transaction.respond(500);
      });
    },
    draining: () => draining,
  });
  const [firstPort, lastPort] = settings.rtpPorts;
  const ports = new RtpPorts(settings.rtpHost, firstPort, lastPort);
  const parts: DialerParts = {
    ports,
    mediaTimeoutMs: settings.mediaTimeoutMs,
    createTranscoder: options.createTranscoder,
    soundHost: (peer) => localAddressFor(peer, settings.rtpHost, settings.publicAddress),
    ...{ core, clock, log, sessions },
  };
  const dialer = new SipDialer(settings.trunks, parts);
  const registrations = settings.trunks.flatMap((trunk) =>
    trunk.register
      ? [
          new Registration(trunk.register, {
            ...{ core, clock, log: log.child({ trunk: trunk.name }) },
            onServer: (host) => guard.admitRegistrar(host, trunk),
          }),
        ]
      : [],
  );

  return {
    name: 'sip',
    dialer,
    get bound() {
      return transports.bound;
    },
    get inUse() {
      const { transactions, dialogs } = core;
      return { transactions: transactions.size, dialogs, calls: sessions.size, rtpPorts: ports.inUse };
    },
    async open() {
      await transports.open();
      log.info(
        { bound: transports.bound, trunks: settings.trunks.map(({ name }) => name) },
        'SIP is listening',
      );
    },
    start(listener) {
      onCall = listener;
      for (const registration of registrations) registration.start();
    },
    drain() {
      draining = true;
    },
    close() {
      draining = true;
      closing ??= closeAll();
      return closing;
    },
  };

  async function closeAll(): Promise<void> {
    await Promise.all(registrations.map((registration) => registration.stop()));
    await Promise.all([...sessions].map((session) => session.hangup()));
    core.transactions.close();
    await transports.close();
  }
}
