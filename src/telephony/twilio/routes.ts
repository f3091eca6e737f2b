import formbody from '@fastify/formbody';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { newCallId } from '../../core/ids.ts';
import { languageSchema, type Language } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import { pathOf, type Refusal } from '../gateway.ts';
import type { DialledCalls } from './dialer.ts';
import type { PlannedEndings } from './endings.ts';
import { webSocketUrl, type TwilioAuthenticator } from './signature.ts';
import type { ActionState, StateSigner, StreamClaims } from './state.ts';
import { apologyTwiml, connectTwiml, dialTwiml, emptyTwiml, hangupTwiml } from './twiml.ts';

/** Paths of the gateway under its base address. */
export const twilioPaths = {
  voice: '/twilio/voice',
  action: '/twilio/action',
  status: '/twilio/status',
  media: '/twilio/media',
  /** Somebody whom Kefu has called has answered. */
  answered: '/twilio/answered',
} as const;

/** A lost stream is replaced this often within one call; then the caller hears an apology. */
export const maxResumptions = 3;

/** What the webhooks need of the calls whose streams end in this process. */
export interface LiveStreams {
  /** False while the gateway is starting or closing. */
  taking(): boolean;
  /** Twilio says that the call is over. */
  callEnded(callSid: string, status: string): void;
  /** Twilio has ended the stream without our asking; the call goes on. */
  streamLost(callSid: string): void;
  /** Twilio has been told where to transfer the call. */
  transferTaken(callSid: string): void;
}

export interface TwilioRoutesOptions {
  readonly authenticator: TwilioAuthenticator;
  readonly signer: StateSigner;
  readonly endings: PlannedEndings;
  readonly streams: LiveStreams;
  /** The calls that Kefu makes; undefined: it makes none. */
  readonly dialled: DialledCalls | undefined;
  readonly publicUrl: string | undefined;
  readonly ringSeconds: number;
  readonly defaultLanguage: Language;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Twilio's own words for a call that is over. */
const finalStatuses: ReadonlySet<string> = new Set(['completed', 'busy', 'failed', 'no-answer', 'canceled']);
/** What Twilio puts for `From` when the caller withholds the number: words, or keypad spellings of such words. */
const withheld: ReadonlySet<string> = new Set([
  ...['anonymous', 'restricted', 'unavailable', 'unknown', 'blocked'],
  ...['+266696687', '+7378742833', '+86282452253', '+8656696', '+2562533'],
]);

const callSid = z.string().regex(/^[A-Za-z0-9]{1,64}$/);
const voiceSchema = z.object({
  CallSid: callSid,
  From: z.string().default(''),
  To: z.string().default(''),
  Direction: z.string().optional(),
});
const voiceQuerySchema = z.object({ language: languageSchema.optional() });
const actionSchema = voiceSchema.extend({
  CallStatus: z.string().default('in-progress'),
  DialCallStatus: z.string().optional(),
});
const statusSchema = z.object({
  CallSid: callSid,
  CallStatus: z.string(),
  SipResponseCode: z.coerce.number().int().optional(),
});
const dialQuerySchema = z.object({ dial: z.string().optional() });

/** The webhooks Twilio calls: a new call, the end of a stream or of a transfer, and changes of the call's status. */
export function createTwilioRoutes(options: TwilioRoutesOptions): FastifyPluginCallback {
  const { authenticator, signer, endings, streams, dialled, log } = options;

  /** With a token, the configured address; without one the caller is local and has just proved that its address works. */
  const baseUrl = (request: FastifyRequest): string =>
    authenticator.signed && options.publicUrl !== undefined
      ? options.publicUrl
      : `http://${request.headers.host ?? 'localhost'}`;
  const actionUrl = (base: string, sid: string, state: ActionState): string =>
    `${base}${twilioPaths.action}?${new URLSearchParams(signer.actionFields(sid, state)).toString()}`;
  const connect = (
    request: FastifyRequest,
    sid: string,
    claims: StreamClaims,
    resumptions: number,
  ): string => {
    const base = baseUrl(request);
    return connectTwiml({
      streamUrl: webSocketUrl(base) + twilioPaths.media,
      actionUrl: actionUrl(base, sid, {
        callId: claims.callId,
        language: claims.language,
        resumptions,
        dialled: false,
      }),
      parameters: signer.streamParameters(sid, claims),
    });
  };

  const voice = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const body = voiceSchema.safeParse(request.body);
    if (!body.success) return malformed(reply, 'voice', body.error);
    const query = voiceQuerySchema.safeParse(request.query);
    if (!query.success) return malformed(reply, 'voice', query.error);
    // An error status makes Twilio try the fallback address of the number, which may be another node.
    if (!streams.taking()) return reply.code(503).type('text/plain').send('No calls are taken now.\n');
    const { CallSid } = body.data;
    const { from, to } = partiesOf(body.data);
    const claims: StreamClaims = {
      callId: newCallId(options.clock.epochMs()),
      ...{ from, to },
      language: query.data.language,
      resumes: false,
      transferFailed: undefined,
    };
    log.info({ callSid: CallSid, callId: claims.callId, pii: { from } }, 'Twilio announced a call');
    return twiml(reply, connect(request, CallSid, claims, 0));
  };

  /** Somebody whom Kefu has called has answered: the stream of the call belongs to whoever dialled. */
  const answered = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const body = voiceSchema.safeParse(request.body);
    if (!body.success) return malformed(reply, 'answered', body.error);
    const { CallSid, From, To } = body.data;
    const dial = dialOf(request);
    const waiting = dial === undefined ? undefined : dialled?.connecting(dial);
    if (!waiting) {
      log.info({ callSid: CallSid, dial }, 'Somebody answered a call that nobody waits for any more');
      return twiml(reply, hangupTwiml());
    }
    const claims: StreamClaims = {
      ...{ callId: waiting.callId ?? newCallId(options.clock.epochMs()), dial },
      ...{ from: To, to: From, language: undefined, resumes: false, transferFailed: undefined },
    };
    // Only a call of Kefu's own can go on when its stream was lost.
    const resumptions = waiting.callId === undefined ? maxResumptions : 0;
    return twiml(reply, connect(request, CallSid, claims, resumptions));
  };

  const action = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const body = actionSchema.safeParse(request.body);
    if (!body.success) return malformed(reply, 'action', body.error);
    const { CallSid, CallStatus, DialCallStatus } = body.data;
    const { from, to } = partiesOf(body.data);
    const state = signer.readAction(CallSid, request.query);
    if (!state) {
      log.warn({ callSid: CallSid }, 'Refused an action request whose signed query is missing or wrong');
      return refused(reply, {
        status: 403,
        message: 'The signed query of the action URL is missing or wrong.',
      });
    }
    const callLog = log.child({ callSid: CallSid, callId: state.callId });
    const language = state.language ?? options.defaultLanguage;
    if (finalStatuses.has(CallStatus)) {
      await endings.take(CallSid);
      streams.callEnded(CallSid, CallStatus);
      return twiml(reply, emptyTwiml());
    }
    const again = (transferFailed: string | undefined): FastifyReply => {
      if (state.resumptions >= maxResumptions) {
        callLog.error(
          { resumptions: state.resumptions },
          'Gave up on a call whose streams keep getting lost',
        );
        return twiml(reply, apologyTwiml('lost', language));
      }
      const fields = { resumptions: state.resumptions + 1, transferFailed };
      // That nobody took a transfer is business as usual; that a stream was lost is not.
      callLog[transferFailed === undefined ? 'warn' : 'info'](fields, 'Connecting the call again');
      const claims: StreamClaims = {
        callId: state.callId,
        ...{ from, to },
        language: state.language,
        resumes: true,
        transferFailed,
      };
      return twiml(reply, connect(request, CallSid, claims, state.resumptions + 1));
    };
    if (state.dialled) {
      const reached = DialCallStatus === 'completed' || DialCallStatus === 'answered';
      callLog.info({ dialCallStatus: DialCallStatus }, 'A transfer has ended');
      return reached ? twiml(reply, hangupTwiml()) : again(DialCallStatus ?? 'failed');
    }
    const ending = await endings.take(CallSid);
    switch (ending?.type) {
      case undefined:
        streams.streamLost(CallSid);
        return again(undefined);
      case 'hangup':
        return twiml(reply, hangupTwiml());
      case 'rejected':
        return twiml(
          reply,
          ending.reason === 'not-allowed' ? hangupTwiml() : apologyTwiml('overloaded', language),
        );
      case 'transfer': {
        const document = dialTwiml({
          target: ending.target,
          actionUrl: actionUrl(baseUrl(request), CallSid, { ...state, dialled: true }),
          ringSeconds: options.ringSeconds,
        });
        streams.transferTaken(CallSid);
        callLog.info({}, 'Told Twilio where to transfer the call');
        return twiml(reply, document);
      }
    }
  };

  const status = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const body = statusSchema.safeParse(request.body);
    if (!body.success) return malformed(reply, 'status', body.error);
    const { CallSid, CallStatus, SipResponseCode } = body.data;
    if (finalStatuses.has(CallStatus)) {
      const dial = dialOf(request);
      if (dial !== undefined) dialled?.over(dial, CallStatus, SipResponseCode);
      streams.callEnded(CallSid, CallStatus);
    }
    return reply.code(204).send();
  };

  const malformed = (reply: FastifyReply, webhook: string, error: z.ZodError): FastifyReply => {
    const issue = error.issues[0];
    const problem = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`;
    log.warn({ webhook, problem }, 'Refused a webhook request that Twilio would not send');
    return reply.code(400).type('text/plain').send(`This is no ${webhook} request of Twilio: ${problem}.\n`);
  };

  return (app, _pluginOptions, done) => {
    if (!app.hasContentTypeParser('application/x-www-form-urlencoded')) {
      app.register(formbody, { bodyLimit: 64 * 1024 });
    }
    app.addHook('preHandler', async (request, reply) => {
      const body = z.record(z.string(), z.unknown()).safeParse(request.body);
      const refusal = authenticator.webhook(request.raw, request.raw.url ?? '', body.data ?? {});
      if (!refusal) return;
      log.warn(
        { path: pathOf(request.raw), why: refusal.message, pii: { address: request.socket.remoteAddress } },
        'Refused a webhook request',
      );
      await refused(reply, refusal);
    });
    app.post(twilioPaths.voice, voice);
    app.post(twilioPaths.action, action);
    app.post(twilioPaths.status, status);
    app.post(twilioPaths.answered, answered);
    done();
  };
}

/** The dialer's id of a call that Kefu has made, which stands in the webhooks' addresses. */
function dialOf(request: FastifyRequest): string | undefined {
  return dialQuerySchema.safeParse(request.query).data?.dial;
}

/** The caller and whom they called, whichever side began: in a call that Kefu has made, the caller is whom Twilio has called. */
function partiesOf(call: z.infer<typeof voiceSchema>): { readonly from: string; readonly to: string } {
  const { From, To, Direction } = call;
  if (Direction?.startsWith('outbound') === true) return { from: To, to: From };
  return { from: withheld.has(From.toLowerCase()) ? '' : From, to: To };
}

function twiml(reply: FastifyReply, document: string): FastifyReply {
  return reply.type('text/xml; charset=utf-8').send(document);
}

function refused(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return reply.code(refusal.status).type('text/plain; charset=utf-8').send(`${refusal.message}\n`);
}
