import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { systemClock, type Clock } from '../../core/clock.ts';
import type { Language } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import type { IncomingCall } from '../../core/telephony.ts';
import { defaultSocketLimits, type SocketLimits } from '../connection.ts';
import { parseDialTarget } from '../dial-target.ts';
import type { Refusal, WebSocketGateway } from '../gateway.ts';
import { SocketServer } from '../socket-server.ts';
import { awaitEndings } from '../twilio/awaited-endings.ts';
import { createMemoryEndings, type PlannedEndings } from '../twilio/endings.ts';
import { createAdmission, type AllowList } from './admission.ts';
import { StreamCalls, type StreamEndings } from './calls.ts';
import type { StreamCodec } from './codec.ts';
import { createStreamRoutes, type StreamHooks } from './hooks.ts';
import { createSealer } from './secrets.ts';

/** What a vendor's streams are: its messages, and its webhooks where it has some. */
export interface StreamVendor {
  /** Short name for paths, logs and records. */
  readonly name: string;
  /** Name for people. */
  readonly title: string;
  readonly createCodec: () => StreamCodec;
  /** True when the vendor itself returns the marks that a `clear` has skipped. */
  readonly returnsClearedMarks: boolean;
  /** True when the vendor's protocol has no other goodbye than closing the socket. */
  readonly closingIsGoodbye: boolean;
  readonly hooks?: StreamHooks | undefined;
}

export interface StreamGatewayOptions {
  /** Shared secret (16 characters or more) of all streams: without one only this machine is served. */
  readonly token?: string | undefined;
  /** Secret or key with which the vendor signs its webhooks; without one only this machine may call them. */
  readonly webhookSecret?: string | undefined;
  /** The vendor's own proof at the handshake, instead of the token. */
  readonly ownProof?: ((request: IncomingMessage) => Refusal | undefined) | undefined;
  readonly allow?: AllowList | undefined;
  /** Address under which the vendor reaches this server; needed with a webhook secret. */
  readonly publicUrl?: string | undefined;
  readonly endings?: PlannedEndings | undefined;
  /** How long a transfer target rings, in seconds. Default 30. */
  readonly ringSeconds?: number | undefined;
  readonly defaultLanguage?: Language | undefined;
  /** A stream that sends no message for this time, in milliseconds, is lost. Default 15 s. */
  readonly mediaTimeoutMs?: number | undefined;
  readonly limits?: Partial<SocketLimits> | undefined;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
}

/**
 * The gateway of one vendor that streams calls over WebSocket: `/streams/<name>`, and its webhooks under it.
 *
 *     vendor ──webhook /streams/<name>/answer──> document: connect the stream ──> socket /streams/<name> ──> IncomingCall
 *            ──webhook /streams/<name>/next────> what comes after the stream: hang up, dial, connect again
 *
 * Vendors without webhooks (Asterisk, FreeSWITCH, Genesys) open the socket as their own settings say.
 */
export function createStreamGateway(vendor: StreamVendor, options: StreamGatewayOptions): WebSocketGateway {
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ gateway: vendor.name });
  const { name, title, hooks } = vendor;
  const path = `/streams/${name}`;
  const endings = awaitEndings(options.endings ?? createMemoryEndings(clock), clock);
  const sealer = createSealer(name, options.token, clock);
  const admission = createAdmission({
    title,
    token: options.token,
    allow: options.allow,
    sealer,
    ownProof: options.ownProof,
  });
  let onCall: ((call: IncomingCall) => void) | undefined;
  let closing: Promise<void> | undefined;

  const calls = new StreamCalls({
    ...vendor,
    endings: hooks && planEndings(name, title, endings),
    mediaTimeoutMs: options.mediaTimeoutMs ?? 15_000,
    clock,
    log,
    onCall: (call) => onCall?.(call),
  });
  const server = new SocketServer({
    limits: { ...defaultSocketLimits, ...options.limits },
    clock,
    log,
    admit: (request) => admission.refusal(request),
    authenticated: admission.proven,
    connected: (connection, request) => calls.connected(connection, admission.introduction(request)),
  });

  return {
    name,
    path,
    ...(hooks && {
      routes: createStreamRoutes(hooks, {
        name,
        title,
        path,
        calls,
        sealer,
        taking: () => server.taking,
        takeEnding: (carrierCall) => endings.take(endingKey(name, carrierCall)),
        webhookSecret: options.webhookSecret,
        publicUrl: options.publicUrl,
        allow: options.allow,
        ringSeconds: options.ringSeconds ?? 30,
        defaultLanguage: options.defaultLanguage ?? 'en',
        clock,
        log,
      }),
    }),
    start(listener) {
      onCall = listener;
      server.open();
    },
    handleUpgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head);
    },
    close() {
      server.shut();
      closing ??= (async () => {
        await calls.hangupAll();
        await endings.asked();
        await server.close();
      })();
      return closing;
    },
  };
}

/** Vendors' ids hold characters that file names must not, so endings are kept under a digest. */
function endingKey(name: string, carrierCall: string): string {
  return createHash('sha256').update(`${name} ${carrierCall}`).digest('hex');
}

function planEndings(name: string, title: string, endings: PlannedEndings): StreamEndings {
  return {
    checkTarget: (target) => {
      parseDialTarget(target, title);
    },
    planHangup: (carrierCall) => endings.record(endingKey(name, carrierCall), { type: 'hangup' }),
    planRejection: (carrierCall, reason) =>
      endings.record(endingKey(name, carrierCall), { type: 'rejected', reason }),
    planTransfer: (carrierCall, target) =>
      endings.record(endingKey(name, carrierCall), { type: 'transfer', target }),
    withdraw: async (carrierCall) => (await endings.take(endingKey(name, carrierCall))) !== undefined,
  };
}
