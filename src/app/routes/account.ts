import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import type { AuditLog } from '../../core/audit.ts';
import type { Account } from '../../people/account.ts';
import type { Sessions } from '../../people/sessions.ts';
import type { Access, Identity } from '../access.ts';

const secret = z.string().max(1000);
const passwordBody = z.object({ current: secret, next: secret });
const confirmPasswordBody = z.object({ password: secret });
const codeBody = z.object({ code: z.string().max(20) });
const idParams = z.object({ id: z.string() });

export interface AccountRoutesOptions {
  readonly access: Access;
  readonly account: Account;
  readonly sessions: Sessions;
  readonly audit: AuditLog;
}

/** What people see and change of themselves. */
export const accountRoutes: FastifyPluginCallback<AccountRoutesOptions> = (app, options, done) => {
  const { access, account, sessions, audit } = options;
  const session = { config: { access: 'session' } } as const;

  app.get('/api/account', session, async (request) => {
    const { person, sessionId, needs } = meOf(request);
    const own = await sessions.list(person.id);
    return { person, needs, sessions: own.map((one) => ({ ...one, current: one.id === sessionId })) };
  });

  app.post('/api/account/password', session, async (request, reply) => {
    const body = passwordBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    const { person, sessionId, actor } = meOf(request);
    await account.changePassword(person, { ...body.data, sessionId }, actor);
    return reply.code(204).send();
  });

  app.post('/api/account/code', session, async (request, reply) => {
    const body = confirmPasswordBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    const { person, actor } = meOf(request);
    void reply.header('cache-control', 'no-store');
    return account.beginCode(person, body.data.password, actor);
  });

  app.post('/api/account/code/confirm', session, async (request, reply) => {
    const body = codeBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    const { person, actor } = meOf(request);
    await account.confirmCode(person, body.data.code, actor);
    return reply.code(204).send();
  });

  app.delete('/api/account/code', session, async (request, reply) => {
    const body = confirmPasswordBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    const { person, actor } = meOf(request);
    await account.removeCode(person, body.data.password, actor);
    return reply.code(204).send();
  });

  /** Everywhere, here too. */
  app.delete('/api/account/sessions', session, async (request, reply) => {
    const { person, actor } = meOf(request);
    await sessions.end({ personId: person.id });
    await audit.record({ actor, action: 'session.ended-everywhere', subject: person.id, details: {} });
    return reply.header('set-cookie', access.cookie(request)).code(204).send();
  });

  app.delete('/api/account/sessions/:id', session, async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const { person, actor } = meOf(request);
    if (!(await sessions.list(person.id)).some((one) => one.id === id))
      return reply.code(404).send({ error: 'You have no such session.' });
    await sessions.end({ id });
    await audit.record({ actor, action: 'session.ended', subject: id, details: {} });
    return reply.code(204).send();
  });

  done();
};

/** The guard lets only people with a session in. */
function meOf({ identity }: FastifyRequest): Identity & { readonly sessionId: string } {
  if (typeof identity?.sessionId !== 'string')
    throw new KefuError('internal', 'An account route was open to somebody without a session.');
  return { ...identity, sessionId: identity.sessionId };
}
