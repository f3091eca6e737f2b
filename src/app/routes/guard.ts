import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../core/audit.ts';
import { KefuError } from '../../core/errors.ts';
import type { Role } from '../../core/people.ts';
import { isWrite, type Access, type Identity } from '../access.ts';

/**
 * Who may use a route: everybody (carriers' webhooks prove themselves), everybody who is logged in as a person, or people with one
 * of these roles and programs.
 */
export type RouteAccess = 'open' | 'session' | readonly Role[];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says so; Kefu does not start with one that does not. */
    access?: RouteAccess;
  }
  interface FastifyRequest {
    /** Who asks; null for nobody that is known. */
    identity: Identity | null;
  }
}

/** A route and who may use it. */
export interface GuardedRoute {
  readonly method: string;
  readonly url: string;
  readonly access: RouteAccess;
}

/** The `config` of a route for these roles; administrators may use all. */
export function forRoles(...roles: readonly Exclude<Role, 'administrator'>[]): {
  readonly access: readonly Role[];
} {
  return { access: [...roles, 'administrator'] };
}

/** Lets everybody use the routes of a plugin that do not say who may. */
export function openToAll(plugin: FastifyPluginCallback): FastifyPluginCallback {
  return (app, options, done) => {
    app.addHook('onRoute', (route) => {
      route.config = { access: 'open', ...route.config };
    });
    plugin(app, options, done);
  };
}

/**
 * Finds out who sends each request, and lets only those through whom the route is for. To be called before routes are registered.
 * @returns the routes, filled once the server is ready.
 */
export function installGuard(server: FastifyInstance, access: Access): readonly GuardedRoute[] {
  const declared: { method: string; url: string; config: () => RouteAccess | undefined }[] = [];
  const routes: GuardedRoute[] = [];
  server.decorateRequest('identity', null);
  server.addHook('onRoute', (route) => {
    for (const method of [route.method].flat())
      declared.push({ method, url: route.url, config: () => route.config?.access });
  });
  server.addHook('onReady', () => {
    for (const { method, url, config } of declared.splice(0)) {
      const of = config();
      if (of === undefined)
        throw new KefuError('internal', `The route ${method} ${url} does not say who may use it.`);
      routes.push({ method, url, access: of });
    }
    return Promise.resolve();
  });
  server.addHook('onRequest', async (request, reply) => {
    if (request.is404) return;
    const wanted = request.routeOptions.config.access ?? [];
    if (wanted !== 'open') request.identity = (await access.identify(request)) ?? null;
    if (isWrite(request) && !access.isOwnOrigin(request) && !isProgram(request.identity)) {
      await refuse(
        reply,
        403,
        'Pages of other sites are not served: open the page from this server, and behind a proxy set KEFU_PUBLIC_URL.',
      );
      return;
    }
    await check(request, reply, wanted);
  });
  return routes;

  async function check(request: FastifyRequest, reply: FastifyReply, wanted: RouteAccess): Promise<void> {
    if (wanted === 'open') return;
    const { identity } = request;
    if (!identity) return refuseNobody(reply);
    if (wanted === 'session') {
      if (identity.via !== 'session') await refuse(reply, 403, 'Log in as a person to do this.');
      return;
    }
    if (identity.needs !== null) {
      const first =
        identity.needs === 'password' ? 'Change your password first.' : 'Enrol a one-time code first.';
      await refuse(reply, 403, first, { needs: identity.needs });
    } else if (!wanted.includes(identity.person.role)) {
      await refuse(reply, 403, `This is not for the role ${identity.person.role}.`);
    }
  }

  async function refuseNobody(reply: FastifyReply): Promise<void> {
    if (await access.isSetUp())
      await refuse(reply, 401, 'Log in, or send a token: Authorization: Bearer TOKEN.');
    else if (access.apiTokenIsSet)
      await refuse(reply, 401, 'Send the API token: Authorization: Bearer TOKEN.');
    else
      await refuse(
        reply,
        403,
        'Only this machine is served. Set KEFU_API_TOKEN to allow access with a token, or set Kefu up on this machine.',
      );
  }
}

async function refuse(
  reply: FastifyReply,
  status: 401 | 403,
  error: string,
  more: object = {},
): Promise<void> {
  await reply.code(status).send({ error, ...more });
}

const isProgram = (identity: Identity | null): boolean =>
  identity?.via === 'api-token' || identity?.via === 'local-token';

/** Who asks, for the audit log. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.identity)
    throw new KefuError('internal', 'A route that records what is done was open to nobody known.');
  return request.identity.actor;
}
