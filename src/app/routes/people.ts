import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { personFieldsSchema, type Person } from '../../core/people.ts';
import type { People } from '../../people/people.ts';
import { newProfile } from '../../people/profile.ts';
import { actorOf, forRoles } from './guard.ts';

const addBody = personFieldsSchema.extend({
  profile: personFieldsSchema.shape.profile.default(newProfile),
  codeRequired: z.boolean().default(false),
});
const changeBody = personFieldsSchema.extend({ disabled: z.boolean() }).partial().strict();
const idParams = z.object({ id: z.string() });

/** Who works here: read by supervisors for their teams, changed by administrators. */
export const peopleRoutes: FastifyPluginCallback<{ readonly people: People }> = (app, { people }, done) => {
  const administrators = { config: forRoles() };

  app.get('/api/people', { config: forRoles('supervisor') }, async (request) => {
    const all = await people.list();
    const me = request.identity?.person;
    return { people: me?.role === 'supervisor' ? all.filter((person) => seenBy(me, person)) : all };
  });

  app.post('/api/people', administrators, async (request, reply) => {
    const body = addBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    const added = await people.add(body.data, actorOf(request));
    return reply.code(201).header('cache-control', 'no-store').send(added);
  });

  app.patch('/api/people/:id', administrators, async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const body = changeBody.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
    const given = Object.entries(body.data).filter(([, value]) => value !== undefined);
    return { person: await people.change(id, Object.fromEntries(given), actorOf(request)) };
  });

  app.post('/api/people/:id/password', administrators, async (request, reply) => {
    const { id } = idParams.parse(request.params);
    void reply.header('cache-control', 'no-store');
    return people.resetPassword(id, actorOf(request));
  });

  app.delete('/api/people/:id/code', administrators, async (request) => {
    const { id } = idParams.parse(request.params);
    return { person: await people.resetCode(id, actorOf(request)) };
  });

  done();
};

/** A supervisor without a team looks after all. */
function seenBy(supervisor: Person, person: Person): boolean {
  const { teams } = supervisor.profile;
  return (
    teams.length === 0 ||
    person.id === supervisor.id ||
    person.profile.teams.some((team) => teams.includes(team))
  );
}
