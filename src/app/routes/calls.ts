import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../core/audit.ts';
import type { CallEvent, EventBus } from '../../core/events.ts';
import type { Logger } from '../../core/log.ts';
import type { CallStore, RecordingStore } from '../../core/store.ts';
import { actorOf, forRoles } from './guard.ts';

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: z.string().optional(),
});
const idParams = z.object({ id: z.string() });
const lastEventId = z.coerce.number().int().min(0).catch(0);
/** A comment line now and then keeps proxies from closing a quiet stream. */
const keepAliveMs = 15_000;

export interface CallRoutesOptions {
  readonly store: CallStore;
  readonly recordings: RecordingStore;
  readonly bus: EventBus;
  readonly log: Logger;
  /** Who listens to a recording stands there. */
  readonly audit: AuditLog;
}

/** Records of calls: list, one, its events live, its recording. */
export const callRoutes: FastifyPluginCallback<CallRoutesOptions> = (app, options, done) => {
  const { store, recordings, bus, log, audit } = options;
  // Engineers look for what is wrong with a line; what callers said aloud is not needed for it.
  const readers = { config: forRoles('supervisor', 'engineer') };

  app.get('/api/calls', readers, async (request, reply) => {
    const query = listQuery.safeParse(request.query);
    if (!query.success) return reply.code(400).send({ error: z.prettifyError(query.error) });
    const { limit, before } = query.data;
    if (before !== undefined && !(await store.get(before))) {
      return reply.code(404).send({ error: `There is no call ${before}.` });
    }
    return { calls: await store.list({ limit, ...(before !== undefined && { before }) }) };
  });

  app.get('/api/calls/:id', readers, async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const call = await store.get(id);
    if (!call) return reply.code(404).send({ error: `There is no call ${id}.` });
    return { call, events: await store.events(id, 0) };
  });

  app.get('/api/calls/:id/events', readers, async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const call = await store.get(id);
    if (!call) return reply.code(404).send({ error: `There is no call ${id}.` });
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let sent = lastEventId.parse(request.headers['last-event-id'] ?? 0);
    // A call that ended may have begun again, after a transfer that nobody took: only its last end is one.
    let ended = call.endedAtEpochMs !== null;
    const send = (event: CallEvent) => {
      if (event.seq <= sent) return;
      sent = event.seq;
      ended = event.body.type === 'call-ended';
      raw.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
    };
    // Events that happen while the past is read wait, so that none is missed and the order holds.
    let early: CallEvent[] | undefined = [];
    const unsubscribe = bus.subscribe('call-event', (event) => {
      if (event.callId !== id) return;
      if (early) early.push(event);
      else {
        send(event);
        if (ended) raw.end();
      }
    });
    const keepAlive = setInterval(() => raw.write(':\n\n'), keepAliveMs);
    raw.on('close', () => {
      unsubscribe();
      clearInterval(keepAlive);
    });
    try {
      for (const event of await store.events(id, sent)) send(event);
      for (const event of early) send(event);
      early = undefined;
      if (ended) raw.end();
    } catch (error) {
      log.error({ callId: id, err: error }, 'the events of a call could not be read');
      raw.destroy();
    }
    return reply;
  });

  app.get('/api/calls/:id/recording.wav', { config: forRoles('supervisor') }, async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const path = await recordings.path(id);
    if (path === undefined) return reply.code(404).send({ error: `There is no recording of call ${id}.` });
    const { size } = await stat(path);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(range?.[2] ? Number(range[2]) : size - 1, size - 1);
    if (range && start > end) return reply.code(416).header('content-range', `bytes */${size}`).send();
    // The rest of a recording is asked for in parts; its beginning once.
    if (start === 0)
      await audit.record({
        actor: actorOf(request),
        action: 'call.recording-heard',
        subject: id,
        details: {},
      });
    void reply.headers({
      'content-type': 'audio/wav',
      'accept-ranges': 'bytes',
      'content-length': String(end - start + 1),
      ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    return reply.code(range ? 206 : 200).send(createReadStream(path, { start, end }));
  });

  done();
};
