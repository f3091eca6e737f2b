import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { personFieldsSchema, type SessionView } from '../../core/people.ts';
import { LockedOut } from '../../people/lock-out.ts';
import { logIn, type LogInParts } from '../../people/log-in.ts';
import type { People } from '../../people/people.ts';
import type { Visit } from '../../people/sessions.ts';
import { addressOf, type Access } from '../access.ts';

const logInBody = z.object({
  login: z.string().max(200),
  password: z.string().max(1000),
  code: z.string().max(20).optional(),
});
const setUpBody = personFieldsSchema
  .pick({ login: true, name: true })
  .extend({ password: z.string().max(1000) });

export interface SessionRoutesOptions {
  readonly access: Access;
  readonly people: People;
  readonly parts: LogInParts;
}

/** Set-up, logging in and out. */
export const sessionRoutes: FastifyPluginCallback<SessionRoutesOptions> = (app, options, done) => {
  const { access, people, parts } = options;
  const open = { config: { access: 'open' } } as const;

  const visitOf = (request: FastifyRequest): Visit => ({
    address: addressOf(request),
    browser: request.headers['user-agent'] ?? '',
  });

  app.get('/api/session', open, async (request, reply): Promise<SessionView> => {
    const [setUp, identity] = await Promise.all([people.isSetUp(), access.identify(request)]);
    void reply.header('cache-control', 'no-store');
    const me = identity && {
      id: identity.person.id,
      login: identity.person.login,
      name: identity.person.name,
      role: identity.person.role,
      via: identity.via,
      needs: identity.needs,
    };
    return {
      setUp,
      maySetUp: !setUp && identity !== undefined && identity.via !== 'session',
      me: me ?? null,
    };
  });

  app.post('/api/set-up', open, async (request, reply) => {
    if (await people.isSetUp())
      return reply.code(409).send({ error: 'Kefu has an administrator already.', code: 'already_set_up' });
    const identity = await access.identify(request);
    if (!identity)
      return reply.code(403).send({
        error: 'Set Kefu up on its own machine, or with the API token: Authorization: Bearer TOKEN.',
      });
    const body = setUpBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    await people.setUp(body.data, identity.actor);
    return logInAndAnswer(request, reply, { ...body.data, code: undefined });
  });

  app.post('/api/session', open, async (request, reply) => {
    const body = logInBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    return logInAndAnswer(request, reply, { ...body.data, code: body.data.code });
  });

  app.delete('/api/session', { config: { access: 'session' } }, async (request, reply) => {
    const { sessionId, actor } = request.identity ?? {};
    if (typeof sessionId === 'string' && actor) {
      await parts.sessions.end({ id: sessionId });
      await parts.audit.record({ actor, action: 'session.ended', subject: sessionId, details: {} });
    }
    return reply.header('set-cookie', access.cookie(request)).code(204).send();
  });

  async function logInAndAnswer(
    request: FastifyRequest,
    reply: FastifyReply,
    given: Parameters<typeof logIn>[0],
  ): Promise<FastifyReply> {
    const result = await logIn(given, visitOf(request), parts);
    void reply.header('cache-control', 'no-store');
    switch (result.outcome) {
      case 'in':
        return reply.header('set-cookie', access.cookie(request, result.token)).send({ outcome: 'in' });
      case 'locked':
        throw new LockedOut(result.untilEpochMs, parts.clock.epochMs());
      case 'failed':
        return reply.code(401).send({ error: 'The name or the password is wrong.', outcome: 'failed' });
      case 'code-missing':
        return reply.code(401).send({ error: 'Send the one-time code, too.', outcome: 'code-missing' });
      case 'code-wrong':
        return reply
          .code(401)
          .send({ error: 'The one-time code is wrong or was used.', outcome: 'code-wrong' });
    }
  }

  done();
};
