import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectDir } from '../../../src/app/config.ts';
import { readLocalToken } from '../../../src/app/local-token.ts';
import { testEnvironment } from '../../support/environment.ts';
import { startKefu, type KefuInProcess } from '../../support/running-kefu.ts';
import { freeUdpPort, sipp } from '../../support/sip/gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'kefu-telephony-'));
const file = join(folder, 'trunks.yaml');
let kefu: KefuInProcess;
let port: number;

const write = (trunks: string): void =>
  writeFileSync(
    file,
    `listen: { udp: { host: 127.0.0.1, port: ${port} } }\nrtp: { host: 127.0.0.1, ports: [21500, 21599] }\ntrunks:\n${trunks}`,
  );
const office = '  - { name: office, addresses: [127.0.0.1] }\n';

/** Runs the tool beside the Kefu of this test. */
function tool(...args: string[]): Promise<{ code: number; output: string }> {
  const { HOME = '', PATH = '' } = testEnvironment();
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', 'tools/trunk.ts', ...args],
      { cwd: projectDir, env: { HOME, PATH, KEFU_DATA_DIR: kefu.dataDir } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr }),
    );
  });
}

async function ask(path: string): Promise<string> {
  const authorization = `Bearer ${(await readLocalToken(kefu.dataDir)) ?? ''}`;
  return (await fetch(kefu.url + path, { headers: { authorization } })).text();
}

beforeAll(async () => {
  port = await freeUdpPort();
  write(office);
  kefu = await startKefu({ KEFU_TRUNKS_FILE: file });
});
afterAll(async () => {
  await kefu.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a telephony engineer at a running Kefu', () => {
  it('sees the ladder of a call and captures the next one', async () => {
    await sipp('basic-call', port);
    const list = await tool('ladder');
    const callId = /INVITE +\d+ messages +(\S+)/.exec(list.output)?.[1] ?? '';
    const ladder = await tool('ladder', callId);
    expect(ladder.output).toMatch(/< INVITE -+ +udp 1 INVITE +\[127\.0\.0\.1:\d+ RTP\/AVP/);
    expect(ladder.output).toMatch(/-- 200 OK -+> +udp 1 INVITE/);

    const capture = join(folder, 'call.pcap');
    const captured = tool('pcap', '--next', '--to', capture);
    // Whoever asks for a capture stands in the audit log before it begins.
    await expect
      .poll(() => ask('/api/audit?action=call.captured'), { timeout: 30_000 })
      .toContain('"withAudio":false');
    await sipp('basic-call', port);
    expect(await captured).toMatchObject({ code: 0 });
    const methods = execFileSync('tshark', ['-r', capture, '-Y', 'sip', '-T', 'fields', '-e', 'sip.Method'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(methods).toContain('INVITE');
    expect(methods).toContain('BYE');
    expect(readFileSync(capture).length).toBeGreaterThan(1_000);
  });

  it('has the trunks read again; a wrong file changes nothing and is told', async () => {
    write(`${office}  - { name: branch, addresses: [192.0.2.7] }\n`);
    expect((await tool('reload')).output).toContain('Trunks now: office, branch. New: branch. Gone: none.');
    write('  - { name: office, adresses: [127.0.0.1] }\n');
    const wrong = await tool('reload');
    expect(wrong.code).toBe(1);
    expect(wrong.output).toMatch(/line 4: trunk office, adresses: .*did you mean "addresses"/);
    await kefu.app.reloadTrunks();
    expect(
      kefu.log.filter(({ message }) => message.startsWith('The trunks were not read again')),
    ).toHaveLength(2);
    expect(JSON.parse(await ask('/api/telephony/trunks'))).toMatchObject({
      trunks: [{ name: 'office' }, { name: 'branch' }],
    });
    await sipp('basic-call', port);
    const metrics = await ask('/metrics');
    expect(metrics).toMatch(/kefu_sip_requests_total\{direction="in",method="INVITE"\} \d+/);
    expect(metrics).toMatch(/kefu_sip_calls_total\{trunk="office",direction="in"\} \d+/);
    expect(metrics).toMatch(/^kefu_sip_bridged_calls 0$/m);
  });
});
