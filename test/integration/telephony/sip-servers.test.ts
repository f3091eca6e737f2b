import { once } from 'node:events';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { parseUri, type SipUri } from '../../../src/telephony/sip/grammar.ts';
import { NameServers } from '../../../src/telephony/sip/names.ts';
import { SipResolver } from '../../../src/telephony/sip/resolve.ts';
import type { Trunk } from '../../../src/telephony/sip/trunks.ts';
import { address, naptr, srv, startDnsServer, type DnsServer } from '../../support/sip/dns-server.ts';
import { fastClock, freeUdpPort, localTrunk, sipp, startSipGateway } from '../../support/sip/gateway.ts';

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (!parsed) throw new Error(text);
  return parsed;
};
const never = new AbortController().signal;
const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function dns(records: Parameters<typeof startDnsServer>[0]): Promise<DnsServer> {
  const server = await startDnsServer(records);
  endings.push(() => server.close());
  return server;
}

/** A server that answers every request with this status; `silent` hears and says nothing. */
async function answering(status: number | 'silent'): Promise<{ port: number; heard: string[] }> {
  const socket: Socket = createSocket('udp4');
  const heard: string[] = [];
  socket.on('message', (bytes, from) => {
    const text = bytes.toString('latin1');
    const method = text.split(' ')[0] ?? '';
    if (method.trim() === '') return;
    heard.push(method);
    if (status === 'silent' || method === 'ACK') return;
    const copied = text.match(/^(Via|From|To|Call-ID|CSeq): .*$/gm) ?? [];
    const answer = [`SIP/2.0 ${status} Told`, ...copied, 'Retry-After: 30', 'Content-Length: 0', '', ''];
    socket.send(answer.join('\r\n'), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  endings.push(() => void socket.close());
  return { port: socket.address().port, heard };
}

describe('servers found by a real name server', () => {
  const located = async (server: DnsServer, text: string) => {
    const { servers } = await new SipResolver({ names: new NameServers([server.address]) }).locate(uri(text));
    return servers.map(({ transport, host, port, name }) => `${transport} ${host}:${port} ${name}`);
  };

  it('are those of NAPTR, SRV and address records, in order', async () => {
    const server = await dns([
      naptr('carrier.test', 20, 'SIP+D2U', '_sip._udp.carrier.test'),
      naptr('carrier.test', 10, 'SIPS+D2T', '_sips._tcp.carrier.test'),
      srv('_sips._tcp.carrier.test', 'b.carrier.test', 5071, 20),
      srv('_sips._tcp.carrier.test', 'a.carrier.test', 5070, 10),
      srv('_sip._udp.carrier.test', 'a.carrier.test', 5080),
      address('a.carrier.test', '192.0.2.1'),
      address('b.carrier.test', '192.0.2.2'),
      address('b.carrier.test', '2001:db8::2'),
    ]);
    expect(await located(server, 'sip:carrier.test')).toEqual([
      'tls 192.0.2.1:5070 carrier.test',
      'tls 192.0.2.2:5071 carrier.test',
      'tls 2001:db8::2:5071 carrier.test',
    ]);
    expect(await located(server, 'sip:carrier.test;transport=udp')).toEqual([
      'udp 192.0.2.1:5080 carrier.test',
    ]);
    // A port says that nobody is to be asked for one.
    expect(await located(server, 'sip:a.carrier.test:5099')).toEqual(['udp 192.0.2.1:5099 a.carrier.test']);
  });

  it('are found without NAPTR and without SRV, and one name without an address does no harm', async () => {
    const server = await dns([
      srv('_sip._tcp.plain.test', 'gone.plain.test', 5060, 1),
      srv('_sip._tcp.plain.test', 'here.plain.test', 5062, 2),
      address('here.plain.test', '192.0.2.3'),
      address('old.test', '192.0.2.4'),
      srv('_sip._udp.none.test', '.', 0),
    ]);
    expect(await located(server, 'sip:plain.test')).toEqual(['tcp 192.0.2.3:5062 plain.test']);
    expect(await located(server, 'sip:old.test')).toEqual(['udp 192.0.2.4:5060 old.test']);
    await expect(located(server, 'sip:none.test;transport=udp')).rejects.toThrow(
      /says that it has no SIP over udp/,
    );
    await expect(located(server, 'sip:nowhere.test')).rejects.toThrow(/nowhere.test has no address/);
  });
});

describe('a server that fails', () => {
  it('is passed over by a call: it says 503, the next one is silent, the third one answers', async () => {
    const [full, dead] = [await answering(503), await answering('silent')];
    const port = await freeUdpPort();
    const names = await dns([
      srv('_sip._udp.carrier.test', 'sip.carrier.test', full.port, 10),
      srv('_sip._udp.carrier.test', 'sip.carrier.test', dead.port, 20),
      srv('_sip._udp.carrier.test', 'sip.carrier.test', port, 30),
      address('sip.carrier.test', '127.0.0.1'),
    ]);
    const outbound = {
      ...{ server: uri('sip:carrier.test;transport=udp'), numbers: [/^\+49\d+$/], from: '+49301' },
      ...{ credentials: undefined, maxCalls: 5, maxCallsPerHour: 50 },
    };
    const { gateway, log, udp } = await startSipGateway({
      trunks: [{ ...localTrunk, outbound }],
      nameServers: [names.address],
    });
    endings.push(() => gateway.close());
    const callee = sipp('callee-answers', udp, ['-p', String(port)]);
    const media = await gateway.dialer.dial('+4930123', { signal: never, ringMs: 20_000 });
    await media.hangup();
    await callee;
    expect(full.heard).toContain('INVITE');
    expect(dead.heard).toContain('INVITE');
    // As long as the first one asked for (Retry-After), and a minute.
    expect(log.find('A SIP server is left alone for a while').map(({ fields }) => fields.restMs)).toEqual([
      30_000, 60_000,
    ]);
    // Both are left alone: the next call goes straight to the one that works.
    const asked = [full.heard.length, dead.heard.length];
    const again = sipp('callee-answers', udp, ['-p', String(port)]);
    await (await gateway.dialer.dial('+4930123', { signal: never, ringMs: 20_000 })).hangup();
    await again;
    expect([full.heard.length, dead.heard.length]).toEqual(asked);
  });

  it('is found by OPTIONS, so that no call has to find it', async () => {
    const full = await answering(503);
    const good = await startSipGateway({ rtpPorts: [21_500, 21_599] });
    endings.push(() => good.gateway.close());
    const outbound = {
      ...{ server: uri(`sip:127.0.0.1:${full.port}`), backups: [uri(`sip:127.0.0.1:${good.udp}`)] },
      ...{ numbers: [/^\+49\d+$/], from: '+49301', credentials: undefined },
      ...{ maxCalls: 5, maxCallsPerHour: 50, probeMs: 10_000 },
    };
    const { gateway } = await startSipGateway({ trunks: [{ ...localTrunk, outbound }] });
    endings.push(() => gateway.close());
    const states = () => gateway.figures.lines[0]?.servers?.map(({ problem }) => problem);
    await expect.poll(states, { timeout: 15_000 }).toEqual(['the server answered with 503', null]);
    const dialled = gateway.dialer.dial('+4930123', { signal: never, ringMs: 20_000 });
    (await good.nextCall()).accept('call_taken');
    await (await dialled).hangup();
    expect(full.heard).not.toContain('INVITE');
  });

  it('is passed over by registrations, several at once, and calls may come from each of the registrars', async () => {
    const [full, dead, good] = [await answering(503), await answering('silent'), await answering(200)];
    const line = (name: string, server: string, backup: string): Trunk => ({
      ...localTrunk,
      ...{ name, admits: () => false },
      register: {
        ...{ user: name, password: 'secret-word', server: uri(server), backups: [uri(backup)] },
        ...{ domain: 'carrier.test', expiresSeconds: 300 },
      },
    });
    const trunks = [
      line('one', `sip:127.0.0.1:${full.port}`, `sip:127.0.0.1:${good.port}`),
      line('two', `sip:127.0.0.1:${dead.port}`, `sip:127.0.0.1:${good.port}`),
      line('three', `sip:127.0.0.1:${full.port}`, `sip:127.0.0.1:${dead.port}`),
    ];
    const { gateway } = await startSipGateway({ trunks }, fastClock(20));
    endings.push(() => gateway.close());
    const registered = () => gateway.figures.lines.map(({ registration }) => registration?.registered);
    await expect.poll(registered, { timeout: 20_000 }).toEqual([true, true, false]);
    await expect
      .poll(() => gateway.figures.lines[2]?.registration?.problem, { timeout: 20_000 })
      .toMatch(/did not answer within 8 s|answered with 503/);
    expect(good.heard.filter((method) => method === 'REGISTER').length).toBeGreaterThanOrEqual(2);
  });
});
