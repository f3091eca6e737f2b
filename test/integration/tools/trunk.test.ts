import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { projectDir } from '../../../src/app/config.ts';
import { writeRtp } from '../../../src/telephony/rtp/packet.ts';
import { writeRtcp } from '../../../src/telephony/rtp/rtcp.ts';
import { testEnvironment } from '../../support/environment.ts';
import { baresipPhone } from '../../support/sip/baresip-phone.ts';
import { freeUdpPort, startSipGateway } from '../../support/sip/gateway.ts';
import { startKamailioRegistrar } from '../../support/sip/kamailio-registrar.ts';

const directory = mkdtempSync(join(tmpdir(), 'kefu-trunk-tool-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Runs the tool and resolves with what it said. */
function tool(...args: string[]): Promise<{ code: number; output: string }> {
  const { HOME = '', PATH = '' } = testEnvironment();
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', 'tools/trunk.ts', ...args],
      { cwd: projectDir, env: { HOME, PATH, KEFU_DATA_DIR: directory } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr }),
    );
  });
}

/** Writes a trunks file with one trunk of these lines and checks it. */
function check(lines: string, ...more: string[]): ReturnType<typeof tool> {
  const file = join(directory, 'trunks.yaml');
  writeFileSync(
    file,
    `listen: { udp: { host: 127.0.0.1, port: 0 } }\nrtp: { host: 127.0.0.1, ports: [21300, 21399] }\ntrunks:\n  - name: line\n${lines}`,
  );
  return tool('check', 'line', '--file', file, ...more);
}

const outbound = (server: string) =>
  `    outbound: { server: '${server}', numbers: ['\\+?\\d+'], from: '+49301' }\n`;

/** Answers every call with a second Kefu, and does with what it hears what `then` says. */
async function answering(then: 'echo' | 'silence'): Promise<number> {
  const running = await startSipGateway({ rtpPorts: [21_400, 21_499] });
  const { gateway, udp } = running;
  endings.push(() => gateway.close());
  void (async () => {
    const media = (await running.nextCall()).accept('call_echo');
    if (media.kind !== 'voice') return;
    for await (const event of media.events) {
      if (then === 'silence') continue;
      if (event.type === 'packet') media.send(event.payload);
      else if (event.type === 'digit') media.sendKeys?.(event.digit);
    }
  })();
  return udp;
}

/**
 * Answers calls with sound that goes one way only, as behind a firewall: nothing is sent (`mute`), or a tone with reports that nothing is
 * heard (`deaf`).
 */
async function oneWay(kind: 'mute' | 'deaf'): Promise<number> {
  const [sip, rtp, rtcp] = [createSocket('udp4'), createSocket('udp4'), createSocket('udp4')];
  const rtpPort = 2 * Math.floor((await freeUdpPort()) / 2);
  for (const [socket, port] of [
    [sip, 0],
    [rtp, rtpPort],
    [rtcp, rtpPort + 1],
  ] as const) {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    endings.push(() => void socket.close());
  }
  const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${rtpPort} RTP/AVP 0\r\n`;
  const talk = (toPort: number, ssrc: number): void => {
    let sequence = 0;
    const tick = setInterval(() => {
      sequence += 1;
      const payload = new Uint8Array(160).fill(0x20 + (sequence % 2));
      const head = { payloadType: 0, marker: false, sequence, timestamp: sequence * 160, ssrc: 7 };
      rtp.send(writeRtp({ ...head, payload }), toPort, '127.0.0.1');
      const reception = { ssrc, fractionLost: 255, lost: sequence, highestSequence: sequence, jitter: 0 };
      if (sequence % 50 === 0)
        rtcp.send(
          writeRtcp({ ssrc: 7, sender: undefined, reception, lastSenderReport: undefined }),
          toPort + 1,
          '127.0.0.1',
        );
    }, 20);
    endings.push(() => clearInterval(tick));
  };
  let farPort = 0;
  // The first packet tells whom the reports are about.
  rtp.once('message', (bytes) => {
    if (kind === 'deaf') talk(farPort, bytes.readUInt32BE(8));
  });
  sip.on('message', (bytes, from) => {
    const text = bytes.toString('latin1');
    const method = text.split(' ')[0] ?? '';
    if (method === 'ACK' || text.trim() === '') return;
    farPort = Number(/m=audio (\d+)/.exec(text)?.[1] ?? farPort);
    const copied = text.match(/^(Via|From|Call-ID|CSeq): .*$/gm) ?? [];
    const to = `${/^To: [^\r]*/m.exec(text)?.[0] ?? ''}${/^To: .*;tag=/m.test(text) ? '' : ';tag=far'}`;
    const body = method === 'INVITE' ? sdp : '';
    const more = [to, 'Contact: <sip:far@127.0.0.1>', 'Content-Type: application/sdp'];
    const answer = ['SIP/2.0 200 OK', ...copied, ...more, `Content-Length: ${body.length}`, '', body];
    sip.send(answer.join('\r\n'), from.port, from.address);
  });
  return sip.address().port;
}

describe('npm run trunk -- check', () => {
  it('tells which way sound does not go', async () => {
    const mute = await check(outbound(`sip:127.0.0.1:${await oneWay('mute')}`), '--call', '+4930123');
    expect(mute.output).toMatch(
      /FAIL +sound in +not a single packet came\n +-> the RTP ports are not forwarded/,
    );
    expect(mute.output).toMatch(/sound out +\d+ packets; the far side does not report/);
    expect(mute.code).toBe(1);
    const deaf = await check(outbound(`sip:127.0.0.1:${await oneWay('deaf')}`), '--call', '+4930123');
    expect(deaf.output).toMatch(/ok +sound in +\d+ packets/);
    expect(deaf.output).toMatch(
      /FAIL +sound out +the far side reports that it hears nothing of \d+ packets\n +-> a firewall/,
    );
    expect(deaf.code).toBe(1);
  });

  it('calls a real baresip: sound there and back, without an echo', async () => {
    const phone = await baresipPhone('+4930123');
    endings.push(() => phone.close());
    const { code, output } = await check(outbound(`sip:127.0.0.1:${phone.port}`), '--call', '+4930123');
    expect(output).toMatch(/ok +OPTIONS +udp 127\.0\.0\.1:\d+: 404/);
    expect(output).toMatch(/ok +sound in +\d+ packets, [\d.]+ % lost/);
    expect(output).toMatch(/ok +sound out +\d+ packets, of which the far side reports [\d.]+ % lost/);
    expect(output).toMatch(/- +echo +what we send does not come back/);
    expect(code, output).toBe(0);
  });

  it('tells of a line that is well: answer, way, codec, echo with its delay, keys there and back', async () => {
    const port = await answering('echo');
    const { code, output } = await check(outbound(`sip:127.0.0.1:${port}`), '--call', '+4930123');
    expect(output).toMatch(/ok +OPTIONS +udp 127\.0\.0\.1:\d+: 200 OK after \d+ ms, allows INVITE/);
    expect(output).toMatch(/ok +NAT +the far side sees us at 127\.0\.0\.1/);
    expect(output).toMatch(/ok +call +answered after [\d.]+ s, mulaw 8 kHz/);
    expect(output).toMatch(/media +the far side listens at 127\.0\.0\.1:\d+.*takes keys/);
    expect(output).toMatch(/sound in +\d+ packets, [\d.]+ % lost, jitter [\d.]+ ms/);
    expect(output).toMatch(/echo +there and back in \d+ ms, [23] of 3 bursts/);
    expect(output).toMatch(/keys +159# there and back/);
    expect(code, output).toBe(0);
  });

  it('does not take silence for an echo', async () => {
    const port = await answering('silence');
    const { code, output } = await check(outbound(`sip:127.0.0.1:${port}`), '--call', '+4930123');
    expect(output).toMatch(/- +echo +what we send does not come back/);
    expect(output).toMatch(/keys +159# sent; they do not come back/);
    expect(code, output).toBe(0);
  });

  it('tells of a closed port, an unknown name and a number that may not be called', async () => {
    const closed = await check(outbound(`sip:127.0.0.1:${await freeUdpPort()}`), '--call', '+4930123');
    expect(closed.output).toMatch(/FAIL +OPTIONS .*does not answer\n +-> a closed port, a firewall/);
    expect(closed.output).toMatch(/call +no server can be reached/);
    expect(closed.code).toBe(1);
    const tcp = await check(outbound('sip:127.0.0.1:9;transport=tcp'));
    expect(tcp.output).toMatch(/FAIL +transport +tcp 127\.0\.0\.1:9: The SIP server does not answer/);
    const unknown = await check(outbound('sip:nowhere.test'));
    expect(unknown.output).toMatch(/FAIL +DNS +The name nowhere\.test has no address/);
    expect(unknown.code).toBe(1);
    const port = await answering('silence');
    const forbidden = await check(
      `    outbound: { server: 'sip:127.0.0.1:${port}', numbers: ['0800\\d+'] }\n`,
      '--call',
      '+19005550100',
    );
    expect(forbidden.output).toMatch(/FAIL +call +not-allowed.*\n +-> `outbound\.numbers` has no pattern/);
  });

  it('asks a real Kamailio whether a password is right, and changes nothing there', async () => {
    const registrar = await startKamailioRegistrar('carrier.test', 'right-words');
    endings.push(() => registrar.close());
    const line = (password: string) =>
      `    register: { server: 'sip:127.0.0.1:${registrar.port}', domain: carrier.test, user: office, password: ${password} }\n`;
    const right = await check(line('right-words'));
    expect(right.output).toMatch(
      /ok +REGISTER +200 \(realm carrier\.test, MD5\); registered there now: nobody/,
    );
    expect(right.code, right.output).toBe(0);
    const wrong = await check(line('wrong-words'));
    expect(wrong.output).toMatch(/FAIL +REGISTER +401 .*\n +-> user or password is wrong/);
    expect(wrong.code).toBe(1);
    expect(wrong.output + right.output).not.toMatch(/right-words|wrong-words/);
  });

  it('tells of a certificate that nobody has signed, or that has expired', async () => {
    const [keyFile, file] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
    const openssl = (...args: string[]): void => {
      execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
    };
    const subject = ['-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-subj', '/CN=line.test'];
    const serve = async (): Promise<number> => {
      const server = createServer({ key: readFileSync(keyFile), cert: readFileSync(file) }, (socket) =>
        socket.on('error', () => undefined),
      );
      server.on('tlsClientError', () => undefined);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      endings.push(() => void server.close());
      return (server.address() as AddressInfo).port;
    };
    openssl('req', '-x509', ...subject, '-out', file, '-days', '90');
    const unknown = await check(outbound(`sips:127.0.0.1:${await serve()}`));
    expect(unknown.output).toMatch(
      /FAIL +TLS +line\.test, .*SELF_SIGNED.*\n +-> it was not signed by a known authority/,
    );
    expect(unknown.code).toBe(1);
    // Only a small authority of one's own can date a certificate back.
    const settings = [
      '[ca]',
      'default_ca=own',
      '[own]',
      'database=index.txt',
      'new_certs_dir=.',
      'rand_serial=yes',
    ];
    writeFileSync(
      join(directory, 'ca.cnf'),
      [...settings, 'policy=any', '[any]', 'commonName=supplied'].join('\n'),
    );
    writeFileSync(join(directory, 'index.txt'), '');
    openssl('req', '-new', ...subject, '-out', 'request.pem');
    const dates = ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'];
    const ca = ['ca', '-batch', '-selfsign', '-config', 'ca.cnf', '-md', 'sha256', '-keyfile', keyFile];
    openssl(...ca, ...dates, '-in', 'request.pem', '-out', file);
    const lines = outbound(`sips:127.0.0.1:${await serve()}`);
    const expired = await check(`${lines}authorities: certificate.pem\n`);
    expect(expired.output).toMatch(
      /FAIL +TLS +line\.test, .*2020.*CERT_HAS_EXPIRED\n +-> the certificate has expired/,
    );
    expect(expired.code).toBe(1);
  });
});

describe('npm run trunk', () => {
  it('lists presets, and says what is wrong', async () => {
    expect((await tool('presets')).output).toMatch(/^telnyx +Telnyx SIP trunking$/m);
    expect(await tool('chek')).toMatchObject({
      code: 2,
      output: expect.stringContaining('no command "chek"') as string,
    });
    expect(await check('    adresses: [192.0.2.1]\n')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/line 5: trunk line, adresses: .*did you mean "addresses"/) as string,
    });
    expect(await tool('ladder')).toMatchObject({ code: 1 });
  });
});
