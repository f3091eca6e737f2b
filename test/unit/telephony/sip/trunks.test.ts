import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { trunkPresets } from '../../../../src/telephony/sip/presets.ts';
import { readTrunks } from '../../../../src/telephony/sip/trunks.ts';

const directory = mkdtempSync(join(tmpdir(), 'kefu-trunks-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function read(text: string) {
  const file = join(directory, 'trunks.yaml');
  writeFileSync(file, text);
  writeFileSync(join(directory, 'password'), 'from-a-file\n');
  return readTrunks(file);
}

describe('the trunks file', () => {
  it('is read with its defaults', async () => {
    const settings = await read(`
listen: { udp: {} }
trunks:
  - name: carrier
    addresses: [192.0.2.0/28]
    register: { server: 'sip:sip.carrier.example;transport=tcp', user: office, passwordFile: password }
    outbound: { server: 'sip:sip.carrier.example', numbers: ['\\+49\\d+'] }
`);
    expect(settings).toMatchObject({
      listeners: [{ transport: 'udp', host: '0.0.0.0', port: 5060 }],
      ...{ rtpPorts: [10_000, 10_999], mediaTimeoutMs: 30_000, publicAddress: undefined },
    });
    const [trunk] = settings.trunks;
    expect(trunk).toMatchObject({
      ...{ codecs: ['PCMU', 'PCMA', 'G722'], srtp: 'allowed', login: undefined },
      register: {
        domain: 'sip.carrier.example',
        user: 'office',
        password: 'from-a-file',
        expiresSeconds: 300,
      },
      // Who is registered dials with the same password.
      outbound: { credentials: { user: 'office', password: 'from-a-file' }, maxCalls: 5 },
    });
    expect(trunk?.admits('192.0.2.9')).toBe(true);
    expect(trunk?.admits('192.0.2.99')).toBe(false);
    // A pattern must fit the whole number.
    expect(trunk?.outbound?.numbers.some((pattern) => pattern.test('x+4930'))).toBe(false);
  });

  it('takes what a preset says, as far as it says nothing itself, and servers in order', async () => {
    const { trunks } = await read(`
listen: { udp: {} }
trunks:
  - name: carrier
    preset: telnyx
    codecs: [PCMA]
    register: { user: office, password: x, expiresSeconds: 600 }
  - name: exchange
    preset: asterisk
    outbound: { server: ['sip:192.0.2.1', 'sip:192.0.2.2'], numbers: ['\\d+'] }
`);
    const [carrier, exchange] = trunks;
    expect(carrier).toMatchObject({
      codecs: ['PCMA'],
      outbound: undefined,
      register: { server: { host: 'sip.telnyx.com' }, domain: 'sip.telnyx.com', expiresSeconds: 600 },
    });
    expect(carrier?.admits('192.76.120.10')).toBe(true);
    expect(carrier?.admits('192.76.120.11')).toBe(false);
    expect(exchange).toMatchObject({
      codecs: ['PCMA', 'PCMU'],
      outbound: { server: { host: '192.0.2.1' }, backups: [{ host: '192.0.2.2' }] },
    });
  });

  it('can be written with every preset', async () => {
    for (const [name, { trunk }] of Object.entries(trunkPresets)) {
      const server = (part: object | undefined) =>
        part && 'server' in part ? '' : "server: 'sip:192.0.2.1', ";
      const text = `
listen: { udp: {} }
trunks:
  - name: a
    preset: ${name}
    register: { ${server(trunk.register)}user: u, password: p }
    outbound: { ${server(trunk.outbound)}numbers: ['\\d+'] }
`;
      expect((await read(text)).trunks, name).toHaveLength(1);
    }
  });

  it('of docs/telephony.md is a right one', async () => {
    const docs = readFileSync(resolve(import.meta.dirname, '../../../../docs/telephony.md'), 'utf8');
    const example = /```yaml\n(listen:[^]*?)```/.exec(docs)?.[1] ?? '';
    for (const name of example.match(/[\w-]+\.(crt|key|pem|password)/g) ?? [])
      writeFileSync(join(directory, name), name);
    const { trunks, listeners } = await read(example);
    expect(listeners.map(({ transport }) => transport)).toEqual(['udp', 'tcp', 'tls']);
    expect(trunks.map(({ name }) => name)).toEqual(['office', 'phones', 'carrier']);
    expect(trunks[2]?.outbound?.numbers.map((pattern) => pattern.test('+493012345'))).toEqual([true, false]);
  });

  it('of each page for one kind of exchange or carrier is a right one', async () => {
    const pages = resolve(import.meta.dirname, '../../../../docs/telephony');
    for (const page of readdirSync(pages)) {
      const text = readFileSync(join(pages, page), 'utf8');
      const example = /```yaml\n(listen:[^]*?)```/.exec(text)?.[1] ?? '';
      for (const name of example.match(/[\w-]+\.password/g) ?? []) writeFileSync(join(directory, name), name);
      expect((await read(example)).trunks, page).toHaveLength(1);
    }
  });

  const mistakes: Readonly<Record<string, readonly [text: string, told: RegExp]>> = {
    'no list of trunks': ['listen: { udp: {} }', /trunks: /],
    'nowhere to listen': [
      'listen: {}\ntrunks: [{ name: a, addresses: [192.0.2.1] }]',
      /at least one of udp, tcp and tls/,
    ],
    'a misspelled key': [
      'listen: { udp: {} }\ntrunks: [{ name: a, adresses: [192.0.2.1] }]',
      /line 2: trunk a, adresses: there is no setting of this name \(did you mean "addresses"\?\)/,
    ],
    'a name for an address': [
      'listen: { udp: {} }\ntrunks: [{ name: a, addresses: [carrier.example] }]',
      /must be addresses or networks/,
    ],
    'a user without a password': [
      'listen: { udp: {} }\ntrunks: [{ name: a, login: { user: x } }]',
      /line 2: trunk a, login: the user needs a password or passwordFile/,
    ],
    'a trunk nobody can use': [
      'listen: { udp: {} }\ntrunks: [{ name: a }]',
      /trunk a: needs addresses or a login/,
    ],
    'calls to be bridged and nobody to call': [
      'listen: { udp: {} }\ntrunks: [{ name: a, addresses: [192.0.2.1], transfer: bridged }]',
      /line 2: trunk a: transfer: bridged needs a trunk with outbound/,
    ],
    'two of a name': [
      'listen: { udp: {} }\ntrunks: [{ name: a, addresses: [192.0.2.1] }, { name: a, addresses: [192.0.2.2] }]',
      /trunk a, name: two have this name/,
    ],
    'a bad pattern': [
      "listen: { udp: {} }\ntrunks: [{ name: a, outbound: { server: 'sip:b', numbers: ['('] } }]",
      /is no regular expression/,
    ],
    'a missing file': [
      'listen: { udp: {} }\ntrunks: [{ name: a, login: { user: x, passwordFile: nowhere } }]',
      /nowhere cannot be read/,
    ],
    'no YAML': ['listen: [', /line 1: this is not YAML/],
    'a preset that is none': [
      'listen: { udp: {} }\ntrunks:\n  - name: a\n    preset: twillio',
      /line 4: trunk a, preset: there is no preset "twillio" \(did you mean "twilio"\?\); `npm run trunk -- presets` lists them/,
    ],
    'a word for a number': [
      "listen: { udp: {} }\ntrunks:\n  - name: a\n    outbound: { server: 'sip:b', numbers: ['1'], maxCalls: many }",
      /line 4: trunk a, outbound.maxCalls: must be a number/,
    ],
    'a server that is no address': [
      'listen: { udp: {} }\ntrunks:\n  - name: a\n    outbound: { server: b.example, numbers: ["1"] }',
      /trunk a, outbound.server: must be like sip:sip.example.com;transport=tcp/,
    ],
  };
  for (const [name, [text, told]] of Object.entries(mistakes)) {
    it(`with ${name} is refused with its place`, async () => {
      await expect(read(text)).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringMatching(told) as string,
      });
    });
  }

  it('never shows a password in a message', async () => {
    const text =
      'listen: { udp: {} }\ntrunks: [{ name: a, login: { user: x, password: hunter2 }, codecs: [] }]';
    await expect(read(text)).rejects.toMatchObject({
      message: expect.not.stringContaining('hunter2') as string,
    });
  });
});
