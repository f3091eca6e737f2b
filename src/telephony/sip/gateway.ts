import { systemClock, type Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { CallTransport, IncomingCall, OutboundDialer } from '../../core/telephony.ts';
import { RtpPorts } from '../rtp/ports.ts';
import type { VoiceSession } from '../voice-session.ts';
import { localAddressFor } from './addresses.ts';
import { retryLater, SipCore } from './core.ts';
import { SipDialer } from './dialer.ts';
import type { Endpoint, SipTransportName } from './flow.ts';
import { Guard } from './guard.ts';
import { takeInvite, type CallParts } from './incoming.ts';
import { Registration } from './registration.ts';
import { SipTransports } from './transports.ts';
import type { TrunkSettings } from './trunks.ts';

export interface SipGatewayOptions {
  readonly settings: TrunkSettings;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
}

/** The gateway for telephone exchanges and carriers that speak SIP. */
export interface SipGateway extends CallTransport {
  /** Opens the sockets; must be done before `start`. @throws KefuError `config_invalid`. */
  open(): Promise<void>;
  /** Where it listens, with real ports. */
  readonly bound: readonly (Endpoint & { readonly transport: SipTransportName })[];
  readonly dialer: OutboundDialer;
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
      takeInvite(transaction, trunk, { ...parts, onCall: listener }).catch((error: unknown) => {
        log.error({ error: toKefuError(error).message }, 'A SIP call could not be taken');
        transaction.respond(500);
      });
    },
    draining: () => draining,
  });
  const [firstPort, lastPort] = settings.rtpPorts;
  const parts: CallParts = {
    ports: new RtpPorts(settings.rtpHost, firstPort, lastPort),
    mediaTimeoutMs: settings.mediaTimeoutMs,
    soundHost: (peer) =>
      settings.soundAddress ?? localAddressFor(peer, settings.rtpHost, settings.publicAddress),
    ...{ core, clock, log, sessions },
  };
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
    dialer: new SipDialer(settings.trunks, parts),
    get bound() {
      return transports.bound;
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
