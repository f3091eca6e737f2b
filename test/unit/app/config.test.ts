import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectDir, readConfig } from '../../../src/app/config.ts';
import { KefuError } from '../../../src/core/errors.ts';

/** The message with which an environment is refused. */
function refusal(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof KefuError && error.code === 'config_invalid') return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(environment)} was taken`);
}

describe('the settings', () => {
  it('have a default each: this machine only, everything embedded', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 8080,
      publicUrl: undefined,
      dataDir: join(projectDir, '.kefu'),
      modelsDir: join(homedir(), '.cache/kefu/models'),
      modelsSource: undefined,
      flowsDir: join(projectDir, 'flows'),
      databaseUrl: undefined,
      redisUrl: undefined,
      node: undefined,
      shop: undefined,
      demoSeed: 1,
      twilioAuthToken: undefined,
      streams: {
        vendors: [],
        token: undefined,
        allow: undefined,
        genesys: undefined,
        audioSocket: undefined,
      },
      apiToken: undefined,
      transferTarget: undefined,
      language: 'en',
      recordCalls: false,
      maxCalls: 'auto',
      maxCallMs: 3_600_000,
      recognizerThreads: 2,
      drainMs: 30_000,
      logLevel: 'info',
    });
  });

  it.each([
    ['KEFU_HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['KEFU_PORT', '0', { port: 0 }],
    [
      'KEFU_PUBLIC_URL',
      'https://kefu.example.com/telephone/',
      { publicUrl: 'https://kefu.example.com/telephone' },
    ],
    ['KEFU_DATA_DIR', 'some/where', { dataDir: resolve('some/where') }],
    ['KEFU_MODELS_DIR', '/var/models', { modelsDir: '/var/models' }],
    ['KEFU_MODELS_SOURCE', '/mnt/models', { modelsSource: '/mnt/models' }],
    ['KEFU_FLOWS_DIR', '/etc/kefu/flows', { flowsDir: '/etc/kefu/flows' }],
    ['KEFU_DATABASE_URL', 'postgres://kefu@db/kefu', { databaseUrl: 'postgres://kefu@db/kefu' }],
    ['KEFU_REDIS_URL', 'rediss://cache:6380', { redisUrl: 'rediss://cache:6380' }],
    ['KEFU_DEMO_SEED', '42', { demoSeed: 42 }],
    ['KEFU_API_TOKEN', 'sixteen-letters!', { apiToken: 'sixteen-letters!' }],
    ['KEFU_TRANSFER_TARGET', '+15551234567', { transferTarget: '+15551234567' }],
    ['KEFU_TRANSFER_TARGET', 'tel:911', { transferTarget: 'tel:911' }],
    ['KEFU_TRANSFER_TARGET', 'sips:desk@example.com', { transferTarget: 'sips:desk@example.com' }],
    ['KEFU_LANGUAGE', 'zh', { language: 'zh' }],
    ['KEFU_RECORD_CALLS', 'yes', { recordCalls: true }],
    ['KEFU_RECORD_CALLS', 'false', { recordCalls: false }],
    ['KEFU_MAX_CALLS', '7', { maxCalls: 7 }],
    ['KEFU_MAX_CALL_MINUTES', '5', { maxCallMs: 300_000 }],
    ['KEFU_RECOGNIZER_THREADS', '4', { recognizerThreads: 4 }],
    ['KEFU_DRAIN_SECONDS', '0', { drainMs: 0 }],
    ['KEFU_LOG_LEVEL', 'silent', { logLevel: 'silent' }],
  ])('%s is taken as %s', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toMatchObject(expected);
  });

  it('that belong together are taken together', () => {
    expect(
      readConfig({ KEFU_SHOP_URL: 'https://shop.example.com/kefu', KEFU_SHOP_TOKEN: 'secret' }).shop,
    ).toEqual({
      url: 'https://shop.example.com/kefu',
      token: 'secret',
    });
    const node = { KEFU_NODE_URL: 'http://10.0.0.5:8080/', KEFU_NODE_SECRET: 'sixteen-letters!' };
    expect(readConfig({ ...node, KEFU_REDIS_URL: 'redis://cache' }).node).toEqual({
      url: 'http://10.0.0.5:8080',
      secret: 'sixteen-letters!',
    });
    expect(refusal(node)).toContain('KEFU_REDIS_URL');
    const twilio = { KEFU_TWILIO_AUTH_TOKEN: 'secret', KEFU_PUBLIC_URL: 'https://kefu.example.com' };
    expect(readConfig(twilio)).toMatchObject({
      twilioAuthToken: 'secret',
      publicUrl: 'https://kefu.example.com',
    });
  });

  it.each([
    ['KEFU_SHOP_URL', 'https://shop.example.com', 'KEFU_SHOP_TOKEN'],
    ['KEFU_SHOP_TOKEN', 'secret', 'KEFU_SHOP_URL'],
    ['KEFU_TWILIO_AUTH_TOKEN', 'secret', 'KEFU_PUBLIC_URL'],
    ['KEFU_NODE_URL', 'http://10.0.0.5:8080', 'KEFU_NODE_SECRET'],
    ['KEFU_NODE_SECRET', 'sixteen-letters!', 'KEFU_NODE_URL'],
  ])('%s alone is refused, naming its other half', (name, value, other) => {
    const message = refusal({ [name]: value });
    expect(message).toContain(name);
    expect(message).toContain(other);
    expect(message).not.toContain(value);
  });

  it.each([
    ['KEFU_PORT', '65536'],
    ['KEFU_PORT', 'http'],
    ['KEFU_PORT', '80.5'],
    ['KEFU_PUBLIC_URL', 'kefu.example.com'],
    ['KEFU_PUBLIC_URL', 'ftp://kefu.example.com'],
    ['KEFU_DATABASE_URL', 'mysql://db/kefu'],
    ['KEFU_REDIS_URL', 'http://cache'],
    ['KEFU_API_TOKEN', 'too-short'],
    ['KEFU_NODE_URL', 'ws://10.0.0.5:8080'],
    ['KEFU_NODE_SECRET', 'too-short'],
    ['KEFU_TRANSFER_TARGET', '5551234'],
    ['KEFU_TRANSFER_TARGET', 'sip:desk'],
    ['KEFU_LANGUAGE', 'de'],
    ['KEFU_RECORD_CALLS', 'perhaps'],
    ['KEFU_MAX_CALLS', '0'],
    ['KEFU_MAX_CALL_MINUTES', '0'],
    ['KEFU_RECOGNIZER_THREADS', '0'],
    ['KEFU_DRAIN_SECONDS', '-1'],
    ['KEFU_DEMO_SEED', '-1'],
    ['KEFU_LOG_LEVEL', 'loud'],
  ])('%s is refused as %s, by name and without its value', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toContain(`${name}: `);
    expect(message.replaceAll(name, '')).not.toContain(`"${value}"`);
  });

  it('that Kefu does not know are refused, and all that is wrong is named at once', () => {
    const message = refusal({
      KEFU_PROT: '8080',
      KEFU_PORT: 'x',
      KEFU_LANGUAGE: 'de',
      KEFU_SHOP_URL: 'https://a.b',
    });
    expect(message).toContain('KEFU_PROT is not a setting of Kefu');
    for (const name of ['KEFU_PORT', 'KEFU_LANGUAGE', 'KEFU_SHOP_TOKEN']) expect(message).toContain(name);
    expect(message.split('\n')).toHaveLength(5);
  });

  it('count as not set when they are empty, as a shell or a compose file makes them', () => {
    const { shop, apiToken, port } = readConfig({ KEFU_SHOP_URL: '', KEFU_API_TOKEN: '', KEFU_PORT: '' });
    expect({ shop, apiToken, port }).toEqual({ shop: undefined, apiToken: undefined, port: 8080 });
  });

  it('of other programs are no business of Kefu', () => {
    expect(() => readConfig({ PATH: '/bin', NODE_ENV: 'test', KEFUX: '1' })).not.toThrow();
  });

  it('put the models where XDG_CACHE_HOME says', () => {
    expect(readConfig({ XDG_CACHE_HOME: '/cache' }).modelsDir).toBe('/cache/kefu/models');
    expect(readConfig({ XDG_CACHE_HOME: '' }).modelsDir).toBe(join(homedir(), '.cache/kefu/models'));
  });

  it('cannot be changed once they are read', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });

  it('stand in .env.example, all of them and no others', () => {
    const file = readFileSync(join(projectDir, '.env.example'), 'utf8');
    const documented = [...file.matchAll(/^#?(KEFU_\w+)=/gm)].map(([, name = '']) => name);
    const unknown = documented.filter((name) => refusalOf(name).includes('is not a setting'));
    expect(unknown).toEqual([]);
    // Every setting is read somewhere in the schemas: its name stands there before a colon.
    const source = ['config.ts', 'stream-settings.ts', 'twilio-settings.ts']
      .map((name) => readFileSync(join(projectDir, 'src/app', name), 'utf8'))
      .join('\n');
    const read = [...source.matchAll(/^ {2}(KEFU_\w+):/gm)].map(([, name = '']) => name);
    expect(documented.toSorted()).toEqual(read.toSorted());
  });
});

/** What is said to a value that no setting takes. */
function refusalOf(name: string): string {
  try {
    readConfig({ [name]: '\u0000' });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
