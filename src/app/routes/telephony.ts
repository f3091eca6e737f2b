import { PassThrough } from 'node:stream';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../core/audit.ts';
import { KefuError } from '../../core/errors.ts';
import type { CallStore } from '../../core/store.ts';
import type { SipGateway } from '../../telephony/sip/gateway.ts';
import { maskSecrets } from '../../telephony/sip/masking.ts';
import type { TrunkFile } from '../trunks.ts';
import { actorOf, forRoles } from './guard.ts';

const idParams = z.object({ id: z.string().min(1).max(300) });
const flag = z.enum(['0', '1']).default('0');
const captureQuery = z.object({ keys: flag, audio: flag });
/** What a reader of a capture may be behind; after that it is too slow, and the capture ends. */
const maxUnreadBytes = 16 * 1024 * 1024;

export interface TelephonyRoutesOptions {
  /** Undefined without a trunks file. */
  readonly line: { readonly sip: SipGateway; readonly file: TrunkFile } | undefined;
  readonly store: CallStore;
  readonly audit: AuditLog;
}

/** For telephony engineers: the state of the trunks, new settings, the messages of a call, captures. */
export const telephonyRoutes: FastifyPluginCallback<TelephonyRoutesOptions> = (app, options, done) => {
  const { line, store, audit } = options;
  const engineers = { config: forRoles('engineer') };
  const opened = (): NonNullable<typeof line> => {
    if (!line)
      throw new KefuError(
        'not_found',
        'There are no trunks: name a file in KEFU_TRUNKS_FILE and start Kefu again.',
      );
    return line;
  };

  app.get('/api/telephony/trunks', engineers, () => ({ trunks: opened().sip.figures.lines }));

  app.post('/api/telephony/trunks/reload', engineers, (request) => opened().file.reload(actorOf(request)));

  app.get('/api/telephony/calls', engineers, () => ({ calls: opened().sip.trace.calls() }));

  app.get('/api/telephony/calls/:id/ladder', engineers, async (request) => {
    const callId = await sipCallId(idParams.parse(request.params).id);
    const messages = opened().sip.trace.messages(callId);
    if (messages.length === 0)
      throw new KefuError(
        'not_found',
        'No messages of this call are kept: only those of the newest calls are.',
      );
    return {
      callId,
      messages: messages.map(({ bytes, ...message }) => ({
        ...message,
        text: Buffer.from(maskSecrets(bytes)).toString('latin1'),
      })),
    };
  });

  /** A capture file that grows while the call goes on; it ends with the call, or when the reader hangs up. */
  app.get('/api/telephony/calls/:id/pcap', engineers, async (request, reply) => {
    const { captures } = opened().sip;
    const { id } = idParams.parse(request.params);
    const query = captureQuery.safeParse(request.query);
    if (!query.success) return reply.code(400).send({ error: z.prettifyError(query.error) });
    const details = { withKeys: query.data.keys === '1', withAudio: query.data.audio === '1' };
    const call = id === 'next' ? id : await sipCallId(id);
    await audit.record({ actor: actorOf(request), action: 'call.captured', subject: call, details });
    const body = new PassThrough();
    const end = captures.begin({
      ...{ call, ...details },
      write: (bytes) => {
        body.write(bytes);
        if (body.writableLength + body.readableLength > maxUnreadBytes) body.destroy();
      },
      onEnd: () => body.end(),
    });
    if (!end) throw new KefuError('overloaded', 'Too many captures run already.');
    body.on('close', end);
    return reply.type('application/vnd.tcpdump.pcap').send(body);
  });

  done();

  /** The SIP Call-ID of a call that is named by Kefu's id; other names are taken for a Call-ID. */
  async function sipCallId(id: string): Promise<string> {
    if ((await store.get(id)) === undefined) return id;
    const [started] = (await store.events(id, 0)).flatMap(({ body }) =>
      body.type === 'call-started' ? [body.gatewayCallId] : [],
    );
    return started ?? id;
  }
};
