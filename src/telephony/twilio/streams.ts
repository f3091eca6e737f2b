import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import { languageSchema } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import type { EndReason, IncomingCall } from '../../core/telephony.ts';
import { closeCodes, type Connection, type ConnectionHandler } from '../connection.ts';
import { offerCall } from '../offer.ts';
import { VoiceSession, type Farewell, type HandOver } from '../voice-session.ts';
import type { DialledCalls } from './dialer.ts';
import type { Ending, PlannedEndings } from './endings.ts';
import {
  clearMessage,
  markMessage,
  mediaMessage,
  parseTwilioMessage,
  type TwilioMessage,
  type TwilioStart,
} from './messages.ts';
import type { StateSigner, StreamClaims } from './state.ts';
import { dialTarget } from './twiml.ts';

export interface TwilioStreamsOptions {
  readonly signer: StateSigner;
  readonly endings: PlannedEndings;
  /** True: a stream whose parameters are not signed by our webhook is refused. */
  readonly mustBeSigned: boolean;
  readonly mediaTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onCall: (call: IncomingCall) => void;
  /** The calls that Kefu makes; undefined: it makes none. */
  readonly dialled: DialledCalls | undefined;
}

interface Stream {
  readonly sid: string;
  readonly session: VoiceSession;
}

/** Claims of a stream; only a program of this machine may start one that our webhook has not named. */
type Claims = Omit<StreamClaims, 'callId'> & { readonly callId: string | undefined };

/** Twilio asks the action URL within a second of the stream's end; after this time it never will. */
const actionLimitMs = 10_000;

/** The calls whose streams end in this process, by CallSid. A call has one live stream: a newer one replaces an older one. */
export class TwilioStreams {
  readonly #options: TwilioStreamsOptions;
  readonly #sessions = new Map<string, VoiceSession>();
  readonly #transfers = new Map<string, (result: HandOver) => void>();

  constructor(options: TwilioStreamsOptions) {
    this.#options = options;
  }

  /** Makes the handler of a new socket. */
  connected(connection: Connection): ConnectionHandler {
    let stream: Stream | undefined;
    let stopped = false;

    const violation = (detail: string): void => {
      if (stream && !stream.session.over) {
        stream.session.finish('protocol-error', detail);
      } else if (!stream) {
        this.#options.log.warn({ detail }, 'Closed a stream that broke the protocol before its call began');
        void connection.close(closeCodes.policyViolation, detail);
      }
    };
    const handle = (message: TwilioMessage): void => {
      if (message.event === 'connected') {
        if (stream) stream.session.noteOnce('connected', {}, 'Ignored a second greeting of the stream');
        return;
      }
      if (message.event === 'start') {
        if (stream) violation('a second start');
        else stream = this.#begin(message, connection, violation);
        return;
      }
      if (!stream) {
        violation(`${message.event} before start`);
        return;
      }
      const { session } = stream;
      if (message.streamSid !== stream.sid) {
        violation(`${message.event} of another stream`);
        return;
      }
      switch (message.event) {
        case 'media': {
          const { track, payload, chunk, timestamp } = message.media;
          if (track !== 'inbound') session.noteOnce('track', {}, 'Ignored audio of another track');
          else if (payload === '') session.noteOnce('empty', {}, 'Ignored an empty packet');
          else session.packet(decodeBase64(payload), chunk, timestamp);
          return;
        }
        case 'dtmf':
          session.digit(message.dtmf.digit);
          return;
        case 'mark':
          session.markPlayed(message.mark.name);
          return;
        case 'stop':
          stopped = true;
          // When we close the stream ourselves to give the call away, `stop` is no hang-up.
          if (!session.handingOver) session.finish('caller-hung-up');
      }
    };

    return {
      text: (text) => {
        if (stopped) stream?.session.noteOnce('late', {}, 'Ignored a message after stop');
        if (stopped || stream?.session.over) return;
        stream?.session.heard();
        const parsed = parseTwilioMessage(text);
        switch (parsed.type) {
          case 'malformed':
            violation(parsed.problem);
            return;
          case 'unknown':
            if (stream) {
              const { name } = parsed;
              stream.session.noteOnce(`event ${name}`, { event: name }, 'Ignored an unknown event');
            } else {
              this.#options.log.warn({ event: parsed.name }, 'Ignored an unknown event before start');
            }
            return;
          case 'message':
            handle(parsed.message);
        }
      },
      binary: () => {
        violation('a binary message where text is due');
      },
      gone: (end) => {
        if (!stream) {
          this.#options.log.info(
            { how: end.how, detail: end.detail },
            'A stream closed before its call began',
          );
          return;
        }
        if (stream.session.handingOver) return;
        stream.session.finish(end.how === 'violation' ? 'protocol-error' : 'gateway-lost', end.detail);
      },
    };
  }

  /** Twilio says that the call is over, whatever its stream says. */
  callEnded(callSid: string, status: string): void {
    this.#settleTransfer(callSid, 'caller-gone');
    this.#finish(callSid, 'caller-hung-up', `Twilio reports the call as ${status}`);
  }

  /** Twilio has ended the stream, and the call goes on: a socket that still looks open is half-open. */
  streamLost(callSid: string): void {
    this.#finish(callSid, 'gateway-lost', 'Twilio reports that the stream has ended');
  }

  transferTaken(callSid: string): void {
    this.#settleTransfer(callSid, 'taken');
  }

  /** Hangs up every call, after its last words. */
  async hangupAll(): Promise<void> {
    for (const callSid of [...this.#transfers.keys()]) this.#settleTransfer(callSid, 'lost');
    await Promise.all([...this.#sessions.values()].map((session) => session.hangup()));
  }

  #finish(callSid: string, reason: EndReason, detail: string): void {
    const session = this.#sessions.get(callSid);
    if (session && !session.handingOver) session.finish(reason, detail);
  }

  #begin(
    message: TwilioStart,
    connection: Connection,
    violation: (detail: string) => void,
  ): Stream | undefined {
    const { clock, mediaTimeoutMs, onCall, dialled } = this.#options;
    const { callSid, customParameters } = message.start;
    const sid = message.streamSid;
    if ((message.start.streamSid ?? sid) !== sid) {
      violation('a start that names two streams');
      return undefined;
    }
    const claims = this.#claims(callSid, customParameters, violation);
    if (!claims) return undefined;
    // A stream that Twilio has replaced is dead, even while its socket looks open.
    this.#finish(callSid, 'gateway-lost', 'Twilio has opened another stream for this call');
    connection.started();

    const log = this.#options.log.child({ callSid, streamSid: sid });
    let withdraw = (): void => undefined;
    const session: VoiceSession = new VoiceSession({
      format: { codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 },
      wire: {
        send: (payload) => {
          connection.send(mediaMessage(sid, payload));
        },
        mark: (name) => {
          connection.send(markMessage(sid, name));
        },
        clear: () => {
          connection.send(clearMessage(sid));
        },
        returnsClearedMarks: true,
        checkTarget: dialTarget,
        handOver: (target) => this.#handOver(callSid, target, connection),
        leave: (farewell) => {
          withdraw();
          if (claims.dial !== undefined) dialled?.left(claims.dial);
          if (this.#sessions.get(callSid) === session) this.#sessions.delete(callSid);
          return this.#leave(callSid, farewell, connection, log);
        },
      },
      clock,
      log,
      mediaTimeoutMs,
    });
    this.#sessions.set(callSid, session);
    log.info(
      { resumes: claims.resumes, pii: { from: claims.from, to: claims.to } },
      'A stream of Twilio has started',
    );
    if (claims.dial !== undefined) {
      // Whoever dialled gets the media; a call that was given up in the same moment is hung up.
      if (dialled?.answered(claims.dial, session) === true) session.accepted(log);
      else session.rejected('not-allowed');
      return { sid, session };
    }
    withdraw = offerCall({
      call: {
        gateway: 'twilio',
        gatewayCallId: callSid,
        from: claims.from,
        to: claims.to,
        language: claims.language,
        resumes: claims.resumes ? claims.callId : undefined,
        ...(claims.callId === undefined ? {} : { proposedCallId: claims.callId }),
        ...(claims.transferFailed === undefined ? {} : { transferFailed: claims.transferFailed }),
      },
      media: session,
      onCall,
      accepted: (callId) => {
        session.accepted(log.child({ callId }));
      },
      rejected: (reason) => {
        session.rejected(reason);
      },
      clock,
      log,
    });
    return { sid, session };
  }

  /** Who calls, as far as it can be believed; undefined after a violation. */
  #claims(
    callSid: string,
    parameters: Readonly<Record<string, string>>,
    violation: (detail: string) => void,
  ): Claims | undefined {
    const claims = this.#options.signer.readStream(callSid, parameters);
    if (claims === 'unsigned' && !this.#options.mustBeSigned) {
      const language = languageSchema.safeParse(parameters.language).data;
      const { from = '', to = '' } = parameters;
      return { callId: undefined, from, to, language, resumes: false, transferFailed: undefined };
    }
    if (typeof claims === 'string') {
      violation(`the parameters of the stream are ${claims}: only the TwiML of /twilio/voice opens streams`);
      return undefined;
    }
    return claims;
  }

  /**
   * Twilio has no message that transfers a call. The decision is written down, the stream is closed, and Twilio's question at the
   * action URL, to which the answer is `<Dial>`, shows that the call has been given away.
   */
  async #handOver(callSid: string, target: string, connection: Connection): Promise<HandOver> {
    const { endings, clock } = this.#options;
    await endings.record(callSid, { type: 'transfer', target });
    const asked = new Promise<HandOver | 'nobody asked'>((resolve) => {
      const settle = (result: HandOver | 'nobody asked'): void => {
        cancel();
        if (this.#transfers.get(callSid) === settle) this.#transfers.delete(callSid);
        resolve(result);
      };
      const cancel = clock.setTimer(() => {
        settle('nobody asked');
      }, actionLimitMs);
      this.#transfers.set(callSid, settle);
    });
    void connection.close(closeCodes.normal, 'transfer');
    const result = await asked;
    if (result !== 'nobody asked') return result;
    // Another node may have been asked and have taken the ending.
    return (await endings.take(callSid)) === undefined ? 'taken' : 'lost';
  }

  #settleTransfer(callSid: string, result: HandOver): void {
    this.#transfers.get(callSid)?.(result);
  }

  async #leave(callSid: string, farewell: Farewell, connection: Connection, log: Logger): Promise<void> {
    const ending = endingOf(farewell);
    if (ending) {
      try {
        await this.#options.endings.record(callSid, ending);
      } catch (error) {
        log.error(
          { error: toKefuError(error).message },
          'Could not keep how the call ended: Twilio may connect it again',
        );
      }
    }
    const violated = farewell.type === 'ended' && farewell.reason === 'protocol-error';
    const reason = farewell.type === 'ended' ? (farewell.detail ?? farewell.reason) : farewell.reason;
    await connection.close(violated ? closeCodes.policyViolation : closeCodes.normal, reason);
  }
}

/** What Twilio must be told at the action URL; for all else it connects the call again, since the caller is still there. */
function endingOf(farewell: Farewell): Ending | undefined {
  if (farewell.type === 'rejected') return { type: 'rejected', reason: farewell.reason };
  return farewell.reason === 'we-hung-up' ? { type: 'hangup' } : undefined;
}

/** Own memory instead of a slice of the pool that Buffer shares: readers may keep or transfer it. */
function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
