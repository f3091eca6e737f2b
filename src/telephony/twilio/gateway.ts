import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import { KefuError } from '../../core/errors.ts';
import type { Language } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import type { IncomingCall, OutboundDialer } from '../../core/telephony.ts';
import { defaultSocketLimits, type SocketLimits } from '../connection.ts';
import type { WebSocketGateway } from '../gateway.ts';
import { SocketServer } from '../socket-server.ts';
import { awaitEndings } from './awaited-endings.ts';
import { TwilioDialer, type TwilioDialling, type TwilioHttpClient } from './dialer.ts';
import { createMemoryEndings, type PlannedEndings } from './endings.ts';
import { createTwilioRoutes, twilioPaths } from './routes.ts';
import { createTwilioAuthenticator } from './signature.ts';
import { createStateSigner } from './state.ts';
import { TwilioStreams } from './streams.ts';

export interface TwilioGatewayOptions {
  /** Twilio's auth token. With it, every webhook and every socket must be signed; without, only this machine is served. */
  readonly authToken?: string | undefined;
  /** Address under which Twilio reaches this server, such as `https://kefu.example.com`; needed with an auth token. */
  readonly publicUrl?: string | undefined;
  /** Where decided endings wait for Twilio's question; the default does not survive the process. */
  readonly endings?: PlannedEndings | undefined;
  /** With it, Kefu makes calls as well; needs a public URL, because Twilio asks what to do when somebody answers. */
  readonly dialling?: TwilioDialling | undefined;
  /** What sends requests to Twilio's API. */
  readonly httpClient?: TwilioHttpClient | undefined;
  /** How long a transfer target rings, in seconds. Default 30. */
  readonly ringSeconds?: number | undefined;
  /** Language of the few sentences Twilio speaks itself when the call began without one. Default `en`. */
  readonly defaultLanguage?: Language | undefined;
  /** A stream that sends no message for this time, in milliseconds, is lost. Default 15 s. */
  readonly mediaTimeoutMs?: number | undefined;
  readonly limits?: Partial<SocketLimits> | undefined;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
}

export interface TwilioGateway extends WebSocketGateway {
  /** Undefined: no `dialling`. */
  readonly dialer: OutboundDialer | undefined;
}

/**
 * The gateway for Twilio's bidirectional Media Streams: webhooks (`routes`) and the stream socket (`/twilio/media`).
 *
 *     Twilio ──POST /twilio/voice──> TwiML: Connect Stream ──> socket /twilio/media ──> IncomingCall
 *            ──POST /twilio/action─> when the stream ends: hang up, dial the transfer target, or connect again
 *            ──POST /twilio/status─> the call is over
 *     Kefu ──API: Calls──> Twilio ──POST /twilio/answered─> TwiML: Connect Stream ──> socket ──> whoever dialled
 *
 * @throws KefuError `config_invalid` when an auth token, or leave to dial, comes without a public URL.
 */
export function createTwilioGateway(options: TwilioGatewayOptions): TwilioGateway {
  const { authToken, dialling } = options;
  const publicUrl = options.publicUrl?.replace(/\/+$/, '');
  if (authToken !== undefined && publicUrl === undefined) {
    throw new KefuError(
      'config_invalid',
      'A Twilio auth token needs the public URL too, because Twilio signs the address it calls: set KEFU_PUBLIC_URL.',
    );
  }
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ gateway: 'twilio' });
  const endings = awaitEndings(options.endings ?? createMemoryEndings(clock), clock);
  const authenticator = createTwilioAuthenticator({ authToken, publicUrl });
  const signer = createStateSigner(authToken, clock);
  let onCall: ((call: IncomingCall) => void) | undefined;
  let closing: Promise<void> | undefined;

  if (dialling && publicUrl === undefined) {
    throw new KefuError(
      'config_invalid',
      'Dialling through Twilio needs the public URL: set KEFU_PUBLIC_URL.',
    );
  }
  const dialer =
    dialling &&
    new TwilioDialer({
      ...{ dialling, httpClient: options.httpClient, clock, log },
      webhooks: {
        answered: `${publicUrl ?? ''}${twilioPaths.answered}`,
        status: `${publicUrl ?? ''}${twilioPaths.status}`,
      },
    });
  const streams = new TwilioStreams({
    signer,
    endings,
    mustBeSigned: authenticator.signed,
    mediaTimeoutMs: options.mediaTimeoutMs ?? 15_000,
    clock,
    log,
    onCall: (call) => onCall?.(call),
    dialled: dialer,
  });
  const server = new SocketServer({
    limits: { ...defaultSocketLimits, ...options.limits },
    clock,
    log,
    admit: (request: IncomingMessage) => authenticator.handshake(request),
    authenticated: authenticator.signed,
    connected: (connection) => streams.connected(connection),
  });

  return {
    name: 'twilio',
    dialer,
    path: twilioPaths.media,
    routes: createTwilioRoutes({
      authenticator,
      signer,
      endings,
      streams: {
        taking: () => server.taking,
        callEnded: (callSid, status) => {
          streams.callEnded(callSid, status);
        },
        streamLost: (callSid) => {
          streams.streamLost(callSid);
        },
        transferTaken: (callSid) => {
          streams.transferTaken(callSid);
        },
      },
      dialled: dialer,
      publicUrl,
      ringSeconds: options.ringSeconds ?? 30,
      defaultLanguage: options.defaultLanguage ?? 'en',
      clock,
      log,
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
        await Promise.all([dialer?.close(), streams.hangupAll()]);
        await endings.asked();
        await server.close();
      })();
      return closing;
    },
  };
}
