import { describe, expect, it } from 'vitest';
import { parseUri } from '../../../../src/telephony/sip/grammar.ts';
import { Registration } from '../../../../src/telephony/sip/registration.ts';
import { fakeLine } from '../../../support/sip/fake-line.ts';
import { asRequest, firstLines, sipText } from '../../../support/sip/messages.ts';

function line() {
  const fake = fakeLine();
  const server = parseUri('sip:192.0.2.1');
  if (!server) throw new Error('no URI');
  const servers: string[] = [];
  const registration = new Registration(
    { server, domain: 'carrier.example', user: 'office', password: 'secret', expiresSeconds: 300 },
    { core: fake.core, clock: fake.clock, log: fake.log, onServers: (hosts) => servers.push(...hosts) },
  );
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const last = () => asRequest(fake.flow.sent.at(-1) ?? new Uint8Array());
  const respond = async (status: number, headers: readonly string[] = []): Promise<void> => {
    const request = last();
    const copied = ['via', 'from', 'to', 'call-id', 'cseq'].map(
      (name) => `${name}: ${request.headers.get(name) ?? ''}`,
    );
    await fake.receive(sipText([`SIP/2.0 ${status} Fine`, ...copied, ...headers]));
    await settle();
  };
  return { ...fake, registration, servers, settle, last, respond };
}

describe('a registered line', () => {
  it('is registered again well before it expires, with the way held open meanwhile', async () => {
    const { registration, flow, clock, respond, settle, last, servers } = line();
    registration.start();
    await settle();
    expect(firstLines(flow.sent)).toEqual(['REGISTER sip:carrier.example']);
    expect(last().headers.get('to')).toBe('<sip:office@carrier.example>');
    await respond(200, ['Contact: <sip:kefu@192.0.2.9:5060>;expires=180', 'Expires: 9']);
    expect([registration.registered, servers]).toEqual([true, ['192.0.2.1']]);
    clock.advance(25_000);
    expect(Buffer.from(flow.sent.at(-1) ?? []).toString()).toBe('\r\n\r\n');
    await clock.advanceAsync(95_000, 1_000);
    const number = Number(last().headers.get('cseq')?.split(' ')[0]);
    expect([last().method, number]).toEqual(['REGISTER', 2]);
  });

  it('is tried again later and later, and asks for as much time as the server wants', async () => {
    const { registration, flow, clock, respond, settle, last, log } = line();
    registration.start();
    await settle();
    await respond(503);
    expect(log.find('A SIP line could not be registered')).toMatchObject([{ fields: { retryMs: 5_000 } }]);
    await clock.advanceAsync(5_000, 1_000);
    await respond(403);
    const before = flow.sent.length;
    await clock.advanceAsync(9_000, 1_000);
    expect(flow.sent.length).toBe(before);
    await clock.advanceAsync(1_000, 500);
    await respond(423, ['Min-Expires: 600']);
    expect(last().headers.get('expires')).toBe('600');
    await respond(200);
    expect(registration.registered).toBe(true);
    expect(JSON.stringify(log.lines)).not.toContain('secret');
  });

  it('leaves when Kefu stops, and waits 2 s at most for the answer', async () => {
    const { registration, clock, respond, settle, last, core } = line();
    registration.start();
    await settle();
    await respond(200);
    const stopped = registration.stop();
    await settle();
    expect(last().headers.get('expires')).toBe('0');
    await clock.advanceAsync(2_000, 500);
    await stopped;
    core.transactions.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
