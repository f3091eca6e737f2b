import { describe, expect, it } from 'vitest';
import { parseUri, type SipUri } from '../../../../src/telephony/sip/grammar.ts';
import {
  canBeName,
  MachineNames,
  NameServers,
  type NameSource,
} from '../../../../src/telephony/sip/names.ts';
import { SipResolver } from '../../../../src/telephony/sip/resolve.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (!parsed) throw new Error(text);
  return parsed;
};

/** A system that looks a name up for as long as the test has it. */
function slowSystem() {
  const asked: { host: string; answer: (addresses: readonly string[]) => void }[] = [];
  const names = new MachineNames((host) => new Promise((resolve) => asked.push({ host, answer: resolve })));
  const find = (host: string, signal = new AbortController().signal) => names.addresses(host, signal);
  return { asked, find, hosts: () => asked.map(({ host }) => host) };
}

/** Lets everything that is settled run. */
const settle = () => new Promise<void>((resolve) => void setImmediate(resolve));

describe('names that the machine looks up', () => {
  it('are two at once, and the next one takes the place that is free', async () => {
    const { asked, find, hosts } = slowSystem();
    const found = ['a.test', 'b.test', 'c.test', 'd.test'].map((host) => find(host));
    expect(hosts()).toEqual(['a.test', 'b.test']);
    asked[1]?.answer(['192.0.2.2']);
    expect(await found[1]).toEqual(['192.0.2.2']);
    await settle();
    expect(hosts()).toEqual(['a.test', 'b.test', 'c.test']);
    asked[2]?.answer([]);
    expect(await found[2]).toEqual([]);
    await settle();
    asked[3]?.answer(['192.0.2.4']);
    expect(await found[3]).toEqual(['192.0.2.4']);
  });

  it('are asked for once, however many want to know', async () => {
    const { asked, find, hosts } = slowSystem();
    const found = [find('a.test'), find('a.test'), find('a.test')];
    asked[0]?.answer(['192.0.2.1']);
    expect(await Promise.all(found)).toEqual([['192.0.2.1'], ['192.0.2.1'], ['192.0.2.1']]);
    expect(hosts()).toEqual(['a.test']);
  });

  it('leave the queue when nobody wants to know any more, and the queue has an end', async () => {
    const { asked, find, hosts } = slowSystem();
    void find('a.test');
    void find('b.test');
    const waiting = Array.from({ length: 100 }, (_, index) => {
      const leaving = new AbortController();
      return { leaving, found: find(`w${index}.test`, leaving.signal) };
    });
    await expect(find('late.test')).rejects.toMatchObject({ code: 'server_unreachable' });
    for (const { leaving } of waiting) leaving.abort(new Error('enough'));
    for (const { found } of waiting) await expect(found).rejects.toThrow('enough');
    const next = find('next.test');
    asked[0]?.answer([]);
    await settle();
    expect(hosts()).toEqual(['a.test', 'b.test', 'next.test']);
    asked[2]?.answer(['192.0.2.9']);
    expect(await next).toEqual(['192.0.2.9']);
  });

  it('that the system does not know have no address', async () => {
    const names = new MachineNames(() => Promise.reject(new Error('ENOTFOUND')));
    expect(await names.addresses('a.test', new AbortController().signal)).toEqual([]);
  });
});

describe('what can be a name', () => {
  it.each(['carrier.example', 'kamailio', 'a_b.example.', 'xn--bcher-kva.example', '_sip._udp.example'])(
    'is %s',
    (host) => expect(canBeName(host)).toBe(true),
  );
  it.each(['', 'a..b', 'host.invalid', 'a b', 'ä.example', `${'a'.repeat(64)}.example`, 'a.'.repeat(200)])(
    'is not "%s"',
    (host) => expect(canBeName(host)).toBe(false),
  );
});

describe('a search for servers', () => {
  const silent: NameSource = {
    naptr: () => Promise.resolve([]),
    srv: () => Promise.resolve([]),
    addresses: () => new Promise(() => undefined),
    close: () => undefined,
  };
  const make = (names: NameSource = silent) => {
    const clock = new ManualClock();
    return { clock, resolver: new SipResolver({ names, clock }) };
  };

  it('ends after its time, even when the machine never answers', async () => {
    const { clock, resolver } = make();
    const usual = resolver.locate(uri('sip:silent.test'));
    const short = resolver.locate(uri('sip:silent.test'), 1_000);
    await settle();
    clock.advance(1_000);
    await expect(short).rejects.toThrow('The name silent.test was not found within 1000 ms.');
    clock.advance(9_000);
    await expect(usual).rejects.toMatchObject({ code: 'server_unreachable' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks nothing more once its time is over', async () => {
    let answer: (records: []) => void = () => undefined;
    const asked: string[] = [];
    const { clock, resolver } = make({
      ...silent,
      naptr: () => new Promise((resolve) => (answer = resolve)),
      srv: (name) => {
        asked.push(name);
        return Promise.resolve([]);
      },
    });
    const search = resolver.locate(uri('sip:slow.test'));
    clock.advance(10_000);
    await expect(search).rejects.toMatchObject({ code: 'server_unreachable' });
    answer([]);
    await settle();
    expect(asked).toEqual([]);
  });

  it('does not keep the gateway from closing', async () => {
    const { clock, resolver } = make();
    const search = resolver.locate(uri('sip:silent.test'));
    await settle();
    resolver.close();
    await expect(search).rejects.toMatchObject({ code: 'aborted' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('is one of a hundred at most, and a place comes free again', async () => {
    const { clock, resolver } = make();
    const searches = Array.from({ length: 100 }, (_, index) => resolver.locate(uri(`sip:n${index}.test`)));
    await expect(resolver.locate(uri('sip:late.test'))).rejects.toThrow('Too many names');
    expect((await resolver.locate(uri('sip:192.0.2.1'))).servers).toHaveLength(1);
    clock.advance(10_000);
    expect((await Promise.allSettled(searches)).every(({ status }) => status === 'rejected')).toBe(true);
    const next = resolver.locate(uri('sip:next.test'));
    clock.advance(10_000);
    await expect(next).rejects.toThrow('was not found within');
  });

  it('looks at the first eight servers of a service', async () => {
    const { resolver } = make({
      ...silent,
      srv: () =>
        Promise.resolve(
          Array.from({ length: 20 }, (_, priority) => ({
            ...{ name: `192.0.2.${priority}`, port: 5060, weight: 0 },
            priority,
          })),
        ),
    });
    const { servers } = await resolver.locate(uri('sip:many.test;transport=udp'));
    expect(servers.map(({ host }) => host)).toEqual(
      Array.from({ length: 8 }, (_, priority) => `192.0.2.${priority}`),
    );
  });

  it('is not begun for what cannot be a name', async () => {
    const { resolver } = make();
    await expect(resolver.locate(uri('sip:browser.invalid'))).rejects.toThrow('is no name of a server');
  });
});

describe('name servers that are closed', () => {
  it('leave questions without an answer', async () => {
    // An address of documentation (RFC 5737): nothing answers there.
    const names = new NameServers(['192.0.2.53']);
    const question = names.srv('_sip._udp.carrier.test');
    names.close();
    expect(await question).toEqual([]);
  });
});
