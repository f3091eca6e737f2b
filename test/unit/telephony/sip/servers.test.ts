import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../../src/core/errors.ts';
import { parseUri, type SipUri } from '../../../../src/telephony/sip/grammar.ts';
import { orderByWeight, SipResolver, type SipServer } from '../../../../src/telephony/sip/resolve.ts';
import { SipServers } from '../../../../src/telephony/sip/servers.ts';
import { createCapturedLog } from '../../../support/captured-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { seededRandom } from '../../../support/random.ts';
import { keepingFlow } from '../../../support/sip/messages.ts';

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (!parsed) throw new Error(text);
  return parsed;
};

describe('SRV records', () => {
  const record = (name: string, priority: number, weight: number) => ({ name, port: 5060, priority, weight });

  it('are tried by priority, and among equals as often as they weigh', () => {
    const records = [record('last', 20, 100), record('light', 10, 1), record('heavy', 10, 3)];
    const seeded = seededRandom(7);
    const random = (): number => seeded.next();
    let heavyFirst = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const names = orderByWeight(records, random).map(({ name }) => name);
      expect(names.at(-1)).toBe('last');
      expect([...names].sort()).toEqual(['heavy', 'last', 'light']);
      if (names[0] === 'heavy') heavyFirst += 1;
    }
    expect(heavyFirst / 2_000).toBeGreaterThan(0.7);
    expect(heavyFirst / 2_000).toBeLessThan(0.8);
  });

  it('without a weight are used, too', () => {
    expect(orderByWeight([record('a', 0, 0), record('b', 0, 0)], () => 0.99)).toHaveLength(2);
  });
});

describe('addresses in URIs', () => {
  it('need no question, and the transport decides on the port', async () => {
    const resolver = new SipResolver();
    const first = async (text: string) => (await resolver.locate(uri(text))).servers[0];
    expect(await first('sip:192.0.2.1')).toMatchObject({ transport: 'udp', host: '192.0.2.1', port: 5060 });
    expect(await first('sips:[2001:db8::1]')).toMatchObject({
      transport: 'tls',
      host: '2001:db8::1',
      port: 5061,
    });
    expect(await first('sip:192.0.2.1:5070;transport=tcp')).toMatchObject({ transport: 'tcp', port: 5070 });
  });
});

describe('the servers of a trunk', () => {
  const make = (unreachable: readonly string[] = []) => {
    const clock = new ManualClock();
    const log = createCapturedLog();
    const opened: string[] = [];
    const servers = new SipServers({
      ...{ clock, log, resolver: new SipResolver() },
      transports: {
        flowTo: (_transport, remote) => {
          opened.push(remote.host);
          return unreachable.includes(remote.host)
            ? Promise.reject(new KefuError('server_unreachable', 'closed'))
            : Promise.resolve({ ...keepingFlow('udp'), remote });
        },
      },
    });
    return { clock, log, opened, servers };
  };
  const both = [uri('sip:192.0.2.1'), uri('sip:192.0.2.2')];
  const hosts = (list: readonly SipServer[]) => list.map(({ host }) => host);

  it('are tried in order, and who failed comes last for a minute', async () => {
    const { servers, clock, log } = make();
    for await (const way of servers.ways(both)) {
      way.failed();
      break;
    }
    expect(hosts(await servers.locate(both))).toEqual(['192.0.2.2', '192.0.2.1']);
    expect(log.find('A SIP server is left alone for a while')).toHaveLength(1);
    clock.advance(60_000);
    expect(hosts(await servers.locate(both))).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('are left alone for as long as they say, but not for hours', async () => {
    const { servers, clock } = make();
    for await (const way of servers.ways(both)) {
      way.failed(86_400_000);
      break;
    }
    clock.advance(599_000);
    expect(hosts(await servers.locate(both))[0]).toBe('192.0.2.2');
    clock.advance(1_000);
    expect(hosts(await servers.locate(both))[0]).toBe('192.0.2.1');
  });

  it('whose connection cannot be opened are passed over, and connections are opened only when wanted', async () => {
    const { servers, opened } = make(['192.0.2.1']);
    for await (const way of servers.ways([...both, uri('sip:192.0.2.3')])) {
      expect(way.server.host).toBe('192.0.2.2');
      break;
    }
    expect(opened).toEqual(['192.0.2.1', '192.0.2.2']);
    const { servers: dead } = make(['192.0.2.1', '192.0.2.2']);
    await expect(dead.ways(both).next()).rejects.toMatchObject({ code: 'server_unreachable' });
  });

  it('stay the one that was preferred, as long as it works', async () => {
    const { servers } = make();
    const [, second] = await servers.locate(both);
    expect(hosts(await servers.locate(both, second))).toEqual(['192.0.2.2', '192.0.2.1']);
  });
});
