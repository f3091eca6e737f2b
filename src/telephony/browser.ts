import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { systemClock, type Clock } from '../core/clock.ts';
import { languageSchema } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import type { IncomingCall } from '../core/telephony.ts';
import {
  closeCodes,
  defaultSocketLimits,
  type Connection,
  type ConnectionHandler,
  type SocketLimits,
} from './connection.ts';
import type { WebSocketGateway } from './gateway.ts';
import { parseJson, problemOf } from './json.ts';
import { offerCall } from './offer.ts';
import { peerRefusal, type PeerPolicy } from './peers.ts';
import { SocketServer } from './socket-server.ts';
import { VoiceSession, type Farewell } from './voice-session.ts';

export interface BrowserGatewayOptions extends PeerPolicy {
  /** A page that sends no message for this time, in milliseconds, has lost the call. Default 15 s. */
  readonly mediaTimeoutMs?: number | undefined;
  readonly limits?: Partial<SocketLimits> | undefined;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
}

/** Sample rate of both directions; the page resamples, since it knows its own devices. */
const sampleRateHz = 16_000;
const packetMs = 20;
/** Bytes of one packet: 20 ms at 16 kHz, 16 bits little-endian, one channel. */
export const browserPacketBytes = ((sampleRateHz * packetMs) / 1000) * 2;

/** Control messages of the page; audio is binary. */
const clientSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    language: languageSchema.optional(),
    from: z.string().max(200).default(''),
    to: z.string().max(200).default(''),
    sampleRateHz: z.literal(sampleRateHz),
  }),
  z.object({ type: z.literal('digit'), digit: z.string().regex(/^[0-9*#]$/, { error: 'is not a key' }) }),
  z.object({ type: z.literal('mark'), name: z.string() }),
  z.object({ type: z.literal('stop') }),
]);
type StartMessage = Extract<z.infer<typeof clientSchema>, { type: 'start' }>;
const knownTypes: ReadonlySet<string> = new Set(['start', 'digit', 'mark', 'stop']);
const envelopeSchema = z.object({ type: z.string() });

/**
 * The gateway for calls from a web page (`/browser/call`): JSON texts for control, binary messages for audio, both described in
 * docs/telephony.md. It serves this machine and pages of the same origin; for pages elsewhere put a TLS proxy in front (browsers give
 * the microphone to https and localhost only), set `publicUrl`, and let `authorize` decide who may call.
 */
export function createBrowserGateway(options: BrowserGatewayOptions): WebSocketGateway {
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ gateway: 'browser' });
  const mediaTimeoutMs = options.mediaTimeoutMs ?? 15_000;
  const sessions = new Set<VoiceSession>();
  let onCall: ((call: IncomingCall) => void) | undefined;
  let closing: Promise<void> | undefined;

  function begin(start: StartMessage, connection: Connection): VoiceSession {
    connection.started();
    const gatewayCallId = `browser_${randomUUID()}`;
    const callLog = log.child({ gatewayCallId });
    const tell = (message: Readonly<Record<string, unknown>>): void => {
      connection.send(JSON.stringify(message));
    };
    let withdraw = (): void => undefined;
    const session: VoiceSession = new VoiceSession({
      format: { codec: 'l16', sampleRateHz, packetMs },
      wire: {
        send: (payload) => {
          connection.send(payload);
        },
        mark: (name) => {
          tell({ type: 'mark', name });
        },
        clear: () => {
          tell({ type: 'clear' });
        },
        notify: tell,
        returnsClearedMarks: false,
        // Nothing is dialled: the page shows to whom the call would go.
        checkTarget: () => undefined,
        handOver: (target, briefing) => {
          tell({ type: 'transfer', target, briefing });
          return Promise.resolve('taken');
        },
        leave: (farewell) => {
          withdraw();
          sessions.delete(session);
          return leave(farewell, connection, tell);
        },
      },
      clock,
      log: callLog,
      mediaTimeoutMs,
    });
    sessions.add(session);
    callLog.info({ pii: { from: start.from } }, 'A page has started a call');
    withdraw = offerCall({
      call: {
        gateway: 'browser',
        gatewayCallId,
        from: start.from,
        to: start.to,
        language: start.language,
        resumes: undefined,
      },
      media: session,
      onCall: (call) => onCall?.(call),
      accepted: (callId) => {
        session.accepted(callLog.child({ callId }));
        tell({ type: 'started', callId });
      },
      rejected: (reason) => {
        session.rejected(reason);
      },
      clock,
      log: callLog,
    });
    return session;
  }

  function connected(connection: Connection): ConnectionHandler {
    let session: VoiceSession | undefined;
    let stopped = false;

    const violation = (detail: string): void => {
      if (session?.over) return;
      connection.send(JSON.stringify({ type: 'error', message: `The call cannot go on: ${detail}.` }));
      if (session) {
        session.finish('protocol-error', detail);
      } else {
        log.warn({ detail }, 'Closed a page that broke the protocol before its call began');
        void connection.close(closeCodes.policyViolation, detail);
      }
    };
    const handle = (message: z.infer<typeof clientSchema>): void => {
      if (message.type === 'start') {
        if (session) violation('a second start');
        else session = begin(message, connection);
        return;
      }
      if (!session) {
        violation(`${message.type} before start`);
        return;
      }
      switch (message.type) {
        case 'digit':
          session.digit(message.digit);
          return;
        case 'mark':
          session.markPlayed(message.name);
          return;
        case 'stop':
          stopped = true;
          session.finish('caller-hung-up');
      }
    };

    return {
      text(text) {
        if (stopped) session?.noteOnce('late', {}, 'Ignored a message after stop');
        if (stopped || session?.over) return;
        session?.heard();
        const json = parseJson(text);
        const envelope = envelopeSchema.safeParse(json.ok ? json.value : undefined);
        if (!envelope.success) {
          violation(json.ok ? 'a message has no type' : 'a text message is not JSON');
          return;
        }
        const { type } = envelope.data;
        if (!knownTypes.has(type)) {
          const event = type.slice(0, 40);
          if (session) session.noteOnce(`type ${event}`, { event }, 'Ignored an unknown message type');
          else log.warn({ event }, 'Ignored an unknown message type before start');
          return;
        }
        const message = clientSchema.safeParse(json.ok ? json.value : undefined);
        if (message.success) handle(message.data);
        else violation(`${type}: ${problemOf(message.error)}`);
      },
      binary(payload) {
        if (stopped || session?.over) return;
        if (!session) {
          violation('audio before start');
        } else if (payload.byteLength !== browserPacketBytes) {
          violation(`a packet of ${payload.byteLength} bytes; 20 ms at 16 kHz are ${browserPacketBytes}`);
        } else {
          session.heard();
          // Copied, so that samples are aligned and the reader may keep them.
          session.packet(Uint8Array.from(payload), undefined, undefined);
        }
      },
      gone(end) {
        if (!session) {
          log.info({ how: end.how, detail: end.detail }, 'A page left before its call began');
        } else if (end.how === 'closed-by-peer') {
          session.finish('caller-hung-up', end.detail);
        } else {
          session.finish(end.how === 'violation' ? 'protocol-error' : 'gateway-lost', end.detail);
        }
      },
    };
  }

  const server = new SocketServer({
    limits: { ...defaultSocketLimits, ...options.limits },
    clock,
    log,
    admit: (request) => peerRefusal(request, options),
    authenticated: false,
    connected,
  });

  return {
    name: 'browser',
    path: '/browser/call',
    start(listener) {
      onCall = listener;
      server.open();
    },
    handleUpgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head);
    },
    close() {
      server.shut();
      closing ??= Promise.all([...sessions].map((session) => session.hangup())).then(() => server.close());
      return closing;
    },
  };
}

/** Tells the page why the call is over and closes; a page that has hung up or is lost hears nothing of it. */
async function leave(
  farewell: Farewell,
  connection: Connection,
  tell: (message: Readonly<Record<string, unknown>>) => void,
): Promise<void> {
  tell({ type: 'ended', reason: farewell.reason });
  const code =
    farewell.type === 'rejected'
      ? closeCodes.tryAgainLater
      : farewell.reason === 'protocol-error'
        ? closeCodes.policyViolation
        : closeCodes.normal;
  await connection.close(code, farewell.reason);
}
