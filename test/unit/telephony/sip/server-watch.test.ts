import { describe, expect, it } from 'vitest';
import { parseUri, type SipUri } from '../../../../src/telephony/sip/grammar.ts';
import { Lines } from '../../../../src/telephony/sip/lines.ts';
import type { Trunk } from '../../../../src/telephony/sip/trunks.ts';
import { anyTrunk, fakeLine } from '../../../support/sip/fake-line.ts';
import { asRequest, firstLines, sipText } from '../../../support/sip/messages.ts';

const uri = (text: string): SipUri => parseUri(text) ?? expect.unreachable();
const probeMs = 30_000;

function trunkTo(server: SipUri, backups: readonly SipUri[] = []): Trunk {
  return {
    ...anyTrunk,
    outbound: {
      ...{ server, backups, numbers: [/^\+49\d+$/], from: '+49301', credentials: undefined },
      ...{ maxCalls: 5, maxCallsPerHour: 50, probeMs },
    },
  };
}

function watched(trunk: Trunk) {
  const fake = fakeLine();
  const { core, guard, clock, log } = fake;
  const lines = new Lines({ core, guard, clock, log });
  lines.renew([trunk]);
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const asked = () => firstLines(fake.flow.sent).filter((line) => line.startsWith('OPTIONS'));
  const respond = async (status: number): Promise<void> => {
    const { headers } = asRequest(fake.flow.sent.at(-1) ?? new Uint8Array());
    const copied = ['via', 'from', 'to', 'call-id', 'cseq'].map(
      (name) => `${name}: ${headers.get(name) ?? ''}`,
    );
    await fake.receive(sipText([`SIP/2.0 ${status} Told`, ...copied]));
    await settle();
  };
  const order = async () =>
    (await core.servers.locate([uri('sip:192.0.2.1'), uri('sip:192.0.2.2')])).map(({ host }) => host);
  return { ...fake, lines, settle, asked, respond, order };
}

describe('servers of a trunk with probes', () => {
  it('are left alone when they do not answer or take no calls, and come first again once they do', async () => {
    const both = trunkTo(uri('sip:192.0.2.1'), [uri('sip:192.0.2.2')]);
    const { lines, settle, clock, respond, order, log } = watched(both);
    expect(lines.states).toEqual([{ name: 'carrier', registration: null, servers: [] }]);
    lines.start();
    await settle();
    await clock.advanceAsync(5_000, 500);
    await settle();
    await respond(405);
    expect(lines.states[0]?.servers).toEqual([
      { server: 'udp 192.0.2.1:5060', problem: 'the server did not answer within 5 s' },
      { server: 'udp 192.0.2.2:5060', problem: null },
    ]);
    expect(await order()).toEqual(['192.0.2.2', '192.0.2.1']);
    // The one that works is asked first now, and takes no calls any more; the other one answers.
    await clock.advanceAsync(30_000, 1_000);
    await settle();
    await respond(503);
    await respond(200);
    expect(lines.states[0]?.servers).toEqual([
      { server: 'udp 192.0.2.2:5060', problem: 'the server answered with 503' },
      { server: 'udp 192.0.2.1:5060', problem: null },
    ]);
    expect(await order()).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(log.find('A SIP server answers again')).toMatchObject([
      { fields: { server: 'udp 192.0.2.1:5060' } },
    ]);
  });

  it('are asked no more when the trunk goes, when it changes only the new ones, and never without probes', async () => {
    const { lines, settle, clock, asked, respond } = watched(trunkTo(uri('sip:192.0.2.1')));
    lines.start();
    await settle();
    await respond(200);
    expect(asked()).toEqual(['OPTIONS sip:192.0.2.1']);
    // The same settings, read anew, begin nothing anew.
    lines.renew([trunkTo(uri('sip:192.0.2.1'))]);
    await settle();
    expect(asked()).toHaveLength(1);
    lines.renew([trunkTo(uri('sip:192.0.2.3'))]);
    await settle();
    expect(asked()).toEqual(['OPTIONS sip:192.0.2.1', 'OPTIONS sip:192.0.2.3']);
    const { outbound } = trunkTo(uri('sip:192.0.2.3'));
    lines.renew([{ ...anyTrunk, ...(outbound && { outbound: { ...outbound, probeMs: undefined } }) }]);
    await clock.advanceAsync(120_000, 5_000);
    expect([asked().length, clock.pendingTimers]).toEqual([2, 0]);
    expect(lines.states[0]?.servers).toBeNull();
  });

  it('leave nothing behind when the gateway closes while one of them is asked', async () => {
    const { lines, settle, clock, core } = watched(trunkTo(uri('sip:192.0.2.1')));
    lines.start();
    await settle();
    await lines.stop();
    await clock.advanceAsync(60_000, 5_000);
    expect([clock.pendingTimers, core.transactions.size]).toEqual([0, 0]);
  });
});
