import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { figureRoutes } from '../../../src/app/routes/figures.ts';
import type { ContactCentreFigures, Figures } from '../../../src/core/figures.ts';

const figuresOf = (day: string): ContactCentreFigures => ({
  sinceEpochMs: 0,
  day,
  queues: [],
  agents: [],
  transfersByReason: [],
  calls: 0,
  contained: 0,
});

async function ask(query: string) {
  const app = fastify();
  const figures = {
    ofDay: (day = 'today') => Promise.resolve(figuresOf(day)),
    sinceStart: () => figuresOf('start'),
  } as Figures;
  await app.register(figureRoutes, { figures });
  const url = `/api/figures${query}`;
  const answer = await app.inject({ url });
  await app.close();
  return {
    status: answer.statusCode,
    body: answer.json<{ error?: string } & Partial<ContactCentreFigures>>(),
  };
}

describe('the route of figures', () => {
  it('gives those of a day, of today, and since the start of the process', async () => {
    expect((await ask('?day=2026-11-29')).body).toEqual(figuresOf('2026-11-29'));
    expect((await ask('')).body.day).toBe('today');
    expect((await ask('?since=start')).body.day).toBe('start');
  });

  it.each(['?day=yesterday', '?day=2026-02-30', '?since=monday', '?since=start&day=2026-11-29'])(
    'says what is wrong with %s',
    async (query) => {
      const { status, body } = await ask(query);
      expect(status).toBe(400);
      expect(body.error).toMatch(/day|since/);
    },
  );
});
