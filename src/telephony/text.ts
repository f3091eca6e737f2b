import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { systemClock, type Clock } from '../core/clock.ts';
import type { Expecting } from '../core/dialog.ts';
import type { Briefing } from '../core/handoff.ts';
import { languageSchema, type Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import { AsyncQueue } from '../core/queue.ts';
import type { EndReason, IncomingCall, TextMedia, TextMediaEvent } from '../core/telephony.ts';
import {
  closeCodes,
  defaultSocketLimits,
  type Connection,
  type ConnectionHandler,
  type SocketLimits,
} from './connection.ts';
import type { WebSocketGateway } from './gateway.ts';
import { parseJson, problemOf } from './json.ts';
import { createNotices } from './notices.ts';
import { offerCall, type RejectReason } from './offer.ts';
import { peerRefusal, type PeerPolicy } from './peers.ts';
import { SocketServer } from './socket-server.ts';

export interface TextGatewayOptions extends PeerPolicy {
  /** A client that says nothing for this time, in milliseconds, has left. Default 10 minutes. */
  readonly idleTimeoutMs?: number | undefined;
  readonly limits?: Partial<SocketLimits> | undefined;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
}

const maxTextLength = 2_000;
/** Messages a client may send ahead of what is read; nobody types faster. */
const maxUnread = 100;
/** After this many messages that are not JSON the peer does not speak this protocol at all. */
const maxNotJson = 3;

const clientSchema = z.discriminatedUnion(
  'type',
  [
    z.object({
      type: z.literal('start'),
      from: z.string().max(200).default(''),
      to: z.string().max(200).default(''),
      language: languageSchema.optional(),
    }),
    z.object({
      type: z.literal('text'),
      text: z
        .string()
        .max(maxTextLength, { error: `Send at most ${maxTextLength} characters in one message` })
        .refine((text) => text.trim() !== '', { error: 'Send at least one word' }),
    }),
    z.object({
      type: z.literal('digits'),
      digits: z.string().regex(/^[0-9*#]{1,64}$/, { error: 'Send 1 to 64 of the keys 0-9, * and #' }),
    }),
  ],
  { error: 'Send {"type":"start"}, {"type":"text","text":"..."} or {"type":"digits","digits":"123#"}' },
);
type StartMessage = Extract<z.infer<typeof clientSchema>, { type: 'start' }>;

/** One typed conversation; `ended` comes exactly once and last. */
class TextSession implements TextMedia {
  readonly kind = 'text';
  readonly events = new AsyncQueue<TextMediaEvent>();
  readonly #tell: (message: Readonly<Record<string, unknown>>) => void;
  readonly #part: (code: number, reason: string) => Promise<void>;
  #log: Logger;
  #parting: Promise<void> | undefined;

  constructor(options: {
    tell: (message: Readonly<Record<string, unknown>>) => void;
    part: (code: number, reason: string) => Promise<void>;
    log: Logger;
  }) {
    this.#tell = options.tell;
    this.#part = options.part;
    this.#log = options.log;
  }

  get log(): Logger {
    return this.#log;
  }

  get over(): boolean {
    return this.#parting !== undefined;
  }

  accepted(log: Logger): void {
    this.#log = log;
    log.info({}, 'Answered the conversation');
  }

  rejected(reason: RejectReason): void {
    if (this.over) return;
    this.#tell({ type: 'end', outcome: reason });
    this.finish('we-hung-up', `rejected: ${reason}`, closeCodes.tryAgainLater);
  }

  /** False when the client is so far ahead that the event was not taken. */
  push(event: TextMediaEvent): boolean {
    return this.events.size < maxUnread && this.events.push(event);
  }

  finish(reason: EndReason, detail: string | undefined, code: number): void {
    if (this.over) return;
    this.#log.info({ reason, detail }, 'The conversation has ended');
    this.events.push({ type: 'ended', reason, ...(detail === undefined ? {} : { detail }) });
    this.events.close();
    this.#parting = this.#part(code, detail ?? reason);
  }

  say(text: string, language: Language): void {
    if (!this.over) this.#tell({ type: 'say', text, language });
  }

  listening(expecting: Expecting | null): void {
    if (!this.over) this.#tell({ type: 'listening', expecting });
  }

  transfer(skill: string, briefing: Briefing): void {
    if (!this.over) this.#tell({ type: 'transfer', skill, briefing });
  }

  async end(outcome: string): Promise<void> {
    if (!this.over) {
      this.#tell({ type: 'end', outcome });
      this.finish('we-hung-up', undefined, closeCodes.normal);
    }
    await this.#parting;
  }
}

/**
 * The gateway for typed conversations (`/channels/text`): a chat window, tests, simulated callers. Messages are described in
 * docs/telephony.md. A message that cannot be used is answered with `error` and what to send instead, and the conversation goes on.
 * Who may connect: as for the browser gateway.
 */
export function createTextGateway(options: TextGatewayOptions): WebSocketGateway {
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ gateway: 'text' });
  const idleTimeoutMs = options.idleTimeoutMs ?? 600_000;
  const sessions = new Set<TextSession>();
  let onCall: ((call: IncomingCall) => void) | undefined;
  let closing: Promise<void> | undefined;

  function begin(start: StartMessage, connection: Connection, whenOver: () => void): TextSession {
    connection.started();
    const gatewayCallId = `text_${randomUUID()}`;
    const callLog = log.child({ gatewayCallId });
    let withdraw = (): void => undefined;
    const session = new TextSession({
      tell: (message) => {
        connection.send(JSON.stringify(message));
      },
      part: (code, reason) => {
        withdraw();
        whenOver();
        sessions.delete(session);
        return connection.close(code, reason);
      },
      log: callLog,
    });
    sessions.add(session);
    callLog.info({ pii: { from: start.from } }, 'A client has started a conversation');
    withdraw = offerCall({
      call: {
        gateway: 'text',
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
    let session: TextSession | undefined;
    let notJson = 0;
    let cancelIdle = (): void => undefined;

    let noteOnce = createNotices(log);
    const advise = (message: string): void => {
      noteOnce(message, { advice: message }, 'Answered a message that cannot be used');
      connection.send(JSON.stringify({ type: 'error', message }));
    };
    const waitForNext = (): void => {
      cancelIdle();
      cancelIdle = clock.setTimer(() => {
        connection.send(JSON.stringify({ type: 'end', outcome: 'idle' }));
        session?.finish('media-timeout', `no message for ${idleTimeoutMs / 1000} s`, closeCodes.normal);
      }, idleTimeoutMs);
    };
    const refuse = (detail: string): void => {
      if (session) {
        session.finish('protocol-error', detail, closeCodes.policyViolation);
      } else {
        log.warn({ detail }, 'Closed a client that broke the protocol before its conversation began');
        void connection.close(closeCodes.policyViolation, detail);
      }
    };
    const handle = (message: z.infer<typeof clientSchema>): void => {
      if (message.type === 'start') {
        if (session) {
          advise('The conversation has already started. Go on with a text message.');
        } else {
          session = begin(message, connection, () => {
            cancelIdle();
          });
          noteOnce = createNotices(session.log);
          if (!session.over) waitForNext();
        }
        return;
      }
      if (!session) {
        advise('Send {"type":"start"} first.');
        return;
      }
      waitForNext();
      if (!session.push(message))
        advise('That was too fast and was not taken. Wait for the answer, then send it again.');
    };

    return {
      text(text) {
        if (session?.over) return;
        const json = parseJson(text);
        if (!json.ok) {
          notJson += 1;
          advise(
            'That is not JSON. Send one JSON object in each message, such as {"type":"text","text":"hello"}.',
          );
          if (notJson >= maxNotJson) refuse(`${maxNotJson} messages were not JSON`);
          return;
        }
        const message = clientSchema.safeParse(json.value);
        if (message.success) handle(message.data);
        else advise(`That message cannot be used: ${problemOf(message.error)}.`);
      },
      binary() {
        if (!session?.over) advise('Binary messages are not used here. Send JSON as text.');
      },
      gone(end) {
        if (!session) {
          log.info({ how: end.how, detail: end.detail }, 'A client left before its conversation began');
          return;
        }
        const reason: EndReason =
          end.how === 'closed-by-peer'
            ? 'caller-hung-up'
            : end.how === 'violation'
              ? 'protocol-error'
              : 'gateway-lost';
        session.finish(reason, end.detail, closeCodes.normal);
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
    name: 'text',
    path: '/channels/text',
    start(listener) {
      onCall = listener;
      server.open();
    },
    handleUpgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head);
    },
    close() {
      server.shut();
      closing ??= Promise.all([...sessions].map((session) => session.end('closing'))).then(() =>
        server.close(),
      );
      return closing;
    },
  };
}
