import { isDeepStrictEqual } from 'node:util';
import type { CreateTranscoder } from '../../core/audio.ts';
import { systemClock, type Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { CallTransport, IncomingCall, OutboundDialer } from '../../core/telephony.ts';
import type { SipFigures } from '../../core/trunks.ts';
import { RtpPorts } from '../rtp/ports.ts';
import type { VoiceSession } from '../voice-session.ts';
import { localAddressFor } from './addresses.ts';
import type { Bridge } from './bridge.ts';
import { Captures } from './capture.ts';
import { retryLater, SipCore } from './core.ts';
import { SipCounters } from './counters.ts';
import { SipDialer, type DialerParts } from './dialer.ts';
import type { Endpoint, SipTransportName } from './flow.ts';
import { Guard } from './guard.ts';
import { takeInvite } from './incoming.ts';
import { Lines } from './lines.ts';
import { NameServers, type NameSource } from './names.ts';
import { SipResolver } from './resolve.ts';
import type { RingTone } from './ring-back.ts';
import { SipTrace } from './trace.ts';
import { SipTransports } from './transports.ts';
import type { TrunkSettings } from './trunks.ts';

export interface SipGatewayOptions {
  readonly settings: TrunkSettings;
  readonly createTranscoder: CreateTranscoder;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
  /** What callers hear while a number is called for them; nothing by default. */
  readonly ringTone?: RingTone | undefined;
  /** Who is asked for names; by default the name servers of the settings. */
  readonly names?: NameSource | undefined;
}

/** What a gateway holds at the moment; all of it comes back to zero when nobody calls. */
export interface SipInUse {
  readonly transactions: number;
  readonly dialogs: number;
  readonly calls: number;
  /** Pairs of RTP ports. */
  readonly rtpPorts: number;
}

/** What came of new settings. */
export interface ReloadReport {
  readonly trunks: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Settings that have changed and count only after a restart, by their place in the file. */
  readonly afterRestart: readonly string[];
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
  /** Resolves once nobody speaks with a number through this gateway any more, or after the limit; new calls are another matter. */
  bridgesOver(limitMs: number): Promise<void>;
  /** From now on the trunks of these settings count. Calls that go on are left alone, also those of trunks that are gone. */
  reload(settings: TrunkSettings): ReloadReport;
  /** The messages of the newest calls. */
  readonly trace: SipTrace;
  readonly captures: Captures;
  readonly figures: SipFigures;
}

/**
 * SIP over UDP, TCP and TLS with RTP, for the trunks of one file.
 *
 *     sockets ─▶ Guard ─▶ SipCore ─INVITE─▶ takeInvite ─▶ IncomingCall ─▶ Leg + SipMedia
 *        │                   ▲                                                ▲
 *        └─▶ SipTrace,       └── Lines            SipDialer ────────┘
 *            SipCounters
 */
export function createSipGateway(options: SipGatewayOptions): SipGateway {
  let { settings } = options;
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ gateway: 'sip' });
  const sessions = new Set<VoiceSession>();
  const bridges = new Set<Bridge>();
  let onCall: ((call: IncomingCall) => void) | undefined;
  let draining = false;
  let closing: Promise<void> | undefined;

  const guard = new Guard({ trunks: settings.trunks, clock, log });
  const trace = new SipTrace({ clock });
  const captures = new Captures({ trace, clock });
  const counters = new SipCounters();
  const transports = new SipTransports({
    listeners: settings.listeners,
    publicAddress: settings.publicAddress,
    authorities: settings.authorities,
    onMessage: (bytes, flow) => {
      if (!guard.mayBeRead(flow.remote.host)) return;
      counters.message('in', bytes);
      trace.note('in', bytes, flow, guard.trunkAt(flow.remote.host) !== undefined);
      core.receive(bytes, flow);
    },
    onSent: (bytes, flow) => {
      counters.message('out', bytes);
      trace.note('out', bytes, flow, true);
    },
    admits: (address) => guard.mayConnect(address),
    log,
  });
  const names = options.names ?? new NameServers(settings.nameServers);
  const resolver = new SipResolver({ names, clock });
  const core = new SipCore({
    transports,
    resolver,
    guard,
    clock,
    log,
    onInvite: (transaction, trunk) => {
      const listener = onCall;
      if (!listener || draining) {
        transaction.respond(503, { headers: retryLater });
        return;
      }
      counters.call(trunk.name, 'in');
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
    soundHost: (peer) =>
      settings.soundAddress ?? localAddressFor(peer, settings.rtpHost, settings.publicAddress),
    ...{ core, clock, log, sessions, bridges, tap: captures.tap, ringTone: options.ringTone },
  };
  const lines = new Lines({ core, guard, clock, log });
  lines.renew(settings.trunks);
  const dialer = new SipDialer(settings.trunks, parts, (trunk) => counters.call(trunk.name, 'out'));

  return {
    name: 'sip',
    ...{ dialer, trace, captures },
    get bound() {
      return transports.bound;
    },
    get inUse() {
      const { transactions, dialogs } = core;
      const calls = sessions.size + bridges.size;
      return { transactions: transactions.size, dialogs, calls, rtpPorts: ports.inUse };
    },
    get figures() {
      const dropped = [...guard.drops].map(([reason, count]) => ({ labels: { reason }, count }));
      return { ...counters.figures, dropped, bridged: bridges.size, lines: lines.states };
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
      lines.start();
    },
    reload(next) {
      const names = (of: TrunkSettings): string[] => of.trunks.map(({ name }) => name);
      const [before, after] = [names(settings), names(next)];
      const fixed = [
        'listeners',
        'publicAddress',
        'soundAddress',
        'nameServers',
        'rtpHost',
        'rtpPorts',
        'mediaTimeoutMs',
      ] as const;
      const report: ReloadReport = {
        trunks: after,
        added: after.filter((name) => !before.includes(name)),
        removed: before.filter((name) => !after.includes(name)),
        afterRestart: [...fixed, 'authorities' as const].filter(
          (key) => !isDeepStrictEqual(settings[key], next[key]),
        ),
      };
      settings = { ...settings, trunks: next.trunks };
      guard.renew(next.trunks);
      dialer.renew(next.trunks);
      lines.renew(next.trunks);
      log.info({ ...report }, 'The trunks were read again');
      return report;
    },
    drain() {
      draining = true;
    },
    async bridgesOver(limitMs) {
      await new Promise<void>((resolve) => {
        const cancelLimit = clock.setTimer(resolve, limitMs);
        void Promise.all([...bridges].map(({ over }) => over)).then(() => {
          cancelLimit();
          resolve();
        });
      });
    },
    close() {
      draining = true;
      closing ??= closeAll();
      return closing;
    },
  };

  async function closeAll(): Promise<void> {
    await lines.stop();
    await Promise.all([
      ...[...sessions].map((session) => session.hangup()),
      ...[...bridges].map((bridge) => bridge.end('the gateway closes')),
    ]);
    captures.close();
    resolver.close();
    core.transactions.close();
    await transports.close();
  }
}
