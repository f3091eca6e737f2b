import { spawn } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openLinkedNode } from '../../support/linked-node.ts';
import type { FakePeopleCall } from '../../support/people-call.ts';
import { startRedis, type TestServer } from '../../support/servers.ts';

const secret = 'a secret of all nodes';
const packet = new Int16Array(320);
const closers: (() => Promise<void>)[] = [];
let opened = 0;
let redis: TestServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const newPrefix = (): string => {
  opened += 1;
  return `{kefu:links:${String(opened)}}`;
};

async function open(prefix: string, options: Partial<Parameters<typeof openLinkedNode>[0]> = {}) {
  const node = await openLinkedNode({ redisUrl: redis.url, prefix, secret, ...options });
  closers.push(() => node.close());
  return node;
}

/** A way to a port that can go silent in both directions without being closed, as when a cable is pulled. */
async function cuttable(port: number) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!isCut) to.write(bytes);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        if (!isCut) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    cut: (on: boolean) => void (isCut = on),
  };
}

const toldLost = ({ told }: FakePeopleCall) =>
  told.filter((event) => event.type === 'person-left' && event.next === 'lost').length;
const isJoined = ({ told }: FakePeopleCall) => told.some(({ type }) => type === 'person-joined');

describe('linked nodes', () => {
  it('join a caller of one with an agent of the other, and tell the caller within 3 s when the way goes silent', async () => {
    const prefix = newPrefix();
    const ways: Awaited<ReturnType<typeof cuttable>>[] = [];
    const calls = await open(prefix, {
      async urlOf(port) {
        const way = await cuttable(port);
        ways.push(way);
        return way.url;
      },
    });
    const desks = await open(prefix);
    const { wire, line } = desks.agent('anna');
    const { call } = calls.caller('c1');
    await expect.poll(() => wire.ofType('offer').length, { timeout: 5_000 }).toBe(1);
    line.request({ type: 'accept', entryId: 'c1' });
    await expect.poll(() => isJoined(call)).toBe(true);
    call.say(packet);
    await expect.poll(() => wire.heard).toEqual([320]);
    line.sound(packet);
    await expect.poll(() => call.spoken).toEqual([320]);

    const cutAtMs = performance.now();
    ways[0]?.cut(true);
    await expect.poll(() => toldLost(call), { timeout: 5_000, interval: 20 }).toBe(1);
    expect(performance.now() - cutAtMs).toBeLessThan(3_000);
    await expect
      .poll(() => wire.ofType('conversation-ended'), { timeout: 3_000 })
      .toMatchObject([{ because: 'lost' }]);
    expect(calls.router.state().entries).toMatchObject([{ boost: 'very-front' }]);
    // Once the way is there again, so is Anna.
    ways[0]?.cut(false);
    await expect.poll(() => wire.ofType('offer').length, { timeout: 10_000 }).toBe(2);
    line.request({ type: 'accept', entryId: 'c1' });
    await expect.poll(() => call.lastTold).toBe('person-joined');
  });

  it('tell the caller within 3 s when the node of the agent is killed', async () => {
    const prefix = newPrefix();
    const calls = await open(prefix);
    const script = join(import.meta.dirname, '../../support/linked-node-to-be-killed.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, redis.url, prefix, secret], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closers.push(() => Promise.resolve(void child.kill('SIGKILL')));
    const talking = new Promise((resolve) => child.stdout.once('data', resolve));
    const { call } = calls.caller('c1');
    await talking;
    const killedAtMs = performance.now();
    child.kill('SIGKILL');
    await expect.poll(() => toldLost(call), { timeout: 5_000, interval: 20 }).toBe(1);
    expect(performance.now() - killedAtMs).toBeLessThan(3_000);
    expect(call.seats.size).toBe(0);
    const { wire } = calls.agent('ben');
    await expect.poll(() => wire.ofType('offer').length).toBe(1);
  });

  it('tell the agent when the node of the caller closes', async () => {
    const prefix = newPrefix();
    const calls = await openLinkedNode({ redisUrl: redis.url, prefix, secret });
    const desks = await open(prefix);
    const { wire, line } = desks.agent('anna');
    const { call } = calls.caller('c1');
    await expect.poll(() => wire.ofType('offer').length, { timeout: 5_000 }).toBe(1);
    line.request({ type: 'accept', entryId: 'c1' });
    await expect.poll(() => isJoined(call)).toBe(true);
    await calls.close();
    await expect.poll(() => wire.ofType('conversation-ended')).toMatchObject([{ because: 'lost' }]);
    await expect
      .poll(() => desks.router.state().agents, { timeout: 6_000 })
      .toMatchObject([{ id: 'anna', state: 'available', holding: [] }]);
  });

  it('are not linked with another secret, and offer nobody across', async () => {
    const prefix = newPrefix();
    const calls = await open(prefix);
    const desks = await open(prefix, { secret: 'another secret of a node' });
    const { wire } = desks.agent('anna');
    calls.caller('c1');
    const refused = () => calls.log.find('Refused a WebSocket').length;
    await expect.poll(refused, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(wire.ofType('offer')).toEqual([]);
    expect(desks.router.state().agents).toMatchObject([{ state: 'available', holding: [] }]);
    const socket = new WebSocket(`ws://127.0.0.1:${String(calls.port)}/nodes/link`);
    // Ended before it is open.
    socket.on('error', () => undefined);
    const status = new Promise((resolve) => {
      socket.once('unexpected-response', (_, response) => {
        resolve(response.statusCode);
      });
    });
    expect(await status).toBe(401);
    socket.terminate();
  });
});
