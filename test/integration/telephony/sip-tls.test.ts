import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { parseUri } from '../../../src/telephony/sip/grammar.ts';
import { localTrunk, startSipGateway, type RunningGateway } from '../../support/sip/gateway.ts';
import { requestText } from '../../support/sip/messages.ts';

const directory = mkdtempSync(join(tmpdir(), 'kefu-tls-'));
const [keyFile, certificateFile] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
execFileSync(
  'openssl',
  [
    ...[
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      keyFile,
      '-out',
      certificateFile,
    ],
    ...['-subj', '/CN=kefu.test', '-addext', 'subjectAltName=IP:127.0.0.1'],
  ],
  { stdio: 'ignore' },
);
const [key, certificate] = [readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8')];
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('SIP over TLS', () => {
  let running: RunningGateway | undefined;
  afterEach(() => running?.gateway.close());
  const listeners = [{ transport: 'tls', host: '127.0.0.1', port: 0, tls: { certificate, key } }] as const;

  it('answers on the same connection, however the bytes come', async () => {
    running = await startSipGateway({ listeners });
    const port = running.gateway.bound[0]?.port ?? 0;
    const socket = connect({ host: '127.0.0.1', port, ca: certificate });
    await once(socket, 'secureConnect');
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    for (const byte of requestText({ method: 'OPTIONS' })) socket.write(Uint8Array.of(byte));
    socket.write('\r\n\r\n');
    await expect.poll(() => answer).toMatch(/^SIP\/2\.0 200 OK[^]*\r\n\r\n\r\n$/);
    socket.destroy();
  });

  it('calls over TLS only servers whose certificate is right', async () => {
    let asked = '';
    const server = createServer({ cert: certificate, key }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        asked += String(chunk);
        const [line = ''] = String(chunk).split('\r\n');
        if (!line.startsWith('INVITE')) return;
        const copied = String(chunk).match(/^(Via|From|To|Call-ID|CSeq): .*$/gm) ?? [];
        socket.write(['SIP/2.0 486 Busy', ...copied, 'Content-Length: 0', '', ''].join('\r\n'));
      });
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const uri = parseUri(`sips:127.0.0.1:${(server.address() as AddressInfo).port}`);
    if (!uri) throw new Error('no URI');
    const outbound = {
      server: uri,
      numbers: [/^\d+$/],
      from: '1',
      credentials: undefined,
      maxCalls: 9,
      maxCallsPerHour: 9,
    };
    const trunks = [{ ...localTrunk, outbound }];
    const options = { signal: new AbortController().signal, ringMs: 5_000 };
    running = await startSipGateway({ listeners, trunks, authorities: certificate });
    await expect(running.gateway.dialer.dial('123', options)).rejects.toMatchObject({
      message: 'busy: The far side answered with 486.',
    });
    await running.gateway.close();
    expect(asked).toContain('Via: SIP/2.0/TLS');
    running = await startSipGateway({ listeners, trunks });
    await expect(running.gateway.dialer.dial('123', options)).rejects.toMatchObject({
      code: 'transfer_failed',
      message: expect.stringMatching(/^unreachable: /) as string,
    });
    server.close();
  });
});
